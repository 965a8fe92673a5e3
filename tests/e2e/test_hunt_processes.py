# SPDX-License-Identifier: MIT
"""hunt where several processes run the binary, and in other PID namespaces."""

import json
import re
import subprocess

import pytest

import harness
from harness import WAIT_SECONDS, await_condition
from test_processes import Contained, own_namespace

MS = 1_000_000
WORK = "sleep 200 5 4 50"


@pytest.mark.parametrize("form", ["text", "json"])
def test_whose_calls(binary, start, run_tool, form):
    """Processes are told apart by what they were started with, and by how many slow calls each made."""
    path = binary("culprits")
    calm, slow = start(path, "--port", "8080"), start(path, "two words")
    tracer = run_tool("hunt", "-f", form, "--slower", "40ms", path, "main.handleSleep").await_tracing()
    # A busy machine may make others slow, too: so many more at most.
    most = {program.pid: sum(ns >= 40 * MS for ns in program.work(f"sleep 100 {events} 2 50")["durations_ns"])
            for program, events in ((slow, 20), (calm, 1))}
    out = tracer.stop().out
    if form == "text":
        told = re.search(rf"\nslow calls by process:\n +(\d+)  \[{slow.pid}\] {re.escape(str(path))} two words\n"
                         rf" +(\d+)  \[{calm.pid}\] {re.escape(str(path))} --port 8080\n", out)
        assert told and 20 <= int(told[1]) <= most[slow.pid] and 1 <= int(told[2]) <= most[calm.pid], out
        return
    (report,) = [one for one in map(json.loads, out.splitlines()) if "target" in one]
    counts = [one.pop("calls") for one in report["processes"]]
    assert report["slow"] == sum(counts) and report["processes"] == [
        {"pid": slow.pid, "command_line": [str(path), "two words"]},
        {"pid": calm.pid, "command_line": [str(path), "--port", "8080"]}]
    assert 20 <= counts[0] <= most[slow.pid] and 1 <= counts[1] <= most[calm.pid], (counts, most)


def test_one_process(binary, start, run_tool):
    """A single one needs no name."""
    program = start(binary("culprits"))
    tracer = run_tool("hunt", program.path, "main.handleSleep").await_tracing()
    program.work(WORK)
    assert "by process" not in tracer.stop().out


def test_whose_call_is_stuck(binary, start, run_tool):
    path = binary("culprits")
    programs = [start(path, word) for word in ("one", "other")]
    tracer = run_tool("hunt", "--stuck", "500ms", path, "main.handleSleep").await_tracing()
    for program in programs:
        program.send("sleep 1 1 1 60000")
    await_condition(lambda: tracer.out.count("a call is open for") == 2, "it tells of no call")
    for program, word in zip(programs, ("one", "other")):
        assert re.search(rf"^\[{program.pid}\] {re.escape(str(path))} {word}\nmain\.handleSleep: a call is open for .*\n"
                         rf"  goroutine \d+ of process {program.pid}: sleep$", tracer.out, re.M), tracer.out
    tracer.stop()


# ---- namespaces ----


@pytest.mark.parametrize("chosen", ["path", "pid"])
def test_program_in_a_pid_namespace(binary, run_tool, _processes, chosen):
    """Its processes have the numbers that they have here, in the report and in the tree behind it; stuck calls are read."""
    program = Contained(binary("culprits"))
    _processes.append(program)
    (pid,) = harness.children(program.pid)
    which = [program.path] if chosen == "path" else ["-p", pid]
    tracer = run_tool("hunt", "--drill", "--slower", "40ms", "--stuck", "1s", "-f", "json", *which,
                      "main.handleSleep").await_tracing()
    assert program.work("sleep 4 1 1 2000")["pid"] == 1
    while tracer.child.poll() is None:
        program.work(WORK)
    assert tracer.wait() == 0, tracer.err
    objects = [json.loads(line) for line in tracer.out.splitlines()]
    (stuck,) = [one for one in objects if "stuck" in one]
    (report,) = [one for one in objects if "target" in one]
    assert stuck["pid"] == pid and "main.(*disk).read" in [frame["function"] for frame in stuck["stack"]]
    assert [process["pid"] for process in report["processes"]] == [pid]
    assert {call["pid"] for call in objects if "tree" in call} == {pid}


def test_tracer_in_a_pid_namespace(binary, tmp_path):
    """It numbers processes as those around it do."""
    path = binary("culprits")
    command = own_namespace(harness.tool(), "hunt", "-f", "json", "-o", tmp_path / "report", path, "main.handleSleep", "--")
    done = subprocess.run(command, input=f"{WORK}\n".encode(), capture_output=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    (process,) = json.loads((tmp_path / "report").read_text())["processes"]
    assert process["pid"] == json.loads(done.stdout.splitlines()[1])["pid"]
