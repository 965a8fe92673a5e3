# SPDX-License-Identifier: MIT
"""What it costs to send trees to a collector, against writing them into a file as JSON: a server answers requests at a
fixed pace meanwhile, and what is measured is the tracer's own CPU time for each of them."""

import contextlib
import os
import re
import statistics
import subprocess
import time

import builds
import collector
import guard
from children import Child, Failed, Skipped, Tracer
from processes import children, threads

PAUSE_US = "5000"  # of each of the load's connections, between requests
RING_SIZE = "256M"
ALL = ("--max-spans-per-second", "1000000")


def cpu_ns(pid):
    """Of a process and those that it started (/proc/PID/schedstat)."""
    total = 0
    for one in (pid, *children(pid)):
        for thread in threads(one):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                with open(f"/proc/{one}/task/{thread}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
    return total


def run_once(scratch, output, options, seconds):
    """CPU time of the tracer for each request, in us, and what it said."""
    address = guard.free_address()
    _, command = guard.Servers(scratch).small(address)
    with Child(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        guard.wait_until_it_serves(server, address)
        with Tracer(*options, "--ring-size", RING_SIZE, "-u", "net/http*", "-p", str(server.process.pid),
                    "net/http.serverHandler.ServeHTTP", output=output) as tracer:
            begun = cpu_ns(tracer.process.pid)
            with guard.Load(os.path.join(scratch, "load"), address, os.path.join(scratch, "answers"), "/",
                            PAUSE_US) as load:
                time.sleep(seconds)
                answers = sum(count for count, _ in load.stop().slots)
            used = cpu_ns(tracer.process.pid) - begun
            if not answers:
                raise Failed("the server answered nothing")
            if tracer.stop():
                raise Skipped("the machine is too busy: events were lost")
            return used / answers / 1000, tracer.said()


def run_rounds(url, scratch, quick):
    """[{variant: CPU time of the tracer for each request, in us}]"""
    variants = {"json": (os.path.join(scratch, "json"), ("-f", "json")),
                "all": (url, ("-f", "otlp", *ALL)), "capped": (url, ("-f", "otlp"))}
    rounds = [{} for _ in range(1 if quick else 3)]
    for figures in rounds:
        for name, (output, options) in variants.items():
            figures[name], said = run_once(scratch, output, options, 2 if quick else 8)
            if name == "all" and not re.search(r"sent [1-9][\d,]* spans", said):
                raise Failed(said)
    return rounds


def measure(row, scratch, quick):
    try:
        program = collector.receiver()
    except builds.Unavailable as reason:
        raise Skipped(str(reason)) from None
    with Child([program], stdout=subprocess.PIPE) as receiver:
        url = f"http://127.0.0.1:{int(receiver.process.stdout.readline())}"
        with open(os.devnull, "wb") as nowhere, subprocess.Popen(["cat"], stdin=receiver.process.stdout, stdout=nowhere):
            try:
                rounds = run_rounds(url, scratch, quick)
            finally:
                receiver.process.kill()  # cat ends with it
    for name, what in (("all", "all trees"), ("capped", "1000 spans a second of them")):
        each = [figures[name] / figures["json"] for figures in rounds]
        row(f"a paced load, CPU of the tracer: -f otlp, {what} : -f json", f"{statistics.median(each):.2f}",
            f"{min(each):.2f}-{max(each):.2f}; wanted: at most 1")
    row("  CPU time for a request: -f json", f"{statistics.median(figures['json'] for figures in rounds):.1f} us")
