# SPDX-License-Identifier: MIT
"""Calls whose time went to thousands of waits, each too short to be told by itself."""


def test_places(binary, start, run_tool):
    """Those that stand for the others tell where: no sum is without a place."""
    program = start(binary("hunt"))
    tracer = run_tool("hunt", "-f", "json", "--slower", "1us", "-p", program.pid, "main.Dribble").await_tracing()
    program.work("dribble 20000")
    report = tracer.stop().report()
    assert report["calls"] == 1 and report["lost"] == 0
    places = {(cause["kind"], cause.get("function")) for cause in report["causes"]}
    assert {("syscall write", "main.Dribble"), ("chan receive", "main.Dribble")} <= places, report["causes"]
    assert not places & {("syscall", None), ("short waits", None)}, report["causes"]
    assert program.finish() == 0
