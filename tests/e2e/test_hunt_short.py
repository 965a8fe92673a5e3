# SPDX-License-Identifier: MIT
"""Calls whose time went to what is short: waits of which there are thousands, or less CPU time than lies between samples."""


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


def test_too_few_samples(binary, start, run_tool):
    """It is told what helps, where the calls have no samples, and not where samples tell it."""
    program = start(binary("hunt"))
    for frequency, length, is_told in (("1", 20, True), ("997", 200, False)):
        tracer = run_tool("hunt", "--frequency", frequency, "--slower", "1us", "-p", program.pid, "main.Spin").await_tracing()
        for _ in range(3):
            program.work(f"spin {length}")
        said = tracer.stop().out
        assert ("CPU, nobody knows where: too few samples (--frequency)" in said) == is_told, said
        assert is_told or "CPU in main.Spin" in said
    assert program.finish() == 0
