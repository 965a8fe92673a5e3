# SPDX-License-Identifier: MIT
"""What is exported of a recording of hunt has the times that its JSON has, as Go's pprof reads it."""

import collections
import json
import re
import subprocess

import pytest

from harness import WAIT_SECONDS, tool
from test_exports import UNITS, Page, pprof, tags_of, top
from test_recording_hunt import WORKS, record


def run(*arguments):
    return subprocess.run([tool(), *map(str, arguments)], capture_output=True, timeout=WAIT_SECONDS, check=False)


def export(recording, name, *options):
    path = recording.with_suffix("." + name)
    done = run("export", "-f", name, "-o", path, *options, recording)
    assert done.returncode == 0, done.stderr
    return path


def tags(text, label="state"):
    """{state: value}, of a value that is a count or in ns."""
    rows = re.findall(r"^\s+([\d.]+)(ns|us|ms|s)? \(\s*[\d.e-]+%\): (.+)$", tags_of(text, label), re.M)
    return {name: float(number) * UNITS[unit or "ns"] for number, unit, name in rows}


def folded(path, slow):
    """{(functions, kind): ns}, of all slow calls together."""
    stacks = collections.Counter()
    for line in path.read_text().splitlines():
        stack, ns = line.rsplit(" ", 1)
        *functions, kind = stack.split(";")
        stacks[tuple(functions), kind.strip("[]")] += int(ns) * slow
    return stacks


@pytest.mark.parametrize("work", WORKS)
def test_sums(work, binary, start, trace, tmp_path):
    """Each slow call has its time once, in all formats; each stack of two lines in one function is one in `folded` as in pprof."""
    recording, _ = record(binary, start, trace, tmp_path, work)
    report = json.loads(export(recording, "json").read_text())
    slow, path = report["coverage"]["calls"], export(recording, "pprof")
    stacks = folded(export(recording, "folded"), slow)
    off = slow * (len(stacks) + 1)

    own, kinds = collections.Counter(), collections.Counter()
    for (functions, kind), ns in stacks.items():
        own[functions[-1]] += ns
        kinds[kind] += ns
    told = top(pprof(path, "-top", "-nodefraction=0", "-unit=ns"))
    # Names of generic functions are shortened there.
    plain = {name: ns for name, ns in own.items() if not set("[ ") & set(name)}
    assert plain and all(abs(told.get(name, 0) - ns) <= off for name, ns in plain.items()), (plain, told)
    spent = tags(pprof(path, "-tags", "-unit=ns"))
    assert spent.keys() >= kinds.keys() and all(abs(kinds[name] - ns) <= off for name, ns in spent.items()), (kinds, spent)
    assert abs(sum(spent.values()) - report["slow_mean_ns"] * slow) <= off
    whose = tags(pprof(path, "-tags", "-sample_index=times"), "goroutine")
    assert whose and all(goid.isdigit() for goid in whose)
    times = tags(pprof(path, "-tags", "-sample_index=times"))
    for cause in report["causes"]:
        if cause["kind"] != "cpu":
            assert times[cause["kind"]] >= cause["count"], (times, cause)

    profile, = (told := json.loads(export(recording, "speedscope").read_text()))["profiles"]
    assert profile["name"] == report["target"] and sum(profile["weights"]) == profile["endValue"]
    frames = [frame["name"] for frame in told["shared"]["frames"]]
    seen = collections.Counter()
    for sample, weight in zip(profile["samples"], profile["weights"]):
        seen[frames[sample[-1]].strip("[]")] += weight
    # pprof has each of them by goroutine.
    assert seen.keys() == spent.keys() and all(abs(seen[kind] - ns) <= off for kind, ns in spent.items()), (seen, spent)


def test_options(binary, start, trace, tmp_path):
    """What hunt has, too, chooses; what is about trees is refused, and so are formats of these."""
    recording, _ = record(binary, start, trace, tmp_path, "mutex")
    report = json.loads(export(recording, "json", "--slower", "45ms", "--limit", "40").read_text())
    assert report["calls"] == 40
    same = run("hunt", "--replay", recording, "-f", "pprof", "--slower", "45ms", "--limit", "40").stdout
    assert export(recording, "pprof", "--slower", "45ms", "--limit", "40").read_bytes() == same != b""
    for options, said in ((["-f", "perfetto"], "json, html, speedscope, pprof and folded"), (["-f", "json", "--depth", "2"], "--depth"),
                          (["-f", "json", "--slower", "45ms", "--histogram"], "--histogram")):
        refused = run("export", *options, "-o", tmp_path / "refused", recording)
        assert refused.returncode == 1 and said in refused.stderr.decode(), refused.stderr
        assert not (tmp_path / "refused").exists()


