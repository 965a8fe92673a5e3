# SPDX-License-Identifier: MIT
"""Goroutines started inside a target are traced as its children."""

import os
import re

import pytest

import builds
from harness import await_condition, forests, journal_shapes, shape, walk

CALLS = ("main.worker", "main.foreman", "main.outliver", "main.leaf", "main.handle.func1")


def options(path):
    selected = [word for name in CALLS for word in ("-u", name)]
    return [*selected, path, "main.handle"]


ENDED = r'"depth":1,"function":"main.outliver"'


def work(program, tracer, target_ended=None, all_ended=ENDED):
    """Its account, when the tracer has written the last of it; the patterns are to be there twice."""
    program.work("GO")
    if target_ended:
        await_condition(lambda: len(re.findall(target_ended, tracer.out)) == 2, "the targets do not end")
    told = program.work("release")
    assert sum(one["parent"] == 0 for one in told) == 2 and len(told) == 12
    await_condition(lambda: len(re.findall(all_ended, tracer.out)) == 2, "what outlives the targets does not end")
    return told


def without_wrapper(tree):
    """`go f(x)` starts a function that the compiler made, which calls f."""
    if re.search(r"\.(gowrap|func|·dwrap·)\d+$", tree["function"]) and tree["function"] not in CALLS:
        (tree,) = tree["calls"]
    return tree


def profiled(name):
    """With a profile that makes the compiler put runtime.newproc1 into its caller."""
    return [f"-gcflags=runtime=-pgoprofile={builds.FIXTURES / 'follow' / name}"]


@pytest.mark.parametrize("version, flags", [("1.19", []), ("1.23", []), ("1.27", []), ("1.27", ["-ldflags=-s -w"]),
                                            ("1.27", profiled("newproc.profile")),
                                            ("1.27", profiled("casgstatus.profile"))],
                         ids=["Go 1.19", "Go 1.23", "Go 1.27", "Go 1.27, stripped", "Go 1.27, newproc1 inlined",
                              "Go 1.27, newproc1 and casgstatus inlined"])
def test_followed(binary, start, trace, version, flags):
    program = start(binary("follow", version=version, flags=flags))
    tracer = trace("--follow", "-f", "json", *options(program.path))
    told = work(program, tracer)
    found = forests(tracer.stop().calls())
    assert set(found) == {(one["pid"], one["goid"]) for one in told}
    trees = {}
    for one in told:
        (trees[one["goid"]],) = found[(one["pid"], one["goid"])]
    wanted = journal_shapes(told)
    for one in told:
        tree = trees[one["goid"]]
        assert [shape(without_wrapper(tree))] == wanted[(one["pid"], one["goid"])]
        if not one["parent"]:
            assert "started_by" not in tree
            continue
        assert tree["started_by"] == {"goid": one["parent"], "tree": trees[one["parent"]]["tree"]}
        assert tree["caller"]["function"] == one["by"] and tree["caller"]["line"] == one["line"]
        assert os.path.basename(tree["caller"]["file"]) == "main.go"
        assert tree["start_ns"] >= trees[one["parent"]]["start_ns"]
        assert not any("started_by" in call for call, parent in walk(tree) if parent)


def test_not_followed_without_the_option(binary, start, trace):
    program = start(binary("follow"))
    tracer = trace("-f", "json", *options(program.path))
    program.work("GO")
    told = program.work("release")
    targets = [one for one in told if not one["parent"]]
    found = forests(tracer.stop().calls())
    assert set(found) == {(one["pid"], one["goid"]) for one in targets}
    for trees in found.values():
        assert [[call["function"] for call, _ in walk(tree)] for tree in trees] == [
            ["main.handle", "main.leaf", "main.leaf"]]


