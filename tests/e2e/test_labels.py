# SPDX-License-Identifier: MIT
"""--label: what a program says of its goroutines, with the trees that these make."""

import re

import pytest

from harness import told_counts
from test_where import run, told

STRIPPED = ["-ldflags=-s -w"]
BUILDS = [("1.19", []), ("1.19", STRIPPED), ("1.21", STRIPPED), ("1.23", []), ("1.24", STRIPPED), ("1.27", []),
          ("1.27", ["-buildmode=pie", "-ldflags=-s -w"])]
KEYS = ("user", "path")


def check(call, labels):
    """More labels than are looked at may hide one."""
    have = call["labels"]
    for key in KEYS:
        if key in have and have[key] is None:
            assert len(labels) > 32
        else:
            assert have.get(key) == (labels[key][:128] if key in labels else None)
    assert set(have) <= set(KEYS)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_json(binary, start, trace, build):
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "--label", "user", "--label", "path", "-u", "main.inner2", program.path,
                   "main.labelled(n=%ax:s64)")
    labels = program.work("labels")
    tracer.stop()
    calls = tracer.calls()
    roots = {call["args"][0]["value"]: call for call in calls if call["function"] == "main.labelled"}
    assert sorted(roots) == list(range(len(labels)))
    for n, call in roots.items():
        check(call, labels[n])
    assert all("labels" not in call for call in calls if call["function"] == "main.inner2")
    assert len(calls) == 2 * len(labels) - 1
    assert program.code_is_clean()


@pytest.mark.parametrize("method", ["tracefs", "perf_event"])
def test_methods(binary, start, trace, method):
    program = start(binary("values"))
    tracer = trace("-f", "json", "--attach", method, "--label", "user", program.path, "main.labelled")
    program.work("labels")
    tracer.stop()
    assert [call["labels"].get("user") for call in tracer.calls()][:4] == [None, "anna", 'bob\n"x"', "carl"]


@pytest.mark.parametrize("arguments", [[], ["--leaf"], ["--live"], ["--color", "always"]], ids=" ".join)
def test_text(binary, start, trace, arguments):
    program = start(binary("values"))
    tracer = trace(*arguments, "--label", "user", "--label", "path", program.path, "main.labelled")
    program.work("labels")
    tracer.stop()
    shown = re.findall(r"main\.labelled\(\)(?: \{|;)( \[.*?\])?(?: |\n)", re.sub(r"\x1b\[[0-9;]*m", "", tracer.out))
    assert shown[:4] == ["", ' [user="anna"]', ' [user="bob\\n\\"x\\"", path="/x"]', ' [user="carl"]']
    if "always" not in arguments:
        assert shown[5:] == [f' [user="{"u" * 128}"...+172]', ' [user="", path=""]', ' [path="/only"]']


@pytest.mark.parametrize("arguments, wanted", [
    (["--label", "user=anna"], [1]), (["--label", "user="], [6]), (["--label", "path=/x", "--label", "user"], [2]),
    (["--label", "path=/x", "--label", "user=anna"], []), (["--label", "user=carl", "--where", "n < 2 || n == 3"], [3]),
    (["--label", "user=carl", "--where", "n < 2"], [])])
def test_chosen(binary, start, trace, arguments, wanted):
    program = start(binary("values"))
    tracer = trace("-f", "json", *arguments, program.path, "main.labelled(n=%ax:s64)")
    program.work("labels")
    tracer.stop()
    assert [call["args"][0]["value"] for call in tracer.calls()] == wanted
    assert 6 <= told(tracer.err, "did not satisfy --") <= 8


@pytest.mark.parametrize("arguments, what", [
    (["--label", "user", "--where", "n < 2"], "--where"), (["--label", "user=anna", "--label", "path"], "--label"),
    (["--label", "user=anna", "--where", "n < 2"], "--where and --label")])
def test_what_chose_is_told(binary, start, trace, arguments, what):
    """A label that is shown alone chooses nothing."""
    program = start(binary("values"))
    tracer = trace(*arguments, program.path, "main.labelled(n=%ax:s64)")
    program.work("labels")
    tracer.stop()
    assert re.search(f"calls of targets did not satisfy {what}$", tracer.err, re.MULTILINE)


# As what is asked for, and whether the value is one that was captured in part only.
CHOICES = [["user=anna"], ["user=ann"], ["user="], [f"user={'u' * 64}"], [f"user={'u' * 64}a"], [f"user={'u' * 300}"],
           ["user=anna", "path=/x"], ["path", "user=anna"], ["user=anna", "user=anna"], ["user=anna", "user=ann"],
           ["k00=0", "k01=1", "k29=29", "user=anna"], ["nothing="]]
