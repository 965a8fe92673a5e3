# SPDX-License-Identifier: MIT
"""Goroutines are runnable because the program's threads have no processor: hunt tells who has it."""

import json
import pathlib
import re
import time

import pytest

from processes import threads
from recordings import run
from test_hunt_records import record  # noqa: F401  a fixture

MS = 1_000_000
QUOTA_US = 5000  # less than a busy machine leaves
# Many goroutines give way to each other on one processor: whenever their thread loses that, most of them are runnable.
WORK = "runnable 4000 0 64 1"
TARGET = "main.handleRunnable"


def run_delay_ns(pid):
    """How long its threads were runnable so far, and had no processor: Documentation/scheduler/sched-stats.rst."""
    return sum(int(pathlib.Path(f"/proc/{pid}/task/{tid}/schedstat").read_text().split()[1]) for tid in threads(pid))


def runnable(tracer):
    (report,) = [one for one in map(json.loads, tracer.out.splitlines()) if one.get("target") == TARGET]
    (cause,) = [one for one in report["causes"] if one["kind"] == "runnable"]
    return cause


def work_until_held_up(program):
    """Whether a call is open when the thread loses its processor is chance: until many were, by the program's own clock."""
    held_up = 0
    for _ in range(100):
        held_up += sum(ns > 5 * MS for ns in program.work(WORK)["durations_ns"])
        if held_up >= 50:
            return
    raise AssertionError(f"only {held_up} calls were held up")


@pytest.mark.toolchains
@pytest.mark.parametrize("version", [None, "1.19", "1.27"], ids=["installed Go", "Go 1.19", "Go 1.27"])
def test_another_process(binary, start, run_tool, crowded, version):
    program = start(binary("culprits", version=version))
    tracer = run_tool("hunt", "-f", "json", "--slower", "5ms", "-p", program.pid, TARGET).await_tracing()
    name = crowded(program.pid)
    work_until_held_up(program)
    tracer.stop()
    cause = runnable(tracer)
    assert sum(one["share"] for one in cause["meanwhile"]) < 1.001, cause
    lack = cause["meanwhile"][0]
    # Of a busy machine another one may have had it for longer.
    assert lack["kind"] == "no cpu" and name in [one.get("process") for one in (lack, *lack.get("parts", ()))], cause
    assert program.finish() == 0


@pytest.mark.parametrize("build", [{}, {"flags": ["-buildmode=pie", "-ldflags=-s -w"]}], ids=["plain", "stripped PIE"])
def test_a_quota(binary, start, run_tool, group, build):
    program = start(binary("culprits", **build))
    tracer = run_tool("hunt", "-f", "json", "--slower", "5ms", "-p", program.pid, TARGET).await_tracing()
    before = run_delay_ns(program.pid)
    group.set_quota(QUOTA_US)
    group.take(program.pid)
    work_until_held_up(program)
    delay, throttled = run_delay_ns(program.pid) - before, group.throttled_ns()
    group.set_quota(None)
    tracer.stop()
    takers = [one for one in runnable(tracer)["meanwhile"] if one["kind"] == "no cpu"]
    # Of a busy machine other processes may have the processor for longer.
    assert any("quota" in one for one in takers[:1 if 2 * throttled > delay else None]), (takers, delay, throttled)
    assert program.finish() == 0


def test_text_and_a_recording(binary, start, run_tool, crowded, tmp_path):
    """The line reads as others do, and what was recorded tells the same."""
    program, file = start(binary("culprits")), tmp_path / "hunt.rec"
    tracer = run_tool("hunt", "--record", file, "--slower", "5ms", "-p", program.pid, TARGET).await_tracing()
    name = crowded(program.pid)
    work_until_held_up(program)
    tracer.stop()
    assert run("hunt", "--replay", file, "--slower", "5ms").stdout.decode() == tracer.out
    lines = tracer.out.splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(r" +\d+ % .*  runnable, mostly in ", line))
    assert re.match(rf" +meanwhile \d+ % \S+ \S+: no cpu: process {re.escape(name)}$", lines[at + 1]), lines
    assert program.finish() == 0


def test_as_much_as_the_kernel_says(binary, start, record, crowded):
    """Of threads outside of targets no more is told than the kernel itself knows, and that is few records."""
    path = binary("culprits")
    program = start(path)
    recorder = record(path, TARGET)
    before = run_delay_ns(program.pid)
    program.work("sleep 200 0 8 1")  # no call of the target, and nobody else pinned
    # What ends while it is read is of either part.
    split = time.monotonic_ns()
    calm = run_delay_ns(program.pid)
    split_end = time.monotonic_ns()
    crowded(program.pid)
    program.work(WORK)
    after = run_delay_ns(program.pid)
    records = recorder.stop()
    told = [one for one in records if one["kind"] == "offcpu" and not one["tid"]]
    for part, delay in (([one for one in told if one["time"] < split], calm - before),
                        ([one for one in told if one["time"] >= split_end], after - calm)):
        lengths = [one["time"] - one["start"] for one in part]
        assert not lengths or min(lengths) >= MS
        assert sum(lengths) <= delay, (sum(lengths), delay)
        assert len(lengths) <= delay / MS
    assert told and not any(one["slept"] or one["in_syscall"] or "stack" in one for one in told)
    assert program.finish() == 0
