# SPDX-License-Identifier: MIT
"""Tracing that ends with nothing shown says so, and the likely reason. It is no error."""

import json
import re
import shlex
import subprocess

import pytest

import builds
import harness
from harness import WAIT_SECONDS, await_condition


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


@pytest.mark.parametrize("is_hunted", [False, True])
@pytest.mark.parametrize("number", [1, 1200])
def test_entered_before(binary, start, trace, run_tool, number, is_hunted):
    """A call that goes on since before: the way to see it is told, and shows it."""
    program = start(binary("waiting"))
    program.work(f"MANY {number}")

    def inside(*command):
        tool = run_tool(*command, "-f", "json")
        assert tool.wait() == 0, tool.err
        return [one for one in map(json.loads, tool.out.splitlines())
                if one["state"] == "waiting" and "main.receive" in [frame["function"] for frame in one["stack"]]]

    everyone = ["goroutines", "-p", str(program.pid), "--grep", "main.receive"]
    await_condition(lambda: len(inside(*everyone)) == number, "they do not wait")
    chosen = [program.path] if number == 1 else ["-p", program.pid]
    tracer = trace(*(["hunt"] if is_hunted else []), *chosen, "main.receive").stop()
    assert "has not entered main.receive" in reason(tracer)
    who = fr"goroutine (\d+) of process {program.pid} is" if number == 1 else fr"1,200 goroutines of process {program.pid} are"
    said = re.search(who + r" in main\.receive, and w\w+ not seen to enter it: gofuncgraph-c (.*) shows what ", tracer.err)
    assert said, tracer.err
    assert len(inside(*shlex.split(said[said.lastindex]))) == number


def test_some_calls_are_inlined(binary, start, trace):
    """It has code of its own, and was made a part of some of those that call it."""
    program = start(binary("inlined"))
    tracer = trace(program.path, "sync.(*Once).Do").stop()
    assert "sync.(*Once).Do" in reason(tracer)
    said = re.search(r"calls of sync\.\(\*Once\)\.Do that the compiler inlined, as in (\S+)", tracer.err)
    listed = subprocess.run([harness.tool(), "list", program.path, said[1].rstrip(",")], capture_output=True, text=True,
                            check=False, timeout=WAIT_SECONDS)
    assert listed.returncode == 0


def test_many_calls_are_inlined(tmp_path, trace):
    """Into how many functions more than the one that is named: told as all counts are."""
    (tmp_path / "go.mod").write_text("module many\ngo 1.17\n")
    (tmp_path / "main.go").write_text("\n".join([
        "package main", "var calls int", "func small() { calls++ }",
        *(f"//go:noinline\nfunc into{i}() {{ small() }}" for i in range(1205)),
        "func main() {", "var call = small", "if calls > 0 { call = nil }", "call()",
        *(f"into{i}()" for i in range(1205)), "}"]))
    tracer = trace(builds.build_go("many", tmp_path), "main.small").stop()
    assert "no process runs" in reason(tracer)
    assert "calls of main.small that the compiler inlined, as in main.into0 and 1,204 more, cannot be seen" in tracer.err


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
