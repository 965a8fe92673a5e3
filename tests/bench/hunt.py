# SPDX-License-Identifier: MIT
"""What hunt costs, against --states and against wildcards, and what a server still answers with it.

All variants in turn, round after round; figures are medians of ratios within a round. What they are to be is printed
beside them, and judged by whoever reads them: a busy machine is no fault."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import time

import guard
from children import Child, Failed, Hunt, Program, Tracer

HELLO, LIST = "main.hello", "main.list"
PAUSE_US = "2000"
WARM_SECONDS = 1


def ratio(rounds, a, b):
    each = [figures[a] / figures[b] for figures in rounds]
    return f"{statistics.median(each):.2f}", f"{min(each):.2f}-{max(each):.2f}"


def end(tracer):
    with tracer:
        if tracer.stop():
            raise Failed("events were lost")


# ---- a program that does nothing but switch goroutines ----

def switcher(row, scratch, quick):
    loop, output = os.path.join(scratch, "loop"), os.path.join(scratch, "out")
    inside, outside = (loop, "main.ping", "main.pong"), (loop, "main.never")
    variants = {
        "no tracer": lambda: None,
        "--states, inside": lambda: Tracer("--states", "-f", "json", *inside, output=output),
        "--states, outside": lambda: Tracer("--states", "-f", "json", *outside, output=output),
        "hunt, inside": lambda: Hunt("--waits", "exact", *inside, output=output),
        "hunt, outside": lambda: Hunt("--waits", "exact", *outside, output=output),
        "hunt --waits sampled, inside": lambda: Hunt("--waits", "sampled", *inside, output=output),
    }
    switches = 10_000 if quick else 100_000
    rounds = [{} for _ in range(1 if quick else 5)]
    for figures in rounds:
        for name, attach in variants.items():
            with Program(loop) as program:
                tracer = attach()
                program.ask(f"switch {switches // 20}")
                figures[name] = program.ask(f"switch {switches // 2}")[0] / switches
                if tracer:
                    end(tracer)
    for a, b, wanted in (("hunt, inside", "--states, inside", "at most 1.6"),
                         ("hunt, outside", "--states, outside", "at most 1.1"),
                         ("hunt --waits sampled, inside", "no tracer", "")):
        figure, spread = ratio(rounds, a, b)
        row(f"a switch of goroutines: {a} : {b}", figure, f"{spread}{'; wanted: ' * bool(wanted)}{wanted}")


# ---- servers ----

def serve(scratch, attach, seconds, server_of=None):
    """Answers a second; attach(PATH, PID) -> a tracer, or None."""
    address = guard.free_address()
    path, command = (server_of or guard.Servers(scratch).small)(address)
    with Child(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        guard.wait_until_it_serves(server, address)
        tracer = attach(path, server.process.pid)
        load = guard.Load(os.path.join(scratch, "load"), address, os.path.join(scratch, "answers"))
        with load:
            time.sleep(WARM_SECONDS)
            begun = time.time()
            time.sleep(seconds)
            ended = time.time()
            answers = load.stop()
        if tracer:
            with tracer:
                tracer.stop()
        if server.process.poll() is not None:
            raise Failed(f"{path} died")
    return answers.a_second(begun, ended)


def hello_world(row, scratch, quick):
    output = os.path.join(scratch, "out")
    variants = {
        "no tracer": lambda path, pid: None,
        "target alone": lambda path, pid: Tracer(path, HELLO, output=output),
        "--states": lambda path, pid: Tracer("--states", path, HELLO, output=output),
        "hunt": lambda path, pid: Hunt("--waits", "exact", path, HELLO, output=output),
        "hunt --waits sampled": lambda path, pid: Hunt("--waits", "sampled", path, HELLO, output=output),
        "-u 'net/http*'": lambda path, pid: Tracer("-u", "net/http*", path, HELLO, output=output),
    }
    rounds = [{name: serve(scratch, attach, 2 if quick else 4) for name, attach in variants.items()}
              for _ in range(1 if quick else 5)]
    for name in variants:
        row(f"hello-world, answers a second: {name}", f"{statistics.median(one[name] for one in rounds):,.0f}")
    for a, b, wanted in (("hunt", "--states", "; wanted: at least 0.8"),
                         ("hunt", "-u 'net/http*'", "; wanted: at least 25"),
                         ("hunt --waits sampled", "hunt", ""),
                         ("hunt --waits sampled", "-u 'net/http*'", "")):
        figure, spread = ratio(rounds, a, b)
        row(f"hello-world, answers a second: {a} : {b}", figure, spread + wanted)


def ask_in_turn(scratch, seconds):
    """How long the middle answer took: of a server without tracer, and of one with `hunt`."""
    paths = [shutil.copy(os.path.join(scratch, "server"), os.path.join(scratch, name)) for name in ("plain", "hunted")]
    addresses = [guard.free_address() for _ in paths]
    with contextlib.ExitStack() as stack:
        for path, address in zip(paths, addresses):
            server = stack.enter_context(Child([path, address], stdout=subprocess.DEVNULL))
            guard.wait_until_it_serves(server, address)
        tracer = stack.enter_context(Hunt("--waits", "exact", paths[1], LIST, output=os.path.join(scratch, "out")))
        load = stack.enter_context(guard.Load(os.path.join(scratch, "load"), ",".join(addresses),
                                              os.path.join(scratch, "answers"), "/json", PAUSE_US, connections=1))
        time.sleep(WARM_SECONDS + seconds)
        medians_ns = load.stop().medians_ns
        tracer.stop()
    return medians_ns


def paced(row, scratch, quick):
    """One request at a time, with pauses: how much later the answer is. Two servers are asked in turn, so that a
    machine which has other things to do at times is no slower for one of them; and new ones in each round: of two
    processes that do the same, one can be slower for as long as it lives."""
    rounds = [ask_in_turn(scratch, 2 if quick else 4) for _ in range(1 if quick else 15)]
    later = [hunted - plain for plain, hunted in rounds]
    row("a paced handler, median answer: hunt - no tracer", f"{statistics.median(later) / 1e6:+.3f} ms",
        f"{min(later) / 1e6:+.3f} to {max(later) / 1e6:+.3f} ms, "
        f"of {statistics.median(plain for plain, _ in rounds) / 1e6:.2f} ms; wanted: at most +0.06 ms")


# ---- a server that somebody else wrote, within the default budget ----

def caddy(row, scratch, quick):
    output = os.path.join(scratch, "out")
    target = "net/http.serverHandler.ServeHTTP"
    variants = {
        "no tracer": lambda path, pid: None,
        "hunt": lambda path, pid: Hunt("--max-overhead", "20", "-f", "json", path, target, output=output),
    }
    rounds = []
    for _ in range(1 if quick else 3):
        rounds.append({})
        for name, attach in variants.items():
            rounds[-1][name] = serve(scratch, attach, 4 if quick else 8, server_of=guard.Servers.caddy)
    with open(output, encoding="utf-8") as file:
        report = json.loads(file.readline() or "{}")
    figure, spread = ratio(rounds, "hunt", "no tracer")
    row("caddy, answers a second: hunt within 20 % : no tracer", figure,
        f"{spread}; waits {report.get('mode', 'not seen')}, {report.get('calls', 0):,} calls")


def measure(row, scratch, quick):
    switcher(row, scratch, quick)
    hello_world(row, scratch, quick)
    paced(row, scratch, quick)
    if not quick:
        caddy(row, scratch, quick)
