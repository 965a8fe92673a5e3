# SPDX-License-Identifier: MIT
"""hunt --drill: what hunt has found is traced, and the next slow call is shown as an exact tree."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

import builds
import harness
from harness import await_condition
from screen import Screen
from test_overwrite import METHODS, WRITTEN_TO, overwrite
from test_processes import as_nobody

MS = 1_000_000
SLOWER = ("--slower", "30ms")
WORK = "mutex 200 5 4 50"
DRILLING = "drilling into main.handleMutex until a call takes 30.0ms or longer"


@pytest.fixture
def program(binary, start):
    return start(binary("culprits"))


def work_until_it_ends(tracer, *programs):
    """What the programs say of all their calls."""
    accounts = []
    while tracer.child.poll() is None:
        accounts += [program.work(WORK) for program in programs]
    assert tracer.wait() == 0, tracer.err
    return accounts


def split(lines):
    """Of JSON: what hunt found, what it drilled into, and the calls of the tree."""
    objects = [json.loads(line) for line in lines]
    report, drill = [next((one for one in objects if name in one), None) for name in ("target", "drill")]
    return report, drill, [one for one in objects if "tree" in one]


BUILDS = {"installed Go": {}, "Go 1.19": {"version": "1.19"}, "Go 1.27": {"version": "1.27"},
          "stripped PIE": {"flags": ["-buildmode=pie"], "strip": True}}


@pytest.mark.toolchains
@pytest.mark.parametrize("build", BUILDS)
def test_json(binary, start, run_tool, build):
    """The tree is that of one call that the program itself found slow, with the functions that hunt named."""
    program = start(binary("culprits", **BUILDS[build]))
    tracer = run_tool("hunt", "--drill", *SLOWER, "-f", "json", "-p", program.pid, "main.handleMutex").await_tracing()
    accounts = work_until_it_ends(tracer, program)
    report, drill, calls = split(tracer.out.splitlines())
    assert report["slow"] >= 5 and drill["drill"] == "main.handleMutex" and drill["slower_ns"] == 30 * MS
    assert "main.(*cache).get" in drill["functions"]
    assert {"function": "main.(*cache).acquire", "inlined_into": "main.(*cache).get"} in drill["left_out"]
    assert {call["function"] for call in calls} == {"main.handleMutex", "main.(*cache).get"} | ({"sync.(*Mutex).Lock"} & {
        call["function"] for call in calls})
    (root,) = [call for call in calls if "parent" not in call]
    (get,) = [call for call in calls if call["function"] == "main.(*cache).get"]
    assert root["function"] == "main.handleMutex" and get["parent"] == root["call"] and root["pid"] == program.pid
    assert 30 * MS <= get["duration_ns"] <= root["duration_ns"]
    measured = [ns for account in accounts for ns in account["durations_ns"]]
    assert any(0 <= ns - root["duration_ns"] < 20 * MS for ns in measured)
    waited = max(root["states_ns"].get("waiting", {"": 0}).values())
    # A busy machine keeps it from going on, too.
    kept_away = root["states_ns"].get("no cpu", 0) + root["states_ns"].get("runnable", 0)
    assert waited + kept_away > 0.9 * root["duration_ns"]
    assert program.code_is_clean() and program.finish() == 0


def test_text(program, run_tool, tmp_path):
    """First the report, then the tree below it, in the file that -o names."""
    report = tmp_path / "report"
    tracer = run_tool("hunt", "--drill", *SLOWER, "-o", report, "-p", program.pid, "main.handleMutex").await_tracing()
    work_until_it_ends(tracer, program)
    assert "hunt has seen enough slow calls, and ends (--drill)" in tracer.err and DRILLING in tracer.err
    assert "tracing 2 functions" in tracer.err and "1 shown" in tracer.err
    text = report.read_text()
    assert re.search(r"^main\.handleMutex: \d+ calls in .*\n\d+ slow calls of .*\n +\d+ % .* in main\.\(\*cache\)\.acquire ", text), text
    assert re.search(r"\n\nmain\.handleMutex: drilling into the next call of 30\.0 ms or longer, with probes on it and 1 function that it calls\n"
                     r"  without main\.\(\*cache\)\.acquire, which was inlined into main\.\(\*cache\)\.get\n", text), text
    tree = text.rsplit("\n\n", 1)[1]
    lines = [r"\d.*main\.handleMutex\(\) \{.*", r".*main\.\(\*cache\)\.get\(\) \{.*",
             r".*~ (sync\.Mutex\.Lock|semacquire), woken by .*main\.\(\*cache\)\.refresh.*",
             r".*\} main\.\(\*cache\)\.get.*", r".*\} main\.handleMutex.*"]
    # Others may have had the processors.
    other = r"(.*~ (?!sync\.Mutex\.Lock|semacquire).*\n)*"
    assert re.fullmatch(other.join(f"{line}\n" for line in lines), tree), text


@pytest.mark.parametrize("columns", [50, 100])
def test_terminal(program, run_tool, columns):
    """Nothing wraps, neither of the report nor of the tree below it."""
    screen = Screen(columns)
    tracer = run_tool("hunt", "--drill", *SLOWER, "-p", program.pid, "main.handleMutex", stdout=screen.slave,
                      env={**os.environ, "NO_COLOR": "1"}).await_tracing()
    os.close(screen.slave)
    work_until_it_ends(tracer, program)
    lines = screen.lines()
    assert all(len(line) <= columns for line in lines), lines
    text = " ".join(" ".join(lines).split())
    assert "main.handleMutex: drilling into the next call of 30.0 ms or longer, with probes on it and 1 function " in text
    assert sum("main.handleMutex() {" in line for line in lines) == 1


def test_several_targets(program, run_tool):
    """The first target that has slow calls is drilled into, and no other."""
    tracer = run_tool("hunt", "--drill", "--slower", "200ms", "-f", "json", "-p", program.pid, "main.handleAlike",
                      "main.handleMutex").await_tracing()
    while tracer.child.poll() is None:
        program.work("alike 20 0 2 20")
        program.work("mutex 40 2 4 300")
    assert tracer.wait() == 0, tracer.err
    objects = [json.loads(line) for line in tracer.out.splitlines()]
    slow = {one["target"]: one["slow"] for one in objects if "target" in one}
    (drill,) = [one["drill"] for one in objects if "drill" in one]
    assert slow.keys() == {"main.handleAlike", "main.handleMutex"} and slow[drill] >= 5
    assert {one["function"] for one in objects if one.get("depth") == 0} == {drill}


# ---- when each of them ends ----


def test_interrupted_twice(program, run_tool):
    """A ^C ends hunt, and a second one what comes behind it."""
    tracer = run_tool("hunt", "--drill", "-p", program.pid, "main.handleMutex").await_tracing()
    program.work(WORK)
    tracer.signal(signal.SIGINT)
    await_condition(lambda: tracer.err.count("tracing ") == 2, "it does not drill")
    assert "drilling into main.handleMutex until a call takes " in tracer.err
    tracer.stop()
    assert tracer.out.startswith("main.handleMutex: 200 calls in ") and "main.handleMutex() {" not in tracer.out
    assert program.code_is_clean()


def test_terminated(program, run_tool):
    """Who ends it by another signal wants no more."""
    tracer = run_tool("hunt", "--drill", "-p", program.pid, "main.handleMutex").await_tracing()
    program.work(WORK)
    tracer.stop(signal.SIGTERM)
    assert tracer.out.startswith("main.handleMutex: 200 calls in ") and "drilling" not in tracer.out + tracer.err


def test_none_comes(program, run_tool):
    """It waits no longer than --timeout says, and tells that there was none."""
    tracer = run_tool("hunt", "--drill", "--timeout", "3s", *SLOWER, "-p", program.pid, "main.handleMutex").await_tracing()
    program.work(WORK)
    await_condition(lambda: tracer.err.count("tracing ") == 2, "it does not drill")
    program.work("mutex 100 0 4 50")
    assert tracer.wait() == 0
    assert re.search(r"no call that took 30\.0ms or longer has come in \d+\.\d+s of drilling", tracer.err), tracer.err
    assert "main.handleMutex() {" not in tracer.out


def test_nothing_slow(program, run_tool):
    tracer = run_tool("hunt", "--drill", "--slower", "1h", "-p", program.pid, "main.handleMutex").await_tracing()
    program.work("mutex 100 0 4 50")
    tracer.stop()
    assert "there is nothing to drill into: hunt has seen no slow call" in tracer.err
    assert "none took 3600 s or longer" in tracer.out and "drilling" not in tracer.out


# ---- which processes ----


def test_several_processes(binary, start, run_tool):
    """All that run the binary are drilled into; the next slow call is that of one of them."""
    path = binary("culprits")
    programs = [start(path), start(path)]
    tracer = run_tool("hunt", "--drill", *SLOWER, "-f", "json", path, "main.handleMutex").await_tracing()
    work_until_it_ends(tracer, *programs)
    _, _, calls = split(tracer.out.splitlines())
    (pid,) = {call["pid"] for call in calls}
    assert pid in [program.pid for program in programs]


def start_program(path, run_tool, *arguments, **options):
    tracer = run_tool("hunt", "--drill", *SLOWER, "-f", "json", *arguments, path, "main.handleMutex", "--",
                      stdin=subprocess.PIPE, **options)
    await_condition(lambda: b"READY\n" in tracer.output or tracer.child.poll() is not None, "the program has not started")
    assert b"READY\n" in tracer.output, tracer.err
    return tracer


def work_until_a_tree_is_there(tracer):
    """Then the program ends."""
    while '"tree"' not in tracer.err and tracer.child.poll() is None:
        tracer.child.stdin.write(f"{WORK}\n".encode())
        tracer.child.stdin.flush()
        tracer.lines.get(timeout=60)
    assert tracer.child.poll() is None, tracer.err
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err


@pytest.mark.parametrize("method", ["auto", *METHODS])
def test_started_program(binary, run_tool, method):
    """It is started once, and goes on when all has been shown."""
    tracer = start_program(binary("culprits"), run_tool, "--attach", method)
    work_until_a_tree_is_there(tracer)
    assert tracer.output.count(b"READY\n") == 1
    report, drill, calls = split([line for line in tracer.err.splitlines() if line.startswith("{")])
    assert report and drill and len({call["tree"] for call in calls}) == 1


def test_program_that_ends(binary, run_tool):
    """There is nothing to drill into any more."""
    tracer = start_program(binary("culprits"), run_tool, "--limit", "100000")
    tracer.child.stdin.write(b"mutex 200 1 4 50\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0
    assert "nothing is drilled into: the process has ended" in tracer.err
    report, drill, calls = split([line for line in tracer.err.splitlines() if line.startswith("{")])
    assert report["calls"] == 200 and not drill and not calls


def test_privileges(binary):
    """What attaching the second time takes is not given up before."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool, path = (shutil.copy(one, folder) for one in (harness.tool(), binary("culprits")))
        tracer = harness.Process([*as_nobody("bpf", "perfmon"), tool, "hunt", "--drill", *SLOWER, "-f", "json", path,
                                  "main.handleMutex", "--"])
        try:
            work_until_a_tree_is_there(tracer)
        finally:
            tracer.destroy()


