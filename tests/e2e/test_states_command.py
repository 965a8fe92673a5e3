# SPDX-License-Identifier: MIT
"""gofuncgraph-c states: what goroutines do, live and summed up, is what the program knows of them."""

import re
import statistics
import subprocess

import pytest

from harness import tool

REPEATS, LENGTH_MS = 5, 40
BUILDS = [("1.19", ["-ldflags=-s -w"]), ("1.23", []), ("1.26", ["-ldflags=-s -w"]),
          ("1.27", ["-buildmode=pie", "-ldflags=-s -w"])]
STATES = {"IDLE", "RUNNABLE", "RUNNING", "SYSCALL", "WAITING", "DEAD", "COPYSTACK", "PREEMPTED", "DEAD_EXTRA"}

versions = pytest.mark.parametrize("version, flags", BUILDS, ids=[f"Go {version}" for version, _ in BUILDS])


def is_near(ns, wanted_ns):
    return abs(ns - wanted_ns) <= max(0.05 * wanted_ns, 2_000_000)


def check_chain(changes):
    """Each goroutine leaves the state that it entered last; marks of the collector may come late."""
    state = {}
    for change in changes:
        assert {change["old"], change["new"]} <= STATES, change
        if change["old"] == change["new"]:
            assert change.get("old_scan") != change.get("new_scan"), change
            continue
        if change["goid"]:
            who = change["pid"], change["goid"]
            assert state.get(who, change["old"]) == change["old"], change
            assert who not in state or state[who] == "DEAD" or "duration_ns" in change, change
            state[who] = change["new"]


@versions
def test_changes(binary, start, trace, version, flags):
    program = start(binary("states", version=version, flags=flags))
    tracer = trace("states", "-f", "json", "-p", program.pid)
    told = program.work(f"chan {REPEATS} {LENGTH_MS}")
    changes = tracer.stop().calls()
    check_chain(changes)
    assert {change["pid"] for change in changes} == {program.pid}
    waits = [change for change in changes if change["goid"] == told["goid"] and change["new"] == "RUNNABLE"
             and change.get("reason") == "chan receive" and change.get("woken_by", {}).get("goid") in told["wakers"]]
    assert [wait["woken_by"]["goid"] for wait in waits] == told["wakers"]
    for wait in waits:
        assert wait["old"] == "WAITING" and wait["start"] == {"function": "runtime.main"}
        assert wait["woken_by"]["function"] == told["waker"] and wait["woken_by"]["line"] == told["line"]
    assert is_near(statistics.median(wait["duration_ns"] for wait in waits), statistics.median(told["stopped_ns"]))
    assert program.code_is_clean()


@versions
def test_starts(binary, start, trace, version, flags):
    program = start(binary("states", version=version, flags=flags))
    tracer = trace("states", "-f", "json", "-p", program.pid)
    told = program.work("churn 20 100")
    changes = tracer.stop().calls()
    check_chain(changes)
    assert any(change.get("new_scan") for change in changes), "nothing was marked: the test tests nothing"
    starts = {change["goid"]: change for change in changes if change["old"] == "DEAD"}
    ends = {change["goid"] for change in changes if change["new"] == "DEAD"}
    for birth in told["births"]:
        change = starts[birth["goid"]]
        assert change["start"]["function"] == birth["function"]
        assert change["started_by"]["line"] == birth["line"]
        assert change["started_by"]["goid"] == birth["parent"]
        assert birth["goid"] in ends


