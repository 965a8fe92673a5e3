# SPDX-License-Identifier: MIT
"""Tracing that ends with nothing shown says so, and the likely reason. It is no error."""

import re
import subprocess

import pytest

import harness
from harness import WAIT_SECONDS


def reason(tracer):
    """The one line that says why."""
    said = [line for line in tracer.err.splitlines() if "nothing to show" in line]
    assert len(said) == 1, tracer.err
    assert tracer.out == ""
    return said[0]


def test_never_entered(binary, start, trace):
    program = start(binary("calls"))
    said = reason(trace("-u", "main.*", program.path, "main.root").stop())
    assert f"the process that runs {program.path} has not entered main.root while it was traced" in said


def test_never_entered_by_many(binary, start, trace):
    path = binary("calls")
    programs = [start(path) for _ in range(3)]
    said = reason(trace("-u", "main.*", path).stop())
    assert re.search(rf"none of the 3 processes that run {path} has entered main\.\S+, main\.\S+ or one of \d+ others ", said)
    assert all(program.finish() == 0 for program in programs)


def test_something_was_shown(binary, start, trace):
    program = start(binary("calls"))
    for form in ("graph", "json"):
        tracer = trace("-f", form, "-u", "main.*", program.path, "main.root")
        program.work("GO")
        assert "nothing" not in tracer.stop().err


def test_no_process(binary, trace):
    path = binary("calls")
    for command in (["-u", "main.*"], ["states"], ["states", "--summary"]):
        said = reason(trace(*command, path).stop())
        assert re.search(f"no process runs {path}[ ,]", said), said


def test_another_process_does_it(binary, start, trace):
    path = binary("calls")
    idle, busy = start(path), start(path)
    tracer = trace("-u", "main.*", "-p", idle.pid, "main.root")
    busy.work("GO")
    said = reason(tracer.stop())
    assert f"process {idle.pid} has not entered main.root" in said
    assert "1 other process runs the same file, and is left out" in said


def test_started_program(binary, run_tool):
    path = binary("calls")
    tracer = run_tool("-u", "main.*", path, "main.root", "--", stdout=subprocess.DEVNULL)
    assert tracer.wait() == 0
    (pid,) = re.findall(r"\((\d+)\) exited with status 0", tracer.err)
    assert f"process {pid} has not entered main.root" in reason(tracer)


def test_some_calls_are_inlined(binary, start, trace):
    """It has code of its own, and was made a part of some of those that call it."""
    program = start(binary("inlined"))
    tracer = trace(program.path, "sync.(*Once).Do").stop()
    assert "sync.(*Once).Do" in reason(tracer)
    said = re.search(r"calls of sync\.\(\*Once\)\.Do that the compiler inlined, as in (\S+)", tracer.err)
    listed = subprocess.run([harness.tool(), "list", program.path, said[1].rstrip(",")], capture_output=True, text=True,
                            check=False, timeout=WAIT_SECONDS)
    assert listed.returncode == 0


def test_processes_of_another_namespace(binary, start, trace):
    """The tracer in a container, the program outside of it: its probes are hit, by whom it cannot tell."""
    program = start(binary("calls"))
    tracer = trace("-u", "main.*", program.path, "main.root",
                   prefix=["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"])
    program.work("GO")
    assert "other PID namespaces" in reason(tracer.stop_inside())


@pytest.mark.parametrize("options", [["--goid", "999999"], ["--min-duration", "100h"], ["--goid", "999999", "--summary"]],
                         ids=" ".join)
def test_no_change_is_wanted(binary, start, trace, options):
    program = start(binary("states"))
    tracer = trace("states", *options, "-p", program.pid)
    program.work("block")
    assert re.search(r"[\d,]+ changes of states were seen, and none is as --goid, ", reason(tracer.stop()))
