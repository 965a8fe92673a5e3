# SPDX-License-Identifier: MIT
"""--live: calls as they happen, of which the same trees can be made that are printed without it."""

import os
import pathlib
import re

import pytest

from harness import (await_condition, check_same, forests, graph_shape, journal_shapes, parse_live, shape, shapes,
                     split_live, told_counts, walk)
from test_calls import NOT_YIELD
from test_filters import MS, folded_shape
from test_follow import options, without_wrapper, work
from test_long_trees import anonymous_memory
from test_lost import losses, start_overflow
from test_options import harness_awaits_block
from test_stack import frames, shown_frames
from test_terminal import STYLE, on_screen  # noqa: F401

MAIN = ["-u", "main.*", "-u", "!main.(*number).double"]


def exits(tracer):
    """Of JSON: the objects of calls, each of which has begun before with what is known then."""
    begun, ended = {}, []
    for event in tracer.calls():
        kind, who = event.pop("event"), (event["tree"], event.get("call"))
        if kind == "entry":
            assert who not in begun and event["pid"]
            begun[who] = event
        elif kind == "exit":
            entry = begun.pop(who)
            assert event.pop("time_ns") == event["start_ns"] + event["duration_ns"]
            assert entry.pop("time_ns") == event["start_ns"]
            entry.pop("command_line", None)
            assert entry == {name: event[name] for name in entry}
            ended.append(event)
    assert not begun, f"calls without an end: {begun}"
    return ended


def texts(tracer):
    """The same as shapes(), of text; of one process."""
    return {int(who): [graph_shape(tree) for tree in trees] for (_, who), trees in parse_live(tracer.out).items()}


# ---- the same calls ----


@pytest.mark.parametrize("options", [[], ["--leaf"], ["--caller", "short"]], ids=" ".join)
def test_many_goroutines(binary, start, trace, options):
    """The lines of each goroutine are the calls that it made."""
    program = start(binary("concurrent"))
    tracer = trace("--live", *options, "-u", "main.*", *NOT_YIELD, program.path, "main.handle")
    journals = program.work("GO 60 10 1")
    wanted = {goid: trees for (_, goid), trees in journal_shapes(journals).items()}
    assert texts(tracer.stop()) == wanted
    changes = sum(line.startswith(" -") for line in tracer.out.splitlines())
    assert changes >= len(wanted) - 1


def test_many_goroutines_in_json(binary, start, trace):
    program = start(binary("concurrent"))
    tracer = trace("--live", "-f", "json", "-u", "main.*", *NOT_YIELD, program.path, "main.handle")
    journals = program.work("GO 60 10 1")
    check_same(exits(tracer.stop()), journals)


def test_beside_trees(binary, start, trace):
    """Another tracer at the same time prints trees: the same calls and callers, which took as long."""
    program = start(binary("durations"))
    functions = ["-u", "time.Sleep", program.path, "main.work"]
    live, beside = trace("--live", *functions), trace("-f", "json", *functions)
    told = {one["goid"]: one for one in program.work("GO 20 60 1 5 90 2")}
    seen = parse_live(live.stop().out)
    others = forests(beside.stop().calls())
    assert {int(who) for _, who in seen} == {goid for _, goid in others} == set(told)
    for (_, who), (tree,) in seen.items():
        (other,) = others[(program.pid, int(who))]
        assert graph_shape(tree) == shape(other)
        assert tree["entry"]["line"] == str(other["caller"]["line"])
        took = int(tree["exit"]["duration"].replace(".", "")) * 1000
        assert told[int(who)]["inner_ns"] - 1000 <= took <= told[int(who)]["outer_ns"]


@pytest.mark.parametrize("command", ["near", "far", "nested", "again", "fault", "goexit"])
@pytest.mark.parametrize("kind", ["graph", "json"])
def test_ends(binary, start, trace, kind, command):
    """Unwound by panics and by runtime.Goexit."""
    program = start(binary("panics"))
    tracer = trace("--live", "-f", kind, "-u", "main.*", "-u", "!main.main*", program.path, "main.root", "main.leave")
    journals = program.work(command)
    tracer.stop()
    if kind == "json":
        check_same(exits(tracer), journals)
    else:
        assert texts(tracer) == {goid: trees for (_, goid), trees in journal_shapes(journals).items()}


