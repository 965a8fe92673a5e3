# SPDX-License-Identifier: MIT
"""What a server still answers while it is traced, with and without the guard (--max-overhead).

A server and a load generator share all CPUs. A run: nobody traces for a while, then the tracer
starts, traces, and ends. Runs without tracer come between those with one, and all figures are
medians of ratios to the one of the same round."""

import json
import os
import re
import socket
import statistics
import subprocess
import time

import builds
from children import Child, Failed, Skipped, Tracer, WAIT_SECONDS

CONNECTIONS = 4
WARM_SECONDS = 2
# After tracing has begun, at least.
TRACED_SECONDS = 4
# Called twice a second: the load generator connects so often.
TARGET = "net.(*TCPListener).Accept"
# How long each server is watched: attaching to more functions takes longer.
SECONDS = {"small": 8, "caddy": 12, "prometheus": 24}
GUARDS = {"no guard": ("--max-overhead", "none"), "guard": ("--max-overhead", "20")}


class Load(Child):
    """The load generator; stop() is what it counted."""

    def __init__(self, path, address, output, *paced, connections=CONNECTIONS):
        super().__init__([path, address, str(connections), output, *paced], stdout=subprocess.PIPE)
        self.output = output
        if self.process.stdout.readline() != "ready\n":
            raise Failed("the load generator did not start")

    def stop(self):
        self.process.stdin.close()
        if self.wait() != 0:
            raise Failed("the load generator failed: the server did not answer all")
        with open(self.output, encoding="utf-8") as file:
            return Answers(json.load(file))


class Answers:
    def __init__(self, account):
        self.begun = account["begun_unix_ns"] / 1e9
        self.slots = list(zip(account["answers"], account["gaps_ns"]))
        self.medians_ns = account.get("medians_ns")

    def between(self, begin, end):
        """The slots of 100 ms that are in a span of time (seconds since 1970)."""
        return self.slots[max(round((begin - self.begun) * 10), 0):max(round((end - self.begun) * 10), 0)]

    def a_second(self, begin, end):
        slots = self.between(begin, end)
        return sum(answers for answers, _ in slots) / max(len(slots), 1) * 10

    def longest_gap(self, begin, end):
        """Of the gaps that ended in this time, or in the slot after it."""
        return max((gap for _, gap in self.between(begin - 0.05, end + 0.15)), default=0) / 1e9


def free_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def wait_until_it_serves(server, address):
    host, port = address.split(":")
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            socket.create_connection((host, int(port))).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise Failed(f"{server.process.args[0]} does not serve")


def packaged(name, *packages):
    try:
        return os.path.join(builds.fetch("real-programs", *packages), "usr/bin", name)
    except builds.Unavailable as reason:
        raise Skipped(str(reason)) from None


class Servers:
    def __init__(self, scratch):
        self.scratch = scratch

    def small(self, address):
        """Of the standard library's net/http alone."""
        path = os.path.join(self.scratch, "server")
        return path, [path, address]

    @staticmethod
    def caddy(address):
        path = packaged("caddy")
        return path, [path, "respond", "--listen", address, "hello"]

    def prometheus(self, address):
        """62,863 functions can be traced. It answers with a redirection."""
        path = packaged("prometheus", "bookworm", "prometheus")
        configuration = os.path.join(self.scratch, "prometheus.yml")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write("global: {}\n")
        return path, [path, f"--config.file={configuration}", f"--web.listen-address={address}",
                      f"--storage.tsdb.path={os.path.join(self.scratch, 'prometheus')}"]


def figure(text, said):
    found = re.search(text, said)
    return float(found.group(1).replace(",", "")) if found else 0


