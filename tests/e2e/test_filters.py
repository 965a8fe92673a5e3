# SPDX-License-Identifier: MIT
"""Filters: what is shown is what the program says it did, and what is not shown is counted."""

import json
import re

import pytest

from harness import await_condition, check_same, count, forests, parse_graph, shape, shapes, told_counts, walk
from test_follow import CALLS as FOLLOWED
from test_options import harness_awaits_block

SUMS = re.compile(r"gofuncgraph-c: ([\d,]+ (?:call of a target|calls of targets), [\d,]+ shown)(?:; p50 (\S+), p90 (\S+), p99 (\S+), max (\S+))?")
UNITS = {"us": 1e3, "ms": 1e6, "s": 1e9}
MS = 1_000_000
MEASURE = ["-u", "time.Sleep"]


def sums(tracer):
    """Of the last line: calls, calls shown, and [p50, p90, p99, max] in ns."""
    told = SUMS.fullmatch(tracer.err.splitlines()[-1])
    assert told, tracer.err
    times = [re.fullmatch(r"([\d.]+)([a-z]+)", text).groups() for text in told.groups()[1:] if text]
    return *told_counts("# calls? of (?:a target|targets), # shown", told[1]), [float(number) * UNITS[unit] for number, unit in times]


def durations(tracer, kind):
    """Of the trees, in ns and as they were written; each is a call with one inside it."""
    if kind == "json":
        assert all([call["function"] for call in tree["calls"]] == ["time.Sleep"]
                   for trees in forests(tracer.calls()).values() for tree in trees)
        return [call["duration_ns"] for call in tracer.calls() if call["depth"] == 0]
    trees, notes = parse_graph(tracer.out)
    assert not notes
    assert all([call["name"] for call in tree["calls"]] == ["time.Sleep"] for tree in trees)
    return [int(tree["exit"]["duration"].replace(".", "")) * 1000 for tree in trees]


def check_sums(tracer, told, num_shown):
    count, shown, times = sums(tracer)
    assert (count, shown) == (len(told), num_shown)
    assert times == sorted(times)
    assert max(one["inner_ns"] for one in told) * 0.9 <= times[-1] <= max(one["outer_ns"] for one in told)
    half = (len(told) - 1) // 2
    assert sorted(one["inner_ns"] for one in told)[half] * 0.9 <= times[0]
    assert times[0] <= sorted(one["outer_ns"] for one in told)[half] * 1.04


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_slower(binary, start, trace, kind):
    program = start(binary("durations"))
    tracer = trace("-f", kind, "--slower", "60ms", *MEASURE, program.path, "main.work")
    told = program.work("GO 1 120 1 5 90 2 1 1 300 1")
    shown = durations(tracer.stop(), kind)
    assert all(duration >= 60 * MS for duration in shown)
    assert (sum(one["inner_ns"] >= 60 * MS for one in told) <= len(shown)
            <= sum(one["outer_ns"] >= 60 * MS for one in told))
    assert len(shown) >= 3
    check_sums(tracer, told, len(shown))


def test_histogram(binary, start, trace):
    """Its lines hold all calls, each where its time is."""
    program = start(binary("durations"))
    tracer = trace("--slower", "1h", "--histogram", program.path, "main.work")
    told = program.work("GO 1 120 1 5 90 2 1 1 300 1")
    tracer.stop()
    lines = [re.fullmatch(r"gofuncgraph-c: +(\S+) to +(\S+) +(\d+) (#*)", line) for line in tracer.err.splitlines()]
    lines = [line for line in lines if line]
    assert sum(int(line[3]) for line in lines) == len(told)
    assert all(line[2] == following[1] for line, following in zip(lines, lines[1:]))
    assert max(len(line[4]) for line in lines) == 40
    assert all(bool(line[4]) == (line[3] != "0") for line in lines)
    # The powers of two from the shortest to the longest call.
    powers = {int(one[side]).bit_length() for one in told for side in ("inner_ns", "outer_ns")}
    assert len(lines) <= max(powers) - min(powers) + 1
    assert int(lines[0][3]) > 0 and int(lines[-1][3]) > 0


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_slowest(binary, start, trace, kind):
    program = start(binary("durations"))
    tracer = trace("-f", kind, "--slowest", "4", *MEASURE, program.path, "main.work")
    told = program.work("GO 1 120 1 5 90 2 1 1 300 1 60 400")
    assert tracer.out == ""
    shown = durations(tracer.stop(), kind)
    assert len(shown) == 4 and shown == sorted(shown, reverse=True)
    # The fourth of all took at least as long as the program measured inside of it.
    inner, outer = (sorted((one[side] for one in told), reverse=True)[:4] for side in ("inner_ns", "outer_ns"))
    for duration, least, most in zip(shown, inner, outer):
        assert least - 1000 <= duration <= most
    check_sums(tracer, told, 4)


