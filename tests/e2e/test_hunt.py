# SPDX-License-Identifier: MIT
"""What hunt prints of slow calls: who reads it, how it fits, what is open. That it names the true culprit is tests/hunt."""

import json
import os
import pathlib
import re
import signal
import statistics
import subprocess

import pytest

from harness import FIRST_HOG, HOG, await_condition, crowd, preloaded
from screen import Screen

MS = 1_000_000


@pytest.fixture
def program(binary, start):
    return start(binary("culprits"))


@pytest.fixture
def hunt(program, run_tool):
    """hunt(WORK, ARGUMENT...) -> the tracer, ended, and the program's account."""

    def run(work, *arguments, **options):
        tracer = run_tool("hunt", *arguments[:-1], "-p", program.pid, arguments[-1], **options).await_tracing()
        if "stdout" in options:
            os.close(options["stdout"])
        account = program.work(work)
        return tracer.stop(), account

    return run


def culprit(account, role="culprit"):
    """"main.f  main.go:7", as the program marks its own lines."""
    (place,) = [place for place in account["places"] if place["role"] == role]
    return f"{place['function']}  ", f"{place['file']}:{place['line']}"


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_terminal(hunt, columns):
    """The culprit, who kept it and what that one did are the first lines, and nothing is cut off or wraps."""
    screen = Screen(columns)
    tracer, account = hunt("mutex 200 5 4 50", "main.handleMutex", stdout=screen.slave,
                           env={**os.environ, "NO_COLOR": "1"})
    lines = screen.lines()
    assert all(len(line) <= columns for line in lines), lines
    text = " ".join(" ".join(lines).split())
    assert text.startswith("main.handleMutex: 200 calls in "), lines
    places = [culprit(account), culprit(account, "waker"), culprit(account, "meanwhile")]
    wanted = r".* \d+ % \d+\.\d ms (sync\.Mutex\.Lock|semacquire) in {}.*woken by goroutine \d+ in {}.*meanwhile \d+ % .*: sleep in {}"
    assert re.match(wanted.format(*(rf"{re.escape(function.strip())} (\S*/)?{re.escape(line)}" for function, line in places)),
                    text), lines
    assert "where the time of the slow calls went:" in text
    assert "no event lost" in text, (lines, tracer.err)


@pytest.mark.parametrize("function, command, call, hog", [
    ("Zeros", "zeros 20 128", "read", HOG),
    ("Nap", "nap 100 4", "nanosleep", FIRST_HOG),
])
def test_no_processor_in_system_calls(binary, start, run_tool, function, command, call, hog):
    """What a system call's thread waits for a processor is no time of that call: as much as the kernel says, where
    it lost it, and where it slept and could run again."""
    program = start(binary("hunt"))
    tracer = run_tool("hunt", "-f", "json", "--slower", "1us", "-p", program.pid, f"main.{function}").await_tracing()
    others = crowd(program.pid, hog)
    name = pathlib.Path(f"/proc/{others.pid}/comm").read_text().strip()
    try:
        account = program.work(command)
    finally:
        others.destroy()
    tracer.stop()
    report = tracer.report()
    sums = {}
    for cause in report["causes"]:
        sums[cause["kind"]] = sums.get(cause["kind"], 0) + cause["ns"]
    most, outside = account["away_ns"] / account["ns"], account["outside_ns"] / account["ns"]
    assert most > 0.2, account
    total = sum(sums.values())
    assert 0.9 * most - outside < sums["no cpu"] / total < 1.1 * most, (sums, account)
    (lack,) = [cause for cause in report["causes"] if cause["kind"] == "no cpu"]
    assert name in json.dumps(lack), lack
    if hog == FIRST_HOG:
        assert lack["process"] == name, lack  # nobody has it before that one
    assert sums[f"syscall {call}"] > 0.8 * (total - sums["no cpu"]), sums
    assert program.finish() == 0