# ---- the file ----


def test_overwritten_meanwhile(binary, start, run_tool):
    """The next slow call may be one of another build of the program, where functions are elsewhere."""
    path, other = binary("culprits"), builds.build("culprits", flags=["-gcflags=all=-N -l"])
    program = start(path)
    tracer = run_tool("hunt", "--drill", *SLOWER, "--limit", "200", "-f", "json", path, "main.handleMutex").await_tracing()
    program.work(WORK)
    await_condition(lambda: tracer.err.count("tracing ") == 2, "it does not drill")
    assert program.finish() == 0
    overwrite(other, path)
    await_condition(lambda: tracer.err.count("tracing ") == 3 or tracer.child.poll() is not None, "the new one is not traced")
    assert WRITTEN_TO in tracer.err
    program = start(path)
    work_until_it_ends(tracer, program)
    _, _, calls = split(tracer.out.splitlines())
    assert {call["pid"] for call in calls} == {program.pid} and "main.(*cache).get" in {call["function"] for call in calls}
    assert program.code_is_clean()


def test_nobody_reads_on(program, run_tool):
    """`| head`: what comes behind the report is not wanted."""
    reader, writer = os.pipe()
    tracer = run_tool("hunt", "--drill", *SLOWER, "-p", program.pid, "main.handleMutex", stdout=writer).await_tracing()
    os.close(writer)
    os.close(reader)
    work_until_it_ends(tracer, program)
    assert "tracing 2 functions" not in tracer.err


def test_wrong_format(run_tool, binary):
    tracer = run_tool("hunt", "--drill", "-f", "folded", binary("culprits"), "main.main")
    assert tracer.wait() == 2 and "--drill shows a tree, and there are none in this format" in tracer.err
