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
QUOTA_US = 5000  # of 100 ms; less than a busy machine leaves
QUOTA_HELD_NS = 50 * MS
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


def work_until_held_up(program, longer_ns=5 * MS, calls=50):
    """Whether a call is open when the thread loses its processor is chance: until many were, by the program's own clock.
    Returns how long calls took."""
    durations = []
    for _ in range(100):
        durations += program.work(WORK)["durations_ns"]
        if sum(ns > longer_ns for ns in durations) >= calls:
            return durations
    raise AssertionError(f"only {sum(ns > longer_ns for ns in durations)} calls were held up")


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
    group.set_quota(QUOTA_US)
    group.take(program.pid)
    # It is also used up between calls; and other processes hold calls up too, but hardly for so long.
    durations = work_until_held_up(program, QUOTA_HELD_NS, 150)
    group.set_quota(None)
    tracer.stop()
    takers = [one for one in runnable(tracer)["meanwhile"] if one["kind"] == "no cpu"]
    long_ns = sum(ns for ns in durations if ns > QUOTA_HELD_NS)
    short_ns = sum(ns for ns in durations if 5 * MS < ns <= QUOTA_HELD_NS)
    # Of a busy machine other processes may have the processor for longer.
    assert any("quota" in one for one in takers[:1 if long_ns > 2 * short_ns else None]), (takers, long_ns, short_ns)
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
    meanwhile = [line for line in lines[at + 1:] if re.match(r" +meanwhile \d+ % \S+ \S+: no cpu: ", line)]
    # Of a busy machine another one may have had it for longer.
    assert any(re.search(rf"\bprocess {re.escape(name)}\b", line) for line in meanwhile), lines
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
