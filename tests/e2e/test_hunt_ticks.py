# SPDX-License-Identifier: MIT
"""Goroutines that wait with a timer beside what they wait for."""


def test_what_ended_it_at_last(binary, start, run_tool):
    """The timer ends most of the waits, and the call waits for what the last one was ended by."""
    program = start(binary("hunt"))
    tracer = run_tool("hunt", "-f", "json", "--slower", "1us", "-p", program.pid, "main.Ticked").await_tracing()
    program.work("tick 5 175")
    report = tracer.stop().report()
    assert report["calls"] == 5 and report["lost"] == 0
    cause = report["causes"][0]
    assert cause["kind"] == "chan receive" and cause["woken_by"]["function"] == "main.forward", cause
    select = cause["meanwhile"][0]
    assert (select["kind"], select["function"]) == ("select", "main.forward") and select["count"] > 5, select
    assert select["woken_by"]["function"] == "main.fetch", select
    sleep = select["meanwhile"][0]
    assert (sleep["kind"], sleep["function"]) == ("sleep", "main.fetch") and sleep["share"] > 0.5, sleep
    assert program.finish() == 0
