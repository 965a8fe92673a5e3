# SPDX-License-Identifier: MIT
"""A traced process that executes its own program again: it is still that process, also where the thread that does
it was not its first one, which to the kernel makes it another."""

import collections
import json
import signal
import subprocess

import pytest

from harness import WAIT_SECONDS, await_condition

CALLS = ("-f", "json", "-u", "main.early", "-u", "main.work")
METHODS = ["uprobe_multi", "tracefs", "perf_event"]


class Launched:
    """A program that the tracer has started."""

    def __init__(self, tracer):
        self.tracer = tracer
        self.await_line("READY")

    def send(self, line):
        self.tracer.child.stdin.write(f"{line}\n".encode())
        self.tracer.child.stdin.flush()

    def await_line(self, wanted):
        line = self.tracer.lines.get(timeout=WAIT_SECONDS)
        assert line is not None and line.decode().strip() == wanted, (line, self.tracer.err)

    def work(self, line):
        self.send(line)
        return json.loads(self.tracer.lines.get(timeout=WAIT_SECONDS))

    def finish(self):
        self.tracer.child.stdin.close()
        return self.tracer.wait()


def count_calls(lines):
    calls = [json.loads(line) for line in lines]
    assert all(call["end"] == "return" for call in calls)
    return collections.Counter(call["function"] for call in calls), {call["pid"] for call in calls}


def rounds(program, threads):
    """Works, executes itself, and so on. Returns how often main.work was called."""
    total = 0
    for thread in threads:
        program.work("GO 5")
        program.send(thread)
        program.await_line("READY")
        total += 5
    program.work("GO 5")
    return total + 5


EXECS = [["FIRST"] * 4, ["OTHER"] * 4, ["OTHER", "FIRST", "OTHER", "FIRST"]]


