# SPDX-License-Identifier: MIT
"""The process that holds the probes: what becomes of tracing without it."""

import os
import signal

import pytest

from harness import await_condition, children
from test_kills import dead_groups, what_is_left


def holder_of(tracer):
    (pid,) = children(tracer.pid)
    return pid


@pytest.mark.parametrize("command", [("-f", "json", "-u", "main.*"), ("states", "-f", "json")])
@pytest.mark.parametrize("method", ["auto", "tracefs", "perf_event"])
def test_killed_alone(binary, start, trace, method, command):
    """The tracer notices, prints what it has, and says that it could not go on."""
    program = start(binary("concurrent"))
    tracer = trace(*command, "--attach", method, program.path)
    holder = holder_of(tracer)
    program.work("GO 4 2 1")
    os.kill(holder, signal.SIGKILL)
    assert tracer.wait() == 1
    assert f"the process that holds the probes (PID {holder}) was killed by SIGKILL" in tracer.err
    assert tracer.calls()
    await_condition(lambda: not what_is_left(program.path, program, None), "something is left")
    await_condition(lambda: not dead_groups(), "definitions in uprobe_events of who is gone")
    program.work("GO 4 2 1")
    assert program.finish() == 0


def test_killed_inside_a_call(binary, start, trace):
    """What is open is printed."""
    program = start(binary("durations"))
    tracer = trace("-f", "json", "-u", "main.measure", program.path)
    program.send("GO 1 600000")
    await_condition(tracer.calls, "the short call is not printed")
    os.kill(holder_of(tracer), signal.SIGKILL)
    assert tracer.wait() == 1
    assert [call["end"] for call in tracer.calls()] == ["return", "running"]