@versions
def test_summary(binary, start, trace, version, flags):
    program = start(binary("states", version=version, flags=flags))
    tracer = trace("states", "--summary", "-f", "json", "-p", program.pid)
    sleeps = program.work(f"sleep {REPEATS} {LENGTH_MS}")
    spins = program.work(f"spin 2 {LENGTH_MS}")
    program.work("churn 20 20")
    objects = tracer.stop().calls()
    goroutines = [one for one in objects if one["summary"] == "goroutine"]
    functions = [one for one in objects if one["summary"] == "function"]
    main, = [one for one in goroutines if one["goid"] == sleeps["goid"]]
    assert main["start"] == {"function": "runtime.main"} and "ended" not in main
    # While it is a fixture's turn to sleep nothing else does, but for what the churn sleeps.
    assert main["waiting"]["sleep"]["ns"] >= sum(sleeps["waited_ns"]) * 0.95 - 2_000_000 * REPEATS
    assert main["waiting"]["sleep"]["count"] >= REPEATS
    assert main["ns"]["RUNNING"] >= sum(spins["total_ns"]) / 2
    assert main["longest_wait"]["ns"] >= LENGTH_MS * 1_000_000
    for one in objects:
        assert sum(reason["ns"] for reason in one["waiting"].values()) == one["ns"]["WAITING"]
    for function in functions:
        members = [one for one in goroutines if one.get("start") == function.get("start")]
        assert len(members) == function["goroutines"]
        for state in function["ns"]:
            assert sum(one["ns"].get(state, 0) for one in members) == function["ns"][state]
        assert sum(one["changes"] for one in members) == function["changes"]

    def not_running(one):
        return sum(ns for state, ns in one["ns"].items() if state != "RUNNING")

    for group in (goroutines, functions):
        assert group == sorted(group, key=not_running, reverse=True)


def test_launched(binary, run_tool):
    """From its first goroutine on; ends with the program."""
    path = binary("states")
    tracer = run_tool("states", path, "--")
    assert tracer.wait() == 0
    header, *lines = [line for line in tracer.out.splitlines() if line != "READY"]
    assert header.split() == "TIME PID TID GOID OLD -> NEW FOR REASON STARTED WITH".split()
    layout = re.compile(r"\d\d \d\d:\d\d:\d\d\.\d{6} +\d+ +\d+ +\d+  [A-Z_]+(\+scan)? -> [A-Z_]+(\+scan)? ")
    assert lines and all(layout.match(line) for line in lines), tracer.out
    assert any(re.search(r" 1  DEAD -> RUNNABLE +runtime\.main  started at runtime\.", line) for line in lines)
    assert "exited with status 0" in tracer.err


def test_filters(binary, start, trace):
    program = start(binary("states"))
    chosen = trace("states", "-f", "json", "--goid", "1", "--state", "waiting", "--min-duration", f"{LENGTH_MS // 2}ms",
                   "-p", program.pid)
    limited = trace("states", "-f", "json", "--limit", "7", program.path)
    program.work(f"sleep {REPEATS} {LENGTH_MS}")
    assert limited.wait() == 0
    assert len(limited.calls()) == 7
    changes = chosen.stop().calls()
    assert len(changes) == REPEATS
    for change in changes:
        assert change["goid"] == 1 and change["old"] == "WAITING" and change["reason"] == "sleep"
        assert change["duration_ns"] >= LENGTH_MS // 2 * 1_000_000


def test_nothing_to_sum_up(binary, start, run_tool):
    program = start(binary("states"))
    tracer = run_tool("states", "--summary", "--goid", "4000000000", "--timeout", "100ms", "-p", program.pid)
    assert tracer.wait() == 0 and not tracer.out
    assert "no goroutine of --goid changed its state" in tracer.err


def test_lost(binary, start, trace):
    """What was lost is said, and does not make nonsense of the rest."""
    program = start(binary("states"))
    tracer = trace("states", "-f", "json", "--ring-size", "4K", "-p", program.pid)
    for _ in range(3):
        program.work("churn 200 50")
    changes = tracer.stop().calls()
    lost = re.search(r"(\d+) of (\d+) events were lost, the ring buffer was full: .*--ring-size", tracer.err)
    assert lost and int(lost.group(2)) - int(lost.group(1)) >= len(changes) > 0
    assert all(change.get("duration_ns", 0) < 600_000_000_000 for change in changes)


@pytest.mark.parametrize("arguments, said", [
    (["--state", "SLEEPING", "./x"], "there is no state 'SLEEPING'; there are IDLE, RUNNABLE,"),
    (["--summary", "--state", "WAITING", "./x"], "leave them out"),
    (["--goid", "0", "./x"], "'0' is not a number"),
    (["--min-duration", "soon", "./x"], "'soon' is not a duration"),
    (["./x", "main.f"], "'main.f' is too much"),
    ([], "which BINARY?"),
    (["--follow", "./x"], "Try `gofuncgraph-c states --help'"),
])
def test_wrong_arguments(arguments, said):
    done = subprocess.run([tool(), "states", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 2 and not done.stdout
    assert said in done.stderr