# ---- at once ----


@pytest.mark.parametrize("leaf", [[], ["--leaf"]], ids=["", "--leaf"])
def test_open_call(binary, start, trace, leaf):
    """A call that does not come to an end is there, and where it is open; ^C tells that it ran on."""
    program = start(binary("ends"))
    tracer = trace("--live", *leaf, "-u", "main.inner", "-u", "main.leaf", program.path, "main.outer")
    program.work("block")
    await_condition(lambda: "main.inner() {" in tracer.out, "the call that is open is not shown")
    (lines,) = split_live(tracer.out).values()
    assert "main.outer() {" in lines[0]
    # With --leaf, time may have passed while main.leaf was held back.
    assert len(lines) == 4 or (leaf and len(lines) == 3 and "main.leaf();" in lines[1])
    harness_awaits_block(program)
    tracer.stop()
    (lines,) = split_live(tracer.out).values()
    assert [line.split("} ")[1] for line in lines[-2:]] == ["main.inner [still running]", "main.outer [still running]"]
    program.work("release")


def test_each_call_at_once(binary, start, trace):
    """Lines are there while the tree goes on, and it does not come in parts."""
    program = start(binary("long"))
    tracer = trace("--live", "-u", "main.handle", program.path, "main.serve")
    program.work("begin")
    await_condition(lambda: "main.serve() {" in tracer.out, "its beginning is not told")
    for calls in range(1, 4):
        program.work("call 1")
        await_condition(lambda: tracer.out.count("} main.handle+") == calls, f"call {calls} is not told")
    assert "} main.serve" not in tracer.out
    program.work("end")
    ((tree,),) = parse_live(tracer.stop().out).values()
    assert [call["name"] for call, _ in walk(tree)] == ["main.serve", "main.handle", "main.handle", "main.handle"]


def test_nothing_is_kept(binary, start, trace, tmp_path):
    calls = 150_000
    program = start(binary("long"))
    out = tmp_path / "out"
    tracer = trace("--live", "--ring-size", "256M", "-o", str(out), "-u", "main.handle", program.path, "main.serve")
    program.work("begin")

    def call_and_await(wanted):
        program.work(f"call {calls}")
        await_condition(lambda: sum(b"} main.handle+" in line for line in out.open("rb")) == wanted, "a call is missing")
        return anonymous_memory(tracer.pid)

    before = call_and_await(calls)
    grown = call_and_await(2 * calls) - before
    assert grown < 1 << 20, f"{grown} bytes more after {calls} calls more"
    program.work("end")
    tracer.stop()
    assert "lost" not in tracer.err


# ---- with other options ----


@pytest.mark.parametrize("depth", [1, 3, 99])
@pytest.mark.parametrize("kind", ["graph", "json"])
def test_depth(binary, start, trace, kind, depth):
    """Deeper calls are counted at the end of those that made them."""
    program = start(binary("calls"))
    tracer = trace("--live", "-f", kind, "--depth", str(depth), *MAIN, program.path, "main.root")
    (journal,) = program.work("GO 2")
    tracer.stop()
    (trees,) = forests(exits(tracer)).values() if kind == "json" else parse_live(tracer.out).values()
    assert [folded_shape(tree) for tree in trees] == [folded_shape(tree, depth) for tree in journal["tree"]]
    for call, _ in (pair for tree in trees for pair in walk(tree)):
        if "folded" in call and kind == "json":
            inner = sum(one["duration_ns"] for one in call["calls"])
            assert call["folded"]["ns"] == call["duration_ns"] - call["self_ns"] - inner


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_limit(binary, start, trace, kind):
    """It ends by itself; of the trees that begin, the first are shown."""
    program = start(binary("calls"))
    tracer = trace("--live", "-f", kind, "--limit", "3", "-u", "main.leaf", program.path, "main.closures")
    program.work("GO 5")
    assert tracer.wait() == 0
    (trees,) = forests(exits(tracer)).values() if kind == "json" else parse_live(tracer.out).values()
    assert len(trees) == 3


