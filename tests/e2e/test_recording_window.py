# SPDX-License-Identifier: MIT
"""A part of a recording is what would have been recorded then: the programs' own accounts say what that is."""

import json
import subprocess
import time

import pytest

from harness import WAIT_SECONDS, check_same, tool
from recordings import clock, refused, replay, run

ROUNDS = 6
# Trees are counted from the beginning of what is shown, and a command line is told once.
COUNTED = {"tree", "command_line", "calls"}


def calls_of(*arguments):
    return [json.loads(line) for line in replay("-f", "json", *arguments).stdout.splitlines()]


def plain(call):
    return {key: value for key, value in call.items() if key not in COUNTED}


@pytest.fixture
def rounds(binary, start, trace, tmp_path):
    """The file, all calls in it, what was done in each round, and times between two."""
    program, path = start(binary("calls")), tmp_path / "recording"
    tracer = trace("record", "--states", "--stack", "-o", path, "-u", "main.*", "-u", "!main.(*number).double", program.path,
                   "main.root")
    journals = [program.work() for _ in range(ROUNDS)]
    tracer.stop()
    everything = calls_of(path)
    check_same(everything, sum(journals, []))
    return path, everything, journals, times_between(everything, journals)


def times_between(calls, journals):
    """By the recording's own clock, which a test's may differ from by some 50 us: one before each round, and one behind
    the last."""
    roots = sorted((call for call in calls if not call["depth"]), key=lambda call: call["start_ns"])
    times = [roots[0]["start_ns"] - 1]
    for journal in journals:
        last, roots = roots[:len(journal)], roots[len(journal):]
        end = max(root["start_ns"] + root["duration_ns"] for root in last)
        times.append((end + (roots[0]["start_ns"] if roots else end + 1000)) // 2)
    return times


def pause():
    """A time between two works, which no clock takes for one inside of them."""
    time.sleep(0.02)
    now = time.time_ns()
    time.sleep(0.02)
    return now


def check(arguments, path, journals, everything, begin_ns, end_ns):
    calls = calls_of(*arguments, path)
    wanted = [call for call in everything if begin_ns <= call["start_ns"] < end_ns]
    assert wanted and list(map(plain, calls)) == list(map(plain, wanted))
    check_same(calls, journals)


def test_rounds(rounds):
    """By the wall clock: whole trees, with all that belongs to them."""
    path, everything, journals, times = rounds
    for first, end in ((1, ROUNDS), (0, ROUNDS - 2), (2, 4), (ROUNDS - 1, ROUNDS)):
        window = ["--since", clock(times[first])] if first else []
        window += ["--until", clock(times[end])] if end < ROUNDS else []
        check(window, path, sum(journals[first:end], []), everything, times[first], times[end])


def test_offsets(rounds):
    """From the beginning and from the end, which the file knows: less and less, and together all."""
    path, everything, _, _ = rounds
    for begin in ("+1us", "-1h"):
        assert len(calls_of("--since", begin, path)) == len(everything)
    assert list(map(plain, calls_of("--until", "+1h", path))) == list(map(plain, everything))
    starts = {call["start_ns"] for call in everything}
    # Whole trees are shown.
    roots = [call["start_ns"] for call in everything if not call["depth"]]
    count = len(everything)
    # The recording begins before its first call, and ends behind its last one.
    for quarter in (1, 2, 3):
        offset = (max(roots) - min(roots)) // 1000 * quarter // 4
        assert 0 < len(calls_of("--since", f"+{offset}us", path)) <= count
        count = len(calls_of("--since", f"+{offset}us", path))
        assert {call["start_ns"] for call in calls_of("--since", f"-{offset}us", path)} < starts


def test_inside_of_a_call(rounds):
    """Until then: what was open was running. Since then: nothing of a call whose beginning was not seen."""
    path, everything, _, _ = rounds
    roots = sorted((call for call in everything if not call["depth"]), key=lambda call: call["start_ns"])
    root = roots[len(roots) // 2]
    middle = root["start_ns"] + root["duration_ns"] // 2
    inside = [call for call in everything if call["tree"] == root["tree"]]

    before = {call["call"]: call for call in calls_of("--until", clock(middle), path) if call["tree"] == root["tree"]}
    for call in inside:
        if call["start_ns"] > middle:
            assert call["call"] not in before
        elif call["start_ns"] + call["duration_ns"] < middle:
            assert plain(before[call["call"]]) == plain(call)
    assert before[root["call"]]["end"] == "running"
    assert 0 < before[root["call"]]["duration_ns"] < root["duration_ns"]

    since = calls_of("--since", clock(middle), path)
    assert since and all(call["start_ns"] >= middle for call in since)
    assert {call["start_ns"] for call in since}.isdisjoint(call["start_ns"] for call in inside)


def test_other_commands(rounds):
    path, _, journals, times = rounds
    window = ["--since", clock(times[3]), "--until", clock(times[5])]
    rows = [json.loads(line) for line in run("report", "-f", "json", *window, path).stdout.splitlines()]
    assert {row["function"]: row["calls"] for row in rows}["main.root"] == len(journals[3] + journals[4])
    events = json.loads(run("export", "-f", "chrome", *window, path).stdout)["traceEvents"]
    assert sum(event["ph"] == "B" and event["name"] == "main.root" for event in events) == len(journals[3] + journals[4])
    rows = [json.loads(line) for line in run("report", "--diff", "-f", "json", *window, path, path).stdout.splitlines()]
    assert {row["old"]["targets"] for row in rows} == {len(journals[3] + journals[4])}


def test_nothing(rounds):
    path, _, _, _ = rounds
    for window in (["--since", "+1h"], ["--until", "-1h"], ["--since", "+2ms", "--until", "+1ms"]):
        said = refused("replay", *window, path, status=1)
        assert "nothing between --since and --until" in said and "it begins on the" in said
    assert "is no time" in refused("replay", "--since", "noon", path, status=2)
    with open(path, "rb") as file:
        piped = subprocess.run(f"cat | {tool()} replay --since -1s -", shell=True, stdin=file, capture_output=True,
                               timeout=WAIT_SECONDS, check=False)
        assert piped.returncode == 1 and b"write it into one first" in piped.stderr
        file.seek(0)
        assert run("replay", "--since", "-1h", "-", stdin=file).stdout == replay(path).stdout
    for command in (["states", "--until", "-1s", tool()], ["hunt", "--since", "-1s", tool(), "main.main"]):
        assert "give --replay FILE" in refused(*command, status=2)


def test_hunt(binary, start, trace, tmp_path):
    """Calls of then, and where they were: stacks that were told before are known."""
    program, path = start(binary("culprits")), tmp_path / "recording"
    tracer = trace("hunt", "--record", path, "-o", tmp_path / "shown", "-p", program.pid, "main.handleMutex")
    accounts, times = [], []
    for _ in range(3):
        accounts.append(program.work("mutex 20 3 4 50"))
        times.append(pause())
    tracer.stop()
    for window, count in ((["--since", clock(times[0])], 40), (["--until", clock(times[1])], 40),
                          (["--since", clock(times[0]), "--until", clock(times[1])], 20)):
        report = json.loads(run("hunt", "--replay", path, "--slower", "20ms", "-f", "json", *window).stdout)
        assert report["calls"] == count
        shown = run("hunt", "--replay", path, "--slower", "20ms", *window).stdout.decode()
        assert all(place["function"] in shown for place in accounts[0]["places"]), shown


def test_states(binary, start, trace, tmp_path):
    program, path = start(binary("states")), tmp_path / "recording"
    tracer = trace("states", "--record", path, "-o", tmp_path / "shown", "-p", program.pid)
    program.work("chan 3 5")
    between = pause()
    program.work("sleep 3 5")
    tracer.stop()

    def changes(*window):
        return [json.loads(line) for line in run("states", "--replay", path, "-f", "json", *window).stdout.splitlines()]

    everything = changes()
    since, until = changes("--since", clock(between)), changes("--until", clock(between))
    assert since and until and len(since) + len(until) == len(everything)
    assert [plain(change) for change in until] == [plain(change) for change in everything[:len(until)]]
    # How long a state had lasted by then is not known to who begins then.
    for change, same in zip(since, everything[len(until):]):
        assert all(change[key] == same[key] for key in ("time_ns", "goid", "old", "new") if key in same)
        assert change.get("duration_ns", same.get("duration_ns")) == same.get("duration_ns")
    summary = run("states", "--replay", path, "--summary", "--since", clock(between)).stdout
    assert b"runtime.main" in summary
