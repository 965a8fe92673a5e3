# SPDX-License-Identifier: MIT
"""What the tool is started with may be little or missing: then it works all the same, or says what is needed."""

import os
import re
import resource
import subprocess

import pytest

from builds import ROOT
from harness import WAIT_SECONDS, tool
from test_errors import fails

TRACES = {
    "graph": ["--states", "--follow", "-u", "main.*"],
    "json": ["-f", "json", "-u", "main.*"],
    "states": ["states"],
    "summary": ["states", "--summary"],
    "summary in json": ["states", "--summary", "-f", "json"],
    "tracefs": ["--attach", "tracefs", "-u", "main.*"],
    "perf_event": ["--attach", "perf_event", "-u", "main.root"],
}
OTHERS = {
    "list": ["list", "-v", "-u", "main.*"],
    "list all": ["list"],
    "bpftrace": ["bpftrace", "-u", "main.*"],
    "template": ["bpftrace", "--empty", "-u", "main.*"],
}


def limit(which, soft, hard=None):
    return lambda: resource.setrlimit(which, (soft, soft if hard is None else hard))


def has_sanitizer():
    with open(tool(), "rb") as file:
        return b"__asan_init" in file.read()


SANITIZER = pytest.mark.skipif(has_sanitizer(), reason="a sanitizer itself needs /proc, and much address space")


def run(arguments, limits, **options):
    environment = {**os.environ, "GOFUNCGRAPH_TEMPLATES": str(ROOT / "templates")}
    return subprocess.run([tool(), *map(str, arguments)], capture_output=True, timeout=WAIT_SECONDS, check=False, text=True,
                          preexec_fn=limits, env=environment, **options)


# ---- a small stack ----

SMALL_STACK = limit(resource.RLIMIT_STACK, 64 << 10)


@pytest.mark.parametrize("arguments", TRACES.values(), ids=TRACES)
def test_small_stack(binary, arguments):
    done = run([*arguments, binary("calls"), "--"], SMALL_STACK, input="GO 3\n")
    assert done.returncode == 0, done.stderr
    assert "exited with status 0" in done.stderr and done.stdout.startswith("READY\n[{")
    # The innermost calls, with their lines: debug information was read.
    assert arguments[0] == "states" or "main.go" in done.stderr


@pytest.mark.parametrize("arguments", OTHERS.values(), ids=OTHERS)
def test_small_stack_without_tracing(binary, arguments):
    path = binary("calls")
    small, large = run([*arguments, path], SMALL_STACK), run([*arguments, path], None)
    assert small.returncode == large.returncode == 0, small.stderr
    assert small.stdout == large.stdout != ""


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"], ["--version"]], ids=" ".join)
def test_small_stack_of_help(arguments):
    done = run(arguments, SMALL_STACK)
    assert done.returncode == 0 and "gofuncgraph-c" in done.stdout


def test_small_stack_of_errors(binary):
    assert "main.leaf" in fails("-u", "main.lief", binary("calls"), preexec_fn=SMALL_STACK)
    fails("--no-such-option", status=2, preexec_fn=SMALL_STACK)


# ---- little address space ----


@SANITIZER
@pytest.mark.parametrize("arguments", TRACES.values(), ids=TRACES)
@pytest.mark.parametrize("megabytes", [32, 64, 100])
def test_little_address_space(binary, arguments, megabytes):
    said = fails(*arguments, binary("calls"), "--", preexec_fn=limit(resource.RLIMIT_AS, megabytes << 20))
    assert f"the limit of all is {megabytes << 10} KB (ulimit -v)" in said and "--ring-size" in said


@SANITIZER
def test_advice_for_little_address_space(binary, start, run_tool):
    """What the error says helps."""
    program = start(binary("calls"))
    tracer = run_tool("--ring-size", "1M", "-u", "main.leaf", program.path, "main.root",
                      preexec_fn=limit(resource.RLIMIT_AS, 100 << 20)).await_tracing()
    program.work("GO")
    assert "main.root() {" in tracer.stop().out


# ---- few open files ----


@pytest.mark.parametrize("files", [8, 16, 39])
@pytest.mark.parametrize("arguments", TRACES.values(), ids=TRACES)
def test_few_files(binary, arguments, files):
    said = fails(*arguments, binary("calls"), "--", preexec_fn=limit(resource.RLIMIT_NOFILE, files))
    assert f"the limit is {files}, and 40 are needed at least (ulimit -n)" in said


def test_few_files_for_each_probe(binary):
    said = fails("--attach", "perf_event", "-u", "runtime.*", binary("calls"), "--",
                 preexec_fn=limit(resource.RLIMIT_NOFILE, 60))
    assert "raise the limit of open files (ulimit -n)" in said


def test_soft_limit_of_files(binary):
    """It is raised for the tracer, and the program has its own: Go raises that, which is left out here."""
    done = run([*TRACES["json"], binary("calls"), "--"], limit(resource.RLIMIT_NOFILE, 12, 1000), input="GO\n")
    assert done.returncode == 0 and '"function":"main.root"' in done.stderr, done.stderr


# ---- what is not mounted, or damaged ----


def in_own_mounts(script):
    return ["unshare", "--mount", "sh", "-c", f'{script} && exec "$@"', "sh"]


@SANITIZER
@pytest.mark.parametrize("arguments", [*TRACES.values(), ["-p", "1", "-u", "main.*"]], ids=[*TRACES, "-p"])
def test_no_proc(binary, arguments):
    rest = [] if "-p" in arguments else [binary("calls"), "--"]
    said = fails(*arguments, *rest, prefix=in_own_mounts("umount -l /proc"))
    assert re.fullmatch(r"gofuncgraph-c: cannot trace without /proc, .*mount -t proc proc /proc\)\n", said), said


def test_proc_of_another_namespace(binary):
    """Seen where a container's /proc is left over."""
    script = "unshare --pid --fork mount -t proc proc /proc"
    assert "of another PID namespace" in fails(*TRACES["json"], binary("calls"), "--", prefix=in_own_mounts(script))


@SANITIZER
def test_list_needs_no_proc(binary):
    done = subprocess.run([*in_own_mounts("umount -l /proc"), tool(), "list", "-u", "main.root", binary("calls")],
                          capture_output=True, timeout=WAIT_SECONDS, check=False, text=True)
    assert done.returncode == 0 and " main.root" in done.stdout, done.stderr


@pytest.mark.parametrize("size", [0, 10, 24, 4096])
def test_damaged_types(binary, tmp_path, size):
    with open("/sys/kernel/btf/vmlinux", "rb") as file:
        (tmp_path / "types").write_bytes(file.read(size))
    said = fails("-u", "main.*", binary("calls"),
                 prefix=in_own_mounts(f"mount --bind '{tmp_path}/types' /sys/kernel/btf/vmlinux"))
    assert "the kernel's types cannot be read from /sys/kernel/btf/vmlinux" in said
