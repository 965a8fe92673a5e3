# SPDX-License-Identifier: MIT
"""What is exported for other programs has the calls and times that JSON has; Go's pprof reads its own."""

import collections
import json
import re
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS, tool

UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


@pytest.fixture
def recording(binary, start, trace, tmp_path):
    program = start(binary("follow"))
    path = tmp_path / "recording"
    tracer = trace("record", "-o", path, "--follow", "--states", "-u", "main.*", program.path, "main.handle")
    for _ in range(3):
        program.work()
    tracer.stop()
    return path


def export(recording, name):
    path = recording.with_suffix("." + name)
    subprocess.run([tool(), "export", "-f", name, "-o", path, recording], check=True, timeout=WAIT_SECONDS)
    return path


def calls_of(recording):
    return [json.loads(line) for line in export(recording, "json").read_text().splitlines()]


def self_states(calls):
    """{state: ns} of all calls together: what each spent itself."""
    sums = collections.Counter()
    for call in calls:
        states = dict(call["states_ns"])
        waiting = states.pop("waiting", {})
        if "parent" in call:
            continue
        # A tree's first call has the times of all inside it.
        sums.update(states)
        sums.update(waiting)
    return sums


def pprof(path, *options):
    return builds.run_go(["tool", "pprof", *options, str(path)], cwd=path.parent)


def top(text):
    """{function: flat}, in ns or calls."""
    rows = re.findall(r"^\s*([\d.]+)(ns|us|ms|s)?\s+[\d.]+%\s+[\d.]+%\s+\S+\s+[\d.]+%\s+(\S+)$", text, re.M)
    return {name: float(number) * UNITS[unit or "ns"] for number, unit, name in rows}


def test_pprof(recording):
    calls = calls_of(recording)
    path = export(recording, "pprof")
    own, count = collections.Counter(), collections.Counter()
    for call in calls:
        own[call["function"]] += call["self_ns"]
        count[call["function"]] += 1
    assert top(pprof(path, "-top", "-nodefraction=0", "-sample_index=calls")) == count
    told = top(pprof(path, "-top", "-nodefraction=0", "-unit=ns"))
    assert {name: ns for name, ns in told.items() if ns} == {name: ns for name, ns in own.items() if ns}
    # By what it was spent on: of a hundredth and more, as pprof cuts digits.
    shares = re.findall(r"^\s+[\d.]+[a-z]* \(\s*([\d.]+)%\): (.+)$", pprof(path, "-tags"), re.M)
    tags = {name: float(share) for share, name in shares}
    states = self_states(calls)
    for name, ns in states.items():
        share = 100 * ns / sum(states.values())
        assert abs(tags.get(name, 0) - share) < 0.02 * share + 0.1, (name, share, tags)


def test_folded(recording):
    calls = calls_of(recording)
    sums = collections.Counter()
    for line in export(recording, "folded").read_text().splitlines():
        stack, us = line.rsplit(" ", 1)
        steps = [step for step in stack.split(";") if not step.startswith("[")]
        assert all(step.startswith("main.") for step in steps), line
        sums[steps[-1]] += int(us)
    own = collections.Counter()
    for call in calls:
        own[call["function"]] += call["self_ns"] / 1000
    for name, us in own.items():
        # Each line is cut to whole microseconds.
        assert us - 40 <= sums[name] <= us, (name, us, sums[name])


def test_chrome(recording):
    calls = calls_of(recording)
    events = json.loads(export(recording, "chrome").read_text())["traceEvents"]
    named = {event["tid"] for event in events if event["ph"] == "M"}
    begun, ended = collections.Counter(), collections.Counter()
    for event in events:
        assert event["tid"] in named
        if event["ph"] in "BE":
            (begun if event["ph"] == "B" else ended)[event["name"], event["tid"]] += 1
    assert begun == ended == collections.Counter((call["function"], call["goid"]) for call in calls)
    start = min(call["start_ns"] for call in calls)
    first = min(event["ts"] for event in events if event["ph"] == "B")
    times = sorted(round((event["ts"] - first) * 1000) for event in events if event["ph"] == "B")
    assert times == sorted(call["start_ns"] - start for call in calls)


def test_live_is_the_same(binary, start, trace, tmp_path):
    program = start(binary("calls"))
    for name in ("pprof", "folded", "chrome", "perfetto"):
        live, recording = tmp_path / name, tmp_path / f"{name}.recording"
        tracer = trace("-f", name, "-o", live, "--record", recording, "--states", "-u", "main.*", program.path, "main.root")
        program.work()
        tracer.stop()
        assert export(recording, name).read_bytes() == live.read_bytes() != b""


def test_not_on_a_terminal(recording):
    script = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'
    run = subprocess.run(["python3", "-c", script, tool(), "replay", "-f", "pprof", recording], capture_output=True,
                         stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS, check=False)
    assert run.returncode == 1 and b"give -o FILE" in run.stdout