def test_interval(binary, start, trace):
    """The slowest so far are shown while tracing goes on, once."""
    program = start(binary("durations"))
    tracer = trace("--slowest", "1", "--interval", "100ms", *MEASURE, program.path, "main.work")
    for number in range(1, 3):
        program.work("GO 20")
        await_condition(lambda: tracer.out.count("} main.work+") == number, "it is not shown")
    tracer.stop()
    assert tracer.out.count("} main.work+") == 2
    assert sums(tracer)[:2] == (2, 2)


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_limit_counts_what_is_shown(binary, start, trace, kind):
    program = start(binary("durations"))
    tracer = trace("-f", kind, "--slower", "50ms", "--limit", "2", *MEASURE, program.path, "main.work")
    program.work("GO 1 2 3")
    program.work("GO 60")
    program.work("GO 1")
    program.work("GO 60")
    assert tracer.wait() == 0
    assert len(durations(tracer, kind)) == 2
    assert sums(tracer)[1] == 2


def test_nothing_is_slow(binary, start, trace):
    """It is told that calls were seen, and not why none was."""
    program = start(binary("durations"))
    tracer = trace("--slower", "1h", *MEASURE, program.path, "main.work")
    told = program.work("GO 1 2")
    assert tracer.stop().out == ""
    assert "was entered" not in tracer.err and "entered main" not in tracer.err
    check_sums(tracer, told, 0)


# ---- calls inside a tree ----


def folded_shape(call, levels=None):
    """What was called; of more than so many levels, how many calls."""
    told = call.get("folded", {}).get("calls", 0)
    inner = call["calls"]
    if levels == 1:
        told, inner = sum(count(shape(one)) for one in inner), []
    return (call.get("function") or call["name"], told,
            [folded_shape(one, levels and levels - 1) for one in inner])


def trees_of(tracer, kind):
    if kind == "json":
        (trees,) = forests(tracer.calls()).values()
        return trees
    trees, notes = parse_graph(tracer.out)
    assert not notes
    return trees


@pytest.mark.parametrize("option, levels", [("--depth=1", 1), ("--depth=3", 3), ("--depth=99", 99),
                                            ("--min-duration=1h", 1), ("--min-duration=1ns", 99)])
@pytest.mark.parametrize("kind", ["graph", "json"])
def test_what_is_folded(binary, start, trace, kind, option, levels):
    program = start(binary("calls"))
    tracer = trace("-f", kind, option, "-u", "main.*", "-u", "!main.(*number).double", program.path, "main.root")
    (journal,) = program.work("GO 2")
    shown = trees_of(tracer.stop(), kind)
    assert [folded_shape(tree) for tree in shown] == [folded_shape(tree, levels) for tree in journal["tree"]]
    for call, _ in (pair for tree in shown for pair in walk(tree)):
        if "folded" in call and kind == "json":
            inner = sum(one["duration_ns"] for one in call["calls"])
            assert 0 < call["folded"]["ns"] <= call["duration_ns"] - inner


def check_numbers(tree):
    """Numbers are those of the order of entry, and each call's own time is what is left of it."""
    numbers = [call["call"] for call, _ in walk(tree)]
    assert numbers[0] == 1 and numbers == sorted(set(numbers))
    for call, parent in walk(tree):
        assert call.get("parent") == (parent and parent["call"])
        inner = sum(one["duration_ns"] for one in call["calls"]) + call.get("folded", {"ns": 0})["ns"]
        assert call["self_ns"] == call["duration_ns"] - inner
    return numbers


