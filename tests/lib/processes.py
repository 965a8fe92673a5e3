# SPDX-License-Identifier: MIT
"""Processes that tests start: every wait has an end, and nothing is left running.

Limits are guards against hanging, not measures of speed: they are far above what a busy machine
needs."""

import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WAIT_SECONDS = float(os.environ.get("E2E_WAIT_SECONDS", "300"))


class Stuck(AssertionError):
    """Something took longer than it ever may."""


def tool():
    return os.path.abspath(os.environ.get("GOFUNCGRAPH") or ROOT / "build" / "gofuncgraph-c")


def is_tracing(messages):
    """From what the tool said on standard error, a terminal may be: all probes are in place."""
    return re.search(r"^(?:[^\n]*\x1b\[K)?gofuncgraph-c: (tracing ([\d,]+ function|goroutines)|watching calls of)", messages, re.M) is not None


def await_condition(condition, what, seconds=WAIT_SECONDS):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Stuck(f"after {seconds:g} s: {what}")
        time.sleep(0.01)


def threads(pid):
    try:
        return sorted(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return []


def parent_of(pid):
    """None: there is no such process any more."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def children(pid):
    """All descendants of a process. /proc/PID/task/TID/children may miss one when another ends meanwhile."""
    of_parent = {}
    for one in map(int, filter(str.isdigit, os.listdir("/proc"))):
        of_parent.setdefault(parent_of(one), []).append(one)
    found, todo = [], [pid]
    while todo:
        pids = of_parent.get(todo.pop(), [])
        found += pids
        todo += pids
    return found


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def describe(pid):
    """Where a process is stuck, for the report of a failed test."""
    lines = []
    for one in [pid, *children(pid)]:
        for task in (pathlib.Path(f"/proc/{one}/task/{thread}") for thread in threads(one)):
            parts = []
            for name in ("comm", "wchan", "syscall", "stack"):
                try:
                    parts.append(f"{name}: {(task / name).read_text().strip()}")
                except OSError as error:
                    parts.append(f"{name}: {error.strerror}")
            try:
                state = re.search(r"State:\s*(.*)", (task / "status").read_text())
                parts.append(state.group(0) if state else "")
            except OSError:
                pass
            lines.append(f"  {one}/{task.name}: " + "\n    ".join(parts))
    return "\n".join(lines)


# ---- those that run for themselves ----

running = set()


def run(arguments, seconds, **options):
    """Its exit status, or "timeout"; its output and messages. Who is late is asked to end before it
    is killed: a tracer gives its probes back then."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    child = subprocess.Popen([str(word) for word in arguments], stdin=subprocess.DEVNULL, start_new_session=True,
                             **options)
    running.add(child)
    try:
        for number, patience in ((None, seconds), (signal.SIGTERM, 30), (signal.SIGKILL, 30)):
            if number:
                signal_group(child, number)
            try:
                out, err = child.communicate(timeout=patience)
                return (child.returncode if number is None else "timeout"), out, err
            except subprocess.TimeoutExpired:
                continue
        return "timeout", "", "it does not even end when killed"
    finally:
        running.discard(child)


def signal_group(child, number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def end_all_when_told():
    """SIGTERM and ^C end what run() runs, and then this process."""
    def stop(_number, _frame):
        for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
            for child in list(running):
                signal_group(child, number)
            end = time.monotonic() + patience
            while any(child.poll() is None for child in list(running)) and time.monotonic() < end:
                time.sleep(0.1)
        print("Bail out! told to stop", flush=True)
        os._exit(1)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