def test_goid(binary, start, trace):
    program = start(binary("durations"))
    some = set(range(20, 36))
    tracer = trace("--live", "--goid", ",".join(map(str, some)), program.path, "main.work")
    told = program.work("GO " + " ".join(["1"] * 60))
    shown = set(texts(tracer.stop()))
    assert shown and shown == some & {one["goid"] for one in told}


def test_follow(binary, start, trace):
    """Goroutines that are started in a tree have lines of their own, from the `go` statement on."""
    program = start(binary("follow"))
    tracer = trace("--live", "--follow", "-f", "json", *options(program.path))
    told = work(program, tracer, all_ended=r'"event":"exit",[^\n]*"depth":1,"function":"main.outliver"')
    found = forests(exits(tracer.stop()))
    wanted = journal_shapes(told)
    for one in told:
        (tree,) = found[(one["pid"], one["goid"])]
        assert [shape(without_wrapper(tree))] == wanted[(one["pid"], one["goid"])]
        assert ("started_by" in tree) == bool(one["parent"])


def test_follow_in_text(binary, start, trace):
    program = start(binary("follow"))
    tracer = trace("--live", "--follow", *options(program.path))
    told = work(program, tracer, all_ended=r"  \} main\.outliver\+")
    lanes = {int(who): lines for (_, who), lines in split_live(tracer.stop().out).items()}
    assert set(lanes) == {one["goid"] for one in told}
    for one in told:
        first = lanes[one["goid"]][0]
        started = re.search(rf"go main\.\S+\(\) {{ \[goroutine {one['goid']}, started by goroutine (\d+)\] "
                            rf"{re.escape(one['by'])}\+\d+ \S+:{one['line']}$", first)
        assert bool(started) == bool(one["parent"]) and (not started or int(started[1]) == one["parent"]), first


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_stack(binary, start, trace, kind):
    """Above the first call of each tree are those that called it, and in JSON with its beginning."""
    program = start(binary("callers"))
    tracer = trace("--live", "-f", kind, "--stack", program.path, "main.target")
    told = [program.work(way) for way in ("main", "inlined 0", "recursion 10")]
    tracer.stop()
    if kind == "json":
        entries = [event for event in tracer.calls() if event["event"] == "entry"]
        assert [frames(one["stack"]) for one in entries] == [frames(account["frames"]) for account in told]
        exits(tracer)
        return
    lanes = split_live(tracer.out)
    for account in told:
        lines = lanes[(None, str(account["goid"]))]
        assert lines.pop(0).strip() == f"(goroutine {account['goid']} of process {program.pid})"
        for function, file, line in reversed(shown_frames(account["frames"])):
            assert lines.pop(0).strip() == f"> {function} {file}:{line}"
        assert "main.target() {" in lines.pop(0) and "} main.target+" in lines.pop(0)
    assert not any(lanes.values())


# ---- waits ----


def test_waits(binary, start, trace):
    """A wait has its line when it ends, in the call that waits; where the time went is told at a call's end."""
    program = start(binary("durations"))
    functions = ["-u", "main.work", "-u", "time.Sleep", program.path, "main.measure"]
    text = trace("--live", "--min-wait", "10ms", *functions)
    objects = trace("--live", "--min-wait", "10ms", "-f", "json", *functions)
    told = {one["goid"]: one for one in program.work("GO 60 1 90")}
    lanes = {int(who): lines for (_, who), lines in split_live(text.stop().out).items()}
    events = objects.stop().calls()
    assert set(lanes) == set(told)
    for goid, account in told.items():
        waits = [event for event in events
                 if event["event"] == "wait" and event["goid"] == goid and event.get("reason") == "sleep"]
        sleeps = [line for line in lanes[goid] if line.endswith("      ~ sleep")]
        assert len(sleeps) == len(waits) <= 1
        # One that was to take a millisecond may take longer.
        assert len(waits) == (account["inner_ns"] >= 60 * MS) or 10 * MS <= account["inner_ns"] < 60 * MS
        assert all(re.search(r"   run \S+", line) for line in lanes[goid] if "} " in line)
        for wait in waits:
            assert (wait["depth"], wait["call"]) == (2, 3) and 10 * MS <= wait["duration_ns"] <= account["outer_ns"]
        for line in sleeps:
            at = lanes[goid].index(line)
            assert "time.Sleep() {" in lanes[goid][at - 1]
    assert not any("waits" in event for event in events if event["event"] == "exit")
    exits(objects)


