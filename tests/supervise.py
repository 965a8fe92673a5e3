#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the stages of tests/run, each with its output in a log.

Nothing here waits without an end: a stage that hangs is killed, one that cannot be killed (it is
inside the kernel) is left alone, and both count as one failed test. Results are counted from what
the stages wrote so far, so a stage that was killed still counts for what it did. Where a machine is
so busy that time gets short, what can do with less does: each such stage has a fixed minimum.
What fails beside other stages, and may have had too little of the machine, is run again alone at
the end, and that counts; the account tells of it all the same.
"""

import argparse
import ctypes
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from builds import CACHE  # noqa: E402
from processes import children, is_alive  # noqa: E402

WORK = ROOT / "build-tests"
LOGS = WORK / "logs"
# Guards against hanging, not measures of speed: what runs takes as long as the machine needs.
GLOBAL_SECONDS = int(os.environ.get("TESTS_SECONDS", 75 * 60))
STAGE_SECONDS = GLOBAL_SECONDS * 3 // 5
# When so much is used up, stages do their minimum.
SHORT_SECONDS = GLOBAL_SECONDS // 2
# More failures in one stage are no chance.
MAX_AGAIN = 3
# What a stage ends with that this machine lacks something for.
SKIPPED = 77
KILL_SECONDS = 20
PR_SET_CHILD_SUBREAPER = 36

SANITIZERS = {
    # 99: what a sanitizer ends a process with; no test expects it.
    "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=16:exitcode=99:abort_on_error=0:allocator_may_return_null=1",
    "LSAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}
# Meson uses ccache by itself, but not with a compiler that it is told. What is compiled is the same in any folder.
COMPILERS = {"CCACHE_DIR": str(CACHE / "ccache"), "CCACHE_NOHASHDIR": "1", "CCACHE_MAXSIZE": "1G"}
CLANG = {"CC": "ccache clang"}


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.alone = []  # that failed, and passed when they were run again alone
        self.skips = {}

    def ok(self, count=1):
        self.passed += count

    def fail(self, name, details=""):
        self.failed += 1
        self.failures.append((name, details))

    def skip(self, name, reason):
        self.skipped += 1
        self.skips.setdefault(reason or "no reason given", []).append(name)

    def pass_alone(self):
        self.passed, self.failed = self.passed + self.failed, 0
        self.alone, self.failures = self.alone + self.failures, []

    def add(self, other):
        self.passed, self.failed = self.passed + other.passed, self.failed + other.failed
        self.failures += other.failures
        self.alone += other.alone
        for reason, names in other.skips.items():
            self.skipped += len(names)
            self.skips.setdefault(reason, []).extend(names)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


# ---- what stages write ----


def tail(path, lines=60):
    try:
        text = path.read_text(errors="replace").splitlines()
    except OSError as error:
        return str(error)
    return "\n".join(text[-lines:])


def count_tap(text, stage, tally):
    """TAP lines; the comments behind a failure are its details. Number of tests."""
    found = 0
    lines = text.splitlines()
    for at, line in enumerate(lines):
        nothing = re.match(r"1\.\.0 # SKIP (.*)", line)
        if nothing:
            found += 1
            tally.skip(stage, nothing.group(1))
        match = re.match(r"(not ok|ok)\b\s*\d*\s*(?:- )?(.*)", line)
        if not match:
            continue
        found += 1
        name, _, directive = match.group(2).partition("#")
        name = f"{stage}: {name.strip()}"
        if directive.strip().upper().startswith("SKIP"):
            tally.skip(name, directive.strip()[4:].strip(" :"))
        elif match.group(1) == "ok":
            tally.ok()
        else:
            details = []
            for comment in lines[at + 1 : at + 40]:
                if not comment.startswith("#"):
                    break
                details.append(comment)
            tally.fail(name, "\n".join(details))
    return found


def json_lines(path):
    """The objects of a file of JSON Lines; none when it is not there, and not what was cut off."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def count_meson(path, stage, tally):
    """meson's testlog.json: one object a test program, with its TAP output."""
    found = 0
    for test in json_lines(path):
        before = tally.failed
        found += count_tap(test.get("stdout", ""), f"{stage}: {test['name']}", tally)
        if test.get("result") not in ("OK", "SKIP") and tally.failed == before:
            found += 1
            tally.fail(f"{stage}: {test['name']} ({test.get('result')})",
                       (test.get("stdout", "") + test.get("stderr", ""))[-6000:])
        elif tally.failed != before and test.get("stderr"):
            name, details = tally.failures[-1]
            tally.failures[-1] = (name, details + "\n" + test["stderr"][-3000:])
    return found


