# SPDX-License-Identifier: MIT
"""What the BPF programs tell for hunt (record.h, "hunt") of real programs, as tests/hunt/records prints it."""

import contextlib
import ctypes
import json
import os
import pathlib
import platform
import queue
import signal
import threading
import time

import pytest

from harness import Process, await_condition, crowd, threads, tool

RECORDS = os.path.join(os.path.dirname(tool()), "tests/hunt/records")
FREQUENCY = 499
SYSCALLS = {"x86_64": {"read": 0, "flock": 73}, "aarch64": {"read": 63, "flock": 32}}[platform.machine()]
STATES = {"runnable": 1, "syscall": 3, "waiting": 4}
MS = 1_000_000

pytestmark = [
    pytest.mark.toolchains,
    pytest.mark.skipif(not os.access(RECORDS, os.X_OK), reason="tests/hunt is not built beside the tool"),
]
VERSIONS = pytest.mark.parametrize("version", [None, "1.19", "1.21", "1.27"],
                                   ids=["installed Go", "Go 1.19", "Go 1.21", "Go 1.27"])


class Recorder:
    """Prints records while it traces."""

    def __init__(self, *arguments):
        self.process = Process([RECORDS, "-f", FREQUENCY, *arguments])

    def await_attached(self):
        await_condition(lambda: b"attached\n" in self.process.messages or self.process.child.poll() is not None, "it does not attach")
        assert self.process.child.poll() is None, self.process.err
        return self

    def tell_open(self):
        self.process.child.stdin.write(b"\n")
        self.process.child.stdin.flush()

    def read(self, seconds=60):
        """One record, while it traces; queue.Empty: there is none."""
        return json.loads(self.process.lines.get(timeout=seconds))

    def stop(self):
        """All records."""
        self.process.child.stdin.close()
        assert self.process.wait() == 0, self.process.err
        return [json.loads(line) for line in self.process.out.splitlines()]


@pytest.fixture
def record():
    """record(ARGUMENT...) starts a Recorder."""
    recorders = []

    def make(*arguments):
        recorders.append(Recorder(*arguments))
        return recorders[-1].await_attached()

    yield make
    for recorder in recorders:
        recorder.process.destroy()


class Call:
    """A call of a target, and the pieces of its time."""

    def __init__(self, entry):
        self.entry, self.pieces, self.samples, self.short, self.copies = entry, [], [], 0, {}
        self.end = self.copy = None

    @property
    def duration(self):
        return self.end["time"] - self.entry["time"]

    @property
    def on_processor(self):
        return self.duration - self.short - sum(length(piece) for piece in self.pieces)

    def waits(self, longer_than=MS, states=("waiting", "syscall")):
        return [piece for piece in self.pieces if piece["kind"] == "wait" and length(piece) > longer_than
                and piece["state"] in [STATES[state] for state in states]]

    def add(self, record):
        if record.get("in_syscall"):
            return  # part of a wait, or of short ones
        if record["kind"] in ("wait", "offcpu"):
            # Its thread lost the processor while the wait was told: in it, or behind it.
            behind = []
            while (record["kind"] == "wait" and self.pieces and self.pieces[-1]["kind"] == "offcpu"
                   and self.pieces[-1]["start"] >= record["start"]):
                piece = self.pieces.pop()
                behind[:0] = [piece] if piece["start"] >= record["time"] else []
            before = self.pieces[-1] if self.pieces else self.entry
            assert record["start"] >= before["time"] and record["time"] >= record["start"], (before, record)
            if record["kind"] == "offcpu" and self.copy:
                record["copy"], self.copy = self.copy, None
            self.pieces += [record, *behind]
        elif record["kind"] == "short_waits":
            self.short += record["waiting"] + record["syscalls"] + record["runnable"]
        elif record["kind"] == "sample":
            self.samples.append(record)
        elif record["kind"] == "copy" and record["is_off_cpu"]:
            self.copy = record
        elif record["kind"] == "copy" and self.samples:
            self.samples[-1]["copy"] = record
        elif record.get("closes"):
            self.end = record
            assert self.on_processor >= 0


