# SPDX-License-Identifier: MIT
"""kill -9 of the tracer, of the program, or of both, at random moments: the program that lives answers, no
probe is left, nor any process. KILLS=200 in the environment: that many times (default 10); KILLS_FIRST: the
first seed. Who holds the probes is never killed: nobody could take them back."""

import ctypes
import json
import os
import pathlib
import queue
import random
import re
import signal
import subprocess
import time

import pytest

from harness import WAIT_SECONDS, await_condition, is_alive

KILLS = int(os.environ.get("KILLS", "10"))
FIRST = int(os.environ.get("KILLS_FIRST", "0"))
# Detaching perf events takes a grace period each.

MANY = ["main.*", "fixture/*", "fmt.*", "encoding/json.*", "reflect.*", "strconv.*", "sync.*", "bufio.*", "os.*"]
FEW = ["main.*"]


# ---- what may be left ----


def processes():
    return [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")]


def users(path):
    """Processes that have the file open: the tracer, and who holds its probes."""
    found = []
    for pid in processes():
        try:
            if any(os.readlink(fd) == str(path) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()):
                found.append(pid)
        except OSError:
            continue
    return found


def zombies():
    found = set()
    for pid in processes():
        try:
            comm, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except (OSError, IndexError):
            continue
        if rest.split()[0] == "Z" and comm.startswith("gofuncgraph"):
            found.add(pid)
    return found


def dead_groups():
    """Groups of uprobe_events whose maker is gone: gofuncgraph_NAMESPACE_PID. Of other PID namespaces nobody knows."""
    try:
        text = pathlib.Path("/sys/kernel/tracing/uprobe_events").read_text()
    except OSError:
        return set()
    namespace = os.stat("/proc/self/ns/pid").st_ino
    makers = {int(pid) for pid in re.findall(rf"^\w:gofuncgraph_{namespace}_(\d+)/", text, re.M)}
    return {pid for pid in makers if not is_alive(pid)}


BPF_LINK_GET_FD_BY_ID, BPF_LINK_GET_NEXT_ID, BPF_OBJ_GET_INFO_BY_FD = 30, 31, 15
BPF_LINK_TYPE_UPROBE_MULTI = 12
SYS_BPF = 321  # x86-64


class Attr(ctypes.Structure):
    """The three commands' arguments lie over each other: include/uapi/linux/bpf.h, union bpf_attr."""

    _fields_ = [("first", ctypes.c_uint32), ("second", ctypes.c_uint32), ("info", ctypes.c_uint64),
                ("padding", ctypes.c_uint8 * 112)]


class LinkInfo(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint32), ("id", ctypes.c_uint32), ("program", ctypes.c_uint32),
                ("padding", ctypes.c_uint32), ("path", ctypes.c_uint64), ("offsets", ctypes.c_uint64),
                ("counters", ctypes.c_uint64), ("cookies", ctypes.c_uint64), ("path_size", ctypes.c_uint32),
                ("count", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("pid", ctypes.c_uint32)]


def bpf(command, attr):
    return ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, command, ctypes.byref(attr), ctypes.sizeof(attr))


def links(path):
    """uprobe_multi links on the file, as `bpftool link` lists them (it does not tell files everywhere). Each on the machine
    is held for a moment, and would not go away just then when its own tracer ends: not to be asked for again and again."""
    found, number = [], 0
    while True:
        attr = Attr(first=number)
        if bpf(BPF_LINK_GET_NEXT_ID, attr) < 0:
            return found
        number = attr.second
        fd = bpf(BPF_LINK_GET_FD_BY_ID, Attr(first=number))
        if fd < 0:
            continue
        name = ctypes.create_string_buffer(4096)
        info = LinkInfo(path=ctypes.addressof(name), path_size=len(name))
        told = bpf(BPF_OBJ_GET_INFO_BY_FD, Attr(first=fd, second=ctypes.sizeof(info), info=ctypes.addressof(info)))
        os.close(fd)
        if told >= 0 and info.type == BPF_LINK_TYPE_UPROBE_MULTI and name.value.decode() == str(path):
            found.append(number)


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "that has just gone"


def what_is_left(path, program, other):
    """Text, or None."""
    for name, one in (("the program", program), ("another process", other)):
        if one and not one.code_is_clean():
            return f"a breakpoint in {name}"
    left = users(path)
    if left:
        return f"processes {[(pid, name_of(pid)) for pid in left if is_alive(pid)]}"
    return None


# ---- the test ----


def answers(program):
    journals = program.work("GO 3 2 1")
    assert len(journals) == 3, journals