def count_pytest(path, stage, tally):
    """What tests/e2e/conftest.py writes to $E2E_RESULTS: one object a test."""
    found = 0
    for test in json_lines(path):
        found += 1
        name = f"{stage}: {test['name']}"
        if test["outcome"] == "passed":
            tally.ok()
        elif test["outcome"] == "skipped":
            tally.skip(name, test["details"])
        else:
            tally.fail(name, test["details"][-6000:])
    return found


# ---- running ----


def is_holder(pid):
    """The process that takes a tracer's probes out (src/probe/attach/holder.c); killed, it would leave them."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text() == "gofuncgraph-hld\n"
    except OSError:
        return False


def send(pids, number):
    for pid in pids:
        if is_holder(pid):
            continue
        try:
            os.kill(pid, number)
        except OSError:
            pass


def end_processes(pids, seconds=KILL_SECONDS):
    """Ends them, kindly first. Those that do not end are returned."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        send(pids, number)
        end = time.monotonic() + seconds / 2
        while time.monotonic() < end:
            reap()
            pids = [pid for pid in pids if is_alive(pid)]
            if not pids:
                return []
            time.sleep(0.1)
    return pids


def reap():
    """Children that were left to us, as subreaper, by stages that have ended."""
    for pid in children(os.getpid()):
        if pid in Stage.pids:
            continue
        try:
            os.waitpid(pid, os.WNOHANG)
        except OSError:
            pass


class Stage:
    pids = set()

    def __init__(self, name, command, count=None, environment=None, needs=(), may_fail=False, minimum=None, again=None):
        """minimum: the command when time is short. again(names of tests that failed): one that runs these again, or all;
        None if it cannot."""
        self.name, self.command, self.minimum, self.may_fail = name, command, minimum, may_fail
        self.count, self.environment, self.needs = count, environment or {}, needs
        self.log = LOGS / (re.sub(r"\W+", "-", name) + ".log")
        self.results = self.log.with_suffix(".jsonl")
        self.again = again
        self.child = None
        self.tally = Tally()
        self.done = False  # with success

    def start(self, is_short):
        command = self.minimum if is_short and self.minimum else self.command
        if command is not self.command:
            print(f"   {self.name}: the machine is busy, only {' '.join(command)}", flush=True)
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, "E2E_RESULTS": str(self.results), **self.environment},
                                          start_new_session=True)
        Stage.pids.add(self.child.pid)
        self.started = self.reported = time.monotonic()

    def is_over(self, deadline):
        """It has ended, or it hangs."""
        now = time.monotonic()
        if now - self.reported > 60:
            self.reported = now
            print(f"   ... {self.name}: {now - self.started:.0f} s", flush=True)
        return self.child.poll() is not None or now > min(self.started + STAGE_SECONDS, deadline)

    def finish(self):
        """Ends it if it has not ended, and counts its results: self.tally."""
        problem = None
        if self.child.poll() is None:
            problem = f"not done after {time.monotonic() - self.started:.0f} s"
            pids = [self.child.pid, *children(self.child.pid)]
            left = end_processes(pids)
            if self.child.poll() is None and left:
                problem += f", and could not be ended (processes {left})"
        status = self.child.poll()
        Stage.pids.discard(self.child.pid)
        self._report(problem, status)

    def _report(self, problem, status):
        tally = self.tally
        found = self.count(self, tally) if self.count else 0
        if status == SKIPPED:
            tally.skip(self.name, tail(self.log, 1))
        elif not problem and status and not tally.failed:
            problem = f"exit status {status}"
        if not problem and status != SKIPPED and self.count and not found:
            problem = "no test was run"
        if problem and self.may_fail:
            print(f"   {self.name}: {problem}\n{tail(self.log, 10)}")
        elif problem:
            tally.fail(f"{self.name}: {problem}", tail(self.log))
        self.done = not problem and status == 0
        took = time.monotonic() - self.started
        counted = str(tally) if self.count else "done" if self.done else "failed"
        print(f"== {self.name}: {counted} in {took:.0f} s", flush=True)