def test_followed_with_states(binary, start, trace):
    """The outliver waits in its own tree; the target waits for the workers."""
    program = start(binary("follow"))
    tracer = trace("--follow", "--states", "-f", "json", *options(program.path))
    told = work(program, tracer)
    for call in tracer.stop().calls():
        waiting = call["states_ns"].get("waiting", {})
        assert sum(waiting.values()) + sum(ns for state, ns in call["states_ns"].items() if state != "waiting") \
            == call["duration_ns"]
        if call["function"] == "main.outliver":
            assert waiting.get("chan receive", 0) > 0
    assert told


def test_followed_in_the_text(binary, start, trace):
    """Nested in the tree that started them; those that outlive it have a tree of their own."""
    program = start(binary("follow"))
    tracer = trace("--follow", *options(program.path))
    told = work(program, tracer, target_ended=r"\} main\.handle\+", all_ended=r"\} main\.outliver\+")
    lines = tracer.stop().out.splitlines()
    by_goid = {one["goid"]: one for one in told}

    def find(pattern):
        (line,) = [line for line in lines if re.search(pattern, line)]
        return line

    def indent(line):
        return len(line) - len(line[31:].lstrip())

    for one in told:
        if not one["parent"]:
            continue
        place = rf"{re.escape(one['by'])}\+\d+ \S*/main\.go:{one['line']}$"
        nested = rf"\bgo main\.\S+\(\) \{{ \[goroutine {one['goid']}\] {place}"
        if one["name"] == "main.outliver":
            nested = rf"\bgo main\.\S+\(\) \[goroutine {one['goid']}, still running\] {place}"
            alone = find(rf"\bgo main\.\S+\(\) \{{ \[goroutine {one['goid']}, started by goroutine {one['parent']}\] "
                         + place)
            assert indent(alone) == 31
        depth = 1
        while by_goid[one["parent"]]["parent"]:
            one, depth = by_goid[one["parent"]], depth + 1
        # A foreman's worker is inside the compiler's wrapper of foreman, and inside foreman.
        assert (indent(find(nested)) - 31) // 2 == (1 if depth == 1 else 3), lines
    for called, count in {"main.worker": 4, "main.foreman": 2, "main.handle.func1": 2}.items():
        assert sum(f"}} {called}+" in line for line in lines) == count


def test_coroutines(binary, start, trace):
    """They end in a way of their own."""
    program = start(binary("states", version="1.27"))
    tracer = trace("--follow", "-f", "json", "-u", "main.pull*", program.path, "main.pull")
    told = program.work("churn 3 10")
    assert told["pulled"] == 3
    (pull,), (coroutine,) = forests(tracer.stop().calls()).values()
    assert (pull["function"], pull["end"]) == ("main.pull", "return")
    assert (coroutine["function"], coroutine["end"]) == ("runtime.corostart", "goexit")
    assert [call["function"] for call in coroutine["calls"]] == ["main.pull.func1"]
    assert coroutine["start_ns"] + coroutine["duration_ns"] < pull["start_ns"] + pull["duration_ns"]


@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_the_runtimes_own_goroutines(binary, start, trace, version):
    """The first garbage collection of a process starts some, wherever it happens."""
    program = start(binary("states", version=version))
    births = trace("states", "-f", "json", "-p", program.pid)
    tracer = trace("--follow", "-f", "json", program.path, "main.doGCAssist")
    goid = program.work("gcassist 1 50")["goid"]
    assert any(change.get("started_by", {}).get("goid") == goid and "runtime.gcBgMark" in change["start"]["function"]
               for change in births.stop().calls())
    assert {call["goid"] for call in tracer.stop().calls()} == {goid}


@pytest.mark.parametrize("follow", [[], ["--follow"]], ids=["alone", "followed"])
def test_hint(binary, start, trace, follow):
    """Most calls are made by goroutines that a tree starts: without --follow that is told."""
    program = start(binary("follow"))
    tracer = trace(*follow, *options(program.path))
    program.work("GO")
    program.work("release")
    said = re.findall(r"(\d+) of (\d+) calls of traced functions are in no tree: .*; --follow shows", tracer.stop().err)
    assert bool(said) == (not follow), tracer.err
    assert not said or int(said[0][0]) > int(said[0][1]) / 2