# ---- losses ----


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_lost(binary, start, trace, kind):
    """What was lost is told in place; with what was received it is all."""
    program = start(binary("load"))
    tracer, account = start_overflow(lambda *arguments: trace("--live", *arguments), program, kind, "GO 1 1 20000")
    tracer.stop()
    lost, all_events = losses(tracer)
    assert lost and all_events == 2 * (account["calls"] + account["batches"])
    if kind == "json":
        events = tracer.calls()
        told = sum(event["events"] for event in events if event["event"] == "lost")
        received = sum(event["event"] == "entry" for event in events) + sum("return" in event for event in events)
        exits(tracer)
    else:
        ((*lines,),) = split_live(tracer.out).values()
        told = sum(note[0] for note in (told_counts(r"\(# events? lost\)$", line) for line in lines) if note)
        received = sum("() {" in line for line in lines) + sum(bool(re.search(r"\} \S+\+\d+ ", line)) for line in lines)
    assert told == lost and received + told == all_events


# ---- processes ----


def test_processes(binary, start, trace):
    """Goroutines of several processes with the same id are not mixed up."""
    path = binary("concurrent")
    programs = [start(path, word) for word in ("one", "two", "three")]
    tracer = trace("--live", "-u", "main.*", *NOT_YIELD, path, "main.handle")
    for program in programs:
        program.send("GO 5 10 1")
    journals = [journal for program in programs for journal in program.read_account()]
    found = {(pid, int(who)): [graph_shape(tree) for tree in trees]
             for (pid, who), trees in parse_live(tracer.stop().out).items()}
    assert found == journal_shapes(journals)
    assert sorted(re.findall(r"^\[(\d+)\] (.*)$", tracer.out, re.M)) == sorted(
        (str(program.pid), f"{path} {word}") for program, word in zip(programs, ("one", "two", "three")))


# ---- on a terminal ----


@pytest.mark.parametrize("columns", [80, 120, 200])
@pytest.mark.parametrize("extra", [[], ["--min-wait", "1us", "--follow"], ["--caller", "full", "--leaf"]], ids=" ".join)
def test_no_line_wraps(binary, start, trace, on_screen, columns, extra):  # noqa: F811
    program = start(binary("concurrent"))
    functions = ["-u", "main.*", *NOT_YIELD, program.path, "main.handle"]
    screen, tracer = on_screen(columns, "--live", *extra, *functions)
    beside = trace("-f", "json", *functions)
    program.work("GO 6 3 1")
    tracer.stop()
    calls = beside.stop().calls()
    colored = screen.lines()
    lines = [STYLE.sub("", line) for line in colored]
    assert max(map(len, lines)) <= columns and not any("\x1b" in line for line in lines)
    began = [line for line in lines if re.search(r"(main\.\w+)\(\)[;… ]", line)]
    assert len(began) == len(calls)
    assert all("\x1b[" in line for line in colored)


def test_color(binary, start, on_screen):  # noqa: F811
    """Goroutines whose numbers follow each other have different colours, the same for all lines."""
    program = start(binary("durations"))
    screen, tracer = on_screen(200, "--live", program.path, "main.work")
    program.work("GO 30 30 30 30")
    tracer.stop()
    colors = {}
    for line in screen.lines():
        lane = re.match(r"\x1b\[(\d+)m *(\d+)\) \x1b\[0m", line)
        if lane:
            colors.setdefault(int(lane[2]), set()).add(lane[1])
    assert len(colors) == 4 and all(len(one) == 1 for one in colors.values())
    assert all(colors[goid] != colors[goid + 1] for goid in colors if goid + 1 in colors)


# ---- wrong options ----


@pytest.mark.parametrize("wrong", [["--slower", "1s"], ["--slowest", "3"], ["--min-duration", "1ms"], ["--summary"]],
                         ids=" ".join)
def test_what_nobody_knows_yet(binary, run_tool, wrong):
    tool = run_tool("--live", *wrong, binary("durations"), "main.work")
    assert tool.wait() == 2
    assert ("--live and --summary exclude each other" if wrong == ["--summary"]
            else "leave out --slower, --slowest and --min-duration") in tool.err
