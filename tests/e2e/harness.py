# SPDX-License-Identifier: MIT
"""Runs the tracer and the programs that it traces. Every wait has an end.

What tests use of tests/lib is here too."""

import fcntl
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading

import builds
from processes import (WAIT_SECONDS, Stuck, await_condition, children, describe, is_alive,  # noqa: F401
                       is_tracing, threads, tool)
from told import told_counts  # noqa: F401
from trees import (check_same, count, forests, graph_shape, journal_shapes, parse_graph, parse_live,  # noqa: F401
                   plain_name, shape, shapes, split_live, walk)

# Under nohup, and in the background of a script, they would stay ignored in all that tests start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


class Process:
    """A child whose output is read by threads, so that it never waits for us."""

    def __init__(self, arguments, **options):
        self.arguments = [str(argument) for argument in arguments]
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        self.child = subprocess.Popen(self.arguments, start_new_session=True, **options)
        self.pid = self.child.pid
        self.output, self.messages = [], []
        self.lines = queue.Queue()
        streams = ((self.child.stderr, self.messages, None), (self.child.stdout, self.output, self.lines))
        self.threads = [threading.Thread(target=self._read, args=stream, daemon=True) for stream in streams if stream[0]]
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


HOG = "print(flush=True)\nwhile True: pass"
# Whoever wakes up meanwhile waits, for 10 ms on average.
FIRST_HOG = """
import os, time
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
print(flush=True)
while True:
    end = time.monotonic() + 0.02
    while time.monotonic() < end: pass
    time.sleep(0.005)
"""


def lock_processor():
    """Of those on this machine who have a processor to share, one does at a time: others would be in its way. -> to be closed"""
    builds.CACHE.mkdir(parents=True, exist_ok=True)
    lock = open(builds.CACHE / "processor.lock", "w", encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


class Hog(Process):
    """It is on this processor alone, which it has for itself but for those that it shares it with."""

    def __init__(self, code, processor):
        self.lock = lock_processor()
        super().__init__([sys.executable, "-c", code], preexec_fn=lambda: os.sched_setaffinity(0, {processor}))

    def destroy(self):
        super().destroy()
        self.lock.close()


def crowd(pid, hog=HOG):
    """The process gets one processor only, which it has to share from now on with the process that is returned."""
    one = min(os.sched_getaffinity(0))
    hog = Hog(hog, one)
    for thread in threads(pid):
        os.sched_setaffinity(int(thread), {one})
    hog.lines.get(timeout=WAIT_SECONDS)
    return hog


def code_is_clean(pid, path):
    """True when the code of that file in its memory is the file's: no breakpoint in it."""
    with open(f"/proc/{pid}/mem", "rb") as memory, open(f"/proc/{pid}/exe", "rb") as file:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            fields = line.split(maxsplit=5)
            if len(fields) < 6 or "x" not in fields[1] or not fields[5].startswith(str(path)):
                continue
            start, end = (int(word, 16) for word in fields[0].split("-"))
            memory.seek(start)
            file.seek(int(fields[2], 16))
            on_disk = file.read(end - start)
            if memory.read(end - start)[: len(on_disk)] != on_disk:
                return False
    return True


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
        return code_is_clean(self.pid, self.path)


def preloaded(folder, source):
    """The environment of a process in which these functions, in C, take the place of the C library's."""
    text, library = folder / "preloaded.c", folder / "preloaded.so"
    text.write_text(source)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, text], check=True, timeout=WAIT_SECONDS)
    asan = ":".join([word for word in [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"] if word])
    return {**os.environ, "LD_PRELOAD": str(library), "ASAN_OPTIONS": asan}


def without_guard(arguments):
    """What is traced here is traced as a whole, however much that slows it down, unless a test says otherwise."""
    words = [str(word) for word in arguments]
    if not words or words[0] in ("list", "bpftrace", "goroutines", "replay", "report", "export") or "--max-overhead" in words:
        return words
    return ["--max-overhead", "none", *words]


class Tracer(Process):
    """The tool, tracing. Wait for it with await_tracing() before anything happens that it must see.
    `prefix`: a command that runs it, in a namespace say."""

    def __init__(self, *arguments, prefix=(), **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        super().__init__([*prefix, tool(), *without_guard(arguments)], **options)

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
            if is_tracing(self.err):
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

    def report(self):
        """Of hunt -f json, of one target: not what was told before of a call that took so long, as a busy machine makes some."""
        (report,) = [one for one in self.calls() if "target" in one]
        return report
