# SPDX-License-Identifier: MIT
"""Sums by function are those of the calls that the program says it made."""

import collections
import json
import re

import pytest

from harness import await_condition, walk
from test_options import harness_awaits_block
from test_terminal import STYLE, on_screen  # noqa: F401

CALLS = ["-u", "main.*", "-u", "!main.(*number).double"]
NUMBERS = ("calls", "total", "self", "average", "p50", "p99", "max")
AMOUNT = r"[\d.]+(?:us|ms|s)"
ROW = re.compile(r" *(?P<calls>\d+)" + "".join(rf" +~?(?P<{name}>{AMOUNT}|-)" for name in NUMBERS[1:]) +
                 r"  (?P<function>\S+)(?P<ends>(?: \[\d+ [a-z ]+\])*)")
MARKS = {"panic": "panic", "goroutine exit": "goexit", "still running": "running", "lost": "lost", "left": "left",
         "tail call": "tail_call", "process exit": "process_exit"}
UNITS = {"us": 1e3, "ms": 1e6, "s": 1e9}
MS = 1_000_000


def amount(text):
    """In ns, and the step that it was cut to."""
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()
    return float(number) * UNITS[unit], UNITS[unit] / 10 ** len(number.partition(".")[2])


def tables(text):
    """Of the text: [[row, ...], ...], each row with its line of states."""
    found = []
    for line in text.splitlines():
        row = ROW.fullmatch(line)
        if line.split()[:1] == ["CALLS"]:
            assert line.split() == [name.upper() for name in NUMBERS] + ["FUNCTION"]
            found.append([])
        elif row:
            found[-1].append(row.groupdict())
        elif re.match(r"(?: {9}|     self)  run ", line):
            found[-1][-1]["self_states" if "self" in line else "states"] = re.findall(r"  (\S.*?) (\S+?)(?=  |$)", line[9:])
        else:
            assert not line or re.fullmatch(r"\d\d \d\d:\d\d:\d\d\.\d{6}", line), line
    return found


def rows(tracer):
    found = tracer.calls()
    assert all(row["summary"] == "calls" for row in found)
    return {row["function"]: row for row in found}


def journal_counts(journals):
    """Calls of each function."""
    return collections.Counter(call["function"] for journal in journals for tree in journal["tree"]
                               for call, _ in walk(tree))


def test_counts(binary, start, trace):
    """Each function was called as often as the program says, also those that call themselves."""
    program = start(binary("calls"))
    tracer = trace("--summary", "-f", "json", *CALLS, program.path, "main.root")
    wanted = journal_counts(program.work("GO 30"))
    found = rows(tracer.stop())
    assert {name: row["calls"] for name, row in found.items()} == wanted
    assert all(row["ends"] == {"return": row["calls"]} for row in found.values())
    assert sum(row["self_ns"] for row in found.values()) == found["main.root"]["total_ns"]
    # Outermost ones alone: less than all of its calls took.
    factorial = found["main.factorial"]
    assert factorial["total_ns"] == factorial["self_ns"]
    assert factorial["total_ns"] < factorial["average_ns"] * factorial["calls"]
    totals = [row["total_ns"] for row in tracer.calls()]
    assert totals == sorted(totals, reverse=True)
    assert len({row["time_ns"] for row in tracer.calls()}) == 1


@pytest.mark.parametrize("key", ["total", "self", "calls", "average", "p50", "p99", "max", "name"])
def test_text_and_order(binary, start, trace, key):
    """What is text in one tracer is JSON in another, which saw the same calls at other times."""
    program = start(binary("calls"))
    options = ["--summary", "--sort", key, *CALLS, program.path, "main.root"]
    text, objects = trace(*options), trace("-f", "json", *options)
    wanted = journal_counts(program.work("GO 30"))
    (table,) = tables(text.stop().out)
    found = objects.stop().calls()
    assert {row["function"]: int(row["calls"]) for row in table} == wanted
    assert {row["function"]: row["calls"] for row in found} == wanted
    if key == "name":
        assert [row["function"] for row in table] == [row["function"] for row in found] == sorted(wanted)
        return
    ranks = [row["calls" if key == "calls" else f"{key}_ns"] for row in found]
    assert ranks == sorted(ranks, reverse=True)
    shown = [float(row[key]) if key == "calls" else amount(row[key]) for row in table]
    if key == "calls":
        assert shown == sorted(shown, reverse=True)
    else:
        # Amounts are cut, and coarser ones come first.
        assert all(above[0] + above[1] > below[0] for above, below in zip(shown, shown[1:]))