LAYOUTS = ["1.19", "1.22", "1.23", "1.24", "1.27"]


def as_options(labels):
    return [word for label in labels for word in ("--label", label)]


def is_wanted(labels, choice, limit):
    """True, False, or None: nobody may know, of so many labels or of so long values."""
    wanted = [label.split("=", 1) for label in choice if "=" in label]
    if all(labels.get(key) == value for key, value in wanted):
        return None if len(labels) > limit or any(len(value) > 128 for _, value in wanted) else True
    return None if len(labels) > limit else False


def check_choice(tracer, version, told_labels, choice, may=lambda n: True):
    """Trees are those of goroutines that have the labels, and all others are counted. More than a bucket of an old map
    has may be in any order, and in more buckets than are looked at."""
    limit = 8 if version in ("1.19", "1.22", "1.23") else 32
    shown = [call["args"][0]["value"] for call in tracer.calls()]
    each = [is_wanted(labels, choice, limit) if may(n) else False for n, labels in enumerate(told_labels)]
    assert [n for n in shown if each[n]] == [n for n, answer in enumerate(each) if answer]
    assert not [n for n in shown if each[n] is False]
    rejected = told(tracer.err, "did not satisfy --")
    undecided = told(tracer.err, "(?:was|were) left out: nobody knows")
    assert rejected + undecided + len(shown) == len(told_labels)
    assert undecided <= each.count(None) and rejected >= each.count(False)
    return shown


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: " ".join(choice)[:20])
@pytest.mark.parametrize("version", LAYOUTS)
def test_decided(binary, start, trace, version, choice):
    program = start(binary("values", version=version, flags=STRIPPED))
    tracer = trace("-f", "json", *as_options(choice), program.path, "main.labelled(n=%ax:s64)")
    labels = program.work("nearly 1")
    tracer.stop()
    check_choice(tracer, version, labels, choice)
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.22", "1.27"])
@pytest.mark.parametrize("more, wanted", [
    (["--where", "n >= 13"], lambda n: n >= 13), (["--where", "n == 1 || m > 13"], lambda n: n == 1 or n > 13),
    (["--trace-ids", "-a"], lambda n: True), (["--trace-ids", "--where", "n < 14"], lambda n: n < 14),
    (["--attach", "tracefs"], lambda n: True), (["--max-overhead", "90", "--stack", "--states"], lambda n: True)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_decided_together(binary, start, trace, version, more, wanted):
    """With all else that decides, or is captured, where a tree begins."""
    program = start(binary("values", version=version))
    tracer = trace("-f", "json", *more, "--label", "user=anna", program.path, "main.labelled(n=%ax:s64, m=%ax:s64)")
    labels = program.work("nearly 1")
    tracer.stop()
    assert len(check_choice(tracer, version, labels, ["user=anna"], wanted)) >= 2


@pytest.mark.parametrize("version", ["1.22", "1.27"])
@pytest.mark.parametrize("choice, trees", [(["user=bertha"], 0), (["path=/x", "user=anna"], 1), (["path=/x", "user"], 2)],
                         ids=lambda choice: " ".join(choice) if isinstance(choice, list) else "")
def test_no_records(binary, start, trace, tmp_path, version, choice, trees):
    """Of calls that are rejected in the kernel nothing is sent: a recording has all that is."""
    program = start(binary("values", version=version))
    tracer = trace("-f", "json", "--record", tmp_path / "recording", *as_options(choice), program.path,
                   "main.labelled(n=%ax:s64)")
    labels = program.work("nearly 100")
    tracer.stop()
    events, _ = told_counts("recorded # events in # bytes", tracer.err)
    # The kernel may not know of goroutines with 31 labels or more, 200 of them. Besides, time passes.
    assert 200 * trees <= events < 200 * (trees + 2) + 100 < len(labels)
    assert len(tracer.calls()) == 100 * trees


def test_recursion(binary, start, trace):
    """Inside a tree nobody is asked for labels."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "--label", "user=anna", program.path, "main.labelled", "main.inner2")
    labels = program.work("nearly 1")
    tracer.stop()
    calls = tracer.calls()
    begun = [call for call in calls if call["function"] == "main.labelled"]
    assert len(begun) == len([one for one in labels if len(one) <= 32 and one.get("user") == "anna"])
    assert len(calls) == 2 * len(begun)


def test_mistakes(binary):
    for labels in (["--label", "=x"], ["--label", "k" * 65], ["--label", "a"] * 5):
        done = run(*labels, binary("values"), "main.labelled")
        assert done.returncode == 2 and "label" in done.stderr
    done = run("--live", "--label", "user=anna", binary("values"), "main.labelled")
    assert done.returncode == 1 and "--live shows calls as they begin" in done.stderr
