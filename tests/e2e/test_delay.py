# SPDX-License-Identifier: MIT
"""--delay: nothing is attached before it is over, and what ends before is told."""

import signal

import pytest

from harness import await_condition

WAITING = "before attaching (--delay), ^C ends"
NOTHING = "nothing was traced: it ended before --delay was over"


def await_waiting(tool):
    await_condition(lambda: WAITING in tool.err, "it does not wait")
    return tool


def test_then_it_traces(binary, start, run_tool):
    program = start(binary("calls"))
    tool = run_tool("-f", "json", "--delay", "300ms", "-u", "main.leaf", program.path, "main.root")
    await_waiting(tool).await_tracing()
    program.work("GO 3")
    assert sum(call["depth"] == 0 for call in tool.stop().calls()) == 3
    assert tool.err.index(WAITING) < tool.err.index("tracing ")


def test_nothing_is_attached_before(binary, start, run_tool):
    program = start(binary("calls"))
    tool = await_waiting(run_tool("-f", "json", "--delay", "1h", "-u", "main.leaf", program.path, "main.root"))
    assert program.code_is_clean()
    program.work("GO")
    tool.stop()
    assert tool.out == "" and NOTHING in tool.err


def test_process_ends(binary, start, run_tool):
    program = start(binary("calls"))
    tool = await_waiting(run_tool("--delay", "1h", "-p", str(program.pid), "main.root"))
    program.signal(signal.SIGKILL)
    assert tool.wait() == 0
    assert NOTHING in tool.err


def test_program_ends(binary, run_tool, tmp_path):
    """The program that was started runs meanwhile, hears its signals, and how it ended is told; -o's file stays."""
    out = tmp_path / "out"
    out.write_text("before")
    tool = await_waiting(run_tool("--delay", "1h", "-o", out, "-u", "main.leaf", binary("calls"), "main.root", "--"))
    assert tool.wait() == 0
    assert NOTHING in tool.err and "exited with status 0" in tool.err and "tracing " not in tool.err
    assert tool.out == "READY\n" and out.read_text() == "before"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_program_is_signalled(binary, run_tool, tmp_path, number):
    said = tmp_path / "said"
    tool = await_waiting(run_tool("--delay", "1h", binary("signals"), "main.*", "--", said, "default"))
    await_condition(lambda: said.exists() and said.read_text(), "the program does not start")
    tool.signal(number)
    tool.wait()
    assert NOTHING in tool.err and f"was killed by {number.name}" in tool.err, tool.err


def test_timeout_counts_from_then_on(binary, start, run_tool):
    program = start(binary("calls"))
    tool = run_tool("--delay", "500ms", "--timeout", "200ms", program.path, "main.root")
    await_waiting(tool).await_tracing()
    assert tool.wait() == 0
    assert NOTHING not in tool.err
