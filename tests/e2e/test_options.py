# SPDX-License-Identifier: MIT
"""Options of the tracer, and the ways to end it."""

import json
import os
import re
import shlex
import signal
import subprocess
import time

import pytest

from builds import ROOT
from harness import WAIT_SECONDS, await_condition, check_same, parse_graph, tool


def run(*arguments):
    return subprocess.run([tool(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_SECONDS,
                          check=False)


def test_oldest_kernel():
    """What it needs is said the same everywhere."""
    needs = set()
    for path in ("README.md", "man/gofuncgraph-c.8", *map(str, (ROOT / "src").rglob("*.c"))):
        needs |= set(re.findall(r"Linux (5\.\d+) or newer", (ROOT / path).read_text()))
    assert needs == {"5.10"}


def test_version():
    done = run("--version")
    assert done.returncode == 0
    assert re.search(r"gofuncgraph-c.* \d+\.\d+", done.stdout)


def test_help():
    done = run("--help")
    assert done.returncode == 0
    for option in ("--uprobe-wildcards", "--include-vendor", "--exclude-vendor", "--format", "--output", "--verbose",
                   "--limit", "--timeout", "--ring-size", "--version"):
        assert option in done.stdout, option
    assert "--uprobe-wildcards" in run("list", "--help").stdout


@pytest.mark.parametrize("command", [[], ["list"], ["hunt"], ["states"], ["goroutines"], ["bpftrace"]], ids=" ".join)
def test_help_examples(command):
    """--help begins with what is typed most, as command lines that are taken as they stand."""
    done = run(*command, "--help")
    before_usage = done.stdout.split("\nUsage: ")[0]
    lines = [shlex.split(line.split(" > ")[0]) for line in before_usage.splitlines() if line.startswith("  ")]
    assert len(lines) == 5 if not command else lines
    for line in lines:
        assert line[0] == "gofuncgraph-c" and (not command or line[1] == command[0])
        tried = run(*("2147483647" if word == "812" else word for word in line[1:]))
        assert tried.returncode == 1, tried.stderr
        assert "no process 2147483647" in tried.stderr or "./server" in tried.stderr or "./tool" in tried.stderr
    assert all(len(line) < 80 for line in done.stdout.splitlines() if "gofuncgraph-c bpftrace" not in line)


@pytest.mark.parametrize("command", [[], ["list"], ["hunt"], ["states"], ["goroutines"], ["bpftrace"]], ids=" ".join)
def test_usage(command):
    usage = run(*command, "--usage").stdout
    assert usage.startswith(" ".join(["Usage: gofuncgraph-c", *command]))
    assert usage in run(*command, "--help").stdout


@pytest.mark.parametrize("form", ["json", "graph"])
def test_limit(binary, start, trace, form):
    """Ends by itself after so many trees, all of them whole."""
    program = start(binary("calls"))
    tracer = trace("--limit", "3", "--format", form, "-u", "main.*", program.path, "main.root")
    program.work("GO 50")
    assert tracer.wait() == 0
    if form == "graph":
        trees, notes = parse_graph(tracer.out)
        assert len(trees) == 3 and not notes
    else:
        calls = tracer.calls()
        assert sum(call["depth"] == 0 for call in calls) == 3
        assert len({call["tree"] for call in calls}) == 3
    assert program.code_is_clean()
    program.work("GO")


def test_limit_with_interleaved_trees(binary, start, trace):
    program = start(binary("concurrent"))
    tracer = trace("--limit", "10", "-u", "main.*", program.path, "main.handle")
    program.work("GO 50 4 1")
    assert tracer.wait() == 0
    trees, _ = parse_graph(tracer.out)
    assert len(trees) == 10


@pytest.mark.parametrize("before, behind", [
    (["-v", "list"], ["list", "-v"]),
    (["-u", "main.leaf", "list"], ["list", "-u", "main.leaf"]),
    (["--uprobe-wildcards", "main.leaf", "-v", "list"], ["list", "-v", "--uprobe-wildcards", "main.leaf"]),
    (["--empty", "-u", "main.leaf", "bpftrace"], ["bpftrace", "--empty", "-u", "main.leaf"])],
    ids=lambda words: " ".join(words))
def test_options_before_the_commands_name(binary, before, behind):
    def run(words):
        done = subprocess.run([tool(), *words, path], capture_output=True, timeout=WAIT_SECONDS, check=True, text=True)
        return re.sub(r"^//.*gofuncgraph-c.*$", "", done.stdout, flags=re.M)

    path = binary("calls")
    assert run(before) == run(behind) != ""


def test_options_before_states(binary, run_tool, tmp_path):
    tracer = run_tool("-o", tmp_path / "file", "-f", "json", "--limit", "1", "states", binary("calls"), "--")
    assert tracer.wait() == 0
    assert set(json.loads((tmp_path / "file").read_text())) >= {"old", "new"}


def test_binary_with_a_commands_name(binary, start, run_tool, tmp_path):
    binary("calls", "list")
    tracer = run_tool("-u", "main.leaf", "./list", "main.root", "--", cwd=tmp_path)
    assert tracer.wait() == 0 and "tracing 2 functions" in tracer.err


def test_timeout(binary, start, trace):
    program = start(binary("calls"))
    for seconds in (0.7, 7, 70):  # a busy machine needs longer until it works
        begin = time.monotonic()
        tracer = trace("--timeout", f"{seconds}s", "-u", "main.*", program.path, "main.root")
        program.work("GO")
        assert tracer.wait() == 0
        assert time.monotonic() - begin >= seconds
        trees, _ = parse_graph(tracer.out)
        if trees:
            break
    assert len(trees) == 1


def test_output_file(binary, start, trace, tmp_path):
    program = start(binary("calls"))
    tracer = trace("-o", tmp_path / "trees", "--format", "json", "-u", "main.*", "-u", "!main.(*number).double",
                   program.path, "main.root")
    journals = program.work("GO")
    assert tracer.stop().out == ""
    check_same([json.loads(line) for line in (tmp_path / "trees").read_text().splitlines()], journals)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_signals_print_what_is_open(binary, start, trace, number):
    program = start(binary("ends"))
    tracer = trace("-u", "main.outer", "-u", "main.inner", "-u", "main.leaf", program.path, "main.outer")
    program.work("block")
    # The blocked goroutine has begun when its first event is there; nothing is printed before its end.
    open_task = harness_awaits_block(program)
    assert open_task
    tracer.stop(number)
    (tree,), notes = parse_graph(tracer.out)
    assert tree["name"] == "main.outer" and tree["exit"]["mark"] == "still running"
    assert [call["name"] for call in tree["calls"]] == ["main.leaf", "main.inner"]
    assert tree["calls"][1]["exit"]["mark"] == "still running"
    assert program.code_is_clean()
    program.work("release")
    assert program.finish() == 0


def harness_awaits_block(program):
    """The goroutine blocks when all of the program's threads sleep."""
    def check():
        for task in os.listdir(f"/proc/{program.pid}/task"):
            with open(f"/proc/{program.pid}/task/{task}/stat", encoding="ascii", errors="replace") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] != "S":
                    return False
        return True

    checks = 0
    while checks < 20:
        await_condition(check, "the program does not come to rest")
        checks += 1
    return True


def test_running_in_json(binary, start, trace):
    program = start(binary("ends"))
    tracer = trace("-f", "json", "-u", "main.inner", program.path, "main.outer")
    program.work("block")
    harness_awaits_block(program)
    inner, outer = tracer.stop().calls()
    assert (inner["function"], inner["end"], outer["function"], outer["end"]) == (
        "main.inner", "running", "main.outer", "running")
    assert "return" not in inner
    program.work("release")


def test_closed_pipe_ends_it_quietly(binary, start, run_tool):
    """As `| head -1` does."""
    program = start(binary("calls"))
    read_end, write_end = os.pipe()
    tracer = run_tool("-u", "main.*", program.path, "main.root", stdout=write_end).await_tracing()
    os.close(write_end)
    program.work("GO")
    assert os.read(read_end, 1)
    os.close(read_end)
    for _ in range(3000):
        if tracer.child.poll() is not None:
            break
        program.work("GO")
        time.sleep(0.01)
    assert tracer.wait() == 0
    assert re.fullmatch("gofuncgraph-c: tracing .*\ngofuncgraph-c: .* probe hits, .*\n", tracer.err)
    assert program.code_is_clean()
    assert program.finish() == 0


def test_full_disk_is_an_error(binary, start, run_tool):
    program = start(binary("calls"))
    tracer = run_tool("-o", "/dev/full", "-u", "main.*", program.path, "main.root").await_tracing()
    program.work("GO")
    assert tracer.wait() == 1
    assert "No space left" in tracer.err
    assert program.code_is_clean()


def test_verbose(binary, start, trace):
    program = start(binary("calls"))
    quiet = trace("-u", "main.*", program.path).stop()
    loud = trace("-v", "-u", "main.*", program.path).stop()
    assert len(loud.err) > len(quiet.err)
    assert re.search(r"attached by (uprobe_multi|tracefs|perf_event)", loud.err)
    assert re.fullmatch("gofuncgraph-c: tracing .*\n.* no probe was hit\n.* nothing to show: .*\n", quiet.err)


def test_asks_before_it_takes_long(binary, start, run_tool):
    """Where probes are taken out one by one, a thousand take minutes. (So there is no test of "yes".)"""
    program = start(binary("requests"))
    controller, terminal = os.openpty()
    tracer = run_tool("--attach", "perf_event", "-u", "net/http.(*http2*", program.path, stdin=terminal)
    os.close(terminal)
    await_condition(lambda: "continue? [Y/n]" in tracer.err, "there is no question")
    assert re.search(r"found \d,\d{3} uprobes, large number of uprobes \(>1,000\)", tracer.err)
    assert program.code_is_clean()
    os.write(controller, b"n\n")
    assert tracer.wait() == 0
    os.close(controller)
    assert "tracing" not in tracer.err
    assert program.code_is_clean()


def test_ends_twice_told(binary, start, trace):
    """A second ^C while it is ending does no harm."""
    program = start(binary("calls"))
    tracer = trace("-u", "main.*", program.path)
    program.work("GO 20")
    tracer.signal(signal.SIGINT)
    tracer.signal(signal.SIGINT)
    assert tracer.wait() in (0, -signal.SIGINT, 130)
    await_condition(program.code_is_clean, "a breakpoint is left")
    program.work("GO")


def test_binary_by_relative_name(binary, start, run_tool, tmp_path):
    program = start(binary("calls"))
    tracer = run_tool("-u", "main.leaf", "./calls", "main.root", cwd=tmp_path).await_tracing()
    program.work("GO")
    assert "main.root() {" in tracer.stop().out


def test_program_that_starts_later(binary, start, trace):
    path = binary("calls")
    tracer = trace("-f", "json", "-u", "main.*", "-u", "!main.(*number).double", path, "main.root")
    journals = [journal for _ in range(3) for journal in start(path).work("GO")]
    check_same(tracer.stop().calls(), journals)


def test_two_tracers_at_once(binary, start, trace):
    program = start(binary("calls"))
    arguments = ["-f", "json", "-u", "main.*", "-u", "!main.(*number).double", program.path, "main.root"]
    tracers = [trace(*arguments), trace(*arguments)]
    journals = program.work("GO 5")
    assert program.finish() == 0
    for tracer in tracers:
        check_same(tracer.stop().calls(), journals)
