# SPDX-License-Identifier: MIT
"""When the tracer is gone, its breakpoints are gone, however it went; the program never noticed."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness import await_condition, check_same, children, is_alive, journal_shapes


def tracefs_events(pid):
    """Definitions in tracefs that are named after a process: gofuncgraph_NAMESPACE_PID."""
    try:
        lines = pathlib.Path("/sys/kernel/tracing/uprobe_events").read_text().splitlines()
    except OSError:
        return []
    return [line for line in lines if re.search(rf":gofuncgraph_\d+_{pid}/", line)]


def is_clean(program, processes):
    return program.code_is_clean() and not any(is_alive(pid) for pid in processes)


@pytest.mark.parametrize("method", ["auto", "tracefs", "perf_event"])
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGTERM to all"])
def test_nothing_is_left(binary, start, trace, method, way):
    program = start(binary("concurrent"))
    other = start(program.path)
    reference = journal_shapes(program.work("GO 4 2 1"))
    tracer = trace("--attach", method, "-f", "json", "-u", "main.*", "-u", "fixture/*", program.path)
    processes = [tracer.pid, *children(tracer.pid)]
    assert not program.code_is_clean(), "no breakpoint is set: the test tests nothing"
    assert not other.code_is_clean()
    program.work("GO 4 2 1")

    # Killed while the program is busy.
    program.send("GO 100 20 1")
    if way == "SIGTERM to all":
        # As a service manager does it that ends a whole group.
        for pid in processes:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        tracer.wait()
    elif way == "SIGKILL":
        tracer.signal(signal.SIGKILL)
        assert tracer.wait() == -signal.SIGKILL
    else:
        tracer.stop(getattr(signal, way))
        assert is_clean(program, processes), "something is left when the tracer has ended"
        assert not tracefs_events(tracer.pid)
    await_condition(lambda: is_clean(program, processes), "a breakpoint or a process is left")
    await_condition(other.code_is_clean, "a breakpoint is left in the other process")
    program.read_account()
    after = journal_shapes(program.work("GO 4 2 1"))
    assert sorted(map(repr, after.values())) == sorted(map(repr, reference.values()))
    other.work("GO 4 2 1")
    assert program.finish() == 0 and other.finish() == 0


def test_nohup(binary, start, trace):
    """A terminal that goes away ends nothing that was started with nohup."""
    program = start(binary("calls"))
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        tracer = trace("-f", "json", "-u", "main.*", program.path, "main.root")
    finally:
        signal.signal(signal.SIGHUP, old)
    tracer.signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        tracer.child.wait(2)
    program.work("GO 3")
    assert tracer.stop().calls()


def test_traces_again_after_a_kill(binary, start, trace):
    """What a killed tracer left in tracefs does not disturb the next one."""
    program = start(binary("calls"))
    for method in ("tracefs", "auto"):
        tracer = trace("--attach", method, "-u", "main.*", program.path)
        processes = [tracer.pid, *children(tracer.pid)]
        tracer.signal(signal.SIGKILL)
        tracer.wait()
        await_condition(lambda: is_clean(program, processes), "a breakpoint or a process is left")
        again = trace("--attach", method, "-f", "json", "-u", "main.*", "-u", "!main.(*number).double", program.path,
                      "main.root")
        journals = program.work("GO 3")
        check_same(again.stop().calls(), journals)


def test_failed_start_leaves_nothing(binary, start, run_tool):
    program = start(binary("calls"))
    tracer = run_tool("--ring-size", "900T", "-u", "main.*", program.path)
    assert tracer.wait() == 1
    assert program.code_is_clean()
