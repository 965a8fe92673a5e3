# SPDX-License-Identifier: MIT
"""What hunt prints of calls that wait for many at the other ends of connections: whom one would look at first."""

import json
import re

import pytest


@pytest.fixture
def hunt(binary, start, run_tool):
    """hunt(WORK, TARGET, ARGUMENT...) -> what it prints of all calls, slow ones all, and for how long they waited for whom."""
    program = start(binary("peers"))

    def run(work, target, *arguments):
        tracer = run_tool("hunt", "--slower", "10ms", *arguments, "-p", program.pid, target).await_tracing()
        account = program.work(work)
        tracer.stop()
        return tracer.out, account["on_ns"]

    return run


def row(text):
    """What the first row of peers says: (who, how many ports or "", share)..., and of the rest (how many, share)...
    A busy machine adds causes below the first one, which may have peers, too."""
    line = re.findall(r"^ +peers (\S.*)$", text, re.M)[0]
    rest = re.findall(r"(\d+) others? \((\d+) %\)", line)
    named = re.findall(r"(\S+:\S+|[\d.]+) \((?:(\d+) ports, )?(\d+) %\)", line)
    assert sum(int(one[-1]) for one in named + rest) in range(95, 105), line
    return named, rest


def test_services(hunt):
    """Whatever the connection, the same address is the same peer; a path and IPv6 stand beside IPv4, the largest first."""
    text, waited = hunt("services 100 20", "main.Ask")
    named, _ = row(text)
    names = [name for name, _, _ in named]
    assert set(names) <= set(waited) and len(set(names)) == len(names), (names, waited)
    assert {name.split(":")[0] for name in names} >= {"127.0.0.2", "127.0.0.3"}, names
    assert names[:2] == [name for name in names if name.startswith("127.0.0.")], names
    out, waited = hunt("services 100 20", "main.Ask", "-f", "json")
    cause = json.loads(out)["causes"][0]
    assert cause["kind"] == "IO wait" and cause["function"] == "main.Ask"
    assert {one["name"] for one in cause["on"]} <= set(waited), (cause, waited)
    assert 0.99 < sum(one["share"] for one in cause["on"]) < 1.01, cause


def test_replicas(hunt):
    """Of many alike a few are named, and how many more there are."""
    text, waited = hunt("replicas 80 20", "main.Get")
    named, ((others, share),) = row(text)
    assert named and {name for name, _, _ in named} <= set(waited), named
    assert int(others) > 10 and int(share) > 50, text
    out, waited = hunt("replicas 80 20", "main.Get", "-f", "json")
    names = [[one["name"] for one in doing["on"]] for cause in json.loads(out)["causes"]
             for doing in cause.get("meanwhile", ()) if doing["kind"] == "IO wait" and doing["share"] > 0.5][0]
    assert len(names) > 10 and len(set(names)) == len(names) and set(names) <= set(waited), names


def test_waits_since_before_tracing(binary, start, run_tool):
    """Who reads from a connection that was idle when tracing began has waited for its peer since: that is what the one
    call is about."""
    program = start(binary("peers"))
    program.work("kept 1 0")
    tracer = run_tool("hunt", "-f", "json", "--slower", "10ms", "-p", program.pid, "main.Get").await_tracing()
    (peer,) = program.work("kept 1 200")["on_ns"]
    tracer.stop()
    (cause,) = [cause for cause in tracer.report()["causes"] if cause["share"] > 0.5]
    assert cause["kind"] == "select" and cause["woken_by"]["function"] == "net/http.(*persistConn).readLoop", cause
    doing = cause["meanwhile"][0]  # behind it what it had no processor for, maybe
    assert doing["kind"] == "IO wait" and 0.5 < doing["share"] <= 1, cause
    assert doing["function"] == "net/http.(*persistConn).Read" and doing["on"][0]["name"] == peer, cause


def test_system_call_since_before_tracing(binary, start, run_tool):
    """The same of who was in a system call."""
    program = start(binary("peers"))
    tracer = run_tool("hunt", "-f", "json", "--slower", "10ms", "-p", program.pid, "main.Await").await_tracing()
    program.work("piped 1 200")
    tracer.stop()
    (cause,) = [cause for cause in tracer.report()["causes"] if cause["share"] > 0.5]
    assert cause["kind"] == "chan receive" and cause["woken_by"]["function"] == "main.read", cause
    doing = cause["meanwhile"][0]
    assert doing["kind"] == "syscall read" and 0.5 < doing["share"] <= 1 and doing["function"] == "main.read", cause


def test_clients(hunt):
    """Clients have a port for each connection: their hosts are told."""
    text, waited = hunt("clients 80 20", "main.Take")
    named, rest = row(text)
    assert {host for host, _, _ in named} == {"127.0.0.4", "127.0.0.5"} and not rest, text
    assert all(int(ports) > 1 for _, ports, _ in named), text
    out, waited = hunt("clients 80 20", "main.Take", "-f", "json")
    names = [one["name"] for one in json.loads(out)["causes"][0]["on"]]
    assert len(names) > 10 and set(names) <= set(waited), (names, waited)
