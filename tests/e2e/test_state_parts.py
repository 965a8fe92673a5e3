# SPDX-License-Identifier: MIT
"""Where the time of calls went: the parts are what the program measured itself."""

import json
import os
import re
import signal
import statistics
import subprocess
import time

import pytest

from harness import children, crowd, forests, tool, walk
from test_processes import Contained

REPEATS, LENGTH_MS = 5, 40
NESTED = ("-u", "main.doSleep", "-u", "main.doChan")
STRIPPED, PIE = ["-ldflags=-s -w"], ["-buildmode=pie", "-ldflags=-s -w"]
BUILDS = [(version, flags) for version in ("1.19", "1.23", "1.26", "1.27") for flags in ([], STRIPPED)]
BUILDS += [("1.27", PIE)] + [(version, []) for version in ("1.17", "1.18", "1.20")]


def build_name(build):
    return f"Go {build[0]} {' '.join(build[1])}".strip()


def minor(version):
    return int(version.split(".")[1])


def reasons(version):
    """What the runtime calls the waits (src/runtime/runtime2.go), by the fixture's commands."""
    return {"sleep": "sleep", "chan": "chan receive", "select": "select", "cond": "sync.Cond.Wait",
            "mutex": "sync.Mutex.Lock" if minor(version) >= 20 else "semacquire",
            "waitgroup": "sync.WaitGroup.Wait" if minor(version) >= 25 else "semacquire", "netread": "IO wait"}


def flat(call):
    """A call's parts under one name each."""
    parts = dict(call["states_ns"])
    waiting = parts.pop("waiting", {})
    assert not set(waiting) & set(parts)
    return {**parts, **waiting}


def kept_away(call):
    """While its thread has no processor, Go may take the goroutine off it, too: what is left of the
    stop is runnable then."""
    parts = flat(call)
    return parts.get("no cpu", 0) + parts.get("runnable", 0)


def tolerance(ns):
    return max(0.05 * ns, 2_000_000)


def check_part(name, calls, told):
    """In the median of the repeats: no longer than the program measured around the wait, no shorter
    than until it was let go on. Between the two it is runnable, if the machine is busy."""
    parts = [flat(call).get(name, 0) for call in calls]
    waited, stopped = told["waited_ns"], told["stopped_ns"] or told["waited_ns"]
    assert len(parts) == len(waited) == len(stopped)
    for part, call in zip(parts, calls):
        assert part <= call["duration_ns"]
    # Each repeat with itself: medians of the two sides may be of different repeats.
    beyond = [max(part - upper - tolerance(upper), lower - tolerance(lower) - part)
              for part, upper, lower in zip(parts, waited, stopped)]
    assert statistics.median(beyond) <= 0, f"{name}: {calls}, {told}"


def check_sums(calls):
    for call in calls:
        parts = flat(call)
        assert "running" in parts and all(ns > 0 for name, ns in parts.items() if name != "running"), call
        assert sum(parts.values()) == call["duration_ns"], call


def of_command(calls, told):
    """The calls that an account is of."""
    found = [call for call in calls if call["function"] == told["function"] and call["depth"] == 0]
    assert len(found) == len(told["total_ns"])
    for call, total in zip(found, told["total_ns"]):
        assert call["end"] == "return" and call["goid"] == told["goid"] and call["pid"] == told["pid"]
        assert call["duration_ns"] <= total
    return found


@pytest.mark.parametrize("version, flags", BUILDS, ids=[build_name(build) for build in BUILDS])
def test_parts(binary, start, trace, version, flags):
    program = start(binary("states", version=version, flags=flags))
    tracer = trace("--states", "-f", "json", program.path, "main.do*")
    commands = [*reasons(version), "fileread", "runnable", "spin"]
    accounts = {command: program.work(f"{command} {REPEATS} {LENGTH_MS}") for command in commands}
    calls = tracer.stop().calls()
    assert len(calls) == REPEATS * len(commands)
    check_sums(calls)
    for command, reason in {**reasons(version), "fileread": "syscall", "runnable": "runnable"}.items():
        check_part(reason, of_command(calls, accounts[command]), accounts[command])
    spins = of_command(calls, accounts["spin"])
    # Each with itself: what it has no processor, or is not let, is a gap that it sees.
    stops = [call["duration_ns"] - flat(call)["running"] - gaps - tolerance(call["duration_ns"])
             for call, gaps in zip(spins, accounts["spin"]["waited_ns"])]
    assert statistics.median(stops) <= 0, (spins, accounts["spin"])


