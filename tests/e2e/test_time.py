# SPDX-License-Identifier: MIT
"""In a time namespace the tracer's monotonic clock is not that of events; what is printed does not show it."""

import datetime
import json
import re
import time

import pytest

import harness
from harness import WAIT_SECONDS, await_condition, parse_graph, preloaded
from test_follow import options, work
from test_options import harness_awaits_block

SLACK_NS = 5_000_000
OFFSETS = ["100000", "-50"]


@pytest.fixture(params=OFFSETS)
def shifted(request, _processes):
    """shifted(ARGUMENT...) starts the tool where CLOCK_MONOTONIC is so many seconds ahead."""

    def run(*arguments):
        process = harness.Tracer(*arguments, prefix=["unshare", "-T", "--monotonic", request.param])
        _processes.append(process)
        return process.await_tracing()

    return run


def test_json(binary, start, shifted):
    program = start(binary("durations"))
    tracer = shifted("-f", "json", "--min-wait", "1us", "-u", "main.work", program.path, "main.measure")
    before = time.time_ns()
    program.work("GO 20")
    after = time.time_ns()
    calls = tracer.stop().calls()
    assert len(calls) == 2
    for call in calls:
        assert before - SLACK_NS < call["start_ns"] and call["start_ns"] + call["duration_ns"] < after + SLACK_NS
        assert call["duration_ns"] >= 20_000_000
        assert sum(ns for name, ns in call["states_ns"].items() if name != "waiting") <= call["duration_ns"]
        for wait in call.get("waits", []):
            assert call["start_ns"] <= wait["end_ns"] <= call["start_ns"] + call["duration_ns"]


def test_graph(binary, start, shifted):
    program = start(binary("calls"))
    tracer = shifted("-u", "main.leaf", program.path, "main.root")
    before = datetime.datetime.now()
    program.work("GO")
    after = datetime.datetime.now()
    (tree,), notes = parse_graph(tracer.stop().out)
    assert not notes
    slack = datetime.timedelta(milliseconds=5)
    for side in ("entry", "exit"):
        stamp = f"{before:%Y-%m}-{tree[side]['day']} {tree[side]['time']}"
        assert before - slack <= datetime.datetime.fromisoformat(stamp) <= after + slack


def test_still_running(binary, start, shifted):
    """What is open ends when tracing does, on the same clock."""
    program = start(binary("ends"))
    tracer = shifted("-f", "json", "-u", "main.inner", program.path, "main.outer")
    before = time.time_ns()
    program.work("block")
    harness_awaits_block(program)
    calls = tracer.stop().calls()
    after = time.time_ns()
    assert [(call["function"], call["end"]) for call in calls] == [("main.inner", "running"), ("main.outer", "running")]
    for call in calls:
        assert before - SLACK_NS < call["start_ns"]
        assert 0 < call["start_ns"] + call["duration_ns"] < after + SLACK_NS
    program.work("release")


def test_followed_goroutines(binary, start, shifted):
    """A tree is printed some time after its own end, although a goroutine that it started still runs: the account of
    who that is is the program's after `release`."""
    program = start(binary("follow"))
    tracer = shifted("--follow", *options(program.path))
    work(program, tracer, target_ended=r"\} main\.handle\+", all_ended=r"\} main\.outliver\+")
    lines = tracer.stop().out.splitlines()
    assert lines.index(next(line for line in lines if "} main.handle+" in line)) \
        < lines.index(next(line for line in lines if "} main.outliver+" in line))


def test_states(binary, start, shifted):
    program = start(binary("states"))
    tracer = shifted("states", "-f", "json", program.path)
    before = time.time_ns()
    program.work("sleep 3 5")
    after = time.time_ns()
    changes = tracer.stop().calls()
    assert changes
    slept = [change for change in changes if change.get("reason") == "sleep" and change["old"] == "WAITING"]
    assert len(slept) == 3
    for change in slept:
        assert before < change["time_ns"] < after + SLACK_NS


def test_states_text(binary, start, shifted):
    program = start(binary("states"))
    tracer = shifted("states", program.path)
    before = datetime.datetime.now()
    program.work("sleep 3 5")
    after = datetime.datetime.now()
    lines = re.findall(r"^(\d\d) (\d\d:\d\d:\d\d\.\d{6}) .* WAITING -> .* sleep", tracer.stop().out, re.M)
    assert len(lines) == 3
    slack = datetime.timedelta(milliseconds=5)
    for day, clock in lines:
        assert before <= datetime.datetime.fromisoformat(f"{before:%Y-%m}-{day} {clock}") <= after + slack


def test_summary(binary, start, shifted):
    """What a goroutine was in from the beginning of tracing, and until its end, is in the sums."""
    program = start(binary("states"))
    before = time.monotonic_ns()
    tracer = shifted("states", "--summary", "-f", "json", program.path)
    program.work("sleep 3 50")
    goroutines = [one for one in tracer.stop().calls() if one["summary"] == "goroutine" and not one.get("ended")]
    elapsed = time.monotonic_ns() - before
    assert goroutines
    for one in goroutines:
        assert sum(one["ns"].values()) <= elapsed
    assert any(sum(one["ns"].values()) >= 150_000_000 for one in goroutines)


# ---- a wall clock that is set ----

SET_CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long failed = syscall(SYS_clock_gettime, clock, now);
	char text[32] = "";
	int fd = clock == CLOCK_REALTIME ? open(getenv("AHEAD"), O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			now->tv_sec += atol(text);
		close(fd);
	}
	return (int)failed;
}
"""


@pytest.fixture
def settable(tmp_path):
    """The tracer's wall clock, and only its own, is as many seconds ahead as a file says: (environment, file)."""
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    return {**preloaded(tmp_path, SET_CLOCK), "AHEAD": str(ahead)}, ahead


@pytest.mark.parametrize("arguments, field", [(["-u", "main.root"], "start_ns"), (["states", "--state", "SYSCALL"], "time_ns")],
                         ids=["trace", "states"])
def test_wall_clock_is_set(binary, start, trace, settable, arguments, field):
    """Lines behind a step have the new time, as soon as the tracer can see it; those before keep the old one."""
    environment, ahead = settable
    program = start(binary("calls"))
    tracer = trace(*arguments, "-f", "json", program.path, env=environment)

    def hours():
        """What the latest line is ahead of us."""
        program.work("GO")
        return round((json.loads(tracer.lines.get(timeout=WAIT_SECONDS))[field] - time.time_ns()) / 3600e9)

    assert hours() == 0
    for seconds in (3 * 3600, -2 * 3600):
        new = ahead.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(ahead)
        await_condition(lambda: hours() == seconds // 3600, "the new time is not taken")  # noqa: B023
    found = [round((call[field] - time.time_ns()) / 3600e9) for call in tracer.stop().calls()]
    steps = [found[0]] + [new for old, new in zip(found, found[1:]) if new != old]
    assert steps == [0, 3, -2]