def test_numbers_and_own_time(binary, start, trace):
    program = start(binary("calls"))
    options = ["-f", "json", "-u", "main.*", "-u", "!main.(*number).double", program.path, "main.root"]
    whole, folded = trace(*options), trace("--depth", "2", *options)
    program.work("GO 2")
    trees, short = trees_of(whole.stop(), "json"), trees_of(folded.stop(), "json")
    for tree, other in zip(trees, short):
        numbers = check_numbers(tree)
        assert numbers == list(range(1, len(numbers) + 1))
        # Folding changes no number.
        assert check_numbers(other) == [call["call"] for call, _ in walk(tree) if call["depth"] < 2]


def test_min_duration(binary, start, trace):
    program = start(binary("durations"))
    tracer = trace("-f", "json", "--min-duration", "60ms", "-u", "main.work", program.path, "main.measure")
    told = {one["goid"]: one for one in program.work("GO 1 120 1 5 90 2 1 1 300 1")}
    for (_, goid), (tree,) in forests(tracer.stop().calls()).items():
        inner, outer = told[goid]["inner_ns"], told[goid]["outer_ns"]
        if tree["calls"]:
            (call,) = tree["calls"]
            assert call["duration_ns"] >= 60 * MS and outer >= 60 * MS and "folded" not in tree
        else:
            assert inner < 60 * MS and tree["folded"]["calls"] == 1
            assert inner <= tree["folded"]["ns"] <= outer
        del told[goid]
    assert not told


