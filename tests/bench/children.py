# SPDX-License-Identifier: MIT
"""The processes of a benchmark: programs that are traced, the tracer, and programs that do nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
TOOL = os.path.join(BUILD, "gofuncgraph-c")
EMPTY = os.path.join(BUILD, "tests/bench/bench-empty")
# Against hanging only.
WAIT_SECONDS = 900

sys.path.append(os.path.join(ROOT, "tests", "lib"))
import processes  # noqa: E402
from told import told_counts  # noqa: E402


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def program_name(number):
    tool = shutil.which("bpftool") or "/usr/sbin/bpftool"
    shown = subprocess.run([tool, "--json", "prog", "show", "id", number], capture_output=True, check=True)
    return json.loads(shown.stdout)["name"]


class Child:
    """A process that is talked to by lines, and never outlives its `with`."""

    def __init__(self, arguments, **options):
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, text=True, bufsize=1, **options)
        self.usage = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def programs(self):
        """The BPF programs that it has loaded: name -> (nanoseconds, runs), while somebody has them counted."""
        figures = {}
        for name in os.listdir(f"/proc/{self.process.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.process.pid}/fdinfo/{name}", encoding="ascii") as file:
                    info = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
            except FileNotFoundError:
                continue  # closed meanwhile
            if "run_time_ns" in info:
                figures[program_name(info["prog_id"].strip())] = (int(info["run_time_ns"]), int(info["run_cnt"]))
        return figures

    def wait(self):
        """Waits for its end; what it used is in usage."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            pid, status, self.usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return self.process.returncode
            time.sleep(0.002)
        raise Failed(f"{self.process.args[0]} did not end within {WAIT_SECONDS} s")


class Program(Child):
    """A Go program of tests/bench/programs."""

    def __init__(self, path):
        super().__init__([path], stdout=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise Failed(f"{path} did not start")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        answer = self.process.stdout.readline().split()
        if not answer:
            raise Failed("the traced program died")
        return [int(word) for word in answer]


class Tracer(Child):
    """The tool, from its start to tracing (start_seconds) and from ^C to its end (stop_seconds)."""

    @staticmethod
    def whole(arguments, tool):
        """What is measured is all probes, however much they cost; versions before did nothing about that."""
        return ["--max-overhead", "none"] if tool == TOOL and "--max-overhead" not in arguments else []

    def __init__(self, *arguments, output=os.devnull, tool=TOOL, command=("-y",)):
        # Messages go to a file: a pipe that nobody empties could hold the tracer up.
        self.messages = tempfile.TemporaryFile("w+")
        begun = time.monotonic()
        super().__init__([tool, *command, *self.whole(arguments, tool), "-v", "-o", output, *arguments],
                         stderr=self.messages, stdout=subprocess.DEVNULL)
        while not processes.is_tracing(self.said()):
            if self.process.poll() is not None:
                raise Failed(self.said().strip().splitlines()[-1])
            if time.monotonic() - begun > WAIT_SECONDS:
                self.process.kill()
                raise Failed(f"it did not trace within {WAIT_SECONDS} s")
            time.sleep(0.001)
        self.start_seconds = time.monotonic() - begun

    def said(self):
        return os.pread(self.messages.fileno(), 1 << 20, 0).decode(errors="replace")

    def stop(self):
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        if self.wait() != 0:
            raise Failed(self.said().strip().splitlines()[-1])
        self.stop_seconds = time.monotonic() - begun
        lost = told_counts("# of # events (?:was|were) lost", self.said())
        return lost[0] if lost else 0

    def sites(self):
        return told_counts(r"\(# probes\)", self.said())[0]


def Hunt(*arguments, output=os.devnull):
    """The same: hunt."""
    return Tracer(*arguments, output=output, command=("hunt",))


class Empty(Child):
    """A BPF program that does nothing, in the same places."""

    def __init__(self, *arguments):
        super().__init__([EMPTY, *arguments], stdout=subprocess.PIPE)
        answer = self.process.stdout.readline().split()
        if len(answer) != 4:
            raise Failed("the empty program could not be attached")
        self.sites, self.attach_seconds = int(answer[2]), float(answer[3])

    def stop(self):
        self.process.stdin.close()
        self.detach_seconds = float(self.process.stdout.readline().split()[1])
        self.wait()
