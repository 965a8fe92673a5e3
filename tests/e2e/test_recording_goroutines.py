# SPDX-License-Identifier: MIT
"""`goroutines` into recordings and out of them: the same bytes, and others of the same goroutines, without the process."""

import json

import pytest

from recordings import run

VIEWS = {
    "text": [],
    "json": ["-f", "json"],
    "all": ["--all", "--color", "always"],
    "chosen": ["--state", "waiting", "--grep", "waiting/main.go", "--limit", "3"],
}


@pytest.mark.parametrize("work", ["EVERYTHING 3", "STUCK", "CHOSEN", "SIGNALLED", "LABELS 4"])
def test_same_as_live(work, binary, start, tmp_path):
    """Goroutines that do nothing but wait, and so do the same when they are asked again."""
    program = start(binary("waiting"))
    program.work(work)
    for view in VIEWS.values():
        recording = tmp_path / "recording"
        shown = run("goroutines", "--record", recording, *view, "-p", program.pid).stdout
        assert shown
        assert run("goroutines", "--replay", recording, *view).stdout == shown
    everything = run("goroutines", "--replay", recording).stdout
    program.finish()
    assert run("replay", recording).stdout == everything
    for view in VIEWS.values():
        assert run("goroutines", "--replay", recording, *view).stdout


def test_several_processes(binary, start, tmp_path):
    path = binary("waiting")
    programs = [start(path, env={"LANG": "C"}) for _ in range(2)]
    for program in programs:
        program.work("MANY 2")
    recording = tmp_path / "recording"
    shown = run("goroutines", "--record", recording, path).stdout
    assert run("goroutines", "--replay", recording).stdout == shown
    told = [json.loads(line) for line in run("goroutines", "--replay", recording, "-f", "json").stdout.splitlines()]
    assert {one["pid"] for one in told} == {program.pid for program in programs}


def test_nothing_to_record(binary, start, tmp_path):
    """What was recorded before stays."""
    path = binary("waiting")
    program, recording = start(path), tmp_path / "recording"
    run("goroutines", "--record", recording, path)
    recorded = recording.read_bytes()
    program.finish()
    assert run("goroutines", "--record", recording, path, check=False).returncode == 1
    assert recording.read_bytes() == recorded


def test_errors(binary, start, tmp_path):
    program = start(binary("waiting"))
    recording = tmp_path / "recording"
    run("goroutines", "--record", recording, "-p", program.pid)
    for arguments in (["states", "--replay", recording], ["report", recording], ["replay", "--summary", recording]):
        refused = run(*arguments, check=False)
        assert refused.returncode == 1 and f"goroutines --replay {recording}" in refused.stderr.decode()
    assert run("goroutines", "--replay", recording, "-p", program.pid, check=False).returncode == 2
    with open(recording, "r+b") as file:
        file.truncate(recording.stat().st_size - 40)
    cut = run("goroutines", "--replay", recording)
    assert cut.stdout and b"was cut off" in cut.stderr
    with open(recording, "r+b") as file:
        file.truncate(recording.stat().st_size // 2)
    assert run("goroutines", "--replay", recording, check=False).returncode == 1
