# SPDX-License-Identifier: MIT
"""What was recorded is shown as it was while it was traced, byte for byte; and what is left of recordings that
were not ended."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from harness import Process, await_condition, check_same, children, is_tracing, tool
from recordings import refused, replay

ROUNDS = 20
VIEWS = {
    "graph": [],
    "json": ["-f", "json"],
    "slowest": ["--slowest", "3", "--histogram"],
    "slower": ["--slower", "1us", "--min-duration", "20us"],
    "folded": ["--depth", "2", "--leaf", "--caller", "short"],
    "live": ["--live"],
    "summary": ["--summary", "--sort", "name"],
    "summary-json": ["--summary", "-f", "json"],
    "limit": ["--limit", "7"],
    "colour": ["--color", "always"],
}
COLLECTED = {"calls": [], "states": ["--states"], "all": ["--min-wait", "1us", "--stack", "--follow"]}


def is_allowed(view, collected):
    """A summary has no use for what only trees show."""
    return "summary" not in view or collected != "all"


@pytest.mark.parametrize("view, collected", [pytest.param(view, collected, id=f"{view}-{collected}")
                                             for view in VIEWS for collected in COLLECTED if is_allowed(view, collected)])
def test_same_as_live(view, collected, binary, start, trace, tmp_path):
    path = binary("calls")
    program = start(path)
    recording, trees = tmp_path / "recording", tmp_path / "trees"
    tracer = trace("--record", recording, "-o", trees, *VIEWS[view], *COLLECTED[collected], "-u", "main.*", path,
                   "main.root")
    for _ in range(ROUNDS):
        program.work()
    if view == "limit":
        assert tracer.wait() == 0
    else:
        tracer.stop()
    assert "recorded" in tracer.err
    shown = trees.read_bytes()
    assert shown
    assert replay(*VIEWS[view], recording).stdout == shown


def test_other_views_of_one_recording(binary, start, trace, tmp_path):
    """Recorded without anything shown, and shown in all ways; the program's account says what there is."""
    path = binary("calls")
    program = start(path)
    recording = tmp_path / "recording"
    tracer = trace("record", "-o", recording, "-u", "main.*", "-u", "!main.(*number).double", path,
                   "main.root")
    journals = [journal for _ in range(3) for journal in program.work()]
    assert tracer.stop().out == ""
    # Neither the binary nor the tracer's rights are needed.
    for view in VIEWS.values():
        assert replay(*view, recording).stdout
    check_same([json.loads(line) for line in replay("-f", "json", recording).stdout.splitlines()], journals)


def test_through_a_pipe(binary, start, tmp_path):
    """^C reaches both, as a terminal sends it: what was recorded is shown to its end."""
    program = start(binary("calls"))
    shown = tmp_path / "shown"
    script = '"$0" record -o - -u "main.*" "$1" main.root | "$0" replay --summary --sort name -o "$2" -'
    pipe = Process(["bash", "-c", script, tool(), program.path, shown])
    await_condition(lambda: is_tracing(pipe.err), "it does not trace")
    for _ in range(4):
        program.work()
    for pid in children(pipe.pid):
        with contextlib.suppress(ProcessLookupError):  # who holds the probes ends with the recorder
            os.kill(pid, signal.SIGINT)
    assert pipe.wait() == 0, pipe.err
    assert re.search(r"^ +4 .* main\.root$", shown.read_text(), re.M)


@pytest.mark.parametrize("options", [["-f", "pprof"], ["-f", "folded"], ["-f", "chrome"], ["-f", "perfetto"], ["--live"]])
def test_limit(options, binary, start, trace, tmp_path):
    """What ends before the recording does is ended."""
    program = start(binary("calls"))
    recording, shown = tmp_path / "recording", tmp_path / "shown"
    tracer = trace("record", "-o", recording, "-u", "main.*", program.path, "main.root")
    for _ in range(4):
        program.work()
    tracer.stop()
    replay(*options, "--limit", "2", "-o", shown, recording)
    assert shown.stat().st_size
    if "chrome" in options:
        events = json.loads(shown.read_text())["traceEvents"]
        assert sum(event["ph"] == "B" and event["name"] == "main.root" for event in events) == 2


def test_careful_begin(binary, start, trace, tmp_path):
    """Records that come before tracing begins are in the recording, too."""
    program = start(binary("busy"))
    recording, trees = tmp_path / "recording", tmp_path / "trees"
    program.work("GO 4")
    tracer = trace("--max-overhead", "20", "--record", recording, "-f", "json", "-o", trees, "-u", "*", program.path,
                   "main.worker")
    await_condition(lambda: trees.stat().st_size, "nothing was traced")
    tracer.stop()
    assert replay("-f", "json", recording).stdout == trees.read_bytes()


