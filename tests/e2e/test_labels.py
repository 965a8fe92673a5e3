# SPDX-License-Identifier: MIT
"""--label: what a program says of its goroutines, with the trees that these make."""

import re

import pytest

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


def test_mistakes(binary):
    for labels in (["--label", "=x"], ["--label", "k" * 65], ["--label", "a"] * 5):
        done = run(*labels, binary("values"), "main.labelled")
        assert done.returncode == 2 and "label" in done.stderr
    done = run("--live", "--label", "user=anna", binary("values"), "main.labelled")
    assert done.returncode == 1 and "--live shows calls as they begin" in done.stderr
