# SPDX-License-Identifier: MIT
"""Events that the ring buffer has no room for: counted, and marked on the trees they belong to."""

import os
import pathlib
import re
import signal

from harness import await_condition, forests, parse_graph, told_counts, walk


def losses(tracer):
    """What the tracer says: (lost, all)."""
    return told_counts("# of # events (?:was|were) lost", tracer.err) or (0, None)


def is_busy(pid):
    """It has used a tenth of a second of processors' time."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12]) >= os.sysconf("SC_CLK_TCK") / 10


def start_overflow(trace, program, form, command):
    """Makes the program faster than the reader: the reader is stopped meanwhile."""
    tracer = trace("--ring-size", "4k", "-f", form, "-u", "main.hot", program.path, "main.batch")
    os.kill(tracer.pid, signal.SIGSTOP)
    try:
        return tracer, program.work(command)
    finally:
        os.kill(tracer.pid, signal.SIGCONT)


def overflow(trace, program, form, command):
    tracer, account = start_overflow(trace, program, form, command)
    tracer.stop()
    lost, all_events = losses(tracer)
    assert lost, "nothing was lost: the test tests nothing"
    return tracer, account, lost, all_events


def test_lost_and_received_are_all(binary, start, trace):
    """One goroutine, one tree: every event is either in the output or among the lost."""
    program = start(binary("load"))
    tracer, account, lost, all_events = overflow(trace, program, "json", "GO 1 1 20000")
    assert all_events == 2 * (account["calls"] + account["batches"])
    calls = tracer.calls()
    received = 0
    for call in calls:
        received += 1 + ("return" in call)
    assert received + lost == all_events
    (tree,) = next(iter(forests(calls).values()))
    assert tree["function"] == "main.batch" and tree["incomplete"]
    assert tree["end"] in ("lost", "return")


def test_lost_and_then_the_process_ends(binary, start, trace):
    """A tree that ended unseen did not last until the process did."""
    program = start(binary("load"))
    tracer, account = start_overflow(trace, program, "json", "GO 1 1 20000")

    def reads_again():
        program.work("GO 1 1 1")
        return '"depth":0' in tracer.out

    await_condition(reads_again, "the reader does not go on")
    program.finish()
    of_first = rf'"goid":{account["goids"][0]},"tree":\d+,"call":\d+,"depth":0'
    await_condition(lambda: re.search(of_first, tracer.out), "the end of the process is not seen")
    (tree,) = forests(tracer.stop().calls())[(program.pid, account["goids"][0])]
    assert tree["incomplete"] and tree["end"] == "lost"


def test_lost_and_then_no_more_comes(binary, start, trace):
    """What an open tree lost at last, no later event tells."""
    program = start(binary("load"))
    tracer = trace("--ring-size", "4k", "-f", "json", "-u", "main.hot", program.path, "main.batch")
    os.kill(tracer.pid, signal.SIGSTOP)
    try:
        program.send("GO 1 1 2000000000")
        await_condition(lambda: is_busy(program.pid), "the program does not work")
        os.kill(tracer.pid, signal.SIGINT)
    finally:
        os.kill(tracer.pid, signal.SIGCONT)
    assert tracer.wait() == 0 and losses(tracer)[0]
    (tree,) = next(iter(forests(tracer.calls()).values()))
    assert tree["function"] == "main.batch" and tree["end"] == "running" and tree["incomplete"]


def test_trees_are_marked_in_the_text(binary, start, trace):
    program = start(binary("load"))
    tracer, _, lost, _ = overflow(trace, program, "graph", "GO 1 1 20000")
    (tree,), notes = parse_graph(tracer.out)
    assert tree["name"] == "main.batch"
    ((number, what),) = notes
    assert number == lost and what == "events lost in this tree"


def test_under_load(binary, start, trace):
    """Many goroutines and a tiny buffer, the reader running: trees without a mark are whole."""
    program = start(binary("load"))
    calls_each = 50
    tracer = trace("--ring-size", "4k", "-f", "json", "-u", "main.hot", program.path, "main.batch")
    account = program.work(f"GO 8 100 {calls_each}")
    tracer.stop()
    lost, _ = losses(tracer)
    whole = 0
    for trees in forests(tracer.calls()).values():
        for tree in trees:
            assert tree["function"] == "main.batch"
            if not tree.get("incomplete"):
                assert tree["end"] == "return" and len(tree["calls"]) == calls_each
                assert all(call["end"] == "return" for call in tree["calls"])
                whole += 1
            for call, parent in walk(tree):
                assert call["function"] == ("main.hot" if parent else "main.batch")
    assert whole + lost >= account["batches"], "trees are missing and nothing was reported lost"


def test_nothing_is_lost_with_room(binary, start, trace):
    """The default buffer holds a burst."""
    program = start(binary("load"))
    tracer = trace("-f", "json", "-u", "main.hot", program.path, "main.batch")
    account = program.work("GO 4 20 500")
    tracer.stop()
    assert "events were lost" not in tracer.err
    calls = tracer.calls()
    assert sum(call["function"] == "main.hot" for call in calls) == account["calls"]
    assert sum(call["function"] == "main.batch" for call in calls) == account["batches"]
    assert {call["goid"] for call in calls} == set(account["goids"])
    assert not any(call.get("incomplete") or call["end"] != "return" for call in calls)
