# SPDX-License-Identifier: MIT
"""`report --diff` names the function that was made slower, and says nothing of what is alike."""

import json
import os
import re
import signal
import subprocess

import pytest

import test_guard
from harness import WAIT_SECONDS, tool

REQUESTS, MORE = 30, 20
SLEEP, LOCK, COMPUTE, OFTEN = range(4)
FUNCTIONS = {"main.handle", "main.parse", "main.lookup", "main.render"}


def diff(*arguments, check=True):
    return subprocess.run([tool(), "report", "--diff", *map(str, arguments)], capture_output=True, text=True,
                          timeout=WAIT_SECONDS, check=check)


def objects(*arguments):
    rows = [json.loads(line) for line in diff(*arguments, "-f", "json").stdout.splitlines()]
    assert all(row["diff"] in ("slower", "faster", "alike", "too few") for row in rows)
    return {row["function"]: row for row in rows}


@pytest.fixture
def record(binary, start, trace, tmp_path):
    """record(NAME, KIND, MILLISECONDS): requests, of which each takes so much more."""
    program = start(binary("slower"))

    def make(name, kind=SLEEP, more=0, requests=REQUESTS, options=("--states",), functions=FUNCTIONS):
        path = tmp_path / name
        tracer = trace("record", "-o", path, *options, *(word for function in sorted(functions) for word in ("-u", function)),
                       program.path, "main.handle")
        program.work(f"GO {requests} {kind} {more}")
        tracer.stop()
        return path

    return make


@pytest.mark.parametrize("kind, states", [(SLEEP, {"sleep"}), (LOCK, {"sync.Mutex.Lock", "semacquire"}),
                                          (COMPUTE, {"running", "no cpu", "runnable", "preempted"}), (OFTEN, {"sleep"})],
                         ids=["sleep", "lock", "compute", "often"])
def test_culprit(kind, states, record):
    """First in the text, and first in JSON, by the kind of time that it takes more of."""
    old, new = record("old"), record("new", kind, MORE)
    first = diff(old, new).stdout.splitlines()[0]
    named = re.fullmatch(r"main\.lookup is slower: \S+ of its own time in each call of main\.handle, was \S+, \S+ of it (.*)",
                         first)
    assert named and named.group(1) in states, first
    row = next(iter(objects(old, new).values()))
    assert row["function"] == "main.lookup" and row["target"] == "main.handle" and row["diff"] == "slower"
    assert row["p"] < 0.001 and row["superiority"] > 0.9
    assert row["old"]["targets"] == row["new"]["targets"] == row["old"]["calls"] == REQUESTS
    assert row["new"]["calls"] == REQUESTS * (10 if kind == OFTEN else 1)
    more = row["new"]["self_ns"] - row["old"]["self_ns"]
    assert more > 10_000_000
    grown = {name: row["new"]["states_ns"][name] - row["old"]["states_ns"].get(name, 0) for name in row["new"]["states_ns"]}
    assert max(grown, key=grown.get) in states
    # The other way round it is faster, and so it is not named.
    assert objects(new, old)["main.lookup"]["diff"] == "faster"


def test_alike(record):
    """The same recording, and another one of the same calls."""
    path = record("once")
    assert diff(path, path).stdout == "nothing became slower: 4 functions were compared\n"
    rows = objects(path, path)
    assert set(rows) == FUNCTIONS
    assert all(row["diff"] == "alike" and row["p"] == 1 and row["superiority"] == 0.5 and row["old"] == row["new"]
               for row in rows.values())


def test_same_calls_twice(binary, start, trace, tmp_path):
    """Two tracers see the same calls, each in its own way."""
    program, paths = start(binary("slower")), [tmp_path / "one", tmp_path / "other"]
    tracers = [trace("record", "-o", path, "-u", "main.*", program.path, "main.handle") for path in paths]
    program.work(f"GO {REQUESTS} 0 0")
    for tracer in tracers:
        tracer.stop()
    assert diff(*paths).stdout.startswith("nothing became slower: ")


def test_without_states(record):
    old, new = record("old", options=()), record("new", SLEEP, MORE, options=())
    shown = diff(old, new).stdout
    assert re.match(r"main\.lookup is slower: \S+ of its own time in each call of main\.handle, was \S+\n", shown)
    assert all("states_ns" not in row["old"] for row in objects(old, new).values())