class Busy:
    """Gives a program work and reads its answers, so that there is always a call to be killed in."""

    def __init__(self, program):
        self.program = program
        self.waiting = 0

    def feed(self, batches):
        for _ in range(batches):
            self.program.send("GO 20 10 1")
            self.waiting += 1

    def settle(self):
        while self.waiting:
            self.program.read_account()
            self.waiting -= 1


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.mark.parametrize("seed", range(FIRST, FIRST + KILLS))
def test_kill(binary, start, run_tool, seed):
    rnd = random.Random(seed)
    method = rnd.choice(["auto", "auto", "auto", "tracefs", "perf_event"])
    victims = rnd.choice([["tracer"], ["tracer"], ["program"], ["tracer", "program"], ["program", "tracer"]])
    phase = rnd.choice(["attaching", "tracing", "detaching"])
    form = rnd.choice([[], ["-f", "json"]])
    one_process = rnd.random() < 0.3
    print(f"seed {seed}: {method}, kill {victims} while {phase}, {form}, one process: {one_process}")

    path = binary("concurrent")
    program, other = start(path), start(path)
    busy = Busy(program)
    busy.feed(3)
    arguments = ["--attach", method, "--yes", "--verbose", *form]
    for pattern in FEW if method == "perf_event" else MANY:
        arguments += ["-u", pattern]
    tracer = run_tool(*arguments, *(["-p", str(program.pid)] if one_process else [str(path)]))
    if phase == "attaching":
        time.sleep(rnd.uniform(0, 0.4))
    else:
        tracer.await_tracing()
        assert users(path) and what_is_left(path, program, None), "nothing is attached: the test tests nothing"
        assert links(path) or "attached by uprobe_multi" not in tracer.err
        busy.feed(2)
        time.sleep(rnd.uniform(0, 0.4))
    if phase == "detaching":
        tracer.signal(signal.SIGINT)
        time.sleep(rnd.uniform(0, 0.05))
    for victim in victims:
        kill(tracer.pid if victim == "tracer" else program.pid)
        time.sleep(rnd.choice([0, 0, rnd.uniform(0, 0.02)]))

    if "program" in victims:
        assert program.wait() == -signal.SIGKILL
        program = None
    if "tracer" in victims:
        tracer.wait()  # killed, or it had just ended by itself
    else:
        if not one_process:
            tracer.signal(signal.SIGINT)
        status = tracer.wait()
        # While it attaches it may be told to end before it listens, and its only process may go away.
        early = phase == "attaching" and (
            status == -signal.SIGINT or one_process and re.search("no (such )?process", tracer.err, re.I))
        assert status == 0 or early, f"exit status {status}: {tracer.err}"

    if program:
        busy.settle()  # the answers that were due when it happened
    await_condition(lambda: not what_is_left(path, program, other), "something is left")
    await_condition(lambda: not links(path), "BPF links are left")
    await_condition(lambda: not dead_groups(), "definitions in uprobe_events of who is gone")
    await_condition(lambda: not zombies(), "zombies")
    answers(other)
    if program:
        answers(program)
        assert program.finish() == 0
    fresh = start(path)
    assert fresh.code_is_clean(), "a new process is given a breakpoint"
    answers(fresh)
    assert fresh.finish() == 0 and other.finish() == 0


def next_line(process):
    """None when it has closed its output."""
    try:
        return process.lines.get(timeout=WAIT_SECONDS)
    except queue.Empty:
        raise AssertionError("nothing is said") from None


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (KILLS + 4) // 5))
def test_kill_with_a_program_of_its_own(binary, run_tool, start, tmp_path, seed):
    """The tracer that started the program is killed: the program goes on, or was never begun."""
    rnd = random.Random(1000 + seed)
    path = binary("concurrent")
    other = start(path)
    arguments = ["-o", tmp_path / "trees", "-f", "json"]
    for pattern in MANY:
        arguments += ["-u", pattern]
    tracer = run_tool(*arguments, path, "--", stdin=subprocess.PIPE)
    has_begun = seed % 2
    if has_begun:
        assert next_line(tracer) == b"READY\n"
    time.sleep(rnd.uniform(0, 0.3))
    kill(tracer.pid)
    tracer.child.wait(WAIT_SECONDS)
    try:
        said = b"READY\n" if has_begun else next_line(tracer)
        if said:
            assert said == b"READY\n"
            tracer.child.stdin.write(b"GO 3 2 1\n")
            tracer.child.stdin.flush()
            assert len(json.loads(next_line(tracer))) == 3
        await_condition(lambda: not what_is_left(path, None, other), "something is left")
        await_condition(lambda: not links(path), "BPF links are left")
        await_condition(lambda: not zombies(), "zombies")
        answers(other)
        assert other.finish() == 0
    finally:
        tracer.child.stdin.close()  # which ends it
