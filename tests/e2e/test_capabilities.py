# SPDX-License-Identifier: MIT
"""What the tracer, and who holds its probes, may still do once all is attached: little."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

import harness
from harness import await_condition, check_same, children
from test_processes import CALLS, as_nobody, await_ready, status_field

# include/uapi/linux/capability.h
NUMBERS = {"dac_override": 1, "dac_read_search": 2, "kill": 5, "sys_ptrace": 19, "sys_admin": 21, "sys_resource": 24,
           "lease": 28, "perfmon": 38, "bpf": 39, "checkpoint_restore": 40}
KEPT = {"dac_read_search", "sys_ptrace", "sys_resource", "lease", "perfmon", "bpf", "checkpoint_restore"}


def bits(*names):
    return sum(1 << NUMBERS[name] for name in names)


def capabilities(pid, name="CapEff"):
    return int(status_field(pid, name)[0], 16)


def await_given_up(pid, kept):
    """It says that it traces just before."""
    await_condition(lambda: capabilities(pid, "CapPrm") & ~kept == 0,
                    f"capabilities are kept: {capabilities(pid, 'CapPrm'):x}")


def check_given_up(pid, kept):
    """In all sets, and for good."""
    await_given_up(pid, kept)
    for name in ("CapEff", "CapPrm", "CapBnd"):
        assert capabilities(pid, name) & ~kept == 0, f"{name} of {pid}: {capabilities(pid, name):x}"
    assert capabilities(pid, "CapInh") == capabilities(pid, "CapAmb") == 0
    assert status_field(pid, "NoNewPrivs") == ["1"]


@pytest.mark.parametrize("method, more", [("uprobe_multi", []), ("tracefs", ["sys_admin"]), ("perf_event", ["sys_admin"])])
@pytest.mark.parametrize("command", ["trace", "states"])
def test_of_root(binary, start, trace, method, more, command):
    """And all works on without."""
    path = binary("calls")
    program, other = start(path), start(path)
    if command == "trace":
        tracer = trace(*CALLS, "--max-overhead", "none", "--attach", method, "-p", program.pid, "main.root")
    else:
        tracer = trace("states", "-f", "json", "--max-overhead", "none", "--attach", method, "-p", program.pid)
    (holder,) = children(tracer.pid)
    check_given_up(tracer.pid, bits(*KEPT, *more))
    check_given_up(holder, 0)
    assert capabilities(program.pid) & ~bits(*KEPT, *more), "nothing to give up: the test tests nothing"
    journals = program.work("GO 2")
    tracer.stop()
    if command == "trace":
        check_same(tracer.calls(), journals)
    assert program.code_is_clean() and other.code_is_clean()
    assert program.finish() == other.finish() == 0


def test_of_a_started_program(binary, run_tool, tmp_path):
    """It keeps what it would have; signals reach it also when it runs as the user who called sudo."""
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents[:2]:
        os.chmod(parent, 0o755)
    for environment in (None, dict(os.environ, SUDO_UID="65534", SUDO_GID="65534")):
        tracer = run_tool("-u", "main.outer", binary("ends"), "--", stdin=subprocess.PIPE, env=environment)
        pid = await_ready(tracer)
        check_given_up(tracer.pid, bits(*KEPT, "kill"))
        assert status_field(pid, "NoNewPrivs") == ["0"]
        assert capabilities(pid, "CapBnd") == capabilities(os.getpid(), "CapBnd")
        assert capabilities(pid) == (0 if environment else capabilities(os.getpid()))
        tracer.signal(signal.SIGTERM)
        assert tracer.wait() == 0
        assert f"({pid}) was killed by SIGTERM" in tracer.err


def test_of_a_user(binary, start, run_tool, monkeypatch):
    """Of CAP_BPF and CAP_PERFMON alone, which is too little to take them from the bounding set."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool = shutil.copy(harness.tool(), folder)
        path = pathlib.Path(shutil.copy(binary("calls"), folder))
        program = start(path)
        monkeypatch.setattr(harness, "tool", lambda: tool)
        prefix = as_nobody("bpf", "perfmon")
        tracer = run_tool(*CALLS, path, "main.root", prefix=prefix).await_tracing()
        (holder,) = children(tracer.pid)
        for pid, kept in ((tracer.pid, bits("bpf", "perfmon")), (holder, 0)):
            await_given_up(pid, kept)
            assert capabilities(pid) == capabilities(pid, "CapPrm") == kept
            assert capabilities(pid, "CapInh") == capabilities(pid, "CapAmb") == 0
            assert status_field(pid, "NoNewPrivs") == ["1"]
        journals = program.work("GO 2")
        check_same(tracer.stop().calls(), journals)
        assert program.code_is_clean() and program.finish() == 0
