# SPDX-License-Identifier: MIT
"""What recordings take: bytes a call, and how many events a second are recorded, summed up and exported, in which
memory. Seconds are those of a processor, so that what else runs counts little; what is wanted is printed beside them,
and judged by whoever reads them."""

import os
import re
import subprocess

import guard
from children import Child, Failed, Program, TOOL, Tracer
from told import told_counts

CALLS = 5_000_000


def record(path, *arguments):
    return Tracer(*arguments, output=path, command=("record",))


def stop(tracer):
    """How many events it recorded, and in how many bytes."""
    if tracer.stop():
        raise Failed("events were lost")
    return told_counts("recorded # events in # bytes", tracer.said())


def run(*arguments):
    """Seconds of a processor, and the most MB."""
    with Child([TOOL, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        if child.wait() != 0:
            raise Failed(f"{' '.join(arguments)}: {child.process.stderr.read()}")
        return child.usage.ru_utime + child.usage.ru_stime, child.usage.ru_maxrss // 1024


def millions(events, seconds):
    return f"{events / seconds / 1e6:.2f} M/s"


def formats():
    """What export can write into a file."""
    said = subprocess.run([TOOL, "export"], capture_output=True, text=True, check=False).stderr
    names = re.search(r"-f takes (.*)", said).group(1)
    return [name for name in re.split(r", | and ", names) if name != "otlp"]


def bytes_a_call(row, scratch, quick):
    """A server whose requests are traced with all that net/http does."""
    path, address = os.path.join(scratch, "server.rec"), guard.free_address()
    server_path, command = guard.Servers(scratch).small(address)
    with Child(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        guard.wait_until_it_serves(server, address)
        with record(path, "-u", "net/http*", "-p", str(server.process.pid), "net/http.serverHandler.ServeHTTP") as tracer:
            with guard.Load(os.path.join(scratch, "load"), address, os.path.join(scratch, "answers")) as load:
                try:
                    load.process.wait(2 if quick else 10)
                except subprocess.TimeoutExpired:
                    pass
                load.stop()
            events, size = stop(tracer)
    row("a server's net/http*: bytes a call in a recording", f"{2 * size / events:.1f}",
        f"{events // 2} calls, {size} bytes; wanted: at most 12")


def loop(row, scratch, quick):
    calls = CALLS // 10 if quick else CALLS
    path = os.path.join(scratch, "loop.rec")
    # Some format writes a folder, and none over another.
    outs = {name: os.path.join(scratch, f"export.{name}") for name in formats()}
    program_path = os.path.join(scratch, "loop")
    with Program(program_path) as program:
        with record(path, "-u", "main.hot", program_path, "main.outer") as tracer:
            program.ask(f"nest {calls}")
            events, size = stop(tracer)
    seconds = tracer.usage.ru_utime + tracer.usage.ru_stime
    row("events that are recorded, a second of the recorder", millions(events, seconds),
        f"{events} events, {size / events:.1f} bytes each; at most {tracer.usage.ru_maxrss // 1024} MB")
    for name, arguments, wanted in (("replay --summary", ("replay", "--summary", path), "; wanted: at least 3"),
                                    ("report", ("report", path), ""), ("report --diff", ("report", "--diff", path, path), ""),
                                    *((f"export -f {name}", ("export", "-f", name, "-o", out, path), "") for name, out in outs.items())):
        seconds, most = run(*arguments)
        for written in outs.values():
            subprocess.run(["rm", "-rf", written], check=True)
        events_read = 2 * events if "--diff" in arguments else events
        row(f"events a second: {name}", millions(events_read, seconds), f"at most {most} MB{wanted}")


def measure(row, scratch, quick):
    bytes_a_call(row, scratch, quick)
    loop(row, scratch, quick)
