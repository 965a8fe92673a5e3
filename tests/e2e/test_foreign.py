# SPDX-License-Identifier: MIT
"""Threads that C made call Go."""

import pytest

from harness import forests


@pytest.mark.parametrize("options", [[], ["--attach", "tracefs"]], ids=["", "tracefs"])
@pytest.mark.parametrize("version", [None, "1.19", "1.24", "1.27"],
                         ids=["installed Go", "Go 1.19", "Go 1.24", "Go 1.27"])
def test_foreign_threads(binary, start, trace, version, options):
    """In the first Go code that they run they have no goroutine: nothing is lost by that, for nobody."""
    program = start(binary("foreign", version=version, cgo=True))
    tracer = trace("-f", "json", "--ring-size", "128M", *options, "-u", "runtime.*", "-u", "*cgo*", "-u", "crosscall2*",
                   "-u", "main.*", program.path, "main.root", "main.back")
    assert program.work("GO 4 25") == 25
    tracer.stop()
    assert "could not be read" not in tracer.err and "lost" not in tracer.err, tracer.err
    calls = tracer.calls()
    assert not any(call.get("incomplete") for call in calls)
    assert {call["end"] for call in calls} <= {"return", "tail_call", "left"}
    trees = [tree for trees in forests(calls).values() for tree in trees]
    assert sorted(tree["function"] for tree in trees) == ["main.back"] * 100 + ["main.root"]
    assert {tree["end"] for tree in trees} == {"return"}
    for tree in trees:
        if tree["function"] == "main.back":
            assert sum(call["function"] == "main.leaf" for call in tree["calls"]) == 1


@pytest.mark.parametrize("version", [None, "1.19"], ids=["installed Go", "Go 1.19"])
def test_everything_of_foreign_threads(binary, start, trace, version):
    """Also what gets them a goroutine, and gives it back."""
    program = start(binary("foreign", version=version, cgo=True))
    tracer = trace("-f", "json", "--ring-size", "128M", "-u", "*", program.path, "runtime.cgocallbackg", "runtime.dropm")
    assert program.work("GO 4 25") == 25
    tracer.stop()
    assert "could not be read" not in tracer.err and "lost" not in tracer.err, tracer.err
    trees = [tree for trees in forests(tracer.calls()).values() for tree in trees]
    assert sum(tree["function"].startswith("runtime.cgocallbackg") for tree in trees) == 100
    assert {tree["end"] for tree in trees} <= {"return", "tail_call", "left"}
    assert any(tree["function"].startswith("runtime.dropm") for tree in trees)