def test_folded_in_parts(binary, start, trace, tmp_path):
    """A tree that is too long to be kept: all its calls are shown or in the number at its end."""
    program = start(binary("long"))
    out = tmp_path / "out"
    tracer = trace("-f", "json", "-o", str(out), "--depth", "1", "--ring-size", "256M", "-u", "main.handle",
                   program.path, "main.serve")
    program.work("begin")
    calls = 150_000
    program.work(f"call {calls}")
    program.work("end")
    tracer.stop()
    assert "lost" not in tracer.err
    (call,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (call["function"], call["folded"]["calls"]) == ("main.serve", calls)


@pytest.mark.parametrize("slower, shown", [("1us", 1), ("1h", 0)])
def test_still_open(binary, start, trace, slower, shown):
    """A call that has not ended has taken the time until tracing did."""
    program = start(binary("ends"))
    tracer = trace("--slower", slower, "-u", "main.inner", program.path, "main.outer")
    program.work("block")
    harness_awaits_block(program)
    tracer.stop()
    assert tracer.out.count("[still running]") == 2 * shown
    assert sums(tracer)[:2] == (1, shown)
    program.work("release")


def test_leaf(binary, start, trace):
    """One line for each call that nothing is in, and all calls are there."""
    program = start(binary("calls"))
    tracer = trace("--leaf", "--depth", "2", "-u", "main.*", "-u", "!main.(*number).double", program.path, "main.root")
    (journal,) = program.work("GO 2")
    trees = trees_of(tracer.stop(), "graph")
    assert [folded_shape(tree) for tree in trees] == [folded_shape(tree, 2) for tree in journal["tree"]]
    for call, _ in (pair for tree in trees for pair in walk(tree)):
        assert call.get("leaf", False) == (not call["calls"] and "folded" not in call), call


# ---- all that there was ----


def in_trees(tree):
    """Calls of a tree: those that are shown, and those that are told as folded."""
    return sum(1 + call.get("folded", {"calls": 0})["calls"] for call, _ in walk(tree))


@pytest.mark.parametrize("options", [["--depth", "2"], ["--min-duration", "1h"], ["--leaf", "--depth", "2"],
                                     ["--slowest", "3", "--depth", "1"], ["--slower", "1h", "--min-duration", "1h"],
                                     ["--slower", "1ns"]], ids=" ".join)
def test_all_calls_add_up(binary, start, trace, options):
    """Shown calls, folded ones, and trees that are only counted are what the program did. Text and JSON tell
    the same of it."""
    program = start(binary("calls"))
    options = [*options, "-u", "main.*", "-u", "!main.(*number).double", program.path, "main.root"]
    text, objects = trace(*options), trace("-f", "json", *options)
    (journal,) = program.work("GO 5")
    wanted = [in_trees(tree) for tree in journal["tree"]]
    left_out = []
    for tracer, kind in ((text, "graph"), (objects, "json")):
        shown = tracer.stop() and (trees_of(tracer, kind) if tracer.out else [])
        if "--slower" in options or "--slowest" in options:
            assert sums(tracer)[:2] == (len(wanted), len(shown))
        left_out.append(len(wanted) - len(shown))
        seen = [in_trees(tree) for tree in shown]
        if "--slowest" in options:
            assert len(seen) == 3 and all(seen.count(one) <= wanted.count(one) for one in seen)
        else:
            assert seen == ([] if "1h" == options[1] and options[0] == "--slower" else wanted)
    assert left_out[0] == left_out[1]


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_text_and_json_fold_the_same(binary, start, trace, kind):
    """Numbers and times of folded calls, which neither is told twice."""
    program = start(binary("durations"))
    tracer = trace("-f", kind, "--min-duration", "1h", *MEASURE, "-u", "main.work", program.path, "main.measure")
    (told,) = program.work("GO 60")
    (tree,) = trees_of(tracer.stop(), kind)
    assert not tree["calls"] and tree["folded"]["calls"] == 2
    # Only main.work is made by main.measure itself; the step of text is a microsecond.
    assert told["inner_ns"] - 1000 <= tree["folded"]["ns"] <= told["outer_ns"]


@pytest.mark.parametrize("option, shown", [("--slower=1h", False), ("--slower=1ns", True), ("--slowest=1", None)])
def test_followed_goroutines_go_with_their_tree(binary, start, trace, option, shown):
    program = start(binary("follow"))
    functions = [word for name in FOLLOWED for word in ("-u", name)]
    options = ["--follow", *functions, program.path, "main.handle"]
    whole, chosen = trace("-f", "json", *options), trace("-f", "json", option, *options)
    program.work("GO")
    told = program.work("release")
    await_condition(lambda: whole.out.count('"depth":1,"function":"main.outliver"') == 2, "not all has ended")
    calls, found = whole.stop().calls(), chosen.stop().calls()
    targets = [call for call in calls if call["function"] == "main.handle" and call["depth"] == 0]
    assert len(targets) == sum(one["parent"] == 0 for one in told) == 2
    if shown is None:
        assert [call["function"] for call in found if call["depth"] == 0].count("main.handle") == 1
        assert sums(chosen)[:2] == (2, 1)
        return
    assert sums(chosen)[:2] == (2, 2 * shown)
    assert shapes(found) == (shapes(calls) if shown else {})


@pytest.mark.parametrize("command", ["far", "nested", "goexit"])
def test_ends_are_as_without_a_filter(binary, start, trace, command):
    """Whole trees that are kept until it is known how long they took; and how calls end that are folded."""
    program = start(binary("panics"))
    options = ["-f", "json", "-u", "main.*", "-u", "!main.main*", program.path, "main.root", "main.leave"]
    whole, folded = trace("--slower", "1ns", *options), trace("--depth", "1", *options)
    journals = program.work(command)
    check_same(whole.stop().calls(), journals)
    roots = [(tree["function"], tree["end"], count(shape(tree)) - 1)
             for trees in forests(whole.calls()).values() for tree in trees]
    assert roots == [(call["function"], call["end"], call.get("folded", {"calls": 0})["calls"])
                     for call in folded.stop().calls()]


def test_states_of_what_is_folded(binary, start, trace):
    """What a call was spent on has that of the calls in it, shown or not."""
    program = start(binary("durations"))
    tracer = trace("-f", "json", "--states", "--depth", "1", *MEASURE, "-u", "main.work", program.path, "main.measure")
    program.work("GO 60")
    (call,) = tracer.stop().calls()
    states = dict(call["states_ns"])
    waiting = states.pop("waiting")
    assert waiting["sleep"] >= 55 * MS and call["folded"]["calls"] == 2
    assert sum(states.values()) + sum(waiting.values()) == call["duration_ns"]


def test_wrong_options(binary, run_tool):
    path = binary("durations")
    for arguments, message in (
        (["--interval", "1s"], "--interval is about --slowest"),
        (["--histogram"], "--histogram is about what --slower or --slowest leave out"),
        (["--slowest", "3", "--limit", "1"], "--limit and --slowest exclude each other"),
        (["--slowest", "0"], "'0' is not a number from 1 to 10000"),
        (["--slower", "soon"], "'soon'"),
    ):
        tool = run_tool(*arguments, path, "main.work")
        assert tool.wait() == 2
        assert message in tool.err