def length(piece):
    return piece["time"] - piece["start"]


def calls_of(records, goid):
    """Calls of the goroutine. Their pieces lie side by side, in order, within each."""
    calls = []
    for record in records:
        if record["goid"] != goid:
            continue
        assert record["lost"] == 0
        if record.get("opens"):
            calls.append(Call(record))
        elif calls and not calls[-1].end:
            calls[-1].add(record)
    return calls


WAITS = {
    "sleep": ("waiting", "sleep"),
    "chan": ("waiting", "chan receive"),
    "mutex": ("waiting", "sync.Mutex.Lock"),
    "select": ("waiting", "select"),
    "cond": ("waiting", "sync.Cond.Wait"),
    "waitgroup": ("waiting", "sync.WaitGroup.Wait"),
    "netread": ("waiting", "IO wait"),
    "fileread": ("syscall", ""),
}
OLD_REASONS = {"mutex": "semacquire", "waitgroup": "semacquire"}


@VERSIONS
@pytest.mark.parametrize("name", WAITS)
def test_each_wait_is_told_with_its_stack_and_waker(binary, start, record, name, version):
    path = binary("states", version=version)
    program, recorder = start(path), record(path, "main.do*")
    account = program.work(f"{name} 5 10")
    calls = calls_of(recorder.stop(), account["goid"])
    state, reason = WAITS[name]
    assert len(calls) == 5
    for i, call in enumerate(calls):
        wait, = call.waits()
        assert wait["state"] == STATES[state]
        assert wait["reason"] in (reason, OLD_REASONS.get(name), "semacquire" if name == "waitgroup" else reason)
        assert wait["stack"][-1] == call.entry["function"] and wait["stack_end"] == "target", wait
        assert wait["syscall"] == (SYSCALLS["read"] if state == "syscall" else -1)
        # As the program itself has measured it, from within.
        assert wait["ready"] - call.entry["time"] >= account["stopped_ns"][i]
        assert length(wait) <= account["waited_ns"][i]
        if account["waker"]:
            assert wait["by_goid"] == account["wakers"][i]
            assert account["waker"] in wait["by_stack"] and wait["by_stack_end"] == "bottom", wait
        else:
            assert "by_goid" not in wait
    assert program.finish() == 0


@pytest.mark.parametrize("command", ["spin 3 100", "nested 3 10", "gcassist 1 200", "runnable 3 20", "churn 20 100"])
def test_pieces_of_a_call_do_not_overlap(binary, start, record, command):
    path = binary("states")
    program, recorder = start(path), record(path, "main.do*", "main.churn", "main.spin", "main.pull*")
    program.work(command)
    records = recorder.stop()
    calls = [call for goid in {one["goid"] for one in records} - {0} for call in calls_of(records, goid)]
    assert calls and all(call.end for call in calls)
    assert program.finish() == 0


def test_the_number_of_a_system_call(binary, start, record, tmp_path):
    path = binary("hunt")
    program, recorder = start(path), record(path, "main.Lock")
    account = program.work("lock 30")
    call, = calls_of(recorder.stop(), account["goid"])
    wait, = call.waits()
    assert wait["syscall"] == SYSCALLS["flock"] and length(wait) <= account["ns"]
    assert wait["stack"][-2:] == ["syscall.Flock", "main.Lock"] and wait["stack_end"] == "target"
    assert program.finish() == 0


BUILDS = {"installed Go": {}, "Go 1.19": {"version": "1.19"}, "Go 1.21": {"version": "1.21"},
          "Go 1.27": {"version": "1.27"}, "stripped PIE": {"flags": ["-buildmode=pie"], "strip": True}}


def assert_right(found, truth):
    """Stacks of samples, or of times without a processor, are the true one down to the target."""
    wrong = []
    for one in found:
        best = one.get("copy", one)
        stack = best.get("stack", [])
        # What the runtime just begins to preempt lacks its caller, if it has no frame of its own.
        is_preempted = any(name.startswith("runtime.asyncPreempt") for name in stack[:4])
        wanted = truth[is_preempted:]
        if best.get("stack_end") != "target" or stack[-len(wanted):] != wanted:
            wrong.append((stack, one))
    # Where the runtime changes stacks.
    assert len(wrong) <= 1 + len(found) / 100, wrong