@pytest.mark.parametrize("version, flags", [("1.19", []), ("1.23", STRIPPED), ("1.27", PIE)],
                         ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_no_processor(binary, start, trace, version, flags):
    """The thread has to share its processor: how much of the time it had none is what the program saw."""
    program = start(binary("states", version=version, flags=flags))
    tracers = [trace("--states", *options, "-p", program.pid, "main.do*") for options in
               (["-f", "json", "--min-wait", "1ms"], [])]
    hog = crowd(program.pid)
    try:
        told = program.work("spin 5 150")
    finally:
        hog.destroy()
    calls = of_command(tracers[0].stop().calls(), told)
    check_sums(calls)
    assert sum(told["waited_ns"]) > 50_000_000, "it had the processor all the time: the test tests nothing"
    # A host that takes the processor itself makes gaps that no kernel tells of.
    missing = [gaps - tolerance(gaps) - kept_away(call) for call, gaps in zip(calls, told["waited_ns"])]
    assert statistics.median(missing) <= 0, (calls, told)
    too_much = [flat(call)["running"] - (total - gaps) - tolerance(total)
                for call, gaps, total in zip(calls, told["waited_ns"], told["total_ns"])]
    assert statistics.median(too_much) <= 0, (calls, told)
    for call, total in zip(calls, told["total_ns"]):
        away = flat(call).get("no cpu", 0)
        # Where it lost the processor outside of a gap that it measures, between two calls.
        assert away <= total
        waits = [wait["duration_ns"] for wait in call["waits"] if wait["state"] == "no cpu"]
        assert all(ns >= 1_000_000 for ns in waits) and sum(waits) <= away
    lines = [line for line in tracers[1].stop().out.splitlines() if "} main.doSpin" in line]
    assert len(lines) == len(calls) and all(LEFT.fullmatch(line) for line in lines), lines
    assert any(re.search(r"   run \S+  no cpu ", line) for line in lines), lines


@pytest.mark.parametrize("where", ["around", "inside"])
def test_no_processor_in_a_pid_namespace(binary, run_tool, _processes, where, tmp_path):
    """The tracer is outside of the namespace that the program is in, or is in it, too: threads have other numbers there."""
    path = binary("states")
    arguments = ["--states", "-f", "json", "-o", tmp_path / "calls"]
    if where == "around":
        program = Contained(path)
        tracer = run_tool(*arguments, path, "main.doSpin").await_tracing()
    else:
        program = Contained(path, command=[tool(), *arguments, path, "main.doSpin", "--"])
    _processes.append(program)
    (pid,) = [pid for pid in children(program.pid) if os.readlink(f"/proc/{pid}/exe") == str(path)]
    hog = crowd(pid)
    try:
        told = program.work("spin 5 150")
    finally:
        hog.destroy()
    assert program.finish() == 0, program.err
    if where == "around":
        tracer.stop()
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert len(calls) == 5 and sum(told["waited_ns"]) > 50_000_000
    check_sums(calls)
    for call, gaps in zip(calls, told["waited_ns"]):
        assert kept_away(call) >= gaps - tolerance(gaps), (call, told)


@pytest.mark.parametrize("version", ["1.19", "1.21", "1.27"], ids="Go {}".format)
def test_gc_assist(binary, start, trace, version):
    """Goroutines mark in place of allocating; Go's own count (from 1.20) is of the same time, less
    what the probes cost: an assist is short."""
    program = start(binary("states", version=version))
    tracer = trace("--states", "-f", "json", program.path, "main.doGCAssist")
    told = program.work("gcassist 3 200")
    calls = of_command(tracer.stop().calls(), told)
    check_sums(calls)
    traced = sum(ns for call in calls for name, ns in flat(call).items() if name == "GC assist marking")
    assert 0 < traced < sum(told["total_ns"])
    if minor(version) >= 20:
        assisted = sum(told["waited_ns"])
        assert assisted, "nothing was marked in place of allocating: the test tests nothing"
        assert 0.7 * assisted <= traced <= 1.05 * assisted


def test_parts_of_nested_calls(binary, start, trace):
    """A call's parts hold those of the calls inside it."""
    program = start(binary("states", version="1.27"))
    tracer = trace("--states", "-f", "json", *NESTED, program.path, "main.doNested")
    told = program.work("nested 5 20")
    calls = tracer.stop().calls()
    check_sums(calls)
    (trees,) = forests(calls).values()
    own = []
    for tree in trees:
        assert [call["function"] for call in tree["calls"]] == ["main.doSleep", "main.doChan"]
        for call, parent in walk(tree):
            if parent:
                assert all(flat(parent).get(name, 0) >= ns for name, ns in flat(call).items()), tree
        own.append(flat(tree)["sleep"] - flat(tree["calls"][0])["sleep"])
        assert "sleep" not in flat(tree["calls"][1])
        assert flat(tree)["chan receive"] == flat(tree["calls"][1])["chan receive"]
    check_part("sleep", trees, told)
    assert statistics.median(own) >= 20_000_000 - tolerance(20_000_000)


def test_parts_of_a_program_that_is_started(binary, run_tool, tmp_path):
    output = tmp_path / "calls"
    tracer = run_tool("--states", "-f", "json", "-o", output, binary("states"), "main.do*", "--",
                      stdin=subprocess.PIPE)
    tracer.child.stdin.write(b"sleep 3 20\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err
    calls = [json.loads(line) for line in output.read_text().splitlines()]
    told = json.loads(tracer.out.splitlines()[1])
    check_sums(calls)
    check_part("sleep", of_command(calls, told), told)


def test_only_with_the_option(binary, start, trace):
    program = start(binary("states"))
    tracer = trace("-f", "json", program.path, "main.do*")
    program.work("sleep 2 1")
    assert not any("states_ns" in call or "waits" in call for call in tracer.stop().calls())


@pytest.mark.parametrize("target, fits", [("main.doSleep", True), ("main.doChan", False)])
def test_goroutines_outside_of_targets(binary, start, trace, target, fits):
    """The states of others cost no events: there would be no room for them."""
    program = start(binary("states"))
    tracer = trace("--states", "--ring-size", "4k", "-f", "json", program.path, target)
    os.kill(tracer.pid, signal.SIGSTOP)
    try:
        program.work("chan 100 1")
    finally:
        os.kill(tracer.pid, signal.SIGCONT)
    program.work("sleep 1 1")
    tracer.stop()
    assert ("events were lost" not in tracer.err) == fits
    if fits:
        (call,) = tracer.calls()
        check_sums([call])


NUMBER = r"\d+(?:\.\d+)?(?:ns|us|µs|ms|s)"
LEFT = re.compile(r"\d\d \d\d:\d\d:\d\d\.\d{6} (?P<seconds>[\d~]\d\d\.\d{6})  \} (?P<function>main\.do\w+)\+\d+ \S+:\d+"
                  rf"   run {NUMBER}(?P<parts>(?:  [A-Za-z. ]+ {NUMBER})*)")
UNITS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3}


def text_parts(line):
    """{name: ms} at the end of a line of text."""
    parts = {}
    for name, number, unit in re.findall(r"  ([A-Za-z. ]+?) (\d+(?:\.\d+)?)(ns|us|µs|ms|s)(?=  |$)", line):
        parts[name.strip()] = float(number) * UNITS[unit]
    return parts


def test_parts_in_the_text(binary, start, trace):
    program = start(binary("states"))
    tracer = trace("--states", program.path, "main.do*")
    accounts = [program.work(f"{command} 3 20") for command in ("sleep", "chan", "fileread")]
    lines = [line for line in tracer.stop().out.splitlines() if "} main.do" in line]
    assert len(lines) == 9
    for line in lines:
        left = LEFT.fullmatch(line)
        assert left, line
        parts = text_parts(line)
        assert sum(parts.values()) == pytest.approx(1000 * float(left["seconds"].replace("~", "0")), abs=0.1 * len(parts)), line
    for told, name in zip(accounts, ("sleep", "chan receive", "syscall")):
        part = statistics.median(text_parts(line)[name] for line in lines if told["function"] in line)
        upper, lower = (statistics.median(told[key]) / 1e6 for key in ("waited_ns", "stopped_ns"))
        assert lower - 2 <= part <= upper + 0.1


# ---- waits ----


@pytest.mark.parametrize("version", ["1.19", "1.23", "1.26", "1.27"], ids="Go {}".format)
def test_waits(binary, start, trace, version):
    """Each long wait is told by itself, with who ended it and where that goroutine was."""
    program = start(binary("states", version=version))
    tracer = trace("--states", "--min-wait", "5ms", "-f", "json", program.path, "main.do*")
    commands = [*reasons(version), "fileread"]
    accounts = {command: program.work(f"{command} 3 20") for command in commands}
    calls = tracer.stop().calls()
    for command in commands:
        told = accounts[command]
        for call, waker in zip(of_command(calls, told), told["wakers"]):
            (wait,) = [one for one in call["waits"] if one["state"] not in ("runnable", "no cpu")]
            assert wait["state"] == ("syscall" if command == "fileread" else "waiting")
            assert wait.get("reason") == reasons(version).get(command)
            assert wait["duration_ns"] == flat(call)[wait.get("reason", "syscall")]
            begin, end = call["start_ns"], call["start_ns"] + call["duration_ns"]
            assert begin <= wait["end_ns"] - wait["duration_ns"] <= wait["end_ns"] <= end
            if not told["waker"]:
                # A timer, the network, the kernel: no goroutine.
                assert "woken_by" not in wait
                continue
            by = wait["woken_by"]
            assert by["goid"] == waker and by["function"] == told["waker"], f"{by}, {told}"
            # Also where what was called there is inlined, as sync.(*Mutex).Unlock is.
            assert os.path.basename(by["file"]) == "main.go" and by["line"] == told["line"]


def test_short_waits_are_not_told(binary, start, trace):
    program = start(binary("states"))
    tracer = trace("--states", "--min-wait", "500ms", "-f", "json", program.path, "main.do*")
    told = program.work("chan 3 20")
    for call in of_command(tracer.stop().calls(), told):
        assert not call.get("waits") and flat(call)["chan receive"] > 10_000_000


def test_waits_belong_to_the_innermost_call(binary, start, trace):
    program = start(binary("states"))
    tracer = trace("--states", "--min-wait", "5ms", "-f", "json", *NESTED, program.path, "main.doNested")
    program.work("nested 1 20")
    (call,) = next(iter(forests(tracer.stop().calls()).values()))

    def reasons_of(call):
        return [wait["reason"] for wait in call.get("waits", ()) if wait["state"] == "waiting"]

    assert reasons_of(call) == ["sleep"]
    assert [reasons_of(inner) for inner in call["calls"]] == [["sleep"], ["chan receive"]]


def test_waits_in_the_text(binary, start, trace):
    """At their place among the calls."""
    program = start(binary("states"))
    tracer = trace("--states", "--min-wait", "5ms", *NESTED, program.path, "main.doNested", "main.doChan")
    program.work("nested 1 20")
    told = program.work("chan 1 20")
    lines = [line for line in tracer.stop().out.splitlines() if line and not re.search("~ (runnable|no cpu)", line)]
    kinds = [re.search(r"[{}]|~ [a-z ]+", line).group(0) for line in lines]
    assert kinds == ["{", "{", "~ sleep", "}", "{", "~ chan receive", "}", "~ sleep", "}",
                     "{", "~ chan receive", "}"], lines
    place = rf"main\.sender\+\d+ \S*/main\.go:{told['line']}"
    assert re.search(rf" {{2}}~ chan receive, woken by goroutine {told['wakers'][0]} in {place}$", lines[-2]), lines
    slept = re.search(r"(\d{3}\.\d{6}) {2}( *)~ sleep$", lines[2])
    assert slept and float(slept.group(1)) >= 0.019 and len(slept.group(2)) == 4, lines


def test_open_wait(binary, start, trace):
    """Tracing ends while it lasts."""
    program = start(binary("states"))
    tracer = trace("--states", "--min-wait", "5ms", "-f", "json", program.path, "main.doChan")
    told = program.work("block")
    # Long enough to be told of.
    program.work("sleep 1 20")
    (call,) = tracer.stop().calls()
    assert call["goid"] == told["goid"] and call["end"] == "running"
    check_sums([call])
    (wait,) = call["waits"]
    assert wait["reason"] == "chan receive" and wait["open"] is True
    assert 20_000_000 <= wait["duration_ns"] <= flat(call)["chan receive"]
    assert program.finish() == 0


def test_open_calls_end_with_tracing(binary, start, trace):
    """To take away perf events takes long, and nobody sees what happens meanwhile."""
    program = start(binary("states"))
    tracer = trace("--attach", "perf_event", "--states", "-f", "json", program.path, "main.doChan")
    program.work("block")
    program.work("sleep 1 20")
    stopped_ns = time.time_ns()
    (call,) = tracer.stop().calls()
    took_ns = time.time_ns() - stopped_ns
    assert call["end"] == "running"
    check_sums([call])
    assert call["start_ns"] + call["duration_ns"] < stopped_ns + took_ns / 2, took_ns
    assert program.finish() == 0


def test_open_wait_in_the_text(binary, start, trace):
    program = start(binary("states"))
    tracer = trace("--states", "--min-wait", "5ms", program.path, "main.doChan")
    program.work("block")
    program.work("sleep 1 20")
    entry, wait, ended = tracer.stop().out.split("\n")[1:4]
    assert "main.doChan() {" in entry and wait.endswith("    ~ chan receive, still waiting"), wait
    assert re.search(r"\} main\.doChan \[still running\]   run .*  chan receive \d", ended), ended
    assert program.finish() == 0