def test_times(binary, start, trace):
    """They are between what the program measured inside and outside of its calls."""
    program = start(binary("durations"))
    tracer = trace("--summary", "-f", "json", "-u", "time.Sleep", program.path, "main.work")
    told = program.work("GO 1 120 1 5 90 2 1 1 200 1")
    found = rows(tracer.stop())
    assert set(found) == {"main.work", "time.Sleep"}
    work, sleep = found["main.work"], found["time.Sleep"]
    inner, outer = ([one[side] for one in told] for side in ("inner_ns", "outer_ns"))
    assert work["calls"] == sleep["calls"] == len(told)
    assert sum(inner) - 1000 * len(told) <= work["total_ns"] <= sum(outer)
    assert max(inner) - 1000 <= work["max_ns"] <= max(outer)
    assert sorted(inner)[4] - 1000 <= work["p50_ns"] <= sorted(outer)[4] * 33 / 32
    assert work["average_ns"] == work["total_ns"] // len(told)
    assert work["self_ns"] == work["total_ns"] - sleep["total_ns"]
    assert sleep["self_ns"] == sleep["total_ns"]


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_states(binary, start, trace, kind):
    program = start(binary("durations"))
    tracer = trace("--summary", "--states", "-f", kind, program.path, "main.work")
    program.work("GO 40 50 60")
    if kind == "graph":
        ((row,),) = tables(tracer.stop().out)
        states = dict(row["states"])
        assert next(iter(states)) == "run" and amount(states["sleep"])[0] >= 140 * MS and "self_states" not in row
        return
    work = rows(tracer.stop())["main.work"]
    states = dict(work["states_ns"])
    waiting = states.pop("waiting")
    assert sum(states.values()) + sum(waiting.values()) == work["total_ns"]
    assert waiting["sleep"] >= 140 * MS


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_ends(binary, start, trace, kind):
    """Calls that still run when tracing ends are counted, with their time, and told."""
    program = start(binary("ends"))
    tracer = trace("--summary", "-f", kind, "-u", "main.inner", "-u", "main.leaf", program.path, "main.outer")
    program.work("block")
    harness_awaits_block(program)
    tracer.stop()
    if kind == "json":
        found = {name: (row["calls"], row["ends"]) for name, row in rows(tracer).items()}
        assert all(row["max_ns"] > 0 for row in tracer.calls())
    else:
        (table,) = tables(tracer.out)
        found = {}
        for row in table:
            ends = {MARKS[mark]: int(count) for count, mark in re.findall(r"\[(\d+) ([a-z ]+)\]", row["ends"])}
            calls = int(row["calls"])
            if calls > sum(ends.values()):
                ends["return"] = calls - sum(ends.values())
            found[row["function"]] = (calls, ends)
    assert found == {"main.outer": (1, {"running": 1}), "main.inner": (1, {"running": 1}),
                     "main.leaf": (1, {"return": 1})}
    program.work("release")


@pytest.mark.parametrize("command, end", [("far", "panic"), ("nested", "panic"), ("goexit", "goexit")])
def test_other_ends(binary, start, trace, command, end):
    program = start(binary("panics"))
    tracer = trace("--summary", "-f", "json", "-u", "main.*", "-u", "!main.main*", program.path,
                   "main.root", "main.leave")
    wanted = collections.Counter((call["function"], call["end"]) for journal in program.work(command)
                                 for tree in journal["tree"] for call, _ in walk(tree))
    found = rows(tracer.stop())
    assert wanted == {(name, how): count for name, row in found.items() for how, count in row["ends"].items()}
    assert any(how == end for _, how in wanted)
    assert all(row["calls"] == sum(row["ends"].values()) for row in found.values())


