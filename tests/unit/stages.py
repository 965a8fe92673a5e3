#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""How tests/supervise.py counts what stages do: those that hang, are skipped, break off, or have less time."""

import contextlib
import io
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import supervise  # noqa: E402


def run(script, count=supervise.tap_stage, **options):
    """The tally after a stage that is a shell script."""
    return run_stage(supervise.Stage("stage", ["sh", "-c", script], count, **options))


def run_stage(stage, is_short=False, last_word=None):
    """last_word: when it has said so, its time is over."""
    with contextlib.redirect_stdout(io.StringIO()):
        stage.start(is_short)
        deadline = time.monotonic() + 60
        while not stage.is_over(0 if last_word and last_word in stage.log.read_text() else deadline):
            time.sleep(0.01)
        stage.finish()
    return stage.tally


def test_counts():
    tally = run("echo ok 1 - one; echo 'ok 2 - two # SKIP no network'; echo not ok 3 - three; echo '# why'; exit 1")
    assert str(tally) == "1 passed, 1 failed, 1 skipped"
    assert tally.skips == {"no network": ["stage: two"]} and tally.failures == [("stage: three", "# why")]


def test_breaks_off():
    """What it said counts, and that it broke off does."""
    tally = run("echo ok 1 - one; exit 3")
    assert str(tally) == "1 passed, 1 failed, 0 skipped" and "exit status 3" in tally.failures[0][0]
    tally = run("exit 0")
    assert str(tally) == "0 passed, 1 failed, 0 skipped" and "no test was run" in tally.failures[0][0]


def test_is_skipped():
    tally = run("echo it cannot be had >&2; exit 77", supervise.count_status)
    assert str(tally) == "0 passed, 0 failed, 1 skipped" and tally.skips == {"it cannot be had": ["stage"]}
    assert str(run("exit 0", supervise.count_status)) == "1 passed, 0 failed, 0 skipped"
    assert str(run("exit 1", supervise.count_status)) == "0 passed, 1 failed, 0 skipped"


def test_nothing_could_be_run():
    """A plan of no tests, with the reason."""
    tally = run("echo '1..0 # SKIP no Go toolchain can be had'")
    assert str(tally) == "0 passed, 0 failed, 1 skipped" and tally.skips == {"no Go toolchain can be had": ["stage"]}


def test_hangs():
    """It is ended with all its children."""
    stage = supervise.Stage("stage", ["sh", "-c", "echo ok 1 - one; sleep 1000 & sleep 1000"], supervise.tap_stage)
    tally = run_stage(stage, last_word="one")
    assert stage.child.poll() is not None
    assert str(tally) == "1 passed, 1 failed, 0 skipped" and "not done" in tally.failures[0][0]


def test_minimum():
    command, minimum = ["echo", "ok 1 - all"], ["echo", "ok 1 - some"]
    for is_short, said in ((False, "ok 1 - all\n"), (True, "ok 1 - some\n")):
        stage = supervise.Stage("stage", command, supervise.tap_stage, minimum=minimum)
        assert str(run_stage(stage, is_short)) == "1 passed, 0 failed, 0 skipped"
        assert stage.log.read_text() == said


def test_queue():
    """The third begins when the second has ended, not before, and does not wait for the first, which waits for it."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = [f"until test -e {folder}/third; do sleep 0.01; done", f"sleep 0.3; test ! -e {folder}/third",
                   f"touch {folder}/third"]
        stages = [supervise.Stage(f"stage {number}", ["sh", "-c", script], supervise.count_status)
                  for number, script in enumerate(scripts)]
        tally, done = supervise.Tally(), set()
        with contextlib.redirect_stdout(io.StringIO()):
            supervise.run_group(supervise.Queue(2, stages), None, tally, done, time.monotonic(), time.monotonic() + 60)
        for stage in stages:
            tally.add(stage.tally)
        assert str(tally) == "3 passed, 0 failed, 0 skipped" and done == {stage.name for stage in stages}


def run_again(first, second, count=supervise.tap_stage, again=None):
    """What counts of a stage whose first script failed, and whose second was run alone."""
    stage = supervise.Stage("stage", ["sh", "-c", first], count, again=again or (lambda failed: ["sh", "-c", second]))
    run_stage(stage)
    with contextlib.redirect_stdout(io.StringIO()):
        supervise.run_again(stage, time.monotonic() + 60)
    return stage.tally


def test_passes_alone():
    tally = run_again("echo ok 1 - one; echo not ok 2 - two; echo '# late'; exit 1", "echo ok 1 - two")
    assert str(tally) == "2 passed, 0 failed, 0 skipped" and tally.alone == [("stage: two", "# late")]


def test_fails_alone_too():
    """Also where the second time breaks off, runs less than had failed, or nothing."""
    first = "echo not ok 1 - one; echo '# why'; echo ok 2 - two; exit 1"
    for second in ("echo not ok 1 - one; exit 1", "echo ok 1 - one; exit 1", "exit 0", "echo 'ok 1 - one # SKIP no time'"):
        tally = run_again(first, second)
        assert str(tally) == "1 passed, 1 failed, 0 skipped" and tally.failures == [("stage: one", "# why")], second
        assert not tally.alone


def test_is_not_run_again():
    """Where chance has no part, and where too much failed for that; what is asked for is what failed."""
    asked = []
    many = "; ".join(f"echo not ok {number} - {number}" for number in range(1, supervise.MAX_AGAIN + 2)) + "; exit 1"
    tally = run_again(many, "", again=asked.append)
    assert tally.failed == supervise.MAX_AGAIN + 1 and not asked
    tally = run_again("echo not ok 1 - one; exit 1", "", again=asked.append)
    assert tally.failed == 1 and asked == [["stage: one"]]


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        supervise.LOGS = pathlib.Path(folder)
        for number, (name, test) in enumerate(tests, 1):
            try:
                test()
                print(f"ok {number} - {name}")
            except Exception as error:  # whatever it is, the others are run
                failed += 1
                print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}")
    return failed != 0


sys.exit(main())
