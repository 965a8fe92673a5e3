# SPDX-License-Identifier: MIT
"""Where trees and states go: -o, standard output, or standard error when standard output is a program's own."""

import json
import os
import resource
import signal
import subprocess

import pytest

from builds import ROOT
from harness import WAIT_SECONDS, await_condition, parse_graph, tool
from test_errors import fails

OTHER = 65534

# What each command writes, when told to by a program that says `leaf` twice.
WRITES = {
    "graph": (["-u", "main.leaf"], lambda text: "} main.leaf+" in text),
    "json": (["-f", "json", "-u", "main.leaf"], lambda text: '"function":"main.leaf"' in text),
    "states": (["states"], lambda text: "RUNNABLE -> RUNNING" in text),
    "states json": (["states", "-f", "json"], lambda text: '"new":"RUNNING"' in text),
}


@pytest.fixture(params=WRITES)
def writes(request):
    return WRITES[request.param]


def run(*arguments, **options):
    options.setdefault("capture_output", True)
    return subprocess.run([tool(), *map(str, arguments)], timeout=WAIT_SECONDS, check=False, text=True, **options)


# ---- a program that is started ----


def test_standard_output_is_the_programs(binary, writes):
    """In a pipe it behaves as untraced, in both directions."""
    path, (arguments, is_there) = binary("ends"), writes
    untraced = subprocess.run([path], input="one\ntwo\n", capture_output=True, timeout=WAIT_SECONDS, check=True, text=True)
    assert untraced.stdout == 'READY\n"one"\n"two"\n'
    done = run(*arguments, path, "--", input="one\ntwo\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == untraced.stdout
    assert is_there(done.stderr)
    others = [line for line in done.stderr.splitlines() if line.startswith("gofuncgraph-c: ")]
    assert len(others) == 3, others  # that it traces, what that cost, and how the program ended


def test_output_file_of_a_program(binary, writes, tmp_path):
    path, (arguments, is_there) = binary("ends"), writes
    done = run(*arguments, "-o", tmp_path / "file", path, "--", input="one\n")
    assert (done.returncode, done.stdout) == (0, 'READY\n"one"\n')
    assert is_there((tmp_path / "file").read_text()) and not is_there(done.stderr)


def test_dash_is_standard_output(binary, writes, tmp_path):
    path, (arguments, is_there) = binary("ends"), writes
    done = run(*arguments, "-o", "-", path, "--", input="one\n", cwd=tmp_path)
    assert done.returncode == 0 and is_there(done.stdout) and not is_there(done.stderr)
    assert os.listdir(tmp_path) == [path.name]
    done = run(*arguments, "-o", "./-", path, "--", input="one\n", cwd=tmp_path)
    assert done.stdout == 'READY\n"one"\n' and is_there((tmp_path / "-").read_text())


def test_dash_of_running_processes(binary, start, trace, tmp_path):
    program = start(binary("calls"))
    tracer = trace("-o", "-", "-u", "main.*", program.path, "main.root", cwd=tmp_path)
    program.work("GO")
    trees, _ = parse_graph(tracer.stop().out)
    assert len(trees) == 1 and not (tmp_path / "-").exists()


# ---- an old file ----


def test_old_file_is_replaced(binary, start, trace, tmp_path):
    output = tmp_path / "trees"
    output.write_text("old " * 100000)
    program = start(binary("calls"))
    tracer = trace("-o", output, "-f", "json", "-u", "main.root", program.path)
    program.work("GO")
    tracer.stop()
    assert [json.loads(line)["function"] for line in output.read_text().splitlines()] == ["main.root"]


@pytest.mark.parametrize("arguments", [["-u", "main.nothing"], ["-u", "main.*", "--ring-size", "900T"],
                                       ["-u", "main.*", "not executable"]], ids=["no function", "no ring", "no start"])
def test_failure_leaves_the_old_file(binary, tmp_path, arguments):
    output, path = tmp_path / "trees", binary("calls")
    output.write_text("old")
    if arguments[-1] == "not executable":
        path.chmod(0o644)
        arguments = arguments[:-1]
    fails("-o", output, *arguments, path, "--")
    assert output.read_text() == "old"


# ---- folders of everybody ----


@pytest.fixture
def public(tmp_path):
    folder = tmp_path / "public"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def make_file(path, victim):
    path.write_text("old")


def make_link(path, victim):
    path.symlink_to(victim)


def make_dangling_link(path, victim):
    path.symlink_to(victim.parent / "new")


def make_pipe(path, victim):
    os.mkfifo(path)


@pytest.mark.parametrize("sticky", [0o1777, 0o777], ids=["sticky", "not sticky"])
@pytest.mark.parametrize("make, kind", [(make_file, "file"), (make_link, "symbolic link"),
                                        (make_dangling_link, "symbolic link"), (make_pipe, "pipe")])
def test_what_others_put_there(binary, tmp_path, public, make, kind, sticky):
    public.chmod(sticky)
    victim, planted = tmp_path / "victim", public / "trees"
    victim.write_text("precious")
    make(planted, victim)
    os.lchown(planted, OTHER, OTHER)
    before = os.lstat(planted)
    said = fails("-o", planted, "-u", "main.*", binary("calls"))
    assert f"this {kind} belongs to another user (uid {OTHER})" in said and "folder of your own" in said
    assert victim.read_text() == "precious" and not (tmp_path / "new").exists()
    assert os.lstat(planted).st_mtime_ns == before.st_mtime_ns


def test_folder_that_is_a_planted_link(binary, tmp_path, public):
    (public / "folder").symlink_to(tmp_path)
    os.lchown(public / "folder", OTHER, OTHER)
    said = fails("-o", public / "folder" / "trees", "-u", "main.*", binary("calls"))
    assert "symbolic link belongs to another user" in said
    assert not (tmp_path / "trees").exists()


def test_planted_link_behind_an_own_one(binary, tmp_path, public):
    make_dangling_link(public / "trees", tmp_path / "victim")
    os.lchown(public / "trees", OTHER, OTHER)
    (tmp_path / "own").symlink_to("public/trees")
    assert "belongs to another user" in fails("-o", tmp_path / "own", "-u", "main.*", binary("calls"))
    assert not (tmp_path / "new").exists()


def test_file_with_other_names(binary, tmp_path, public):
    (tmp_path / "victim").write_text("precious")
    os.link(tmp_path / "victim", public / "trees")
    assert "other names" in fails("-o", public / "trees", "-u", "main.*", binary("calls"))
    assert (tmp_path / "victim").read_text() == "precious"


def own_link(tmp_path, public):
    (public / "trees").symlink_to("../real")
    return public / "trees", tmp_path / "real"


def own_link_chain(tmp_path, public):
    (tmp_path / "folder").symlink_to("public/.././public/")
    (public / "trees").symlink_to(tmp_path / "real")
    return tmp_path / "folder" / "trees", tmp_path / "real"


def own_file(tmp_path, public):
    (public / "trees").write_text("old")
    return public / "trees", public / "trees"


def new_file(tmp_path, public):
    return public / "trees", public / "trees"


def of_the_folders_owner(tmp_path, public):
    os.chown(public, OTHER, OTHER)
    (public / "trees").symlink_to(tmp_path / "real")
    os.lchown(public / "trees", OTHER, OTHER)
    return public / "trees", tmp_path / "real"


def others_in_a_private_folder(tmp_path, public):
    (tmp_path / "link").symlink_to("real")
    os.lchown(tmp_path / "link", OTHER, OTHER)
    return tmp_path / "link", tmp_path / "real"


@pytest.mark.parametrize("make", [own_link, own_link_chain, own_file, new_file, of_the_folders_owner,
                                  others_in_a_private_folder])
def test_what_is_not_planted(binary, tmp_path, public, make):
    output, real = make(tmp_path, public)
    done = run("-o", output, "-u", "main.leaf", binary("ends"), "--", input="one\n")
    assert done.returncode == 0, done.stderr
    trees, _ = parse_graph(real.read_text())
    assert [tree["name"] for tree in trees] == ["main.leaf"] * 2


@pytest.mark.parametrize("path, reason", [
    ("", "No such file"), ("/", "Is a directory"), (".", "Is a directory"), ("folder", "Is a directory"),
    ("folder/", "Is a directory"), ("/dev/stdot", "no such device"), ("file/", "Not a directory"), ("file/trees", "Not a directory"),
    ("nothing/trees", "No such file"), ("loop", "Too many levels"), ("x" * 256, "name too long")])
def test_no_file(binary, tmp_path, path, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    (tmp_path / "loop").symlink_to("loop")
    said = fails("-o", path, "-u", "main.*", binary("calls"), cwd=tmp_path)
    assert f"cannot write {path}: " in said and reason in said
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.parametrize("path", ["link", "/proc/self/fd/1", "/dev/fd/1"])
def test_names_of_open_files(binary, tmp_path, path):
    """A pipe that has no other name. A link of the test's own is what /dev/stdout is, which any program run as root
    may have replaced."""
    (tmp_path / "link").symlink_to("/proc/self/fd/1")
    done = run("-o", tmp_path / path, "-u", "main.leaf", binary("ends"), "--", input="one\n")
    assert done.returncode == 0 and "} main.leaf+" in done.stdout, done.stderr


def test_pipe_that_nobody_reads(binary, run_tool, tmp_path):
    """It waits for a reader, and can be told not to."""
    os.mkfifo(tmp_path / "pipe")
    tracer = run_tool("-o", tmp_path / "pipe", "-u", "main.*", binary("calls"))

    def is_opening():
        with open(f"/proc/{tracer.pid}/syscall", encoding="ascii") as file:
            number, _, _, flags, *_ = file.read().split() + ["0"] * 4
        return number == "257" and int(flags, 16) & os.O_APPEND  # openat(2)

    await_condition(is_opening, "it does not wait for a reader")
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 1
    assert "interrupted while waiting for somebody to read from it" in tracer.err


# ---- limits, and files that are closed ----


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def test_limit_of_file_sizes(binary, start, run_tool, tmp_path):
    program = start(binary("calls"))
    tracer = run_tool("-o", tmp_path / "trees", "-u", "main.*", program.path, "main.root",
                      preexec_fn=limit_file_size).await_tracing()
    program.work("GO 100")
    assert tracer.wait() == 1
    assert "cannot write the trees beyond the limit of a file's size" in tracer.err and "ulimit -f" in tracer.err
    assert program.code_is_clean()
    assert len((tmp_path / "trees").read_bytes()) == 4096


@pytest.mark.parametrize("arguments", [["list"], ["bpftrace", "--empty", "-u", "*"]], ids=["list", "bpftrace"])
def test_limit_of_file_sizes_elsewhere(binary, tmp_path, arguments):
    with open(tmp_path / "out", "wb") as out:
        done = run(*arguments, binary("calls"), stdout=out, stderr=subprocess.PIPE, capture_output=False,
                   preexec_fn=limit_file_size, env={**os.environ, "GOFUNCGRAPH_TEMPLATES": str(ROOT / "templates")})
    assert done.returncode == 1 and "to standard output" in done.stderr


def closed(*numbers):
    """For `sh -c`: the command with these files closed."""
    return ["sh", "-c", 'exec "$@" ' + " ".join(f"{number}>&-" for number in numbers), "sh"]


def test_standard_output_is_closed(binary):
    for command in (["-u", "main.*"], ["states"], ["list"]):
        said = fails(*command, binary("calls"), prefix=closed(1))
        assert "standard output" in said and "cannot write" in said


def test_no_file_gets_a_standard_number(binary, tmp_path):
    """Else messages would be written to the output file, or to the program itself."""
    path = binary("ends")
    before = path.read_bytes()
    done = subprocess.run([*closed(0, 1, 2), tool(), "-o", tmp_path / "trees", "-u", "main.leaf", path, "--"],
                          stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0
    assert "gofuncgraph-c:" not in (tmp_path / "trees").read_text()
    assert path.read_bytes() == before
    # And with nowhere to write trees to it does not even begin.
    done = subprocess.run([*closed(2), tool(), "-u", "main.leaf", path, "--"], stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS,
                          check=False, capture_output=True)
    assert done.returncode == 1 and done.stdout == b""
