# SPDX-License-Identifier: MIT
"""--where: of all calls of a target, those are shown whose values satisfy it, and the others are counted."""

import subprocess

import pytest

from harness import told_counts, tool
from test_values import RESULTS, WORDS

# What main.words is given: see giveWords() in tests/fixtures/values/main.go. The calls that satisfy each, and
# those for which nobody knows.
IN_KERNEL = [
    ("a > 0", [3, 4], []),
    ("a == -1", [1], []),
    ("-1 == a", [1], []),
    ("0 < a", [3, 4], []),
    ("a <= -9223372036854775808", [2], []),
    ("a < -9223372036854775808", [], []),
    ("a >= 9223372036854775808", [], []),
    ("a < 9223372036854775808", [0, 1, 2, 3, 4], []),
    ("u >= 0x8000000000000000", [1, 2], []),
    ("u > -1", [0, 1, 2, 3, 4], []),
    ("u != 7", [0, 1, 2, 3], []),
    ("b == 120", [2], []),
    ("c < -7000", [2, 3, 4], []),
    ("x != 4294967295", [1, 2, 3, 4], []),
    ("d", [1, 3], []),
    ("!d", [0, 2, 4], []),
    ("d == false", [0, 2, 4], []),
    ("e == nil", [1, 3], []),
    ("e != nil", [0, 2, 4], []),
    ("e == -5", [0, 2, 4], [1, 3]),
    ("!(e == -5)", [], [1, 3]),
    ("d || e == -5", [0, 1, 2, 3, 4], []),
    ('s == "x"', [1], []),
    ('s != "x"', [0, 2, 3, 4], []),
    ('s == ""', [0], []),
    ('s ~ "h*"', [2], []),
    ('s !~ "h*"', [0, 1, 3, 4], []),
    (r's == "h\xc3\xa9llo \"w\xc3\xb6rld\"\n\x00"', [2], []),
    ('s ~ "*"', [0, 1, 2, 3, 4], []),
    (f's ~ "{"a" * 64}*"', [3], []),
    ('a > 0 && !d || s == ""', [0, 4], []),
    ("!(a > 0 || d)", [0, 2], []),
    ("len > 1 && len < 100 || u == 7", [2, 4], []),
]
LATER = [
    ('s ~ "*wörld*"', [2], [4]),
    ('s ~ "?"', [1], [4]),
    ('s ~ "aaa*a"', [3], []),
    (f's == "{"a" * 128}"', [3], []),
    (f's != "{"a" * 128}"', [0, 1, 2, 4], []),
    (f's == "{"b" * 129}"', [], [4]),
    (f's ~ "{"b" * 65}*"', [4], []),
    ("a > 0.5", [3, 4], []),
]


