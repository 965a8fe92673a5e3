# SPDX-License-Identifier: MIT
"""--goid: trees of some goroutines only, and how often others called targets."""

import pytest

from harness import forests, journal_shapes, shapes, told_counts
from test_follow import options, work

LEFT_OUT = "# (?:call of a target by another goroutine|calls of targets by other goroutines) than those of --goid (?:was|were) left out"


def left_out(tracer):
    told = [line[0] for line in (told_counts(LEFT_OUT, line) for line in tracer.err.splitlines()) if line]
    assert len(told) <= 1, tracer.err
    return sum(told)


def test_some_of_many(binary, start, trace):
    """What is shown and what is left out is all that the program did."""
    program = start(binary("durations"))
    some = {1, *range(18, 33)}
    tracer = trace("-f", "json", "--goid", "1", "--goid", ",".join(str(goid) for goid in some - {1}),
                   program.path, "main.work")
    told = program.work("GO " + " ".join(["1"] * 60))
    shown = sorted(goid for _, goid in forests(tracer.stop().calls()))
    assert shown == sorted({one["goid"] for one in told} & some)
    assert left_out(tracer) == len(told) - len(shown)


@pytest.mark.parametrize("kind", ["graph", "json"])
def test_none(binary, start, trace, kind):
    """It is told that others called."""
    program = start(binary("durations"))
    tracer = trace("-f", kind, "--goid", "1", program.path, "main.work")
    told = program.work("GO 1 1 1")
    assert tracer.stop().out == ""
    assert left_out(tracer) == len(told) == 3
    assert "nothing to show: no goroutine of --goid has entered main.work, and others have" in tracer.err


def test_all(binary, start, trace):
    """Nothing is left out, and nothing is said of that."""
    program = start(binary("calls"))
    tracer = trace("-f", "json", "--goid", "1", "-u", "main.leaf", program.path, "main.root")
    program.work("GO 3")
    assert len(shapes(tracer.stop().calls())) == 1
    assert sum(call["depth"] == 0 for call in tracer.calls()) == 3 and left_out(tracer) == 0


def test_followed(binary, start, trace):
    """Goroutines that are started in a tree go with it."""
    program = start(binary("follow"))
    tracer = trace("--follow", "--goid", "1", "-f", "json", *options(program.path))
    program.work("GO")
    told = program.work("release")
    family = {1}
    while more := {one["goid"] for one in told if one["parent"] in family} - family:
        family |= more
    found = set(goid for _, goid in forests(tracer.stop().calls()))
    assert found == family and 1 < len(family) < len(told)
    assert left_out(tracer) == 1


@pytest.mark.parametrize("value", ["", "1,", "0", "x", ",".join(map(str, range(1, 18)))])
def test_wrong(binary, run_tool, value):
    tool = run_tool("--goid", value, binary("calls"), "main.root")
    assert tool.wait() == 2
    assert "is not a number from 1" in tool.err or "--goid takes at most 16 goroutines" in tool.err