def test_file(hunt):
    """In files nothing is left out of lines."""
    tracer, account = hunt("sleep 200 5 4 50", "main.handleSleep")
    first, second, cause = tracer.out.splitlines()[:3]
    assert first.startswith("main.handleSleep: 200 calls in ")
    assert re.match(r"\d+ slow calls of \d+\.\d ms on average, against ", second)
    function, line = culprit(account)
    assert re.match(rf" *\d+ %\s+\d+\.\d ms  sleep in {re.escape(function)}/.*/{re.escape(line)}$", cause), cause


def test_sampled(hunt):
    """Waits that are read from memory: the line is the same, and who ended them is not told."""
    tracer, account = hunt("mutex 200 5 4 500", "--waits", "sampled", "main.handleMutex")
    first, second, third, cause = tracer.out.splitlines()[:4]
    assert first.startswith("main.handleMutex: 200 calls in ")
    assert re.match(r"waits are sampled at \S+ Hz: who ended them is not known$", second)
    assert " slow calls of " in third
    function, line = culprit(account)
    assert re.match(rf" +\d+ %\s+\d+\.\d ms  (sync\.Mutex\.Lock|semacquire) in {re.escape(function)}/.*/{re.escape(line)}$",
                    cause), cause
    assert "woken by" not in tracer.out
    assert "where goroutines change" not in tracer.err


def test_peer_where_waits_are_sampled(hunt):
    tracer, account = hunt("network 20 3 1 1000", "--waits", "sampled", "-f", "json", "main.handleNetwork")
    report = tracer.report()
    cause = report["causes"][0]
    assert (report["mode"], cause["kind"]) == ("sampled", "IO wait"), report
    assert [(one["kind"], one["name"]) for one in cause["on"]] == [("peer", account["on"])]


@pytest.mark.parametrize("kind, handler, call, on", [
    ("fsync", "Fsync", "fsync", lambda account: re.escape(account["on"])),
    ("fifo", "FIFO", "openat", lambda account: r"/\S*/culprits-\d+/\d\.conf"),
    ("pipe", "Pipe", "read", lambda account: "pipe"),
])
@pytest.mark.toolchains
@pytest.mark.parametrize("version", ["1.19", "1.22", "1.27"])
def test_files_where_waits_are_sampled(binary, start, run_tool, version, kind, handler, call, on):
    """What a system call is on is read from memory, too."""
    program = start(binary("culprits", version=version))
    tracer = run_tool("hunt", "--waits", "sampled", "-f", "json", "-p", program.pid, f"main.handle{handler}").await_tracing()
    account = program.work(f"{kind} 20 3 1 1000")
    tracer.stop()
    report = tracer.report()
    matching = [one for one in report["causes"] if one["kind"] == f"syscall {call}"]
    cause = matching[0]
    # A goroutine that moved while its stack was read has an end of it alone.
    assert cause["ns"] > 0.8 * sum(one["ns"] for one in matching), json.dumps(matching)
    assert report["mode"] == "sampled" and cause["on"], report
    assert all(re.fullmatch(on(account), one["name"]) for one in cause["on"]), cause["on"]


def test_many_sampled(hunt):
    """More goroutines are inside than are read at once: each of them is seen often enough."""
    tracer, account = hunt("sleep 2000 2000 2000 4000", "--waits", "sampled", "-f", "json", "main.handleSleep")
    report = tracer.report()
    assert (report["mode"], report["calls"], report["lost"]) == ("sampled", 2000, 0)
    cause = report["causes"][0]
    assert cause["kind"] == "sleep" and cause["share"] > 0.5, report["causes"]
    assert (cause["function"], cause["line"]) == next((place["function"], place["line"]) for place in account["places"])


def test_slower(hunt):
    """Who says what is slow is taken at his word, and where nothing is, that is told."""
    tracer, _ = hunt("sleep 100 4 2 20", "--slower", "1s", "main.handleSleep")
    assert "none took 1.000 s or longer" in tracer.out and "slow call" not in tracer.out


def test_alike(hunt):
    tracer, account = hunt("alike 20 0 2 60", "main.handleAlike")
    function, line = culprit(account)
    durations = account["durations_ns"]
    # On a busy machine timers are late, and calls are not alike.
    if max(durations) < 1.4 * statistics.median(durations):
        assert "no call is much slower than the others; what they spend their time" in tracer.out
    assert f"sleep in {function}" in tracer.out.splitlines()[2]


