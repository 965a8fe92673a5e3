# SPDX-License-Identifier: MIT
"""Rounds of hunt on the program tests/fixtures/culprits, and what was judged of them so far.

One program and one hunt serve many kinds, one after the other: each has a target of its own, and so a report of its
own. That costs a hunt's start once, and is what a server is like, which is slow for more than one reason.
"""

import contextlib
import dataclasses
import hashlib
import json
import pathlib

import builds
import cgroups
import harness
from judge import Verdict, judge
from kinds import KINDS

BUILDS = {"plain": [], "stripped": ["-ldflags=-s -w"], "pie": ["-buildmode=pie", "-ldflags=-s -w"]}
QUOTA_US = 5000  # less than a busy machine leaves
# CPU that short is seen by few samples at the default frequency.
FREQUENCY = ["--frequency", "997"]


@dataclasses.dataclass(frozen=True)
class Way:
    """By which Go the program is built, and how; whether one call is slow; how waits are known."""

    version: str
    build: str
    once: bool
    waits: str

    @property
    def column(self):
        return f"{self.version} {self.build}{' sampled' if self.waits == 'sampled' else ''}"

    @property
    def suffix(self):
        return f"{'-once' if self.once else ''}-{self.version}-{self.build}{'-sampled' if self.waits == 'sampled' else ''}"

    def __str__(self):
        return f"Go {self.column}{', once' if self.once else ''}"

    def label(self, name):
        return f"{name}{' once' if self.once else ''}, Go {self.column}"


def groups_of(names):
    """Those that one hunt can serve: with the same options, in the same cgroup."""
    groups = {}
    for name in names:
        groups.setdefault((KINDS[name].exact, KINDS[name].needs == "quota"), []).append(name)
    return list(groups.values())


@contextlib.contextmanager
def quota(is_wanted):
    """A group that gets a twentieth of a processor, if that is wanted, or None."""
    if not is_wanted:
        yield None
        return
    with cgroups.made() as group:
        group.set_quota(QUOTA_US)
        yield group


def work(program, name, once, group):
    kind = KINDS[name]
    events, workers, ms = (1, 1, kind.once_ms) if once else (kind.events, kind.workers, kind.ms)
    before_ns = group.throttled_ns() if group else 0
    account = program.work(f"{name} {kind.calls} {events} {workers} {ms}")
    account["throttled_ns"] = group.throttled_ns() - before_ns if group else 0
    return account


def hunt(path, names, way, folder):
    """{name: what hunt said of it, what the program did}"""
    program = tracer = None
    first = KINDS[names[0]]
    with quota(first.needs == "quota") as group:
        try:
            program = harness.Program(path, cwd=folder)
            how = ["--waits", way.waits, *([] if first.exact else FREQUENCY)]
            targets = [KINDS[name].handler for name in names]
            tracer = harness.Tracer("hunt", "-f", "json", *how, "-p", program.pid, *targets).await_tracing()
            if group:
                group.take(program.pid)
            accounts = {name: work(program, name, way.once, group) for name in names}
            tracer.stop()
            reports = {one["target"]: one for one in map(json.loads, tracer.out.splitlines()) if "target" in one}
            return {name: (reports.get(KINDS[name].handler), accounts[name]) for name in names}
        finally:
            for process in (tracer, program):
                if process:
                    process.destroy()


def causes_of(name, way, account):
    """What hunt may call it. Of a machine that is too busy to give as much as the quota, others are to blame."""
    names = KINDS[name].names(int(way.version.split(".")[1]))
    is_spared = KINDS[name].needs == "quota" and account["throttled_ns"] < 0.1 * sum(account["durations_ns"])
    return names | {"no cpu"} if is_spared else names


def judge_round(path, names, way, folder):
    """{name: (Verdict, hunt's object or None)} of kinds of one group."""
    try:
        found = hunt(path, names, way, folder)
    except (AssertionError, ValueError) as reason:
        return {name: (Verdict(faults=[f"{type(reason).__name__}: {reason}"]), None) for name in names}
    return {name: (judge(report, account, causes_of(name, way, account)) if report else Verdict(faults=["no report"]), report)
            for name, (report, account) in found.items()}


def program_of(way, folder):
    """C is in it everywhere, as in most servers."""
    built = builds.build("culprits", version=way.version, flags=BUILDS[way.build], cgo=True)
    return builds.copy(built, folder)


def keep(report, name, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(report, indent=1))


# ---- what was judged so far ----


def name_of_state(options):
    """A name for what verdicts are about: the tool, these tests, and their options."""
    names = hashlib.sha256(repr(options).encode())
    here = pathlib.Path(__file__).resolve().parent
    for file in [pathlib.Path(harness.tool()), *sorted(here.glob("*.py"))]:
        names.update(file.read_bytes())
    names.update(builds.hash_sources(builds.FIXTURES / "culprits").encode())
    return names.hexdigest()[:16]


class Journal:
    """Verdicts of rounds, which are in a file as soon as they are known; those of before an interruption are there."""

    def __init__(self, path, is_new):
        """path: None keeps nothing."""
        self.path = path
        self.known = {}
        if path and is_new:
            path.unlink(missing_ok=True)
        if path and path.exists():
            *lines, cut_off = path.read_text().split("\n")
            if cut_off:
                path.write_text("".join(f"{line}\n" for line in lines))
            for one in map(json.loads, lines):
                self.known[tuple(one["round"])] = one["verdicts"]

    @staticmethod
    def key(way, number, names):
        return (*dataclasses.astuple(way), number, *names)

    def find(self, key):
        """{name: Verdict}, or None."""
        known = self.known.get(key)
        return known and {name: Verdict(**verdict) for name, verdict in known.items()}

    def add(self, key, verdicts):
        if not self.path:
            return
        told = {name: dataclasses.asdict(verdict) for name, verdict in verdicts.items()}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"round": key, "verdicts": told}) + "\n")

    def end(self):
        if self.path:
            self.path.unlink(missing_ok=True)