def truth_of(account):
    return account["stack"][:account["stack"].index("main.Burn") + 1]


@pytest.mark.parametrize("build", BUILDS)
def test_samples_tell_who_works(binary, start, record, build):
    path = binary("hunt", **BUILDS[build])
    program, recorder = start(path), record(path, "main.Burn")
    depth, worked_ms = 20, 1000
    account = program.work(f"burn {depth} {worked_ms}")
    call, = calls_of(recorder.stop(), account["goid"])
    truth = truth_of(account)
    assert_right([one for one in call.samples if one["place"] in ("go", "system") and one["frame"]], truth)
    assert_right([one for one in call.pieces if one["kind"] == "offcpu"], truth)
    # Preempted functions that have no frame of their own.
    for piece in call.pieces:
        if piece["kind"] == "wait" and {"main.leaf", "main.leaves", "main.structured"} & set(piece["stack"]):
            assert piece["stack"][-len(truth):] == truth and piece["stack_end"] == "target", piece
    # The time on a processor that the pieces leave, and that the samples stand for.
    assert len(call.samples) > 10
    spread = 0.1 + 3 / len(call.samples) ** 0.5
    sampled = len(call.samples) / FREQUENCY * 1000 * MS
    assert abs(sampled - call.on_processor) <= spread * max(sampled, call.on_processor)
    assert program.finish() == 0


@contextlib.contextmanager
def interrupted(pid, number):
    """All of its threads get this signal thousands of times a second."""
    libc, over = ctypes.CDLL(None), threading.Event()

    def interrupt():
        while not over.is_set():
            for thread in threads(pid):
                libc.tgkill(pid, int(thread), number)
            time.sleep(0.0002)

    sender = threading.Thread(target=interrupt)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


# The second one is in the vdso most of the time, which borrows the thread's stack.
@pytest.mark.parametrize("command, target", [("burn 20 300", "main.Burn"), ("spin 300", "main.Spin")],
                         ids=["compiled code", "the vdso"])
@pytest.mark.parametrize("build", BUILDS)
def test_who_was_interrupted_by_a_signal(binary, start, record, build, command, target):
    """While a CPU profile is taken, threads lose their processor in its handler of signals, too."""
    path = binary("hunt", **BUILDS[build])
    program, accounts = start(path), []
    program.work("profile 500")
    recorder = record(path, target)
    hog = crowd(program.pid)
    try:
        with interrupted(program.pid, signal.SIGPROF):
            while len(accounts) < 40 and sum(b'"in_handler":1' in line for line in list(recorder.process.output)) < 50:
                accounts.append(program.work(command))
        records = recorder.stop()
    finally:
        hog.destroy()
    calls = calls_of(records, accounts[0]["goid"])
    away = [piece for call in calls for piece in call.pieces if piece["kind"] == "offcpu" and piece["in_handler"]]
    truth = truth_of(accounts[0]) if accounts[0]["stack"] else [target]
    assert len(calls) == len(accounts) and away
    assert_right(away, truth)
    assert_right([one for call in calls for one in call.samples if one["place"] == "signal"], truth)
    assert program.finish() == 0


BY = {"other": 1, "own": 2, "nobody": 3, "quota": 4}


def test_who_has_the_processor_instead(binary, start, record):
    path = binary("hunt")
    program = start(path)
    recorder = record(path, "main.Spin")
    hog = crowd(program.pid)
    name = pathlib.Path(f"/proc/{hog.pid}/comm").read_text().strip()
    try:
        # It may take some time until the two come together, on a busy machine.
        accounts = [program.work("spin 200")]
        while len(accounts) < 30 and not any(f'"by_comm":"{name}"'.encode() in line
                                             for line in list(recorder.process.output)):
            accounts.append(program.work("spin 200"))
        records = recorder.stop()
    finally:
        hog.destroy()
    calls = calls_of(records, accounts[0]["goid"])
    assert len(calls) == len(accounts)
    away = [piece for call in calls for piece in call.pieces if piece["kind"] == "offcpu" and piece["by_comm"] == name]
    assert sum(length(piece) for piece in away) > MS
    for piece in away:
        assert piece["by"] == BY["other"] and not piece["slept"], piece
        assert piece["stack"][-1] == "main.Spin" and piece["stack_end"] == "target", piece
    for call, account in zip(calls, accounts):
        # What the program has noticed of it; but interrupts, and a machine that is itself a guest.
        assert call.duration - call.on_processor >= account["away_ns"] * 0.5
    assert program.finish() == 0


