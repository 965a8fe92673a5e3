# SPDX-License-Identifier: MIT
"""The states command: what goroutines did, live and summed up, is what the program says, and what
Go's own runtime/trace says of the same run."""

import json
import os
import re
import signal
import statistics
import subprocess

import pytest

import builds
import switches
from harness import WAIT_SECONDS, await_condition, crowd, told_counts, tool

STRIPPED, PIE = ["-ldflags=-s -w"], ["-buildmode=pie", "-ldflags=-s -w"]
BUILDS = [(version, []) for version in ("1.19", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27")]
BUILDS += [("1.26", STRIPPED), ("1.27", PIE)]


@pytest.fixture
def watch(run_tool):
    """watch(ARGUMENT...) starts `states` and returns when it sees all changes."""

    def make(*arguments, **options):
        tracer = run_tool("states", *arguments, **options)
        await_condition(lambda: "gofuncgraph-c: tracing goroutines" in tracer.err or tracer.child.poll() is not None,
                        "the tracer is not tracing")
        return tracer

    return make


def minor(version):
    return int(version.split(".")[1])


def tolerance(ns):
    return max(0.05 * ns, 2_000_000)


def of(changes, goid):
    return [change for change in changes if change["goid"] == goid]


def check_consistent(changes):
    """Each goroutine goes on from where it was, and its durations are from there. Marks of the
    garbage collector are left aside: another thread sets and clears them, while the goroutine's
    waits to change its state. A kernel that leaves switches out of what it traces may let a goroutine
    get its processor back unseen; how long it had none is not told then."""
    last = {}
    for change in changes:
        if not change["goid"] or change["old"] == change["new"]:
            continue
        who = (change["pid"], change["goid"])
        if who in last:
            state, since = last[who]
            if (state, change["old"]) == ("NO CPU", "RUNNING") and switches.some_are_untraced():
                assert "duration_ns" not in change, change
            else:
                assert change["old"] == state, f"it was {state}: {change}"
                assert change.get("duration_ns") == change["time_ns"] - since >= 0, change
        last[who] = (change["new"], change["time_ns"])
    return last


@pytest.mark.parametrize("version, flags", BUILDS, ids=[f"Go {version} {' '.join(flags)}".strip()
                                                        for version, flags in BUILDS])
def test_changes(binary, start, watch, version, flags):
    program = start(binary("states", version=version, flags=flags))
    tracer = watch("-f", "json", program.path)
    for command in ("sleep", "chan", "mutex", "select", "cond", "waitgroup", "netread", "runnable"):
        program.work(f"{command} 3 5")
    read = program.work("fileread 3 20")
    churned = program.work("churn 20 60")
    program.work("gcassist 1 50")
    changes = tracer.stop().calls()
    assert "events were lost" not in tracer.err
    check_consistent(changes)
    check_system_calls(changes, read)
    check_births(changes, churned)
    waiting, spinning = ({birth["goid"] for birth in churned["births"] if birth["function"] == f"main.churn.func{n}"}
                         for n in (2, 3))
    # The garbage collector scans those that wait, and stops those that run; the scheduler does too.
    assert any(change.get("new_scan") and change["new"] == "WAITING" for change in changes if change["goid"] in waiting)
    assert any(change["old"] == "RUNNING" and change["new"] in ("RUNNABLE", "PREEMPTED")
               for change in changes if change["goid"] in spinning)
    if minor(version) >= 23:
        switches = [change for change in changes if change.get("reason") == "coroutine" and change["new"] == "RUNNING"]
        assert churned["pulled"] == 20 and len(switches) >= 2 * churned["pulled"]


def check_system_calls(changes, read):
    """read(2) takes as long as until the pipe is written to."""
    calls = [change for change in of(changes, read["goid"]) if change["old"] == "SYSCALL" != change["new"]]
    assert all(change["new"] in ("RUNNING", "RUNNABLE") for change in calls)
    long_ones = [change["duration_ns"] for change in calls if change.get("duration_ns", 0) >= 10_000_000]
    # The fixture's reading of its standard input may be among them.
    found = [any(stopped - 2_000_000 <= ns <= waited for ns in long_ones)
             for waited, stopped in zip(read["waited_ns"], read["stopped_ns"])]
    # On a busy machine one may begin later than the program does to measure it.
    assert sum(found) > len(found) / 2, (long_ones, read)


def check_births(changes, churned):
    births = {change["goid"]: change for change in changes if "started_by" in change}
    assert len(churned["births"]) > 20
    for told in churned["births"]:
        birth = births[told["goid"]]
        assert (birth["old"], birth["new"]) == ("DEAD", "RUNNABLE")
        assert birth["start"]["function"] == told["function"]
        by = birth["started_by"]
        assert (by["goid"], by["function"], by["line"]) == (told["parent"], "main.churn", told["line"])
        assert os.path.basename(by["file"]) == "churn.go"
        assert of(changes, told["goid"])[0] == birth, "it changed before it was born"
        assert of(changes, told["goid"])[-1]["new"] == "DEAD"


def test_wakers(binary, start, watch):
    program = start(binary("states", version="1.27"))
    tracer = watch("-f", "json", program.path)
    told = program.work("chan 3 5")
    woken = [change for change in of(tracer.stop().calls(), told["goid"])
             if change["old"] == "WAITING" and change["new"] == "RUNNABLE" and change["reason"] == "chan receive"]
    assert [change["woken_by"]["goid"] for change in woken] == told["wakers"]
    assert {(change["woken_by"]["function"], change["woken_by"]["line"]) for change in woken} == {
        ("main.sender", told["line"])}


# ---- options ----


@pytest.mark.parametrize("ids", [["--goid", "1"], ["--goid", "4000000000,1"], ["--goid=1", "--goid=4000000000"]], ids=" ".join)
def test_one_goroutine(binary, start, watch, ids):
    program = start(binary("states"))
    tracer = watch("-f", "json", *ids, program.path)
    told = program.work("chan 3 5")
    changes = tracer.stop().calls()
    assert told["goid"] == 1 and {change["goid"] for change in changes} == {1}
    check_consistent(changes)


def test_one_state(binary, start, watch):
    program = start(binary("states"))
    tracer = watch("-f", "json", "--state", "waiting", program.path)
    told = program.work("sleep 3 5")
    changes = tracer.stop().calls()
    assert all("WAITING" in (change["old"], change["new"]) for change in changes)
    slept = [change for change in of(changes, told["goid"]) if change["reason"] == "sleep"]
    assert [change["new"] for change in slept] == ["WAITING", "RUNNABLE"] * 3


def test_long_ones_only(binary, start, watch):
    program = start(binary("states"))
    tracer = watch("-f", "json", "--min-duration", "15ms", program.path)
    short = program.work("sleep 3 2")
    told = program.work("sleep 3 20")
    changes = tracer.stop().calls()
    assert all(change["duration_ns"] >= 15_000_000 and change["old"] != "RUNNING" for change in changes)
    slept = [change for change in of(changes, told["goid"]) if change.get("reason") == "sleep"]
    assert {change["new"] for change in slept} == {"RUNNABLE"}
    # A busy machine may make a sleep of 2 ms one of 15 ms.
    late = len(slept) - 3
    assert 0 <= late <= sum(waited >= 15_000_000 for waited in short["waited_ns"])
    for change, waited in zip(slept[late:], told["waited_ns"]):
        assert change["duration_ns"] <= waited


def test_limit(binary, start, watch):
    program = start(binary("states"))
    tracer = watch("-f", "json", "--limit", "7", program.path)
    program.work("sleep 10 1")
    assert tracer.wait() == 0
    assert len(tracer.calls()) == 7
    assert program.code_is_clean()


def test_timeout(binary, start, watch):
    program = start(binary("states"))
    for seconds in (0.3, 3, 30):  # a busy machine needs longer until it works
        tracer = watch("--timeout", f"{seconds}s", program.path)
        program.work("sleep 1 1")
        assert tracer.wait() == 0
        if "-> WAITING" in tracer.out:
            break
    assert "-> WAITING" in tracer.out
    assert program.code_is_clean()


def test_one_process(binary, start, watch):
    path = binary("states")
    one, other = start(path), start(path)
    tracer = watch("-f", "json", "-p", one.pid)
    one.work("chan 3 1")
    other.work("chan 3 1")
    changes = tracer.stop().calls()
    assert {change["pid"] for change in changes} == {one.pid}
    check_consistent(changes)


def test_from_the_first_goroutine_to_the_end(binary, run_tool, tmp_path):
    """A program that is started: every goroutine is born, and all end with it."""
    output = tmp_path / "changes"
    tracer = run_tool("states", "-f", "json", "-o", output, binary("states"), "--", stdin=subprocess.PIPE)
    tracer.child.stdin.write(b"chan 2 1\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err
    changes = [json.loads(line) for line in output.read_text().splitlines()]
    last = check_consistent(changes)
    first = {}
    for change in changes:
        first.setdefault(change["goid"], change)
    assert all("started_by" in change for goid, change in first.items() if goid)
    assert first[1]["start"]["function"] == "runtime.main"
    assert len(last) >= 4 and "exited with status 0" in tracer.err


LINE = re.compile(r"\d\d \d\d:\d\d:\d\d\.\d{6} +(?P<pid>\d+) +(?P<tid>\d+) +(?P<goid>\d+)  "
                  r"(?P<old>[A-Z ]+?)(?:\+scan)? -> (?P<new>[A-Z]+|NO CPU)(?:\+scan)? +(?P<duration>\d{3}\.\d{6})?"
                  r" +(?P<rest>.*)")


def test_text(binary, start, watch):
    program = start(binary("states"))
    tracer = watch(program.path)
    told = program.work("chan 3 20")
    header, *lines = tracer.stop().out.splitlines()
    assert header.split() == "TIME PID TID GOID OLD -> NEW FOR REASON STARTED WITH".split()
    parsed = [LINE.fullmatch(line) for line in lines]
    assert all(parsed), [line for line, match in zip(lines, parsed) if not match]
    woken = [line for line in parsed if int(line["goid"]) == told["goid"] and line["old"] == "WAITING"
             and line["rest"].startswith("chan receive")]
    assert len(woken) == 3
    short = []
    for line, waker, waited, stopped in zip(woken, told["wakers"], told["waited_ns"], told["stopped_ns"]):
        assert float(line["duration"]) <= waited / 1e9
        short.append(stopped / 1e9 - float(line["duration"]))
        assert re.search(rf"runtime\.main  woken by goroutine {waker} in main\.sender\+\d+ \S*main\.go:{told['line']}$",
                         line["rest"])
    # On a busy machine one may begin later than the program does to measure it.
    assert statistics.median(short) <= 0.002, (short, told)
    assert sum("started by goroutine 1 at main.prepare.func1+" in line["rest"] for line in parsed) == 3


def test_nothing_to_sum_up(binary, start, run_tool):
    program = start(binary("states"))
    tracer = run_tool("states", "--summary", "--goid", "4000000000", "--timeout", "100ms", "-p", program.pid)
    assert tracer.wait() == 0 and not tracer.out
    assert "nothing to show: " in tracer.err


@pytest.mark.parametrize("arguments, said", [
    ([], "which BINARY?"), (["--follow", "./x"], "states has no option --follow; "), (["--goid", "x", "./x"], "'x' is not a number"),
    (["--goid", "0", "./x"], "'0' is not a number"), (["--goid", "1,", "./x"], "'' is not a number"),
    (["--state", "SLEEPING", "./x"], "there is no state 'SLEEPING'; there are IDLE, RUNNABLE,"),
    (["--min-duration", "soon", "./x"], "'soon' is not a duration"), (["--limit", "-1", "./x"], "'-1' is not a number"),
    (["--format", "xml", "./x"], "there is no format 'xml'"), (["./x", "main.f"], "'main.f' is too much"),
    (["--summary", "--state", "WAITING", "./x"], "leave them out"),
    (["--summary", "--sort", "size", "./x"], "there is no order 'size'; there are not-running, running,"),
    (["--summary", "--by", "thread", "./x"], "--by is goroutine, function or go, not 'thread'"),
    (["--sort", "running", "./x"], "are about --summary, which is not there"),
    (["--by", "go", "./x"], "are about --summary, which is not there"),
    (["--ended", "./x"], "are about --summary, which is not there"),
    (["--summary", "--min-duration", "5ms", "./x"], "leave them out"), (["--no-such-option"], "--no-such-option")],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_nonsense(arguments, said):
    done = subprocess.run([tool(), "states", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 2 and done.stdout == "" and said in done.stderr, done.stderr


def test_word_that_is_no_file_of_the_process():
    """Only a look at the process tells that it is not one of its libraries: no mistake of usage."""
    done = subprocess.run([tool(), "states", "-p", "1", "./x"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 1 and done.stdout == "", done.stderr
    assert "process 1 has not loaded ./x; states takes no functions" in done.stderr


def test_lost(binary, start, watch):
    """What was lost is said, and does not make nonsense of the rest."""
    program = start(binary("states"))
    tracer = watch("-f", "json", "--ring-size", "4K", program.path)
    os.kill(tracer.pid, signal.SIGSTOP)
    try:
        program.work("chan 100 1")
    finally:
        os.kill(tracer.pid, signal.SIGCONT)
    told = []

    def slept_certainly():
        """How long the sleeps took that nothing was lost in; the reader may need time to come to itself."""
        told.append(program.work("sleep 5 20"))
        whole = tracer.out.rpartition("\n")[0]
        return [change["duration_ns"] for change in of(map(json.loads, whole.splitlines()), told[0]["goid"])
                if change.get("reason") == "sleep" and change["new"] == "RUNNABLE"
                and "duration_ns" in change and "uncertain" not in change]

    certain = await_condition(slept_certainly, "the reader does not go on")
    assert all(ns <= max(max(one["waited_ns"]) for one in told) for ns in certain), (certain, told)
    changes = tracer.stop().calls()
    lost, all_of_them = told_counts("# of # events (?:was|were) lost, the ring buffer was full: .*--ring-size", tracer.err)
    assert all_of_them - lost >= len(changes) > 0


# ---- sums ----


def summary(tracer):
    """The goroutines' sums by id, each that has ended among them (--ended), and the functions'."""
    found = tracer.stop().calls()
    goroutines = [one for one in found if one["summary"] == "goroutine"]
    functions = [one for one in found if one["summary"] == "function"]
    assert goroutines + functions == found
    for group in (goroutines, functions):
        assert group == sorted(group, key=not_running, reverse=True)
    return {one["goid"]: one for one in goroutines}, functions


def not_running(sums):
    return sum(ns for state, ns in sums["ns"].items() if state != "RUNNING")


def check_waits(sums):
    """What is waited is waited for something."""
    assert sum(wait["ns"] for wait in sums["waiting"].values()) == sums["ns"]["WAITING"]
    if sums["ns"]["WAITING"]:
        assert sums["longest_wait"]["ns"] <= sums["waiting"][sums["longest_wait"]["reason"]]["ns"]


@pytest.mark.parametrize("version", ["1.19", "1.23", "1.26", "1.27"], ids="Go {}".format)
def test_summary(binary, start, watch, version):
    program = start(binary("states", version=version))
    tracer = watch("--summary", "--ended", "-f", "json", program.path)
    accounts = {reason: program.work(f"{command} 5 20") for reason, command in
                {"sleep": "sleep", "select": "select", "sync.Cond.Wait": "cond", "chan receive": "chan"}.items()}
    goroutines, functions = summary(tracer)
    sums = goroutines[1]
    kept_away = sums["ns"]["RUNNABLE"] + sums["ns"].get("NO CPU", 0)  # by a busy machine, before it waited maybe
    for reason, told in accounts.items():
        wait = sums["waiting"][reason]
        assert wait["count"] == 5, f"{reason}: {wait}"
        lower = sum(told["stopped_ns"])
        assert lower - tolerance(lower) - kept_away <= wait["ns"] <= sum(told["waited_ns"]), f"{reason}: {wait}, {told}"
    assert sums["longest_wait"]["ns"] <= max(max(told["waited_ns"]) for told in accounts.values())
    check_function_sums(goroutines, functions)


def check_function_sums(goroutines, functions):
    """They are the sums of the goroutines'."""
    by_function = {}
    for one in goroutines.values():
        check_waits(one)
        by_function.setdefault(one["start"]["function"] if "start" in one else None, []).append(one)
    assert len(functions) == len(by_function)
    for function in functions:
        check_waits(function)
        ones = by_function[function["start"]["function"] if "start" in function else None]
        assert function["goroutines"] == len(ones)
        assert function["living"] == sum("ended" not in one for one in ones)
        assert function["changes"] == sum(one["changes"] for one in ones)
        for state, ns in function["ns"].items():
            assert ns == sum(one["ns"].get(state, 0) for one in ones), f"{state}: {function}"


# What each table is sorted by.
KEYS = {
    "not-running": lambda row: sum(ns for state, ns in row["ns"].items() if state != "RUNNING"),
    "running": lambda row: row["ns"]["RUNNING"], "runnable": lambda row: row["ns"]["RUNNABLE"],
    "waiting": lambda row: row["ns"]["WAITING"], "syscall": lambda row: row["ns"]["SYSCALL"],
    "changes": lambda row: row["changes"], "longest": lambda row: row.get("longest_wait", {"ns": 0})["ns"],
    "goroutines": lambda row: row.get("goroutines", 1)}


@pytest.mark.parametrize("order", KEYS)
def test_order_and_limit(binary, start, watch, order):
    """The first rows of each table; how many more there are is told."""
    program = start(binary("states"))
    whole = watch("--summary", "--sort", order, "-f", "json", program.path)
    limited = watch("--summary", "--sort", order, "--limit", "2", "-f", "json", program.path)
    program.work("chan 3 5")
    program.work("churn 5 5")
    whole, limited = whole.stop(), limited.stop()
    for kinds, name in ((("goroutine", "ended"), "goroutines"), (("function",), "functions")):
        rows = [row for row in whole.calls() if row["summary"] in kinds]
        assert rows == sorted(rows, key=KEYS[order], reverse=True)
        shown = [row for row in limited.calls() if row["summary"] in kinds]
        assert len(shown) == 2 and shown == sorted(shown, key=KEYS[order], reverse=True)
        assert told_counts(rf"# more (?:{name[:-1]} is|{name} are) not shown \(--limit N", limited.err)[0] >= 1


def test_ended_are_folded(binary, start, watch):
    """A row for those of a function: as many, with the same sums in text, JSON and the table of functions."""
    program = start(binary("states"))
    tracers = [watch("--summary", "-f", form, "-p", program.pid) for form in ("text", "json")]
    told = program.work("churn 500 5")
    text, rows = [tracer.stop() for tracer in tracers]
    rows = rows.calls()
    by_function = {}
    for birth in told["births"]:
        by_function.setdefault(birth["function"], []).append(birth["goid"])
    shown = {row["goid"] for row in rows if row["summary"] == "goroutine"}
    for name, goids in by_function.items():
        (folded,) = [row for row in rows if row["summary"] == "ended" and row["start"]["function"] == name]
        (function,) = [row for row in rows if row["summary"] == "function" and row.get("start", {}).get("function") == name]
        assert folded["goroutines"] == function["goroutines"] == len(goids)
        assert folded["living"] == function["living"] == 0
        for member in ("ns", "waiting", "changes", "longest_wait"):
            assert folded.get(member) == function.get(member), member
        assert not shown & set(goids)
        (line,) = [line for line in text.out.splitlines() if line.endswith(f"  {name}  [{len(goids)} ended]")]
        assert line.split()[:2] == [str(program.pid), "-"]
    assert len(by_function) == 2 and len(text.out.splitlines()) < 100


@pytest.mark.parametrize("version", ["1.19", "1.24", "1.27"], ids="Go {}".format)
def test_by_go_statement(binary, start, watch, version):
    """Goroutines that were started at the same place are one row, also those that began before tracing did."""
    program = start(binary("states", version=version))
    tracers = [watch("--summary", "--by", "go", "-f", form, "-p", program.pid) for form in ("text", "json")]
    told = program.work("churn 30 5")
    text, rows = [tracer.stop() for tracer in tracers]
    by_line = {}
    for birth in told["births"]:
        by_line.setdefault(birth["line"], []).append(birth)
    rows = rows.calls()
    assert {row["summary"] for row in rows} == {"go"}
    for line, births in by_line.items():
        (row,) = [row for row in rows if row.get("go", {}).get("function") == "main.churn" and row["go"]["line"] == line]
        assert row["goroutines"] == len(births) and row["living"] == 0
        assert row["start"]["function"] == births[0]["function"] and row["go"]["file"].endswith("/churn.go")
        (shown,) = [shown for shown in text.out.splitlines() if f"/churn.go:{line}" in shown]
        assert shown.split()[:3] == [str(program.pid), str(len(births)), "0"]
        assert f"  {births[0]['function']} at main.churn+{row['go']['offset']} " in shown
    # It began before all others.
    (main,) = [row for row in rows if row.get("start", {}).get("function") == "runtime.main"]
    assert main["go"]["function"].startswith("runtime.") and main["goroutines"] == main["living"] == 1
    assert len(by_line) == 2 and "LIVING" in text.out.splitlines()[0]


def test_one_table(binary, start, watch):
    program = start(binary("states"))
    tracers = {kind: watch("--summary", "--by", kind, "-f", "json", program.path) for kind in ("function", "goroutine")}
    program.work("churn 3 5")
    kinds = {kind: {row["summary"] for row in tracer.stop().calls()} for kind, tracer in tracers.items()}
    assert kinds == {"function": {"function"}, "goroutine": {"goroutine", "ended"}}


def test_limited_summary(binary, start, watch):
    program = start(binary("states"))
    tracer = watch("--summary", "--limit", "1", "--goid", "1", "-f", "json", program.path)
    program.work("chan 3 5")
    goroutines, functions = summary(tracer)
    assert set(goroutines) == {1} and len(functions) == 1


def test_summary_text(binary, start, watch):
    program = start(binary("states"))
    tracer = watch("--summary", program.path)
    told = program.work("chan 3 20")
    goroutines, functions = tracer.stop().out.split("\n\n")
    columns = ["RUNNING", "NO", "CPU", "RUNNABLE", "WAITING", "SYSCALL", "CHANGES", "LONGEST", "WAIT", "REASON", "STARTED", "WITH"]
    assert goroutines.splitlines()[0].split() == ["PID", "GOID", *columns]
    assert functions.splitlines()[0].split() == ["PID", "GOROUTINES", "LIVING", *columns]
    (line,) = [line.split() for line in goroutines.splitlines() if line.split()[:2] == [str(program.pid), "1"]]
    no_cpu, runnable, waiting = map(float, line[3:6])
    assert sum(told["stopped_ns"]) / 1e9 - 0.003 - no_cpu - runnable <= waiting <= sum(told["waited_ns"]) / 1e9 + 0.003
    assert line[-1] == "runtime.main"
    (senders,) = [line.split() for line in functions.splitlines() if "main.prepare.func1" in line]
    assert senders[1:3] == ["3", "0"]


@pytest.mark.parametrize("version", ["1.19", "1.26", "1.27"], ids="Go {}".format)
def test_no_processor(binary, start, watch, version):
    """What a goroutine that spins sees of it is what is told, and it is no change of Go's states."""
    program = start(binary("states", version=version))
    tracers = [watch(*options, "-f", "json", "-p", program.pid) for options in
               (["--summary"], [], ["--state", "no cpu"])]
    hog = crowd(program.pid)
    try:
        told = program.work("spin 3 150")
    finally:
        hog.destroy()
    rows, changes, chosen = [tracer.stop().calls() for tracer in tracers]
    assert chosen and all("NO CPU" in (change["old"], change["new"]) for change in chosen)
    changes = of(changes, told["goid"])
    check_consistent(changes)
    lost = sum(told["waited_ns"])
    assert lost > 50_000_000, "it had the processor all the time: the test tests nothing"
    away = [change for change in changes if change["old"] == "NO CPU"]
    assert {change["new"] for change in away} == {"RUNNING"}
    # Its thread gets it back, and Go has it wait for the others then.
    runnable = sum(change.get("duration_ns", 0) for change in changes if change["old"] == "RUNNABLE")
    assert sum(change["duration_ns"] for change in away) + runnable >= lost - tolerance(lost)
    (row,) = [row for row in rows if row.get("goid") == told["goid"]]
    assert row["ns"]["NO CPU"] + row["ns"]["RUNNABLE"] >= lost - tolerance(lost)
    # It spins for three times 150 ms, and does little else.
    assert row["ns"]["RUNNING"] <= sum(told["total_ns"]) - lost + tolerance(sum(told["total_ns"]))
    assert row["changes"] <= sum("NO CPU" not in (change["old"], change["new"]) for change in changes)


# ---- Go's own account ----


def trace_reader(version):
    """tests/fixtures/gotrace, built as a part of Go's own source: only there is internal/trace."""
    goroot = builds.toolchain(version)
    source = builds.FIXTURES / "gotrace" / "main.go"

    def make(path):
        overlay = path.with_name("overlay.json")
        overlay.write_text(json.dumps({"Replace": {f"{goroot}/src/cmd/gotrace/main.go": str(source)}}))
        builds.run_go(["build", "-overlay", overlay, "-o", path, "cmd/gotrace"], goroot)

    return builds.built_once("gotrace", (builds.release_of(goroot), builds.hash_sources(source.parent)), make)


# The runtime sets a goroutine to WAITING for these while it goes on running, on the system stack
# (src/runtime/proc.go, casGToWaitingForSuspendG()); its trace has no event then.
STILL_RUNNING = {"GC assist marking", "stopping the world", "garbage collection scan", "GC worker (active)",
                 "GC mark termination", "flushing proc caches", "garbage collection", "trace reader (blocked)"}


def as_gos_trace(sums):
    """A goroutine's sums under the names of Go's trace. It knows nothing of the kernel's processors,
    and no COPYSTACK, which is a moment of running, and what was stopped by the collector (PREEMPTED) is waiting to it."""
    ns = sums["ns"]
    marked = sum(wait["ns"] for reason, wait in sums["waiting"].items() if reason in STILL_RUNNING)
    return {"running": ns["RUNNING"] + ns.get("NO CPU", 0) + ns.get("COPYSTACK", 0) + marked, "runnable": ns["RUNNABLE"],
            "waiting": ns["WAITING"] - marked + ns.get("PREEMPTED", 0), "syscall": ns["SYSCALL"]}


@pytest.mark.parametrize("version", ["1.23", "1.26", "1.27"], ids="Go {}".format)
def test_gos_own_trace(binary, start, watch, tmp_path, version):
    """Every goroutine that began and ended while both recorded: the times agree within 5 % or 2 ms.
    The two look at different moments of a change, some instructions apart. Where a thread has to
    give its CPU away between them, the time until it goes on is of the one state to us and of the
    other to Go: on a busy machine that happens, to one goroutine in ten at most."""
    try:
        reader = trace_reader("1.27")
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    recorded = tmp_path / "recorded"
    program = start(binary("states", version=version), env={**os.environ, "GOTRACE": str(recorded)})
    tracer = watch("--summary", "--ended", "-f", "json", program.path)
    accounts = program.work("record 3 20")
    goroutines, _ = summary(tracer)
    read = subprocess.run([reader, recorded], capture_output=True, text=True, timeout=WAIT_SECONDS, check=True)
    compared, seen, differences = set(), set(), {}
    for told in map(json.loads, read.stdout.splitlines()):
        seen.add(told["goid"])
        if not told["born_ns"] or not told["ended_ns"]:
            continue
        ours = as_gos_trace(goroutines[told["goid"]])
        compared.add(told["goid"])
        for state, ns in ours.items():
            wanted = told["states_ns"].get(state, 0)
            if abs(ns - wanted) > tolerance(wanted):
                differences.setdefault(told["goid"], []).append(f"{state}: {ns} instead of {wanted}")
    # One that has done its work may still be about to end when Go stops recording.
    working = {told["goid"] for told in accounts}
    assert seen >= working and 2 * len(compared & working) >= len(working)
    assert len(differences) <= len(compared) // 10, differences
