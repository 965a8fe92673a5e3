# SPDX-License-Identifier: MIT
"""Who may serve what a goroutine waits for: the goroutines command says only what the memory holds, and hunt tells the same
of calls that are stuck."""

import json
import re

import pytest

from harness import await_condition
from test_goroutines import read

VERSIONS = ["1.19", "1.24", "1.27"]
CASES = [
    ("HTTP", "main.handleHTTP", "net/http.(*persistConn).readLoop", 2, "object"),
    ("HELPER", "main.handleHelper", "main.silent.work", 1, "stack"),
]
MODES = {"plain": {}, "pie -s -w": {"flags": ["-buildmode=pie", "-ldflags=-s -w"]}}


def has(one, function):
    return any(frame["function"] == function for frame in one["stack"])


def settled(run_tool, program, handler, *others):
    """All goroutines, when those inside `handler` wait, and so many are in each of the other functions."""
    found = {}

    def all_wait():
        found.clear()
        found.update(read(run_tool, program))
        inside = [one for one in found.values() if has(one, handler)]
        return (inside and all("waits_for" in one for one in inside)
                and all(sum(has(one, function) and one.get("reason") == "IO wait" for one in found.values()) == count
                        for function, count in others))

    await_condition(all_wait, f"{handler} does not wait")
    return [one for one in found.values() if has(one, handler)], found


def check(leads, found, function, peer, by):
    for lead in leads:
        assert has(found[lead["goid"]], function), (lead, found[lead["goid"]])
        assert lead["peer"] == peer and lead["by"] in by, lead


@pytest.mark.toolchains
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command, handler, function, count, by", CASES)
def test_is_named(binary, start, run_tool, version, mode, command, handler, function, count, by):
    program = start(binary("leads", version=version, **MODES[mode]))
    peer = program.work(command)
    handlers, found = settled(run_tool, program, handler, (function, count))
    assert len(handlers) == count
    for one in handlers:
        (lead,) = one["leads"]
        check([lead], found, function, peer, [by])
        assert lead["address"] in one["waits_for"]["channels"]
    assert len({one["leads"][0]["goid"] for one in handlers}) == count  # each its own
    tool = run_tool("goroutines", "-p", program.pid)
    assert tool.wait() == 0, tool.err
    how = "has the channel at {} on its stack" if by == "stack" else "shares what has the channel at {}"
    for one in handlers:
        lead = one["leads"][0]
        line = f"goroutine {lead['goid']} {how.format(lead['address'])}: IO wait, peer {peer} in {function}\n"
        assert line in tool.out, tool.out


@pytest.mark.toolchains
@pytest.mark.parametrize("version", ["1.21", "1.27"])  # before, nobody knows who started whom
def test_wait_group(binary, start, run_tool, version):
    program = start(binary("leads", version=version))
    peer = program.work("GROUP")
    (one,), found = settled(run_tool, program, "main.handleGroup", ("main.silent.work", 2))
    assert len(one["leads"]) == 2
    check(one["leads"], found, "main.silent.work", peer, ["stack", "started"])


@pytest.mark.toolchains
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command, handler, count", [
    ("SHARED", "main.handleShared", 4), ("POOL", "main.handlePool", 1), ("CONTEXT", "main.handleContext", 1)])
def test_nothing_is_guessed(binary, start, run_tool, version, command, handler, count):
    """Many have it, or who will serve it is known to a map alone, or it is a context's."""
    program = start(binary("leads", version=version))
    program.work(command)
    (one,), _ = settled(run_tool, program, handler, ("main.silent.work", count))
    assert "leads" not in one, one
    tool = run_tool("goroutines", "-p", program.pid)
    assert tool.wait() == 0, tool.err
    assert not re.search(r" (shares what|on its stack:|was started by it)", tool.out), tool.out


def stuck_calls(hunt, count):
    """What a hunt with -f json has told of so many calls."""
    def told():
        return [json.loads(line) for line in hunt.out.splitlines() if line.startswith('{"stuck":')]

    await_condition(lambda: len(told()) >= count, "it does not tell of the calls")
    return told()


@pytest.mark.toolchains
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command, handler, function, count, by", CASES)
def test_hunt_tells_them(binary, start, run_tool, version, mode, command, handler, function, count, by):
    """Each call that is stuck is told with who may end it, by the names that the goroutines command has."""
    program = start(binary("leads", version=version, **MODES[mode]))
    hunt = run_tool("hunt", "-f", "json", "--stuck", "1s", "-p", program.pid, handler).await_tracing()
    peer = program.work(command)
    calls = stuck_calls(hunt, count)
    found = read(run_tool, program)
    assert len({call["goid"] for call in calls}) == count
    for call in calls:
        (lead,) = call["leads"]
        assert [{key: value for key, value in lead.items() if key not in ("state", "stack")}] == found[call["goid"]]["leads"]
        assert lead["by"] == by and lead["peer"] == peer and lead["state"] == "IO wait"
        assert function in [frame["function"] for frame in lead["stack"]], lead
    hunt.stop()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("waits", ["exact", "sampled"])
@pytest.mark.parametrize("command, handler, function, line", [
    ("HTTP", "main.handleHTTP", "net/http.(*persistConn).readLoop", "shares what has the channel at 0x[0-9a-f]+"),
    ("HELPER", "main.handleHelper", "main.silent.work", "has the channel at 0x[0-9a-f]+ on its stack"),
    ("GROUP", "main.handleGroup", "main.silent.work", "(has the wait group at 0x[0-9a-f]+ on its stack|was started by it)"),
])
def test_recorded_hunt_tells_them(binary, start, run_tool, tmp_path, mode, waits, command, handler, function, line):
    """As text, and of a recording the same, though the program is gone."""
    program, recording = start(binary("leads", **MODES[mode])), tmp_path / "recording"
    options = ["--waits", waits, "--stuck", "1s"]
    hunt = run_tool("hunt", *options, "--record", recording, "-p", program.pid, handler).await_tracing()
    peer = program.work(command)
    line = rf"^  goroutine \d+ {line}: IO wait, peer {re.escape(peer)} in {re.escape(function)}$"
    await_condition(lambda: re.search(line, hunt.out, re.M), "it does not tell them")
    hunt.stop()
    program.finish()
    assert "who may end that" not in hunt.out, hunt.out
    replayed = run_tool("hunt", "--replay", recording, *options)
    assert replayed.wait() == 0 and replayed.out == hunt.out
    replayed = run_tool("hunt", "--replay", recording, *options, "-f", "json")
    assert replayed.wait() == 0 and re.search(rf'"leads":\[{{"goid":\d+,"by":"(object|stack|started)",("address":"0x[0-9a-f]+",)?"peer":"{peer}"', replayed.out)


def test_hunt_tells_how_to_ask(binary, start, run_tool):
    """Below a call that is stuck without a lead stands the command that shows what there is to see."""
    program = start(binary("leads"))
    hunt = run_tool("hunt", "--stuck", "1s", "-p", program.pid, "main.handleShared").await_tracing()
    program.work("SHARED")
    await_condition(lambda: "who may end that: " in hunt.out, "it tells of no call")
    (command,) = re.findall(r"^  who may end that: gofuncgraph-c (.*)\n", hunt.out, re.M)
    tool = run_tool(*command.split())
    assert tool.wait() == 0, tool.err
    assert "main.handleShared" in tool.out, tool.out
    hunt.stop()