@pytest.mark.parametrize("options", [[], ["--slowest", "9"]], ids=["all", "slowest"])
def test_interval(binary, start, trace, options):
    """Each call is in one table, soon after its end or that of its interval."""
    program = start(binary("durations"))
    tracer = trace("--summary", "--interval", "100ms", *options, "-u", "time.Sleep", program.path, "main.work")
    for number in range(1, 3):
        program.work("GO 20 1 1")
        await_condition(lambda: sum(int(row["calls"]) for table in tables(tracer.out) for row in table
                                    if row["function"] == "main.work") == 3 * number, "they are not shown")
    found = tables(tracer.out)
    assert len(found) >= 2
    assert tables(tracer.stop().out) == found


@pytest.mark.parametrize("option", ["--slower=60ms", "--slowest=2"])
def test_of_trees_that_are_shown(binary, start, trace, option):
    program = start(binary("durations"))
    tracer = trace("--summary", "-f", "json", option, "-u", "time.Sleep", program.path, "main.work")
    told = program.work("GO 1 300 1 1 400 1 1 500 1")
    found = rows(tracer.stop())
    chosen = found["main.work"]["calls"]
    assert {name: row["calls"] for name, row in found.items()} == {"main.work": chosen, "time.Sleep": chosen}
    least, most = (sum(one[side] >= 60 * MS for one in told) for side in ("inner_ns", "outer_ns"))
    assert 3 <= least <= chosen <= most if "--slower" in option else chosen == 2
    assert found["main.work"]["total_ns"] >= min(chosen, 3) * 300 * MS
    assert f"9 calls of targets, {chosen} shown" in tracer.err


def flat(states):
    """Amounts by name, of the object "states_ns"."""
    states = dict(states)
    return {**{f"waiting for {name}": ns for name, ns in states.pop("waiting", {}).items()}, **states}


def test_self_states(binary, start, trace):
    """What own times were spent on adds up to what the outermost calls were; text and JSON agree."""
    program = start(binary("durations"))
    options = ["--summary", "--states", "-u", "time.Sleep", program.path, "main.work"]
    text, objects = trace(*options), trace("-f", "json", *options)
    program.work("GO 40 50 60")
    (table,), found = tables(text.stop().out), rows(objects.stop())
    work, sleep = found["main.work"], found["time.Sleep"]
    for row in (work, sleep):
        assert sum(flat(row["states_ns"]).values()) == row["total_ns"]
        assert sum(flat(row["self_states_ns"]).values()) == row["self_ns"]
    own, slept = flat(work["self_states_ns"]), flat(sleep["self_states_ns"])
    whole = flat(work["states_ns"])
    assert {name: own.get(name, 0) + slept.get(name, 0) for name in {**own, **slept}} == whole
    assert slept["waiting for sleep"] >= 140 * MS and "waiting for sleep" not in own
    shown = {row["function"]: row for row in table}
    assert "self_states" not in shown["time.Sleep"] and "sleep" in dict(shown["time.Sleep"]["states"])
    assert "sleep" in dict(shown["main.work"]["states"]) and "sleep" not in dict(shown["main.work"]["self_states"])


def test_limit(binary, start, trace):
    """So many functions, and no end of tracing; how many more there are is told."""
    program = start(binary("calls"))
    tracer = trace("--summary", "--limit", "2", "--sort", "calls", "-f", "json", *CALLS, program.path, "main.root")
    wanted = journal_counts(program.work("GO 5"))
    found = [(row["function"], row["calls"]) for row in tracer.stop().calls()]
    assert len(found) == 2 and [calls for _, calls in found] == [calls for _, calls in wanted.most_common(2)]
    assert all(wanted[name] == calls for name, calls in found)
    assert f"{len(wanted) - 2} more functions are not shown" in tracer.err


def test_follow(binary, start, trace):
    """Goroutines that are started inside a tree are in its sums."""
    program = start(binary("follow"))
    options = ["-f", "json", "--follow", "-u", "main.*", program.path, "main.handle"]
    calls, summary = trace(*options), trace("--summary", *options)
    program.work("GO")
    program.work("release")
    wanted = collections.Counter(call["function"] for call in calls.stop().calls())
    found = rows(summary.stop())
    assert {name: row["calls"] for name, row in found.items()} == wanted
    assert found["main.leaf"]["calls"] > 1


