# SPDX-License-Identifier: MIT
"""What others did while calls waited, where waits are read from the memory of the process."""

import re

import pytest

MS = 1_000_000

VERSIONS = ["1.19", "1.22", "1.27"]


@pytest.fixture
def hunt(binary, start, run_tool):
    """hunt(VERSION, WORK, ARGUMENT...) -> the tracer, ended, and the program's account."""

    def run(version, work, *arguments):
        program = start(binary("culprits", **({"version": version} if version else {})))
        tracer = run_tool("hunt", "--waits", "sampled", *arguments[:-1], "-p", program.pid, arguments[-1]).await_tracing()
        account = program.work(work)
        return tracer.stop(), account

    return run


def marked(account, role):
    (place,) = [place for place in account["places"] if place["role"] == role]
    return place["function"], place["line"]


@pytest.mark.toolchains
@pytest.mark.parametrize("version", VERSIONS)
def test_started(hunt, version):
    """Goroutines that a slow call started: how many, where, and what they waited for."""
    tracer, account = hunt(version, "fanout 100 4 2 1000", "-f", "json", "main.handleFanout")
    report = tracer.report()
    assert report["mode"] == "sampled"
    (started,) = report["started"]
    assert started["count"] == 3 and started["go"]["function"] == "main.handleFanout"
    sleep = started["meanwhile"][0]
    assert sleep["kind"] == "sleep" and (sleep["function"], sleep["line"]) == marked(account, "meanwhile")
    assert sleep["ns"] <= started["ns"]
    # As long as they slept, but for some looks; a busy machine may make other calls slow, too.
    assert 2 * 1000 * MS < sleep["ns"] * report["slow"]


def test_started_text(hunt):
    tracer, _ = hunt(None, "fanout 100 4 2 1000", "main.handleFanout")
    assert re.search(r"\nwaits are sampled at \S+ Hz: who ended them is not known\n", tracer.out), tracer.out
    assert re.search(r"\ngoroutines that a slow call started, on average:\n     3  main\.\S+  /\S+sleep\.go:\d+, \d+\.\d+ m?s together\n"
                     r"          meanwhile \d+ % \d+\.\d+ m?s: sleep in main\.fetchStock  ", tracer.out), tracer.out


@pytest.mark.toolchains
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind, handler, what", [
    ("mutex", "Mutex", "sleep"),  # it unlocks without defer
    ("mutexio", "MutexIO", "syscall read"),
    ("rwmutex", "RWMutex", "sleep"),
    ("mutexcpu", "MutexCPU", "cpu"),  # where it is in its stack nobody knows
])
def test_holder(hunt, version, kind, handler, what):
    """Who may hold the lock that calls wait for: nobody else has it on its stack. And what that one did meanwhile."""
    tracer, account = hunt(version, f"{kind} 100 3 4 1000", "-f", "json", f"main.handle{handler}")
    report = tracer.report()
    cause = report["causes"][0]
    assert report["mode"] == "sampled" and (cause["function"], cause["line"]) == marked(account, "culprit"), report
    assert "woken_by" not in cause and cause["may_be_held_by"]["goid"], cause
    did = next(one for one in cause["meanwhile"] if one["kind"] == what)  # the largest first
    assert (did["function"], did["line"]) == marked(account, "meanwhile")
    assert did["goid"] == cause["may_be_held_by"]["goid"]
    if what != "cpu":
        assert did["share"] > 0.5
        assert (cause["may_be_held_by"]["function"], cause["may_be_held_by"]["line"]) == marked(account, "meanwhile")


def test_holder_text(hunt):
    tracer, _ = hunt(None, "mutex 100 3 4 1000", "main.handleMutex")
    assert re.search(r"\n +may be held by goroutine \d+ in main\.loadFromDisk  /\S+locks\.go:\d+\n"
                     r" +meanwhile \d+ % \d+\.\d+ m?s: sleep in main\.loadFromDisk  ", tracer.out), tracer.out


def test_nobody_to_blame(hunt):
    """Waits that are none for locks have nobody who holds something."""
    tracer, account = hunt(None, "pipeline 100 3 4 1000", "-f", "json", "main.handlePipeline")
    cause = tracer.report()["causes"][0]
    assert (cause["function"], cause["line"]) == marked(account, "culprit")
    assert "may_be_held_by" not in cause and "woken_by" not in cause and "meanwhile" not in cause