def test_one_call(hunt):
    """One call, piece by piece, in order of time; the pieces are all of it."""
    tracer, account = hunt("mutex 200 5 4 50", "-f", "json", "--call", "1", "main.handleMutex")
    report = tracer.report()
    call, steps = report["call"], report["call"]["steps"]
    assert call["rank"] == 1 and call["duration_ns"] == report["max_ns"]
    assert sum(step["ns"] for step in steps) == call["duration_ns"]
    assert [step["at_ns"] for step in steps] == sorted(step["at_ns"] for step in steps)
    # For the rest it was kept from a processor, or from going on, on a busy machine.
    waits = [step["ns"] for step in steps if step.get("woken_by", {}).get("goid") or step["kind"] in ("no cpu", "runnable")]
    assert sum(waits) > 0.9 * call["duration_ns"] and any("woken_by" in step for step in steps), steps
    assert report["coverage"]["total_ns"] == report["coverage"]["explained_ns"]


def on_of(doing, kind):
    """What of this kind it was on, most of its time."""
    return [one["name"] for one in doing.get("on", ()) if one["kind"] == kind and one["share"] > 0.9]


def test_peer(hunt):
    """Who a call waited for at the other end of a connection, when it reads from that itself."""
    tracer, account = hunt("network 200 5 4 50", "-f", "json", "main.handleNetwork")
    assert on_of(tracer.report()["causes"][0], "peer") == [account["on"]]
    tracer, account = hunt("network 200 5 4 50", "main.handleNetwork")
    assert f", peer {account['on']}\n" in tracer.out


@pytest.mark.toolchains
@pytest.mark.parametrize("version", ["1.19", "1.27"])
@pytest.mark.parametrize("waits", ["exact", "sampled"])
def test_peer_that_does_not_read(binary, start, run_tool, version, waits):
    program = start(binary("culprits", version=version))
    tracer = run_tool("hunt", "--waits", waits, "-p", program.pid, "main.handleUpload").await_tracing()
    account = program.work("upload 20 3 1 1000")
    tracer.stop()
    function, line = culprit(account)
    assert re.search(rf" \d+ % +\S+ m?s  IO wait \(to write\) in {re.escape(function)}/.*/{re.escape(line)} "
                     rf"\(net\.\(\*conn\)\.Write\), peer {account['on']}\n", tracer.out), tracer.out


def test_peer_of_another(hunt):
    """... and when another goroutine does that for it."""
    tracer, account = hunt("upstream 200 5 4 50", "-f", "json", "main.handleUpstream")
    cause = tracer.report()["causes"][0]
    assert cause["kind"] == "select" and "on" not in cause
    assert account["on"] in [name for one in cause["meanwhile"] for name in on_of(one, "peer")]


def test_file_of_descriptor(hunt):
    """The file is named though it has no name any more."""
    tracer, account = hunt("fsync 100 5 2 50", "-f", "json", "main.handleFsync")
    (sync,) = [one for one in tracer.report()["causes"] if one["kind"] == "syscall fsync"]
    assert on_of(sync, "file") == [account["on"]]


def test_file_of_path(hunt):
    tracer, _ = hunt("fifo 100 5 2 50", "-f", "json", "main.handleFIFO")
    (opened,) = [one for one in tracer.report()["causes"] if one["kind"] == "syscall openat"]
    # Those that open another file are fast, but on a busy machine.
    names = [one["name"] for one in opened["on"] if one["name"] != "/dev/null"]
    assert len(names) == 5 and all(re.fullmatch(r"/\S*/culprits-\d+/\d\.conf", name) for name in names), names