def test_keep(binary, start, trace, tmp_path):
    """Only what came last; the file of a recorder before is there until the end."""
    program = start(binary("calls"))
    recording = tmp_path / "recording"
    earlier = b"of a recorder before" * 100000
    recording.write_bytes(earlier)
    tracer = trace("record", "-o", recording, "--keep", "1s", "-u", "main.*", program.path, "main.root")
    count, end = 0, time.monotonic() + 6
    while time.monotonic() < end:
        program.work()
        count += 1
    assert recording.read_bytes() == earlier
    tracer.stop()
    shown = replay(recording)
    assert not shown.stderr, shown.stderr
    whole, open_at_end = split(shown.stdout)
    assert not open_at_end and 0 < len(whole) < count
    # The first one may have lost its beginning, and no other. A busy machine may leave no time for others.
    assert len({tree.count("\n") for tree in whole[1:]}) == min(len(whole) - 1, 1)


def test_dump_on_slow_calls(binary, start, trace, tmp_path):
    program = start(binary("durations"))
    recording, earlier = tmp_path / "recording", tmp_path / "recording.2"
    earlier.write_text("of a recorder before")
    tracer = trace("record", "-o", recording, "--keep", "60s", "--dump-on", "slower=100ms", "-u", "main.*", program.path,
                   "main.work")
    told = program.work("GO 20 150 30 1 300")
    tracer.stop()
    assert earlier.read_text() == "of a recorder before"
    least, most = (sum(one[side] >= 100_000_000 for one in told) for side in ("inner_ns", "outer_ns"))
    count = len(list(tmp_path.glob("recording.*"))) - 1
    assert 2 <= least <= count <= most
    dumps = [recording.with_suffix(f".{number}") for number in range(1, count + 2) if number != 2]
    assert sorted(tmp_path.glob("recording.*")) == sorted([earlier, *dumps])
    for number, path in enumerate(dumps, 1):
        calls = [json.loads(line) for line in replay("-f", "json", path).stdout.splitlines()]
        ended = [call for call in calls if call["depth"] == 0 and call["end"] == "return"]
        assert sum(call["duration_ns"] >= 100_000_000 for call in ended) == number


def split(shown):
    """The trees that ended, and how many did not."""
    trees = shown.decode().strip().split("\n\n")
    whole = [tree for tree in trees if "} main.root+" in tree]
    return whole, len(trees) - len(whole)


@pytest.mark.parametrize("seed", range(5))
def test_killed(seed, binary, start, trace, tmp_path):
    """kill -9 of the recorder: what is in the file is shown, up to its end, and a warning tells of it."""
    path = binary("calls")
    program = start(path)
    recording = tmp_path / "recording"
    tracer = trace("record", "-o", recording, "-u", "main.*", path, "main.root")
    end = time.monotonic() + 1.2 + random.Random(seed).random() * 2
    while time.monotonic() < end:
        program.work()
    # Nothing is owed but what came more than a second before.
    await_condition(lambda: program.work() and recording.stat().st_size > 3000, "nothing was recorded")
    tracer.signal(signal.SIGKILL)
    tracer.wait()
    shown = replay(recording)
    assert b"was cut off at byte" in shown.stderr
    whole, open_at_end = split(shown.stdout)
    assert whole and open_at_end <= 1
    # Whatever is cut, the rest is no other than before.
    with open(recording, "r+b") as file:
        file.truncate(recording.stat().st_size * 2 // 3)
    less = replay(recording)
    assert b"was cut off at byte" in less.stderr
    part, open_at_end = split(less.stdout)
    assert open_at_end <= 1 and len(part) < len(whole) and part == whole[:len(part)]


def test_full_disk(binary, start, run_tool):
    """Tracing ends with an error, the program goes on."""
    path = binary("calls")
    program = start(path)
    tracer = run_tool("record", "-o", "/dev/full", "-u", "main.*", path, "main.root")
    assert tracer.wait() == 1
    assert "No space left on device" in tracer.err
    program.work()


def test_errors(tmp_path):
    text = tmp_path / "text"
    text.write_text("nothing that was recorded\n")
    assert "is no recording" in refused("replay", text)
    text.write_bytes(b"gofgrec\n" + (99).to_bytes(8, "little"))
    assert "of version 99" in refused("replay", text)
    text.write_bytes(b"")
    assert "is no recording" in refused("replay", text)
    assert "No such file" in refused("replay", tmp_path / "none")
    assert "Is a directory" in refused("replay", tmp_path)
    assert replay(check=False).returncode == 2


def test_own_recording_is_not_overwritten(binary, start, trace, tmp_path):
    path = binary("calls")
    program = start(path)
    recording = tmp_path / "recording"
    tracer = trace("record", "-o", recording, "-u", "main.*", path, "main.root")
    program.work()
    tracer.stop()
    before = recording.read_bytes()
    assert "is the recording itself" in refused("replay", "-o", recording, recording)
    assert recording.read_bytes() == before


def test_where_to(binary):
    run = subprocess.run([tool(), "record", "-u", "main.*", binary("calls")], capture_output=True, text=True, check=False)
    assert run.returncode == 2 and "-o FILE" in run.stderr
