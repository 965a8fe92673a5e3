# SPDX-License-Identifier: MIT
"""`hunt` into recordings and out of them: the same report, and others of the same calls."""

import json

import pytest

import builds
from harness import await_condition
from recordings import refused, run
from test_overwrite import overwrite

VIEWS = {
    "text": [],
    "json": ["-f", "json", "--slower", "20ms"],
    "call": ["--call", "2"],
    "folded": ["-f", "folded"],
    "pprof": ["-f", "pprof"],
    "speedscope": ["-f", "speedscope"],
    "html": ["-f", "html"],
    "limit": ["--limit", "20"],
    "sampled": ["--waits", "sampled", "-f", "json"],
    "samples": ["--frequency", "997", "--waits", "exact", "--call", "1"],
    "timeout": ["--timeout", "1h", "--ring-size", "4M", "--attach", "perf_event", "--max-overhead", "none"],
}
WORKS = {"mutex": ("mutex 60 5 4 50", "main.handleMutex"), "cpu": ("json 40 4 4 30", "main.handleJSON")}


def record(binary, start, trace, folder, work, *options):
    program = start(binary("culprits"))
    recording, shown = folder / "recording", folder / "shown"
    command, target = WORKS[work]
    tracer = trace("hunt", "--record", recording, "-o", shown, *options, "-p", program.pid, target)
    program.work(command)
    tracer.stop()
    return recording, shown.read_bytes()


def reports(shown):
    return [report for report in map(json.loads, shown.splitlines()) if "target" in report]


def num_calls(shown):
    return sum(report["calls"] for report in reports(shown))


@pytest.mark.parametrize("work, view", [("mutex", view) for view in VIEWS] + [("cpu", "text"), ("cpu", "folded")])
def test_same_as_live(work, view, binary, start, trace, tmp_path):
    """With the same options, whatever they are about."""
    recording, shown = record(binary, start, trace, tmp_path, work, *VIEWS[view])
    assert shown
    assert run("hunt", "--replay", recording, *VIEWS[view]).stdout == shown
    assert run("replay", recording).stdout == run("hunt", "--replay", recording).stdout


def test_goid(binary, start, trace, tmp_path):
    """Whose calls are looked at is chosen when they are traced."""
    program, recording, shown = start(binary("durations")), tmp_path / "recording", tmp_path / "shown"
    # Some of those that it starts, whatever numbers they get.
    some = set(range(20, 100, 5))
    tracer = trace("hunt", "-f", "json", "--goid", ",".join(map(str, some)), "--record", recording, "-o", shown,
                   "-p", program.pid, "main.work")
    goids = {one["goid"] for one in program.work("GO " + " ".join(["1"] * 60))}
    tracer.stop()
    assert 0 < len(goids & some) < len(goids)
    assert num_calls(shown.read_bytes()) == len(goids & some)
    assert run("hunt", "--replay", recording, "-f", "json").stdout == shown.read_bytes()


def test_limit_of_two_builds(binary, start, run_tool, tmp_path):
    """The binary is overwritten: --limit is of both together, live and replayed."""
    path, recording, shown = binary("durations"), tmp_path / "recording", tmp_path / "shown"
    tracer = run_tool("hunt", "-f", "json", "--limit", "8", "--record", recording, "-o", shown, path, "main.work").await_tracing()
    program = start(path)
    program.work("GO 1 1 1 1 1")
    assert program.finish() == 0
    overwrite(builds.build("durations", flags=["-gcflags=all=-N -l"]), path)
    await_condition(lambda: tracer.err.count(": tracing ") == 2, "not traced again")
    start(path).work("GO 1 1 1 1 1")
    assert tracer.wait() == 0
    for limit, calls in (("8", [5, 3]), ("6", [5, 1]), ("5", [5]), ("4", [4])):
        replayed = run("hunt", "--replay", recording, "-f", "json", "--limit", limit).stdout
        assert [report["calls"] for report in reports(replayed)] == calls
        assert limit != "8" or replayed == shown.read_bytes()


@pytest.mark.parametrize("waits", ["exact", "sampled"])
@pytest.mark.parametrize("view", ["text", "json"])
def test_stuck(view, waits, binary, start, trace, tmp_path):
    """What was told at once of calls that are stuck, with their stacks and what they wait on; and it may be left out."""
    program, recording, shown = start(binary("culprits")), tmp_path / "recording", tmp_path / "shown"
    options = ["-f", view, "--waits", waits, "--stuck", "500ms"]
    tracer = trace("hunt", *options, "--record", recording, "-o", shown, "-p", program.pid, "main.handleNetwork", "main.handleMutex")
    program.work("network 1 1 1 4000")
    program.work("mutex 2 1 1 4000")
    tracer.stop()
    told = shown.read_bytes()
    assert run("hunt", "--replay", recording, *options).stdout == told
    # That is none of those who show it.
    assert run("hunt", "--replay", recording, "-f", view).stdout == told
    mark = {"text": b"a call is open for", "json": b'{"stuck":'}[view]
    assert mark in told and mark not in run("hunt", "--replay", recording, "-f", view, "--stuck", "1m").stdout
    if view == "json":
        stuck = [json.loads(line) for line in told.splitlines() if mark in line]
        assert all(one["open_ns"] >= 500_000_000 and one["stack"] for one in stuck)
        assert {one["stuck"] for one in stuck} == {"main.handleNetwork", "main.handleMutex"}
        assert any(one.get("on", {}).get("kind") == "peer" for one in stuck), stuck


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
    assert "--drill" in refused("hunt", "--record", tmp_path / "no", "--drill", "./server", "main.handleMutex", status=2)