def run_once(scratch, server_of, options, seconds):
    """One run of a server under load; options None: without tracer."""
    address = free_address()
    path, command = server_of(address)
    figures = {}
    with Child(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_until_it_serves(server, address)
        with Load(os.path.join(scratch, "load"), address, os.path.join(scratch, "answers")) as load:
            time.sleep(WARM_SECONDS)
            begun = time.time()
            if options is None:
                time.sleep(seconds)
                ended = gone = time.time()
                figures["start"] = figures["stop"] = 0
            else:
                with Tracer(*options, path, TARGET, output=os.path.join(scratch, "trees")) as tracer:
                    time.sleep(max(begun + seconds - time.time(), TRACED_SECONDS))
                    ended = time.time()
                    tracer.stop()
                    gone = time.time()
                    said = tracer.said()
                figures.update(start=tracer.start_seconds, stop=tracer.stop_seconds, said=said,
                               told=figure(r"CPU time \(([\d.,]+) ?%", said))
            time.sleep(0.2)
            answers = load.stop()
        if server.process.poll() is not None:
            raise Failed(f"{path} died")
    tracing = begun + figures["start"]
    figures["before"] = answers.a_second(begun - WARM_SECONDS / 2, begun)
    figures["seconds"] = [answers.a_second(begun + n, begun + n + 1) for n in range(seconds)]
    figures["gaps"] = [answers.longest_gap(begun, tracing), answers.longest_gap(tracing, ended),
                       answers.longest_gap(ended, gone)]
    figures["all"] = answers.a_second(begun, ended)
    figures["traced"] = answers.a_second(tracing, ended)
    figures["left out"] = figure(r"warning: ([\d,]+) of [\d,]+ functions (?:is|are) left out", figures.get("said", ""))
    return figures


def compare(row, scratch, what, server_of, patterns, seconds, rounds):
    """All variants in turn, round after round."""
    variants = {"no tracer": None}
    for pattern in patterns:
        for name, guard in GUARDS.items():
            variants[f"-u '{pattern}', {name}"] = (*guard, "-u", pattern)
    seen = {name: [] for name in variants}
    for _ in range(rounds):
        for name, options in variants.items():
            seen[name].append(run_once(scratch, server_of, options, seconds))
    row(f"{what}: answers a second, no tracer",
        f"{statistics.median(run['traced'] for run in seen['no tracer']):,.0f}")
    for name in list(variants)[1:]:
        show(row, f"{what}, {name}", seen[name], seen["no tracer"])


def show(row, what, runs, without):
    def middle(of):
        return statistics.median(of(run, base) for run, base in zip(runs, without))

    each = [middle(lambda run, base, n=n: run["seconds"][n] / max(base["traced"], 1))
            for n in range(len(runs[0]["seconds"]))]
    if not any(run["before"] for run in runs):
        raise Failed("the server answered nothing")
    row(f"{what}: answers, second by second : no tracer", f"{each[-1]:.2f}", " ".join(f"{ratio:.2f}" for ratio in each))
    gaps = [middle(lambda run, _, n=n: run["gaps"][n]) for n in range(3)]
    usual = middle(lambda _, base: base["gaps"][1])
    row("  longest gap between answers: begin, tracing, end", f"{max(gaps) * 1000:.0f} ms",
        " ".join(f"{gap * 1000:.0f}" for gap in gaps) + f"; no tracer {usual * 1000:.0f}")
    row("  start to tracing + ^C to exit", f"{middle(lambda run, _: run['start']):.2f} s",
        f"+ {middle(lambda run, _: run['stop']):.2f} s")
    row("  of the program's CPU time, as told at the end", f"{middle(lambda run, _: run['told']):.0f} %",
        f"functions left out: {middle(lambda run, _: run['left out']):.0f}")
    row("  answers lost: all the time, and while it traced",
        *(f"{100 * (1 - middle(lambda run, base, part=part: run[part] / max(base['traced'], 1))):.0f} %"
          for part in ("all", "traced")))
    for line in runs[-1]["said"].splitlines():
        if re.search(r"overhead|tracing \d|probe hits|a probe hit costs", line):
            print(f"#     {line}", flush=True)


def measure(row, scratch, quick, name):
    server, what = getattr(Servers(scratch), name), f"{name} server"
    if quick:
        compare(row, scratch, what, server, ["*"], 4, 1)
    else:
        compare(row, scratch, what, server, ["*"] if name == "prometheus" else ["*", "net/http*", "main.*"],
                SECONDS[name], 3)
