# SPDX-License-Identifier: MIT
"""`states` into recordings and out of them: the same bytes as while it was traced."""

import pytest

from harness import tool
from recordings import refused, run

VIEWS = {
    "changes": [],
    "json": ["-f", "json"],
    "chosen": ["--state", "waiting", "--min-duration", "1ms"],
    "summary": ["--summary"],
    "tables": ["--summary", "--by", "function", "--by", "go", "--sort", "longest", "-f", "json"],
}


def record(binary, start, trace, folder, *options):
    program = start(binary("states"))
    recording, shown = folder / "recording", folder / "shown"
    tracer = trace("states", "--record", recording, "-o", shown, *options, "-p", program.pid)
    program.work("chan 3 5")
    program.work("sleep 3 5")
    tracer.stop()
    return recording, shown.read_bytes()


@pytest.mark.parametrize("view", VIEWS)
def test_same_as_live(view, binary, start, trace, tmp_path):
    recording, shown = record(binary, start, trace, tmp_path, *VIEWS[view])
    assert shown
    assert run("states", "--replay", recording, *VIEWS[view]).stdout == shown
    # A recording knows what it is of.
    assert run("replay", recording).stdout == run("states", "--replay", recording).stdout


def test_other_views(binary, start, trace, tmp_path):
    """Recorded with one view, shown in all."""
    recording, _ = record(binary, start, trace, tmp_path, "--goid", "1")
    for view in VIEWS.values():
        assert run("states", "--replay", recording, *view).stdout


def test_no_changes(binary, trace, tmp_path):
    """Of a program that nobody runs."""
    recording = tmp_path / "recording"
    trace("states", "--record", recording, binary("states")).stop()
    shown = run("states", "--replay", recording)
    assert b"no goroutine changed its state" in shown.stderr


def test_refused(binary, start, trace, tmp_path):
    recording, _ = record(binary, start, trace, tmp_path)
    assert f"states --replay {recording}" in refused("replay", "--slowest", "3", recording)
    assert f"states --replay {recording}" in refused("report", recording)
    assert f"states --replay {recording}" in refused("hunt", "--replay", recording)
    assert "leave out" in refused("states", "--replay", recording, tool())
    assert "leave out" in refused("states", "--replay", recording, "--record", recording)
