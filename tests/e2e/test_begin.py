# SPDX-License-Identifier: MIT
"""Tracing that ends before it began says so, and not that nothing was called."""

import os
import re
import signal
import time

import pytest

from harness import await_condition, is_tracing

CARE = "step by step"


@pytest.fixture
def attaching(binary, start, run_tool):
    """attaching(ARGUMENT..., interrupt=FUNCTION) attaches to all functions of a process, calls FUNCTION(tool, program)
    meanwhile, and returns both when the tool has ended. Where the machine was so slow that tracing had begun by then,
    it does so again."""

    def make(*command, interrupt):
        for _ in range(10):
            program = start(binary("calls"))
            tracer = run_tool(*command, "--max-overhead", "20", "-p", program.pid, "*")
            await_condition(lambda: CARE in tracer.err or tracer.child.poll() is not None, "it attaches nothing")
            interrupt(tracer, program)
            assert tracer.wait() == 0, tracer.err
            if not is_tracing(tracer.err):
                return tracer, program
        pytest.fail("it always began before it was told to stop")

    return make


@pytest.mark.parametrize("command", [["-u", "*"], ["-f", "json", "-u", "*"], ["--summary", "-u", "*"], ["hunt"]], ids=" ".join)
def test_told_to_stop_while_attaching(attaching, command):
    tracer, program = attaching(*command, interrupt=lambda tracer, _: tracer.signal(signal.SIGINT))
    assert re.search(r"told to stop when [\d,]+ of \d+,\d{3} probes were attached: nothing was traced yet, and no probe is left behind", tracer.err)
    assert "has not entered" not in tracer.err and "hit" not in tracer.err and tracer.out == ""
    assert program.code_is_clean() and program.finish() == 0


def test_process_ends_while_attaching(attaching):
    tracer, program = attaching("-u", "*", interrupt=lambda _, program: program.finish())
    assert f"process {program.pid} ended when " in tracer.err and "has not entered" not in tracer.err


def has_file(pid, path):
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{number}") == str(path):
                return True
        except FileNotFoundError:
            pass
    return False


@pytest.mark.parametrize("moment", range(8))
def test_process_ends_while_it_starts(binary, start, run_tool, moment):
    """Whatever the tool does just then."""
    program = start(binary("calls"))
    tracer = run_tool("-u", "*", "-p", program.pid, "main.root")
    await_condition(lambda: has_file(tracer.pid, program.path) or tracer.child.poll() is not None, "it opens nothing")
    time.sleep(moment * 0.005)  # the moment is any
    tracer.signal(signal.SIGSTOP)
    assert program.finish() == 0
    tracer.signal(signal.SIGCONT)
    status = tracer.wait()
    if is_tracing(tracer.err):
        return
    assert re.search(f"process {program.pid} ended |there is no process {program.pid}$", tracer.err.strip()), tracer.err
    assert "No such process" not in tracer.err
    assert status == 1 or "probes were attached" in tracer.err
