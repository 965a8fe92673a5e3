# SPDX-License-Identifier: MIT
"""Runs the tracer and the programs that it traces. Every wait has an end."""

import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time

# Under nohup it would stay ignored in the tracers too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

WAIT_SECONDS = float(os.environ.get("E2E_WAIT_SECONDS", "180"))


class Stuck(AssertionError):
    """Something took longer than it ever may."""


def tool():
    from builds import ROOT

    return os.path.abspath(os.environ.get("GOFUNCGRAPH") or ROOT / "build" / "gofuncgraph-c")


def await_condition(condition, what, seconds=WAIT_SECONDS):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Stuck(f"after {seconds:g} s: {what}")
        time.sleep(0.01)


# ---- processes ----


def threads(pid):
    try:
        return sorted(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return []


def children(pid):
    """All descendants of a process."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        for task in threads(one):
            try:
                pids = [int(word) for word in pathlib.Path(f"/proc/{one}/task/{task}/children").read_text().split()]
            except OSError:
                continue  # it has ended meanwhile
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


class Process:
    """A child whose output is read by threads, so that it never waits for us."""

    def __init__(self, arguments, **options):
        self.arguments = [str(argument) for argument in arguments]
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        self.child = subprocess.Popen(self.arguments, stderr=subprocess.PIPE, start_new_session=True, **options)
        self.pid = self.child.pid
        self.output, self.messages = [], []
        self.lines = queue.Queue()
        self.threads = [threading.Thread(target=self._read, args=(self.child.stderr, self.messages, None), daemon=True)]
        if self.child.stdout:
            self.threads.append(threading.Thread(
                target=self._read, args=(self.child.stdout, self.output, self.lines), daemon=True))
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _read(stream, kept, lines):
        for line in stream:
            kept.append(line)
            if lines:
                lines.put(line)
        if lines:
            lines.put(None)

    @property
    def out(self):
        return b"".join(self.output).decode("utf-8")

    @property
    def err(self):
        return b"".join(self.messages).decode("utf-8", "replace")

    def signal(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def wait(self, seconds=WAIT_SECONDS):
        """The exit status; all output has been read then."""
        try:
            status = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            stuck = describe(self.pid)
            said = self.err
            self.destroy()
            raise Stuck(f"{' '.join(self.arguments)} did not end in {seconds:g} s; it said:\n{said}\n{stuck}") from None
        for thread in self.threads:
            thread.join(seconds)
        return status

    def destroy(self):
        """Ends it whatever it does; the kernel takes a while to give probes back."""
        for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            if self.child.poll() is None:
                self.signal(number)
                try:
                    self.child.wait(seconds)
                except subprocess.TimeoutExpired:
                    continue
        for stream in (self.child.stdin,):
            try:
                if stream:
                    stream.close()
            except OSError:
                pass


class Program(Process):
    """A fixture: see tests/fixtures/protocol."""

    def __init__(self, path, *arguments, **options):
        self.path = path
        super().__init__([path, *arguments], **options)
        self.await_line("READY")

    def read_line(self, seconds=WAIT_SECONDS):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise Stuck(f"{self.path} said nothing for {seconds:g} s\n{describe(self.pid)}") from None
        if line is None:
            raise AssertionError(f"{self.path} ended (status {self.child.wait(10)}): {self.err}")
        return line.decode().rstrip("\n")

    def await_line(self, wanted):
        line = self.read_line()
        assert line == wanted, line

    def send(self, command):
        self.child.stdin.write(f"{command}\n".encode())
        self.child.stdin.flush()

    def work(self, command="GO"):
        """Lets it work; what it says it did."""
        self.send(command)
        return self.read_account()

    def read_account(self):
        return json.loads(self.read_line())

    def finish(self):
        self.child.stdin.close()
        return self.wait()

    def code_is_clean(self):
        """True when its code in memory is the file's: no breakpoint in it."""
        with open(f"/proc/{self.pid}/mem", "rb") as memory, open(f"/proc/{self.pid}/exe", "rb") as file:
            for line in pathlib.Path(f"/proc/{self.pid}/maps").read_text().splitlines():
                fields = line.split(maxsplit=5)
                if len(fields) < 6 or "x" not in fields[1] or not fields[5].startswith(str(self.path)):
                    continue
                start, end = (int(word, 16) for word in fields[0].split("-"))
                memory.seek(start)
                file.seek(int(fields[2], 16))
                on_disk = file.read(end - start)
                if memory.read(end - start)[: len(on_disk)] != on_disk:
                    return False
        return True


class Tracer(Process):
    """The tool, tracing. Wait for it with await_tracing() before anything happens that it must see.
    `prefix`: a command that runs it, in a namespace say."""

    def __init__(self, *arguments, prefix=(), **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        super().__init__([*prefix, tool(), *arguments], **options)

    def stop_inside(self):
        """The same as stop() when the prefix is not replaced by the tool."""
        for pid in children(self.pid):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "gofuncgraph-c":
                os.kill(pid, signal.SIGINT)
        status = self.wait()
        assert status == 0, f"exit status {status}: {self.err}"
        return self

    def await_tracing(self):
        def check():
            if re.search(r"^gofuncgraph-c: tracing (\d+ function|goroutines)", self.err, re.M):
                return True
            if self.child.poll() is not None:
                self.wait()
                raise AssertionError(f"the tracer ended with {self.child.returncode}: {self.err}")
            return False

        try:
            await_condition(check, "the tracer is not tracing")
        except Stuck as stuck:
            where = describe(self.pid)
            self.destroy()
            raise Stuck(f"{stuck}; it said:\n{self.err}\n{where}") from None
        return self

    def stop(self, number=signal.SIGINT):
        """Ends tracing as a user does; its exit status was 0. Returns itself."""
        self.signal(number)
        status = self.wait()
        assert status == 0, f"exit status {status}: {self.err}"
        return self

    def calls(self):
        """Of --format json: the objects, in the order written."""
        return [json.loads(line) for line in self.out.splitlines()]


# ---- call trees ----


def forests(calls):
    """JSON's calls as nested trees: {(pid, goid): [tree, ...]} in order of time. A call's "calls"
    are added to it. Calls are written when they end, so after all those inside them."""
    pending, roots = {}, []
    for call in calls:
        levels = pending.setdefault(call["tree"], {})
        call["calls"] = levels.pop(call["depth"] + 1, [])
        levels.setdefault(call["depth"], []).append(call)
        if call["depth"] == 0:
            roots.append(call)
            assert levels.pop(0) == [call], f"two first calls in one tree: {call}"
            assert not levels, f"calls outside of their tree: {levels}"
            del pending[call["tree"]]
    assert not pending, f"trees without a first call: {pending}"
    found = {}
    for root in sorted(roots, key=lambda root: root["tree"]):
        found.setdefault((root["pid"], root["goid"]), []).append(root)
    return found


def plain_name(name):
    return re.sub(r"\[.*\]", "[...]", name)


def shape(call):
    """What was called, how it ended, what it called."""
    return (plain_name(call["function"]), call["end"], [shape(inner) for inner in call["calls"]])


def shapes(calls):
    return {who: [shape(tree) for tree in trees] for who, trees in forests(calls).items()}


def journal_shapes(journals):
    """The programs' own account in the same form."""
    found = {}
    for journal in journals:
        trees = [shape(tree) for tree in journal["tree"] or []]
        if trees:
            found.setdefault((journal["pid"], journal["goid"]), []).extend(trees)
    return found


def count(shape_):
    return 1 + sum(count(inner) for inner in shape_[2])


def walk(call, parent=None):
    """The call and all inside it, in order of time, with their callers."""
    yield call, parent
    for inner in call["calls"]:
        yield from walk(inner, call)


def explain(got, wanted):
    """The first difference of two sets of shapes, short enough to read."""
    if got == wanted:
        return None
    if set(got) != set(wanted):
        return (f"goroutines differ: only traced {sorted(set(got) - set(wanted))[:5]}, "
                f"only in the program {sorted(set(wanted) - set(got))[:5]}")
    for who, trees in wanted.items():
        if len(got[who]) != len(trees):
            return f"{who}: {len(got[who])} trees instead of {len(trees)}"
        for number, (one, other) in enumerate(zip(got[who], trees)):
            if one != other:
                return f"{who}, tree {number}:\ntraced  {_first_difference(one, other)}"
    return "?"


def _first_difference(got, wanted, path=""):
    here = f"{path}/{wanted[0]}"
    if got[:2] != wanted[:2]:
        return f"{here}: {got[:2]}\nprogram {wanted[:2]}"
    for one, other in zip(got[2], wanted[2]):
        if one != other:
            return _first_difference(one, other, here)
    return (f"{here}: calls {[inner[0] for inner in got[2]][:12]}\n"
            f"program calls {[inner[0] for inner in wanted[2]][:12]}")


def check_same(calls, journals):
    difference = explain(shapes(calls), journal_shapes(journals))
    assert difference is None, difference


# ---- the default text ----

PLACE = r"(?P<function>.+?)\+(?P<offset>\d+)(?: (?P<file>\S.*):(?P<line>\d+))?"
TIME = r"(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d\.\d{6})"
ENTRY = re.compile(TIME + r" {13}(?P<indent>(?:  )*)(?P<name>\S.*)\(\) \{ (?P<again>\[continued\] )?" + PLACE)
EXIT = re.compile(TIME + r" (?P<duration>\d{3}\.\d{6})  (?P<indent>(?:  )*)\} " + PLACE)
ENDED = re.compile(TIME + r" (?P<duration>\d{3}\.\d{6}| {10})  (?P<indent>(?:  )*)\} (?P<name>\S.*) "
                          r"\[(?P<mark>[a-z ]+)\]")
NOTE = re.compile(r" {31}\((?P<count>\d+) (?P<what>.+)\)")
PART = re.compile(r" {31}\(part (?P<part>\d+)(?P<which>, still open,|, the last,|)"
                  r" of tree (?P<tree>\d+): goroutine (?P<goid>\d+) of process (?P<pid>\d+)\)")


def parse_graph(text):
    """The trees of the default text, each line matched exactly: [{"name", "entry", "exit", "calls"}].

    Those that came in parts are put together.
    """
    trees, stack, notes = [], [], []
    left_open = {}  # tree: (parts so far, stack)
    again = []  # calls that a part begins with
    for line in text.splitlines():
        if not line:
            assert not stack, f"a tree ends inside {stack[-1]['name']}"
            continue
        part = PART.fullmatch(line)
        if part and part["which"] == ", still open,":
            assert stack and not again, f"part of nothing: {line}"
            left_open[part["tree"]] = (int(part["part"]), stack)
            stack = []
            continue
        if part:
            assert not stack and not again, f"a part begins inside {stack}"
            before, again = left_open.pop(part["tree"])
            again = again[:]
            assert int(part["part"]) == before + 1, f"{line} after part {before}"
            continue
        note = NOTE.fullmatch(line)
        entry = None if note else ENTRY.fullmatch(line)
        if note:
            notes.append((int(note["count"]), note["what"]))
            continue
        if entry:
            assert len(entry["indent"]) == 2 * len(stack), f"indentation: {line}"
            assert bool(entry["again"]) == bool(again), f"continued or not: {line}"
            if again:
                call = again.pop(0)
                assert {**entry.groupdict(), "again": None} == call["entry"], f"another call goes on: {line}"
                stack.append(call)
                continue
            call = {"name": entry["name"], "entry": entry.groupdict(), "calls": []}
            (stack[-1]["calls"] if stack else trees).append(call)
            stack.append(call)
            continue
        left = ENDED.fullmatch(line) or EXIT.fullmatch(line)
        assert left, f"neither an entry nor an exit: {line!r}"
        assert stack, f"an exit without an entry: {line!r}"
        call = stack.pop()
        assert len(left["indent"]) == 2 * len(stack), f"indentation: {line!r}"
        call["exit"] = left.groupdict()
        named = call["exit"].get("name") or call["exit"]["function"]
        assert named.split("+")[0] == call["name"].split("+")[0], f"{line!r} ends {call['name']}"
    assert not stack, f"a tree without an end: {stack[0]['name']}"
    assert not left_open, f"trees without a last part: {list(left_open)}"
    return trees, notes