def run(*arguments):
    return subprocess.run([tool(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False)


def told(messages, what):
    return (told_counts(f"# (?:call of a target|calls of targets) {what}", messages) or [0])[0]


def check_words(tracer, satisfying, unknown, name="expr"):
    values = [{value[name].split("=")[0]: value["value"] for value in call["args"]} for call in tracer.calls()]
    assert sorted(2**32 - 1 - value["x"] for value in values) == satisfying
    assert told(tracer.err, "did not satisfy --where") == 5 - len(satisfying) - len(unknown)
    assert told(tracer.err, "(?:was|were) left out: nobody knows") == len(unknown)
    assert ("nothing to show" not in tracer.err) and "lost" not in tracer.err


@pytest.mark.parametrize("condition, satisfying, unknown", IN_KERNEL + LATER, ids=lambda value: str(value)[:40])
def test_words(binary, start, trace, condition, satisfying, unknown):
    program = start(binary("values"))
    tracer = trace("-f", "json", "--where", condition, program.path, WORDS)
    program.work("words")
    tracer.stop()
    check_words(tracer, satisfying, unknown)
    assert program.code_is_clean()


@pytest.mark.parametrize("arguments", [["--attach", method] for method in ("uprobe_multi", "tracefs", "perf_event")],
                         ids=" ".join)
@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_by_all_means(binary, start, trace, arguments, version):
    program = start(binary("values", version=version, flags=["-ldflags=-s -w"]))
    tracer = trace("-f", "json", *arguments, "--where", 's ~ "h*" || u == 7', program.path, WORDS)
    program.work("words")
    tracer.stop()
    check_words(tracer, [2, 4], [])


@pytest.mark.parametrize("condition, quotients, unknown", [
    ("err != nil", [0], 0), ("err == nil", [33, -14], 0), ('err ~ "*zero"', [0], 2), ("q < 0", [-14], 0),
    ("b == 0 && err != nil", [0], 0), ("b != 0 && err != nil", [], 0), ("b > 0 || q < 0", [33, -14], 0)])
def test_results(binary, start, trace, condition, quotients, unknown):
    """Decided when the call has returned."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "--where", condition, program.path, RESULTS[0])
    program.work("results")
    tracer.stop()
    assert [call["results"][0]["value"] for call in tracer.calls()] == quotients
    assert told(tracer.err, "did not satisfy --where") == 3 - len(quotients) - unknown


def test_no_results(binary, start, trace):
    """A call that did not return satisfies nothing that is asked of results, and the contrary neither."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "--where", "n == 1 || n != 1", program.path, "main.panics()(n=%ax:s64)")
    program.work("results")
    tracer.stop()
    assert len(tracer.calls()) == 1
    assert told(tracer.err, "was left out: nobody knows") == 1


@pytest.mark.parametrize("arguments", [[], ["--live"], ["--slowest", "3"], ["--stack"], ["--states"]], ids=" ".join)
def test_with_others(binary, start, trace, arguments):
    program = start(binary("values"))
    tracer = trace(*arguments, "--where", "b == 120", program.path, WORDS)
    program.work("words")
    tracer.stop()
    assert tracer.out.count("main.words(") == 1 and "b=120" in tracer.out


def test_inside_of_trees(binary, start, trace):
    """It is about first calls: those inside a tree are shown, whatever they are given."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "--where", "depth == 3", program.path, "main.grow(depth=%ax:s64)")
    program.work("grow 1 9")
    tracer.stop()
    assert sorted(call["args"][0]["value"] for call in tracer.calls()) == [0, 1, 2, 3]
    assert told(tracer.err, "did not satisfy --where") == 6


def test_targets_without_the_value(binary, start, trace):
    """What has none of the values begins no trees."""
    program = start(binary("values"))
    tracer = trace("-v", "-f", "json", "--where", "n == 9", program.path, "main.large(n=%ax:s64)", "main.words")
    program.work("words")
    program.work("large")
    tracer.stop()
    assert [call["function"] for call in tracer.calls()] == ["main.large"]
    assert "main.words has none of the values of --where" in tracer.err


def test_unknown_at_the_probe(binary, start, trace):
    program = start(binary("values"))
    tracer = trace("-f", "json", "--where", "r12 >= 0", program.path, "main.large(n=%ax:s64, r12=%r12:u64)")
    program.work("large")
    tracer.stop()
    assert not tracer.calls()
    assert told(tracer.err, "was left out: nobody knows") == 1


@pytest.mark.parametrize("condition, message, column", [
    ("", "name of a value", 0),
    ("m == 1", "no target has a value of this name", 0),
    ("n = 1", "is written ==", 2),
    ("n == 1 &", "&& or ||", 7),
    ("n == 1 && m", "no target has a value of this name", 10),
    ("n", "this value is no bool", 0),
    ('n == "x"', "this value is no text", 5),
    ("n == x", "a number, a text", 5),
    ("n == 'x'", "in double quotes", 5),
    ("len(n) == 1", "no functions in conditions", 3),
    ('n["x"] == 1', "elements cannot be asked for", 0),
    ("n & 1", "&& or ||", 2),
    ("n ~ 7", "~ takes a text", 4),
    ("(n == 1", "')' is expected", 7),
    ("n == 1)", "no '(' to this one", 6),
    ("n == 12x", "this is no number", 5),
    ("n == 18446744073709551616", "more than 64 bits", 5),
    ('n == "x', "has no end", 5),
    (r'n == "\q"', "no such escape", 7),
])
def test_mistakes(binary, condition, message, column):
    done = run("--where", condition, binary("values"), "main.large(n=%ax:s64)")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert message in lines[0]
    assert lines[1:] == [f"  {condition}".rstrip() if condition else "  ", f"  {' ' * column}^"]


def test_live_knows_no_results(binary):
    done = run("--live", "--where", "err != nil", binary("values"), RESULTS[0])
    assert done.returncode == 1 and "--live shows calls as they begin" in done.stderr


def test_twice(binary):
    done = run("--where", "n == 1", "--where", "n == 2", binary("values"), "main.large(n=%ax:s64)")
    assert done.returncode == 2
    assert "join conditions by &&" in done.stderr