def tap_stage(stage, tally):
    return count_tap(stage.log.read_text(errors="replace"), stage.name, tally)


def count_status(stage, tally):
    """Of a stage that is one test."""
    if stage.child.returncode == 0:
        tally.ok()
    return 1


class Queue(list):
    """Stages of which so many run at once, one after the other has ended; of a list without more words all do."""

    def __init__(self, at_once, stages):
        super().__init__(stages)
        self.at_once = at_once


def make_stages(quick):
    """Lists of stages that run at once, one list after the other."""

    def build(name, *options, environment=None):
        folder = WORK / name
        script = (f"test -e {folder}/build.ninja || meson setup {folder} {' '.join(options)}; "
                  f"ninja -C {folder}")
        return Stage(f"build {name}", ["sh", "-ec", script], environment=environment, needs=["packages"])

    def unit(name):
        results = WORK / name / "meson-logs" / f"unit-{name}.json"
        results.unlink(missing_ok=True)

        def count(stage, tally):
            return count_meson(results, stage.name, tally)

        return Stage(f"unit tests, {name}",
                     ["meson", "test", "-C", WORK / name, "--no-rebuild", "--logbase", f"unit-{name}", "-t", "10",
                      "--num-processes", "4"],
                     count, SANITIZERS if name == "asan" else None, [f"build {name}"])

    def e2e(name, processes, *options):
        """The tests mostly wait for the kernel, so some processes run them between them."""
        common = f"end to end, {name}"
        pytest = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "--durations=15"]
        environment = {"GOFUNCGRAPH": str(WORK / name / "gofuncgraph-c"), "PYTHONDONTWRITEBYTECODE": "1",
                       "PYTHONFAULTHANDLER": "1", **(SANITIZERS if name == "asan" else {})}

        def count(stage, tally):
            return count_pytest(stage.results, common, tally)

        def again(failed):
            tests = [one.removeprefix(f"{common}: ") for one in failed]
            return [*pytest, *tests] if all(one.startswith("tests/e2e/") for one in tests) else None

        command = [*pytest, "tests/e2e", f"--shared={LOGS / f'e2e-{name}.next'}", *options]
        return [Stage(f"{common}, part {number}", command, count, environment, [f"build {name}"],
                      again=again if name != "asan" else None)  # what sanitizers find is no chance
                for number in range(1, processes + 1)]

    built = {"BUILD": "build-tests/gcc", "GOFUNCGRAPH": str(WORK / "gcc" / "gofuncgraph-c")}
    packages = Stage("packages", ["scripts/install-deps", "tests"])
    form = Stage("format", ["scripts/format", "--check"], count_status, needs=["packages"])
    toolchains = Stage("toolchains", ["scripts/toolchains"], may_fail=True)
    programs = Stage("Go programs", ["/usr/bin/python3", "tests/e2e/prebuild.py"], may_fail=True)
    if quick:
        return [[packages], [form, build("gcc"), toolchains], [programs], [unit("gcc")], e2e("gcc", 4)]

    def other(name, *options, needs="build gcc", minimum=None, environment=built, is_timed=False):
        """is_timed: what it judges waits for a share of the machine."""
        command = [f"tests/{name}/run", *options]
        return Stage(name, command, tap_stage, environment, [needs], minimum=minimum and [command[0], *minimum],
                     again=lambda _: command if is_timed else None)

    # What it traces with is built for it.
    arm64 = Stage("kernels of arm64", ["tests/kernels/run", "--arch", "arm64", "--smoke"], tap_stage,
                  needs=["packages"])

    # It builds twice to compare.
    release = Stage("release", ["tests/release/run", "--quick"], tap_stage, {"CCACHE_DISABLE": "1"}, ["packages"])

    # Go programs and builds leave a processor idle at times.
    return [[packages], [form, build("gcc"), toolchains],
            [programs, build("asan", "-Db_sanitize=address,undefined", "-Db_lundef=false"),
             build("clang", environment=CLANG)],
            [unit("gcc"), unit("asan"), unit("clang")],
            e2e("gcc", 4) + e2e("asan", 2, "-m", "sanitized"),
            # Processors that one of these leaves idle are another's, and none waits for the longest. Those that take
            # long begin.
            Queue(3, [other("kernels", "--quick", minimum=["--quick", "newest", "5.10"], is_timed=True), release,
                      other("fuzz", "--quick", needs="packages", minimum=["--least"], environment=CLANG), arm64,
                      other("viewers", is_timed=True),
                      other("torture", "--quick", minimum=["--quick", "--package", "context"]),
                      other("disassembly", "--quick"), other("model", "--seeds", "50", minimum=["--seeds", "20"]),
                      other("otlp", "--quick", minimum=["--quick", "--only", "joined"], is_timed=True),
                      other("hunt", "--quick", minimum=["--quick", "--only", "^(mutex|pipe|json)$"],
                            is_timed=True)]),
            [other("bench", "--quick")]]