@pytest.mark.parametrize("threads", EXECS, ids=["first", "other", "both"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", ["-p", "--"])
def test_every_call(binary, start, trace, run_tool, tmp_path, form, method, threads):
    path = binary("reexec")
    trees = tmp_path / "trees"
    options = (*CALLS, "--attach", method, "-o", trees)
    if form == "-p":
        program = start(path)
        tracer = trace(*options, "-p", program.pid)
    else:
        tracer = run_tool(*options, path, "--", stdin=subprocess.PIPE)
        program = Launched(tracer)
    works = rounds(program, threads)
    assert program.finish() == 0
    assert tracer.wait() == 0
    counts, pids = count_calls(trees.read_text().splitlines())
    # With -p the first three were before there was a tracer.
    assert counts == {"main.early": 3 * (len(threads) + (form == "--")), "main.work": works}
    assert len(pids) == 1


@pytest.mark.parametrize("form", ["-p", "--"])
def test_others_are_spared(binary, start, trace, run_tool, tmp_path, form):
    """Where other processes run the file they have no probes, and the one that is traced has them again after each
    exec, but for its first calls; no call is seen twice."""
    path = binary("reexec")
    other = start(path)
    trees = tmp_path / "trees"
    options = (*CALLS, "--attach", "uprobe_multi", "-o", trees)
    if form == "-p":
        program = start(path)
        tracer = trace(*options, "-p", program.pid)
    else:
        tracer = run_tool(*options, path, "--", stdin=subprocess.PIPE)
        program = Launched(tracer)
    works = 0
    for number, thread in enumerate(["OTHER", "FIRST", "OTHER"]):
        works += 5
        program.work("GO 5")
        program.send(thread)
        program.await_line("READY")
        followed = 1 + number // 2
        await_condition(lambda: tracer.err.count("attached again") == followed, "the exec is not followed")
        assert other.code_is_clean()
    program.work("GO 5")
    other.work("GO 5")
    assert program.finish() == 0 and tracer.wait() == 0
    counts, pids = count_calls(trees.read_text().splitlines())
    assert counts["main.work"] == works + 5
    # The exec of its first thread loses nothing.
    assert 3 <= counts["main.early"] <= 12
    assert len(pids) == 1
    assert other.finish() == 0


@pytest.mark.parametrize("method", METHODS)
def test_execs_of_others(binary, start, trace, tmp_path, method):
    """Nothing is attached again for them, in whatever thread they are."""
    path = binary("reexec")
    program, other = start(path), start(path)
    trees = tmp_path / "trees"
    tracer = trace(*CALLS, "--attach", method, "-o", trees, "-p", program.pid)
    for number in range(1, 4):
        other.send("OTHER")
        other.await_line("READY")
        program.work("GO 5")
        # What is told of later calls, it has seen before.
        await_condition(lambda: len(trees.read_text().splitlines()) == 5 * number, "the calls are not told")
    assert program.finish() == 0 and tracer.wait() == 0
    counts, pids = count_calls(trees.read_text().splitlines())
    assert counts == {"main.work": 15} and pids == {program.pid}
    assert "attached again" not in tracer.err
    assert other.finish() == 0


# The first goroutine of a program that Go 1.19 made has the same address after an exec.
@pytest.mark.parametrize("method", METHODS)
def test_conditions(binary, start, trace, method):
    """A call that was open then does not hide the first ones of the new program from a condition."""
    program = start(binary("reexec", version="1.19"))
    tracer = trace("-f", "json", "-a", "--attach", method, "--where", "n == 7", "-p", program.pid, "main.decide")
    for _ in range(3):
        program.work("INSIDE 1")
        tracer.signal(signal.SIGSTOP)  # it has not learned of the exec
        program.send("INSIDE 7")
        program.await_line("READY")
        program.work("INSIDE 1")
        tracer.signal(signal.SIGCONT)
    program.work("INSIDE 1")
    calls = tracer.stop().calls()
    assert [argument["value"] for call in calls for argument in call["args"]] == [7] * 3
    assert program.finish() == 0


def test_losses_of_before(binary, start, trace, tmp_path):
    """What the new program does is traced, though its ring was full and what happened is not known."""
    program = start(binary("reexec", version="1.19"))
    trees = tmp_path / "trees"
    tracer = trace("-f", "json", "--ring-size", "64K", "-o", trees, "-p", program.pid, "main.work")
    tracer.signal(signal.SIGSTOP)
    program.work("GO 3000")
    program.send("FIRST")
    program.await_line("READY")
    tracer.signal(signal.SIGCONT)
    # More than there were before.
    await_condition(lambda: program.work("GO 100") and trees.read_text().count("\n") > 4000, "the new program's calls are lost")
    tracer.stop()
    assert program.finish() == 0


@pytest.mark.parametrize("thread", ["FIRST", "OTHER"])
@pytest.mark.parametrize("waits", ["exact", "sampled"])
def test_open_waits(binary, start, run_tool, waits, thread):
    """To hunt, a call that is open then ends there, and is told by what it waited for; calls of then are others."""
    program = start(binary("reexec"))
    tracer = run_tool("hunt", "--waits", waits, "-f", "json", "--stuck", "3s", "-p", program.pid, "main.wait").await_tracing()

    def stuck():
        return [json.loads(line) for line in tracer.out.splitlines()]

    program.work("WAIT")
    # What has waited for so long is known.
    await_condition(lambda: len(stuck()) == 1, "the call is not told")
    program.send(thread)
    assert program.read_line() == "READY"
    program.work("WAIT")
    await_condition(lambda: len(stuck()) == 2, "the second call is not told")
    tracer.stop()
    *told, report = stuck()
    assert [(one["stuck"], one["pid"]) for one in told] == [("main.wait", program.pid)] * 2
    assert (report["target"], report["calls"], report["open"]) == ("main.wait", 0, 2), report
    (cause,) = [one for one in report["causes"] if one["kind"] == "chan receive"]
    assert cause["function"] == "main.wait" and cause["count"] == 2
    assert cause["ns"] > 3_000_000_000 and cause["share"] > 0.9
    assert report["coverage"]["explained_ns"] > 0.9 * report["coverage"]["total_ns"]
