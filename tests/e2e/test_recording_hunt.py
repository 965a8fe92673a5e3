# SPDX-License-Identifier: MIT
"""`hunt` into recordings and out of them: the same report, and others of the same calls."""

import json

import pytest

from recordings import refused, run

VIEWS = {
    "text": [],
    "json": ["-f", "json", "--slower", "20ms"],
    "call": ["--call", "2"],
    "folded": ["-f", "folded"],
    "pprof": ["-f", "pprof"],
    "speedscope": ["-f", "speedscope"],
}
WORKS = {"mutex": ("mutex 60 5 4 50", "main.handleMutex"), "cpu": ("json 40 4 4 30", "main.handleJSON")}


def record(binary, start, trace, folder, work, *options):
    program = start(binary("culprits"))
    recording, shown = folder / "recording", folder / "shown"
    command, target = WORKS[work]
    # What is told at once of calls that are stuck is not recorded.
    tracer = trace("hunt", "--stuck", "1h", "--record", recording, "-o", shown, *options, "-p", program.pid, target)
    program.work(command)
    tracer.stop()
    return recording, shown.read_bytes()


@pytest.mark.parametrize("work, view", [("mutex", view) for view in VIEWS] + [("cpu", "text"), ("cpu", "folded")])
def test_same_as_live(work, view, binary, start, trace, tmp_path):
    recording, shown = record(binary, start, trace, tmp_path, work, *VIEWS[view])
    assert shown
    assert run("hunt", "--replay", recording, *VIEWS[view]).stdout == shown
    assert run("replay", recording).stdout == run("hunt", "--replay", recording).stdout


@pytest.mark.parametrize("waits", ["exact", "sampled"])
def test_other_views(waits, binary, start, trace, tmp_path):
    """Recorded with one view, shown in all: names are there also of what was not shown."""
    recording, _ = record(binary, start, trace, tmp_path, "mutex", "--waits", waits)
    report = json.loads(run("hunt", "--replay", recording, *VIEWS["json"]).stdout)
    assert report["target"] == "main.handleMutex" and report["calls"] == 60
    assert b"main.handleMutex" in run("hunt", "--replay", recording, *VIEWS["folded"]).stdout
    assert b"call" in run("hunt", "--replay", recording, *VIEWS["call"]).stdout
    fewer = run("hunt", "--replay", recording, "-f", "json", "--limit", "20").stdout
    assert json.loads(fewer)["calls"] == 20


def test_refused(binary, start, trace, tmp_path):
    recording, _ = record(binary, start, trace, tmp_path, "mutex")
    assert f"hunt --replay {recording}" in refused("states", "--replay", recording, status=1)
    assert "--goid" in refused("hunt", "--replay", recording, "--goid", "1", status=2)
    assert "--drill" in refused("hunt", "--replay", recording, "--drill", status=2)