def test_one_process_and_a_started_program(binary, start, trace, run_tool, tmp_path):
    program = start(binary("calls"))
    tracer = trace("--summary", "-f", "json", *CALLS, "-p", str(program.pid), "main.root")
    wanted = journal_counts(program.work("GO 2"))
    assert {name: row["calls"] for name, row in rows(tracer.stop()).items()} == wanted
    out = tmp_path / "out"
    assert run_tool("--summary", "-f", "json", "-o", str(out), program.path, "main.main", "--").wait() == 0
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["function"], row["calls"]) == ("main.main", 1)


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_on_a_terminal(binary, start, on_screen, columns):  # noqa: F811
    """No line wraps: columns are left out, names and states are cut."""
    program = start(binary("calls"))
    screen, tracer = on_screen(columns, "--summary", "--states", *CALLS, program.path, "main.root")
    wanted = journal_counts(program.work("GO 3"))
    tracer.stop()
    lines = [STYLE.sub("", line) for line in screen.lines()]
    assert max(map(len, lines)) <= columns
    titles = lines[0].split()
    assert titles[:3] == ["CALLS", "TOTAL", "SELF"] and titles[-1] == "FUNCTION"
    assert ("P50" in titles, "AVERAGE" in titles, "MAX" in titles) == (columns >= 80, columns >= 120, columns > 40)
    functions = [line for line in lines[1:] if line[:9].strip().isdigit()]
    assert len(functions) == len(wanted)
    for line in functions:
        name = line.split()[len(titles) - 1]
        assert name in wanted or name.endswith("…") and any(one.startswith(name[:-1]) for one in wanted)
        assert wanted[name] == int(line.split()[0]) or name.endswith("…")


def test_rows_on_a_terminal(binary, start, on_screen):  # noqa: F811
    """The first 20 functions, unless --limit says otherwise."""
    program = start(binary("requests"))
    for options, count in (((), 20), (("--limit", "22"), 22)):
        screen, tracer = on_screen(100, "--summary", *options, "-u", "net/http*", "-u", "net/textproto*", "-u",
                                   "fmt.*", "-u", "strconv.*", "-u", "bufio.*", program.path, "net/http.(*persistConn).roundTrip", "net/http.serverHandler.ServeHTTP")
        program.work("GO 1 2")
        tracer.stop()
        assert len(screen.lines()) - 1 == count
        assert re.search(r"\d+ more functions are not shown", tracer.err)


@pytest.mark.parametrize("color", ["always", "never", "auto"])
def test_color(binary, start, trace, color):
    """Own times by their share of all own time, and headings."""
    program = start(binary("durations"))
    tracer = trace("--summary", "--color", color, "-u", "time.Sleep", program.path, "main.work")
    program.work("GO 40 50 60")
    lines = tracer.stop().out.splitlines()
    if color != "always":
        assert not any(STYLE.search(line) for line in lines)
        return
    assert lines[0].startswith("\x1b[1m    CALLS") and lines[0].endswith("FUNCTION\x1b[0m")
    (sleep,) = [line for line in lines if line.endswith("time.Sleep")]
    (work,) = [line for line in lines if line.endswith("main.work")]
    assert re.search(rf"\x1b\[31m *{AMOUNT}\x1b\[0m", sleep) and re.search(rf"\x1b\[2m *{AMOUNT}\x1b\[0m", work)


def test_nothing(binary, start, trace):
    """No table, and the reason."""
    program = start(binary("durations"))
    tracer = trace("--summary", program.path, "main.work").stop()
    assert tracer.out == ""
    assert "main.work" in tracer.err.splitlines()[-1]


def test_wrong_options(binary, run_tool):
    path = binary("durations")
    for arguments, message in (
        (["--sort", "calls"], "--sort is about --summary, which is not there"),
        (["--sort", "total"], "--sort is about --summary, which is not there"),
        (["--summary", "--sort", "size"], "there is no order 'size'; there are total, self, calls"),
        (["--summary", "--limit", "0"], "'0' is not a number"),
        (["--summary", "--leaf"], "--summary shows none: leave them out"),
        (["--summary", "--caller", "off"], "--summary shows none: leave them out"),
        (["--summary", "--depth", "2"], "--summary shows none: leave them out"),
        (["--summary", "--min-duration", "1ms"], "--summary shows none: leave them out"),
        (["--summary", "--min-wait", "1ms"], "--summary shows none: leave them out"),
    ):
        tool = run_tool(*arguments, path, "main.work")
        assert tool.wait() == 2
        assert message in tool.err, tool.err
