# SPDX-License-Identifier: MIT
"""What `report` says of a recording is what replaying it shows."""

import collections
import json
import re
import subprocess

import pytest

from harness import WAIT_SECONDS, tool
from test_summary import AMOUNT, amount

MS = 1_000_000


def report(*arguments, check=True):
    return subprocess.run([tool(), "report", *map(str, arguments)], capture_output=True, text=True, timeout=WAIT_SECONDS,
                          check=check)


def objects(*arguments, command="report"):
    shown = subprocess.run([tool(), command, *map(str, arguments), "-f", "json"], capture_output=True, text=True,
                           timeout=WAIT_SECONDS, check=True).stdout
    return [json.loads(line) for line in shown.splitlines()]


@pytest.fixture
def recorded(binary, start, trace, tmp_path):
    """recorded(FIXTURE, COMMAND, OPTION...): the file, and the program's own account."""
    def make(name, command, *options):
        program, path = start(binary(name)), tmp_path / "recording"
        tracer = trace("record", "-o", path, *options[:-1], program.path, options[-1])
        account = program.work(command)
        tracer.stop()
        return path, account
    return make


def check_row(row, calls):
    """Against each call of it."""
    durations = sorted(call["duration_ns"] for call in calls)
    slowest = max(calls, key=lambda call: call["duration_ns"])
    assert row["calls"] == len(calls)
    assert row["max_ns"] == durations[-1]
    for key, share in (("p50_ns", 0.5), ("p90_ns", 0.9), ("p99_ns", 0.99)):
        exact = durations[max(0, -int(-share * len(durations) // 1) - 1)]
        assert exact <= row[key] <= exact * 33 / 32
    told = [call for call in calls if call["duration_ns"] == slowest["duration_ns"]]
    assert any(row["slowest"]["time_ns"] == call["start_ns"] and row["slowest"]["goid"] == call["goid"] and
               row["slowest"]["pid"] == call["pid"] and row["slowest"].get("caller") == call.get("caller") for call in told)


def test_numbers(recorded):
    path, _ = recorded("calls", "GO 30", "--states", "-u", "main.*", "main.root")
    calls = collections.defaultdict(list)
    for call in objects(path, command="replay"):
        calls[call["function"]].append(call)
    rows = objects(path)
    assert {row["function"] for row in rows} == set(calls)
    for row in rows:
        check_row(row, calls[row["function"]])
        assert "states_ns" in row and "self_states_ns" in row


def test_text(recorded):
    path, account = recorded("durations", "GO 1 120 1 5", "--states", "-u", "time.Sleep", "main.work")
    shown = report("--sort", "self", path).stdout.splitlines()
    assert shown[0].split() == "CALLS TOTAL SELF AVERAGE P50 P90 P99 MAX FUNCTION".split()
    assert re.fullmatch(rf" +4(?: +{AMOUNT})+  time\.Sleep", shown[1])
    # Nearly all of it.
    share = re.search(rf"  sleep {AMOUNT} (\d+) %", shown[2])
    assert share and int(share.group(1)) <= 100
    goid = max(account, key=lambda one: one["inner_ns"])["goid"]
    slowest = re.fullmatch(rf"  slowest  ({AMOUNT}) at \d\d \d\d:\d\d:\d\d\.\d{{6}} in goroutine {goid} of process \d+, "
                           r"from main\.work main\.go:\d+", shown[3])
    assert slowest and amount(slowest.group(1))[0] >= 119 * MS
    assert shown[4].endswith("  main.work")


def test_filters(recorded):
    path, told = recorded("durations", "GO 1 120 1 150", "-u", "time.Sleep", "main.work")
    slow = {row["function"]: row["calls"] for row in objects("--slower", "100ms", path)}
    least, most = (sum(one[side] >= 100 * MS for one in told) for side in ("inner_ns", "outer_ns"))
    assert slow.keys() == {"main.work", "time.Sleep"} and len(set(slow.values())) == 1
    assert 2 <= least <= slow["main.work"] <= most
    assert [row["calls"] for row in objects("--slowest", "1", path)] == [1, 1]
    assert [row["function"] for row in objects("--limit", "1", "--sort", "name", path)] == ["main.work"]


def test_usage(tmp_path):
    for arguments, words in (([], "which FILE"), (["a", "b"], "'b' is too much"), (["-f", "graph", "a"], "text and json")):
        run = report(*arguments, check=False)
        assert run.returncode == 2 and words in run.stderr
    run = report(tmp_path / "none", check=False)
    assert run.returncode == 1 and "No such file" in run.stderr and not run.stdout