def test_too_few(record):
    old, new = record("old", requests=9), record("new", SLEEP, MORE)
    assert diff(old, new).stdout.startswith("nobody can tell what became slower: there have to be 10 whole calls")
    assert {row["diff"] for row in objects(old, new).values()} == {"too few"}


def test_only_in_one(record):
    old, new = record("old"), record("new", COMPUTE, 1, functions={"main.parse", "main.compute"})
    shown = diff(old, new).stdout
    assert "\nonly in NEW: main.compute\n" in shown
    assert set(re.search(r"\nonly in OLD: (.*)\n", shown).group(1).split(", ")) == {"main.lookup", "main.render"}


def calls_of(path):
    shown = subprocess.run([tool(), "replay", "-f", "json", path], capture_output=True, text=True, timeout=WAIT_SECONDS, check=True)
    return [json.loads(line) for line in shown.stdout.splitlines()]


@pytest.fixture
def one_sided(binary, start, trace, tmp_path):
    """Two recordings of the same calls; in NEW, main.insideTarget lost its probes before."""
    program, functions = start(binary("hot")), [word for name in ("insideTarget", "first", "last") for word in ("-u", f"main.{name}")]
    program.work("INSIDE 3")
    old, new = tmp_path / "old", tmp_path / "new"
    tracer = trace("record", "-o", old, *functions, program.path, "main.root")
    program.work("GO 20")
    tracer.stop()
    tracer = trace("record", "-o", new, "--max-overhead", "20", *functions, program.path, "main.root")
    program.work("INSIDE 500000")
    program.work("ROOTS 1")
    test_guard.await_off(tracer, "main.insideTarget")
    program.work("ROOTS 0")
    program.work("INSIDE 3")
    program.work("GO 20")
    tracer.stop()
    return old, new


def test_taken_off(one_sided):
    """A function that lost its probes in one of them is in both as if it had none: its time is its callers'."""
    old, new = one_sided
    for paths in ((old, new), (new, old)):
        shown = diff(*paths)
        assert "not compared, as their probes were taken off in one of the recordings: main.insideTarget; " in shown.stderr
        assert "insideTarget" not in shown.stdout
    rows = objects(old, new)
    assert set(rows) == {"main.root", "main.first", "main.last"}
    assert all(row["old"]["targets"] == 20 and row["new"]["targets"] >= 20 and row["diff"] != "too few" for row in rows.values())
    calls = calls_of(old)
    assert sum(call["function"] == "main.insideTarget" for call in calls) == 60
    for name, names in (("main.root", ("main.root", "main.insideTarget")), ("main.first", ("main.first",)), ("main.last", ("main.last",))):
        own = sum(call["self_ns"] for call in calls if call["function"] in names)
        assert abs(rows[name]["old"]["self_ns"] - own / 20) <= 1, name


def test_taken_off_of_a_pipe(one_sided):
    """It is not known in time: calls from then on are left out, which is told."""
    old, new = one_sided
    with open(old, "rb") as stdin:
        shown = subprocess.run([tool(), "report", "--diff", "-", new], stdin=stdin, capture_output=True, text=True,
                               timeout=WAIT_SECONDS, check=True)
    assert "functions in them were left out because they were called too often" in shown.stderr
    assert "not compared, as their probes" not in shown.stderr


def test_usage(tmp_path):
    for arguments, words in ((["a"], "two recordings"), (["a", "b", "c"], "'c' is too much"),
                             (["-", "-"], "holds one recording"),
                             (["--slower", "1s", "a", "b"], "compares all calls")):
        run = diff(*arguments, check=False)
        assert run.returncode == 2 and words in run.stderr
    run = diff(tmp_path / "none", tmp_path / "none", check=False)
    assert run.returncode == 1 and "No such file" in run.stderr and not run.stdout


def test_output_is_no_recording(record):
    old, new = record("old"), record("new")
    for path in (old, new):
        before = path.read_bytes()
        run = diff("-o", path, old, new, check=False)
        assert run.returncode == 1 and "is the recording itself" in run.stderr
        assert path.read_bytes() == before


def test_interrupt(record, tmp_path):
    """Stopped before both were read: that is no verdict."""
    old, new, pipe = record("old"), record("new"), tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([tool(), "report", "--diff", pipe, new], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as run:
        with open(pipe, "wb") as writer:
            run.send_signal(signal.SIGINT)
            writer.write(old.read_bytes())
        out, err = run.communicate(timeout=WAIT_SECONDS)
    assert run.returncode == 1 and "stopped before" in err and not out