def test_started(hunt):
    """Goroutines that a slow call started: how many, where, and what they did."""
    tracer, account = hunt("fanout 200 5 4 50", "-f", "json", "main.handleFanout")
    report = tracer.report()
    (started,) = report["started"]
    assert started["count"] == 3 and started["go"]["function"] == "main.handleFanout"
    sleep = started["meanwhile"][0]
    (place,) = [place for place in account["places"] if place["role"] == "meanwhile"]
    assert sleep["kind"] == "sleep" and (sleep["function"], sleep["line"]) == (place["function"], place["line"])
    assert sleep["ns"] <= started["ns"]
    # All five sleep; a busy machine may make others slow, too.
    assert 5 * 50 * MS < (sleep["ns"] + 1) * report["slow"]
    tracer, _ = hunt("fanout 200 5 4 50", "main.handleFanout")
    assert re.search(r"\ngoroutines that a slow call started, on average:\n     3  main\.\S+  /\S+sleep\.go:\d+, \d+\.\d ms together\n"
                     r"          meanwhile \d+ % \d+\.\d ms: sleep in main\.fetchStock  ", tracer.out), tracer.out


def test_folded(hunt):
    """What flame graphs are made of: stacks from the target on, kinds of time at their ends."""
    tracer, account = hunt("sleep 200 5 4 50", "-f", "folded", "main.handleSleep")
    stacks = [re.fullmatch(r"(main\.handleSleep(?:;\S.*)?);\[(.*)\] (\d+)", line).groups() for line in tracer.out.splitlines()]
    total = sum(int(ns) for _, _, ns in stacks)
    sleep = sum(int(ns) for stack, kind, ns in stacks if kind == "sleep" and "main.(*disk).read;" in stack)
    kept_away = sum(int(ns) for _, kind, ns in stacks if kind in ("no cpu", "runnable"))
    assert 50 * MS < total and sleep > 0.9 * (total - kept_away)


def test_limit(program, run_tool):
    """It ends by itself."""
    tracer = run_tool("hunt", "--limit", "20", "-f", "json", "-p", program.pid, "main.handleSleep").await_tracing()
    program.work("sleep 100 5 2 5")
    assert tracer.wait() == 0
    assert 20 <= tracer.report()["calls"] <= 100


