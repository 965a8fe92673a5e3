#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What tests/hunt/judge.py takes for right, and what not."""

import copy
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "hunt"), str(ROOT / "lib"), str(ROOT / "e2e")]
import judge  # noqa: E402
import kinds  # noqa: E402
import rounds  # noqa: E402

ACCOUNT = {
    "durations_ns": [1_000, 2_000, 50_000_000],
    "places": [
        {"role": "culprit", "function": "main.(*cache).acquire", "file": "locks.go", "line": 22},
        {"role": "waker", "function": "main.(*cache).refresh", "file": "locks.go", "line": 37},
        {"role": "meanwhile", "function": "main.loadFromDisk", "file": "locks.go", "line": 47},
    ],
    "on": "10.0.0.7:5432",
}


def frame(function, line, **more):
    return {"function": function, "file": "/src/locks.go", "line": line, **more}


def make_report():
    """As a hunt that is right tells it, with another call of the target in between."""
    loads = frame("main.loadFromDisk", 47, kind="IO wait", share=0.99,
                  on=[{"share": 0.9, "ns": 1, "kind": "peer", "name": "10.0.0.7:5432"}])
    refresh = frame("main.(*cache).refresh", 37, goid=20)
    other = frame("main.(*cache).acquire", 22, kind="sync.Mutex.Lock", share=1.0, woken_by=refresh, meanwhile=[loads])
    lock = frame("main.(*cache).acquire", 22, kind="sync.Mutex.Lock", share=1.0,
                 woken_by=frame("main.(*cache).get", 29, goid=7), meanwhile=[other])
    cpu = frame("main.(*cache).get", 28, kind="cpu", share=0.0)
    return {"target": "main.handleMutex", "calls": 3, "max_ns": 49_000_000, "causes": [lock, cpu],
            "coverage": {"total_ns": 49_000_000, "explained_ns": 49_000_000}, "mode": "exact", "lost": 0}


def verdict_of(change=lambda report: None, names=("sync.Mutex.Lock",)):
    report = make_report()
    change(report)
    return judge.judge(report, copy.deepcopy(ACCOUNT), set(names))


def test_right():
    verdict = verdict_of()
    assert verdict.is_first and verdict.woken and not verdict.faults
    assert "sync.Mutex.Lock in main.(*cache).acquire locks.go:22" in verdict.told.splitlines()[0]


def test_second():
    verdict = verdict_of(lambda report: report["causes"].reverse())
    assert verdict.rank == 2 and verdict.blamed and not verdict.is_first


def test_fourth():
    verdict = verdict_of(lambda report: report["causes"].__setitem__(slice(0), report["causes"][1:] * 3))
    assert verdict.rank == 0 and not verdict.is_first


def test_busy_machine():
    busy = {"kind": "no cpu", "share": 0.9, "process": "clang"}
    assert verdict_of(lambda report: report["causes"].insert(0, busy)).is_first
    assert verdict_of(lambda report: report["causes"].insert(0, {**busy, "kind": "runnable"})).rank == 2


def test_quota():
    """That is the program's own."""
    def use_up(report):
        report["causes"][0].update(kind="no cpu", quota=True)

    assert verdict_of(use_up, names=("quota",)).is_first
    assert not verdict_of(use_up).rank


def test_wrong_cause():
    for change in ({"line": 23}, {"function": "main.(*cache).get"}, {"file": "/src/others.go"}, {"kind": "select"},
                   {"function": None, "file": None, "line": None}):
        assert not verdict_of(lambda report: report["causes"][0].update(change)).rank, change


def test_names_of_a_version():
    assert verdict_of(names=kinds.KINDS["mutex"].names(20)).is_first
    assert not verdict_of(names=kinds.KINDS["mutex"].names(19)).rank


def test_nobody_blamed():
    verdict = verdict_of(lambda report: report["causes"][0].update(meanwhile=[]))
    assert verdict.rank == 1 and not verdict.blamed and not verdict.woken and not verdict.is_first


