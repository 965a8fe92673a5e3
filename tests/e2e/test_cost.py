# SPDX-License-Identifier: MIT
"""What probes cost: hits are counted, each of them, and calls tell how much of their time it was."""

import os
import re

import pytest

from harness import forests, walk

LINE = re.compile(r"^gofuncgraph-c: (?P<hits>[\d,]+) probe hits?, about (?P<time>[\d.]+ (?:us|ms|s)) of the program's CPU"
                  r" time(?: \((?P<percent>\d+) %\))?, (?P<share>\d+) % of it (?:in (?P<function>\S+)|where goroutines .*)$",
                  re.M)


@pytest.fixture
def start_calm(start):
    """Its stack does not shrink, so that no entry is hit again when it grows."""
    return lambda path: start(path, env={**os.environ, "GOGC": "off"})


def bill(tracer):
    line = LINE.search(tracer.err)
    assert line, tracer.err
    return int(line["hits"].replace(",", "")), line["function"]


def count_calls(account, *names):
    return sum(call["function"] in names for journal in account for tree in journal["tree"] for call, _ in walk(tree))


@pytest.mark.parametrize("method", ["auto", "tracefs", "perf_event"])
def test_hits(binary, start_calm, trace, method):
    """An entry and an exit for each call that the program says it made, and none of before."""
    program = start_calm(binary("calls"))
    program.work("GO 3")
    tracer = trace("--attach", method, "-u", "main.leaf", "-u", "main.factorial", program.path, "main.root")
    account = program.work("GO 30")
    calls = count_calls(account, "main.leaf", "main.factorial", "main.root")
    assert calls > 30 * 10
    hits, function = bill(tracer.stop())
    assert hits == 2 * calls
    assert function in ("main.leaf", "main.factorial")


def test_outside(binary, start_calm, trace):
    """Those outside of every target, too."""
    program = start_calm(binary("calls"))
    program.work("GO 3")
    tracer = trace("-u", "main.leaf", program.path, "main.main")
    account = program.work("GO 30")
    assert bill(tracer.stop()) == (2 * count_calls(account, "main.leaf"), "main.leaf")


def test_none(binary, start, trace):
    program = start(binary("calls"))
    tracer = trace(program.path, "main.root")
    assert "gofuncgraph-c: no probe was hit\n" in tracer.stop().err


def test_launched(binary, run_tool, tmp_path):
    """All that it did from its first instruction on, and its CPU time though it has ended."""
    (tmp_path / "input").write_text("GO 30\n")
    with open(tmp_path / "input", encoding="ascii") as commands:
        tracer = run_tool("-f", "json", "-o", tmp_path / "traced.json", "-u", "main.*", binary("calls"), "main.root", "--",
                          stdin=commands)
        assert tracer.wait() == 0, tracer.err
    hits, _ = bill(tracer)
    assert hits >= 2 * len((tmp_path / "traced.json").read_text().splitlines()) > 30 * 30
    assert int(LINE.search(tracer.err)["percent"]) > 0


def test_states(binary, start, run_tool):
    program = start(binary("states"))
    tracer = run_tool("states", "--summary", program.path).await_tracing()
    program.work("sleep 5 1")
    hits, function = bill(tracer.stop())
    assert hits > 0 and function is None


def test_probe_time(binary, start, trace):
    """A call's holds that of the calls inside it, and no call's is longer than itself."""
    program = start(binary("calls"))
    tracer = trace("-f", "json", "-u", "main.*", program.path, "main.root")
    program.work("GO 30")
    calls = [call for trees in forests(tracer.stop().calls()).values() for tree in trees for call, _ in walk(tree)]
    assert len(calls) > 30 * 30
    for call in calls:
        inner = sum(one["probe_ns"] for one in call["calls"])
        assert 0 < call["probe_ns"] <= call["duration_ns"], call
        assert call["probe_ns"] == call["duration_ns"] or call["probe_ns"] > inner


def test_probe_time_of_sums(binary, start, trace):
    program = start(binary("calls"))
    tracer = trace("--summary", "-f", "json", "-u", "main.*", program.path, "main.root")
    program.work("GO 30")
    rows = {row["function"]: row for row in tracer.stop().calls()}
    assert all(0 < row["probe_ns"] <= row["total_ns"] for row in rows.values())
    assert rows["main.root"]["probe_ns"] > rows["main.leaf"]["probe_ns"]