def test_started_program(binary, run_tool):
    """A program that hunt starts has standard output to itself; the report goes to standard error."""
    tracer = run_tool("hunt", "-f", "json", binary("culprits"), "main.handleSleep", "--", stdin=subprocess.PIPE)
    await_condition(lambda: b"READY\n" in tracer.output, "the program has not started")
    tracer.child.stdin.write(b"sleep 100 5 2 5\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0
    (report,) = [json.loads(line) for line in tracer.err.splitlines() if line.startswith('{"target"')]
    assert report["calls"] == 100 and report["causes"][0]["kind"] == "sleep"


def test_stuck(program, run_tool):
    """A call that does not end is told while it is open, with its stack; and at the end what it waits in."""
    tracer = run_tool("hunt", "--stuck", "500ms", "-p", program.pid, "main.handleSleep").await_tracing()
    program.send("sleep 1 1 1 60000")
    await_condition(lambda: "a call is open for" in tracer.out and "main.handleSleep  /" in tracer.out, "it tells of no call")
    told = tracer.out
    assert re.match(r"main\.handleSleep: a call is open for \S+ m?s by now\n  goroutine \d+ of process \d+: sleep\n", told), told
    assert "    main.(*disk).read  /" in told
    tracer.stop()
    report = tracer.out[len(told):]
    assert "main.handleSleep: no call ended, 1 still open" in report, report
    # It may have waited for a processor, too.
    assert re.search(r"\d\d %\s+\S+ m?s  sleep in main\.\(\*disk\)\.read  /", report), report
    assert re.search(r"where its time went:\n +\d?\d\d %\s+\S+ m?s  main\.handleSleep  /", report), report


# The tool looks whether the program has ended some time after it has looked for records.
LATE_LOOK = r"""
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (options & WNOHANG)
		usleep(300000);
	return (int)syscall(SYS_waitid, type, id, info, options, NULL);
}
"""


@pytest.mark.parametrize("is_late", [False, True])
def test_stuck_when_the_program_is_interrupted(binary, run_tool, tmp_path, is_late):
    """^C ends a program that hunt has started; what it waited for was read before."""
    environment = preloaded(tmp_path, LATE_LOOK) if is_late else None
    tracer = run_tool("hunt", "--stuck", "2s", binary("culprits"), "main.handleSleep", "--", stdin=subprocess.PIPE, env=environment)
    await_condition(lambda: b"READY\n" in tracer.output, "the program has not started")
    tracer.child.stdin.write(b"sleep 1 1 1 600000\n")
    tracer.child.stdin.flush()
    await_condition(lambda: "a call is open for" in tracer.err, "it tells of no call")
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 0
    assert "main.handleSleep: no call ended, 1 still open" in tracer.err
    assert re.search(r"\d+ %\s+\S+ m?s  sleep in main\.\(\*disk\)\.read  /", tracer.err), tracer.err


def listens(pid, port):
    sockets = pathlib.Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii")
    return re.search(rf":{port:04X} \S+ 0A ", sockets)


@pytest.mark.parametrize("kind, handler, wait, on", [
    ("network", "Network", "IO wait", r", peer 127\.0\.0\.1:(\d+)\n"),
    ("pipe", "Pipe", "syscall read", r", on pipe\n"),
    ("fifo", "FIFO", "syscall openat", r", on /\S*/culprits-\d+/1\.conf\n"),
])
def test_open(program, run_tool, kind, handler, wait, on):
    """What a call waits for that has not ended, at once when it is stuck, and in the report."""
    tracer = run_tool("hunt", "--stuck", "500ms", "-p", program.pid, f"main.handle{handler}").await_tracing()
    program.send(f"{kind} 1 1 1 60000")
    await_condition(lambda: f"main.handle{handler}  /" in tracer.out, "it tells of no call")
    stuck = re.search(rf"goroutine \d+ of process {program.pid}: {wait.split()[0]}[^,]*{on}", tracer.out)
    assert stuck, tracer.out
    tracer.stop()
    report = re.search(rf"{wait} in .*{on}", tracer.out)
    assert report and report.groups() == stuck.groups(), tracer.out
    if stuck.groups():
        assert listens(program.pid, int(stuck.group(1)))


def test_stuck_where_waits_are_sampled(program, run_tool):
    tracer = run_tool("hunt", "--waits", "sampled", "-f", "json", "--stuck", "500ms", "-p", program.pid,
                      "main.handleNetwork").await_tracing()
    program.send("network 1 1 1 60000")
    await_condition(lambda: "\n" in tracer.out, "it tells of no call")
    stuck = json.loads(tracer.out.splitlines()[0])
    assert stuck["stuck"] == "main.handleNetwork" and stuck["on"]["kind"] == "peer", stuck
    address, port = stuck["on"]["name"].split(":")
    assert address == "127.0.0.1" and listens(program.pid, int(port))
    tracer.stop()


def test_no_line(binary, start, run_tool):
    """What has no file and line does not look as if it needed none: code of a plugin, which is another file."""
    plugin = binary("calls", flags=["-tags=shared", "-buildmode=plugin"], cgo=True, copy_as="calls.so")
    host = binary("plugins", cgo=True)
    tracer = run_tool("hunt", "--stuck", "500ms", host, "main.callPlugin").await_tracing()
    program = start(host, plugin)
    await_condition(lambda: "a call is open for" in tracer.out, "it tells of no call")
    program.work("GO 2")
    tracer.stop()  # while the program is there, which knows its files
    (row,) = re.findall(r"^ +\d+ % +\S+ m?s +main\.callPlugin  \S+:\d+\n +\d+ % +\S+ m?s +(calls\.so\S*  .*)", tracer.out, re.M)
    assert re.fullmatch(r"calls\.so\+0x[0-9a-f]+  \(no line known\)(  \[syscall read\])?", row), tracer.out
    assert program.finish() == 0


def test_nothing(program, run_tool):
    tracer = run_tool("hunt", "-p", program.pid, "main.handleSleep").await_tracing()
    tracer.stop()
    assert tracer.out == "" and "entered main.handleSleep" in tracer.err


def test_wrong_options(run_tool, binary):
    for arguments, message in [((binary("culprits"),), "which TARGET?"),
                               (("-f", "graph", binary("culprits"), "main.main"), "there is no format 'graph'"),
                               (("--call", "0", binary("culprits"), "main.main"), "0")]:
        tracer = run_tool("hunt", *arguments)
        assert tracer.wait() == 2 and message in tracer.err, tracer.err