def test_sampled():
    """Nobody is to be blamed, or named."""
    def sample(report):
        report["mode"] = "sampled"
        del report["causes"][0]["woken_by"], report["causes"][0]["meanwhile"]

    assert verdict_of(sample).is_first and verdict_of(sample).woken and not verdict_of(sample).faults
    assert verdict_of(lambda report: report.update(mode="sampled")).faults


def test_peer_where_waits_are_sampled():
    """That of the call's own wait is known."""
    def sample(on):
        def do(report):
            lock = report["causes"][0]
            del lock["woken_by"], lock["meanwhile"]
            lock.update(kind="IO wait", on=on)
            report["mode"] = "sampled"

        return do

    peer = {"share": 0.9, "ns": 1, "kind": "peer", "name": "10.0.0.7:5432"}
    judged = [verdict_of(sample(on), ["IO wait"]) for on in ([peer], [])]
    assert [verdict.rank for verdict in judged] == [1, 1]
    assert [verdict.is_first for verdict in judged] == [True, False]


def test_wrong_waker():
    verdict = verdict_of(lambda report: report["causes"][0]["meanwhile"][0].pop("woken_by"))
    assert verdict.is_first and not verdict.woken


def test_wrong_peer():
    def change(share, name):
        def do(report):
            (peer,) = report["causes"][0]["meanwhile"][0]["meanwhile"][0]["on"]
            peer.update(share=share, name=name)

        return do

    for share, name in ((0.9, "10.0.0.7:5433"), (0.1, "10.0.0.7:5432")):
        verdict = verdict_of(change(share, name))
        assert verdict.rank == 1 and verdict.blamed and not verdict.is_first


def test_not_consistent():
    for change in ({"lost": 1}, {"calls": 2}, {"max_ns": 50_000_001}, {"coverage": {"total_ns": 49_000_000,
                                                                                     "explained_ns": 48_950_000}}):
        verdict = verdict_of(lambda report: report.update(change))
        assert verdict.is_first and len(verdict.faults) == 1, change
    assert not verdict_of(lambda report: report["coverage"].update(explained_ns=48_951_001)).faults


def test_marks():
    """Each kind is there, and has a line that is to be named."""
    text = "".join(path.read_text() for path in (ROOT / "fixtures" / "culprits").glob("*.go"))
    marked = set(re.findall(r"// (\w+) culprit: \S+\n", text))
    assert marked == set(kinds.KINDS), marked ^ set(kinds.KINDS)
    for name, kind in kinds.KINDS.items():
        assert f"func {kind.handler.removeprefix('main.')}(" in text, name
        assert re.search(rf'"{name}"\]? ?[:=]', text), name


def test_groups():
    """One hunt serves those that want the same of it."""
    groups = rounds.groups_of(kinds.KINDS)
    assert sorted(name for names in groups for name in names) == sorted(kinds.KINDS)
    assert ["quota"] in groups and ["sleep", "deep"] == groups[0][:2]
    for names in groups:
        assert len({kinds.KINDS[name].exact for name in names}) == 1, names


def test_journal():
    """Verdicts are there again after an interruption, but for one that was cut off; and not of another round."""
    way = rounds.Way("1.27", "plain", False, "auto")
    first, second, third = (rounds.Journal.key(way, number, ["sleep", "deep"]) for number in range(3))
    verdicts = {"sleep": judge.Verdict(rank=1), "deep": judge.Verdict(faults=["1 records lost"])}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "journal"
        journal = rounds.Journal(path, False)
        journal.add(first, verdicts)
        journal.add(second, verdicts)
        path.write_text(path.read_text()[:-10])
        journal = rounds.Journal(path, False)
        assert journal.find(first) == verdicts
        assert journal.find(second) is None and journal.find(third) is None
        journal.add(second, verdicts)
        assert rounds.Journal(path, False).find(second) == verdicts
        assert rounds.Journal(path, True).find(first) is None
        journal.end()
        assert not path.exists()


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name}")
        except Exception as error:  # the others are run all the same
            failed += 1
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