def test_what_has_not_ended_is_told(binary, start, record):
    path = binary("hunt")
    program, recorder = start(path), record(path, "main.Stick")
    goid = program.work("stick")["goid"]

    def told():
        """It may be about to wait when it is asked for."""
        recorder.tell_open()
        with contextlib.suppress(queue.Empty):
            while True:
                one = recorder.read(seconds=1)
                if one["kind"] == "wait" and one["goid"] == goid and one["open"]:
                    return one
        return None

    first, second = (await_condition(told, "it does not wait") for _ in range(2))
    assert first["reason"] == second["reason"] == "chan receive"
    assert first["start"] == second["start"] and first["time"] < second["time"]
    assert first["ready"] == first["time"] and first["state"] == STATES["waiting"]
    for one in (first, second):
        assert one["stack"][-1] == "main.Stick" and one["stack_end"] == "target", one
    last = [one for one in recorder.stop() if one["goid"] == goid][-1]
    assert last["open"] and last["start"] == first["start"] and last["time"] > second["time"]
    assert program.finish() == 0


def waits_at_end(records):
    """Waits inside targets that were open when tracing stopped, over by now or not."""
    assert records[-1]["kind"] == "stopped"
    stop, entered, waits = records[-1]["time"], {}, []
    for one in records:
        if one.get("opens"):
            entered[one["goid"]] = one["time"]
        elif one.get("closes"):
            entered.pop(one["goid"], None)
        elif one["kind"] == "wait" and one["goid"] in entered and entered[one["goid"]] < one["start"] <= stop <= one["time"]:
            waits.append(one)
    return waits


def test_waits_that_end_while_tracing_does(binary, start, record):
    """Of each wait that is open when tracing stops, it is known what and where it is, be it over when it is told."""
    path, workers, waits, unknown = binary("culprits"), 200, [], []
    leaving = 2 * os.cpu_count()  # threads that are about to wait have not left their stack yet
    program = start(path)
    program.send(f"sleep 1000000 1000000 {workers} 100")
    # All of them may be between two calls just then, or about to wait.
    for _ in range(20):
        recorder, entered = record(path, "main.handleSleep"), set()
        while len(entered) < workers:
            one = recorder.read()
            if one["kind"] == "entry":
                entered.add(one["goid"])
        waits = [one for one in waits_at_end(recorder.stop()) if one["state"] == STATES["waiting"]]
        unknown = [one for one in waits if one["reason"] != "sleep" or one.get("stack", [""])[-1] != "main.handleSleep"]
        if len(waits) > workers / 2 and len(unknown) <= leaving:
            break
    assert len(waits) > workers / 2
    assert len(unknown) <= leaving, unknown


def test_a_goroutine_outside_tells_its_long_waits_alone(binary, start, record):
    path = binary("states")
    program, recorder = start(path), record("-o", 5 * MS, path, "main.doMutex")
    account = program.work("mutex 5 10")
    program.work("sleep 5 2")
    records = recorder.stop()
    outside = [one for one in records if one["kind"] == "wait" and one["goid"] in account["wakers"]]
    # Each waker has slept while it held the lock.
    assert {one["goid"] for one in outside if one["reason"] == "sleep"} == set(account["wakers"])
    inside = [call for call in calls_of(records, account["goid"])]
    for one in records:
        if one["kind"] == "wait" and not any(one in call.pieces for call in inside):
            assert length(one) >= 5 * MS
    assert program.finish() == 0