def report_text(recording):
    """Without the tree, which is a flame graph in a page."""
    return re.sub(r"\nwhere [^\n]* went:\n(?: *\d+ % [^\n]*\n)+", "", run("hunt", "--replay", recording).stdout.decode())


@pytest.mark.parametrize("work", WORKS)
def test_html(work, binary, start, trace, tmp_path):
    """A page has the report, the slow calls piece by piece as JSON tells each of them, and the stacks of `folded`."""
    recording, _ = record(binary, start, trace, tmp_path, work)
    page, report = Page(export(recording, "html")), json.loads(export(recording, "json").read_text())
    target, slow = report["target"], report["coverage"]["calls"]
    assert page.header[0] == page.header[5] == 2
    assert page.report == report_text(recording)
    assert not re.search(r"https?:|src=|href=|@import", page.text) and "default-src 'none'" in page.text

    calls = [call for call in page.calls if call[2] == 0]
    assert len(calls) == min(slow, 64) and {call[1] for call in calls} == {target}
    assert sorted(calls, key=lambda call: -call[4]) == calls
    since = None
    for rank, call in enumerate(calls[:3], 1):
        told = json.loads(run("hunt", "--replay", recording, "-f", "json", "--call", rank).stdout)["call"]
        since = told["time_ns"] - call[3] if since is None else since
        assert (call[0], call[3] + since, call[4]) == (f"goroutine {told['goid']}", told["time_ns"], told["duration_ns"])
        pieces = [wait for wait in page.waits if wait[0] == call[0] and call[3] <= wait[3] < call[3] + call[4]]
        steps = told["steps"]
        assert [(wait[1], wait[4]) for wait in pieces] == [(step["kind"], step["ns"]) for step in steps]
        # They follow each other, and what was measured from its beginning to its end is where it was.
        assert [wait[3] - call[3] for wait in pieces] == [sum(step["ns"] for step in steps[:i]) for i in range(len(steps))]
        for wait, step in zip(pieces, steps):
            if "woken_by" in step:
                assert wait[3] - call[3] == step["at_ns"] and wait[5] == step["woken_by"]["goid"]
                assert f"woken by goroutine {wait[5]} in " in wait[7] or "woken by the garbage collector" in wait[7]
            assert wait[7].lower().startswith(step["kind"].lower())
            assert "function" not in step or f" in {step['function']}" in wait[7]
        # Functions are as long as what is in them.
        parts = collections.Counter()
        for step in steps:
            parts[step["kind"]] += step["ns"] if step["kind"] != "cpu" else 0
        assert call[10] == dict(+parts)

    off, stacks = slow * len(page.stacks), collections.Counter()
    for names, did, ns in page.stacks:
        stacks[tuple(name.replace(";", ":") for name in names), did] += ns
    wanted = folded(export(recording, "folded"), slow)
    assert wanted.keys() <= stacks.keys() and all(abs(ns - wanted[key]) <= off for key, ns in stacks.items()), (stacks, wanted)
    assert abs(sum(stacks.values()) - report["slow_mean_ns"] * slow) <= off


def test_html_of_one_call(binary, start, trace, tmp_path):
    """--call chooses what is drawn; the report is of all of them."""
    recording, _ = record(binary, start, trace, tmp_path, "mutex")
    path = tmp_path / "page"
    assert run("hunt", "--replay", recording, "-f", "html", "-o", path, "--call", "2").returncode == 0
    told = json.loads(run("hunt", "--replay", recording, "-f", "json", "--call", "2").stdout)["call"]
    page = Page(path)
    assert [call[4] for call in page.calls if call[2] == 0] == [told["duration_ns"]]
    assert page.report == report_text(recording)


def assert_is_no_call(told):
    """As speedscope opens it: not without any profile."""
    profile, = told["profiles"]
    assert profile["name"] == "no calls" and profile["events"] == told["shared"]["frames"] == []


def test_nothing(binary, start, trace, tmp_path):
    """No call was slow, as none was made: documents are whole, and nothing is in them but that."""
    program, recording = start(binary("culprits")), tmp_path / "recording"
    tracer = trace("hunt", "--record", recording, "-p", program.pid, "main.handleMutex")
    tracer.stop()
    assert_is_no_call(json.loads(export(recording, "speedscope").read_text()))
    assert top(pprof(export(recording, "pprof"), "-top")) == {}
    page = Page(export(recording, "html"))
    assert page.calls == page.waits == page.stacks == [] and page.report == report_text(recording)