def run_group(group, only, tally, done, begun, deadline):
    """only: a regular expression of stages' names, or None. done: the names of stages that ended well, which grows.
    The tally is of what could not be run: each stage has its own."""
    at_once = getattr(group, "at_once", len(group))
    waiting = [stage for stage in group if not only or re.search(only, stage.name)]
    started = []
    while waiting or started:
        while waiting and len(started) < at_once:
            stage = waiting.pop(0)
            missing = [] if only else [need for need in stage.needs if need not in done]
            if missing:
                tally.fail(f"{stage.name}: cannot be run without: {', '.join(missing)}")
            elif time.monotonic() > deadline - 5:
                tally.fail(f"{stage.name}: no time left")
            else:
                stage.start(time.monotonic() > begun + SHORT_SECONDS)
                started.append(stage)
        time.sleep(0.1)
        reap()
        for stage in [stage for stage in started if stage.is_over(deadline)]:
            started.remove(stage)
            try:
                stage.finish()
            except Exception:  # what a stage left may be anything; the other stages count all the same
                stage.tally.fail(f"{stage.name}: its results cannot be read", traceback.format_exc())
            if stage.done:
                done.add(stage.name)


def run_again(stage, deadline):
    """Some of it failed beside others, perhaps for want of the machine: alone now it passes, or it does not."""
    failed = sorted({name for name, _ in stage.tally.failures})
    command = stage.again(failed) if stage.again and len(failed) <= MAX_AGAIN else None
    if not command:
        return
    second = Stage(f"{stage.name} again", command, stage.count, stage.environment)
    run_group([second], None, second.tally, set(), time.monotonic(), deadline)
    if second.done and second.tally.passed >= len(failed):
        stage.tally.pass_alone()


def print_account(tally):
    for name, details in tally.failures:
        print(f"\n---- FAILED {name}")
        if details:
            print(details)
    for name, details in tally.alone:
        print(f"\n---- PASSED only when it was run again alone: {name}")
        if details:
            print(details)
    if tally.skips:
        print("\nSkipped:")
    for reason, names in tally.skips.items():
        print(f"  {reason}\n    {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}")


def stop(number, _frame):
    """Told to end: nothing is left running."""
    signal.signal(number, signal.SIG_IGN)
    end_processes(children(os.getpid()))
    os._exit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one build only: unit and end-to-end tests")
    parser.add_argument("--only", metavar="REGEX", help="stages whose name it matches, of what is built already")
    arguments = parser.parse_args()
    begun = time.monotonic()
    deadline = begun + GLOBAL_SECONDS
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in LOGS.glob("*"):
        old.unlink()
    os.environ.setdefault("HOME", "/root")
    os.environ.update(COMPILERS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    tally, done = Tally(), set()
    groups = make_stages(arguments.quick)
    for group in groups:
        run_group(group, arguments.only, tally, done, begun, deadline)
        end_processes([pid for pid in children(os.getpid()) if is_alive(pid)])
    for stage in itertools.chain(*groups):
        if stage.tally.failed:
            run_again(stage, deadline)
        tally.add(stage.tally)
    print_account(tally)
    print(f"\n{tally}", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
