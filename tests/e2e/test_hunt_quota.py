# SPDX-License-Identifier: MIT
"""A program's quota of processor time is used up, and its goroutines wait for longer: hunt does not blame whom they wait for."""

import json
import os
import re
import socket
import threading
import time

import pytest

from recordings import run

MS = 1_000_000
QUOTA_US = 5000  # less than a busy machine leaves
SLOW_MS = 30
CLOCK_MONOTONIC_COARSE = 6
TICK_NS = int(1e9 * time.clock_getres(CLOCK_MONOTONIC_COARSE))


class Upstream:
    """What is asked by a connection, outside of the group."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.delay_ms = 0
        self.answered_ns = []  # since 1970, of each question in turn
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        while question := connection.recv(65536):
            time.sleep(self.delay_ms / 1000)
            connection.sendall(b"!" if question == b"?" else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
            self.answered_ns.append(time.time_ns())


@pytest.fixture
def upstream():
    made = Upstream()
    yield made
    made.listener.close()


@pytest.fixture
def hunt(binary, start, run_tool, group):
    """hunt(WORK, BURNERS, NUMBER) -> what hunt prints, and the accounts of the program, when enough calls were slow."""

    def run(work, burners, number, *arguments, quota_us=QUOTA_US, version=None, procs=8):
        program = start(binary("throttled", version=version), env={**os.environ, "GOMAXPROCS": str(procs)})
        target = f"main.{work.title()}"
        tracer = run_tool("hunt", "--slower", f"{SLOW_MS}ms", *arguments, "-p", program.pid, target).await_tracing()
        group.set_quota(quota_us)
        group.take(program.pid)
        accounts = []
        while sum(ns >= SLOW_MS * MS for account in accounts for ns in account["durations_ns"]) < 8:
            assert len(accounts) < 100, "calls are not slow"
            accounts.append(program.work(f"{work} 10 {burners} {number}"))
        group.set_quota(None)
        tracer.stop()
        assert program.finish() == 0
        return tracer.out, accounts

    return run


def causes(out):
    (report,) = [one for one in map(json.loads, out.splitlines()) if "target" in one]
    return report["causes"]


def quota_share(doing):
    """Of the time of that, as what was done meanwhile says."""
    if doing["kind"] == "no cpu":
        return sum(part["share"] for part in doing.get("parts", [{**doing, "share": 1}]) if part.get("quota"))
    return sum(one["share"] * quota_share(one) for one in doing.get("meanwhile", ()))


def least_share(accounts, group):
    """A busy machine takes its part of the time, too: half of what the kernel says of the quota, for all processors together."""
    spent_ns = sum(ns + MS for account in accounts for ns in account["durations_ns"])
    return 0.5 * min(1, group.throttled_ns() / os.cpu_count() / spent_ns)


def waited_ns(accounts, upstream):
    """How long slow calls had no answer, on average."""
    calls = [call for account in accounts for call in zip(account["began_ns"], account["durations_ns"])]
    assert len(calls) == len(upstream.answered_ns)
    slow = [min(max(answered - began, 0), ns) for (began, ns), answered in zip(calls, upstream.answered_ns) if ns >= SLOW_MS * MS]
    return sum(slow) / len(slow)


def io_wait_ns(found):
    return sum(one["ns"] for one in found if one["kind"] == "IO wait")


@pytest.mark.toolchains
@pytest.mark.parametrize("version", [None, "1.19", "1.27"], ids=["installed Go", "Go 1.19", "Go 1.27"])
@pytest.mark.parametrize("procs", [2, 8])
def test_a_quick_answer(hunt, upstream, group, version, procs):
    """It is there, and nobody looks for it; before it comes, the other end is waited for."""
    out, accounts = hunt("ask", 1, upstream.port, "-f", "json", version=version, procs=procs)
    found = causes(out)
    others = [one for one in found if one["kind"] != "IO wait"]
    held_up_ns = sum(one["ns"] for one in others)
    assert sum(quota_share(one) * one["ns"] for one in others) > least_share(accounts, group) * held_up_ns, found
    assert all(abs(one.get("quota_share", 0) - quota_share(one)) < 0.01 for one in found), found
    assert {"runnable"} <= {one["kind"] for one in others} <= {"runnable", "no cpu", "syscall write"}, found
    # What came last is known to two ticks of the kernel's clock.
    assert io_wait_ns(found) <= waited_ns(accounts, upstream) + 3 * TICK_NS + MS, found


def test_a_slow_answer(hunt, upstream, group):
    """The other end is to blame, quota or not, as long as there is some left."""
    upstream.delay_ms = 2 * SLOW_MS
    out, accounts = hunt("ask", 0, upstream.port, "-f", "json", quota_us=200000)
    found = causes(out)
    assert group.throttled_ns() == 0
    assert found[0]["kind"] == "IO wait" and not any(quota_share(one) or "quota_share" in one for one in found), found
    # For the rest a busy machine kept it from a processor.
    others_ns = sum(one["ns"] for one in found if one["kind"] in ("runnable", "no cpu"))
    assert found[0]["ns"] + others_ns >= 0.9 * waited_ns(accounts, upstream)


def test_a_slow_answer_and_a_quota(hunt, upstream):
    """Each has its part of the time."""
    upstream.delay_ms = 3 * SLOW_MS
    out, accounts = hunt("ask", 1, upstream.port, "-f", "json", quota_us=4 * QUOTA_US)
    found = causes(out)
    assert upstream.delay_ms * MS / 2 < io_wait_ns(found) <= waited_ns(accounts, upstream) + 3 * TICK_NS + MS, found


@pytest.mark.parametrize("work,kind", [("get", "select"), ("nap", "sleep"), ("pass", "chan receive")])
def test_other_waits(hunt, upstream, group, work, kind):
    """Another goroutine would have ended it, or the runtime itself."""
    out, accounts = hunt(work, 1, upstream.port if work == "get" else 5, "-f", "json")
    found = [one for one in causes(out) if one["share"] > 0.2]
    assert min(map(quota_share, found)) > least_share(accounts, group), found
    assert {one["kind"] for one in found} <= {kind, "runnable", "no cpu", "chan send", "syscall write"}, found


def test_another_process(binary, start, run_tool, upstream, crowded):
    """The same where that has the processor."""
    program = start(binary("throttled"))
    tracer = run_tool("hunt", "-f", "json", "--slower", "5ms", "-p", program.pid, "main.Ask").await_tracing()
    name = crowded(program.pid)
    accounts = []
    while sum(ns > 5 * MS for account in accounts for ns in account["durations_ns"]) < 8:
        assert len(accounts) < 100, "calls are not slow"
        accounts.append(program.work(f"ask 20 1 {upstream.port}"))
    tracer.stop()
    runnable = [one for one in causes(tracer.out) if one["kind"] == "runnable"]
    assert any(one.get("process") == name for cause in runnable for one in cause["meanwhile"]), causes(tracer.out)
    assert program.finish() == 0


def test_the_line(hunt, tmp_path):
    """Of a cause of which the quota made most is that it does; of others it is not."""
    file = tmp_path / "hunt.rec"
    hunt("pass", 1, 5, "--record", file)
    options = ("hunt", "--replay", file, "--slower", f"{SLOW_MS}ms")
    lines = re.findall(r"^ +\d+ % .* [mun]?s  .* in main\.Pass .*", run(*options).stdout.decode().split("where the time")[0], re.M)
    found = causes(run(*options, "-f", "json").stdout.decode())
    assert any(one.get("quota_share", 0) > 0 for one in found), found
    assert lines
    for line, cause in zip(lines, found):
        told = re.findall(r" \((\d+) % for want of CPU quota\)", line)
        share = cause.get("quota_share", 0)
        assert [int(percent) for percent in told] == ([round(100 * share)] if share >= 0.5 else []), (line, cause)
