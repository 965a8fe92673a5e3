# SPDX-License-Identifier: MIT
"""Values of calls by name and type: what a program says that it was given is what the tracer shows."""

import re
import subprocess

import pytest

from harness import tool
from test_where import told

STRIPPED, PIE, PLAIN = ["-ldflags=-s -w"], ["-buildmode=pie"], ["-gcflags=all=-N -l"]
BUILDS = [("1.19", []), ("1.19", PLAIN), ("1.22", PIE), ("1.24", []), ("1.27", []), ("1.27", PIE), ("1.27", PLAIN)]
COMMANDS = ["numbers", "structs", "generics", "closures", "texts", "others", "maps", "interfaces"]
NAMES = ["ints", "spilled", "floats", "stackedFloats", "structs", "inRegisters", "larges", "empties", "variadic", "blanks",
         "generic[[]*", "silent[[]*", "numeric[[]*", "composed[[]*", "(*pair[[]*", "pair[[]*", "shown[[]*", "point.byValue",
         "(*point).byPointer", "giveClosures.func1", "slices", "texts", "named", "pointers", "lists", "channels", "maps",
         "functions", "interfaces"]
TARGETS = [f"main.{name}" for name in NAMES]


def name_of(build):
    return f"Go {build[0]} {' '.join(build[1])}".strip()


def run(*arguments):
    return subprocess.run([tool(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False)


def shown(call):
    """What is known of its parameters; those without a name, which Go's DWARF had not always, are left out."""
    return [{key: value for key, value in arg.items() if key not in ("name", "type")}
            for arg in call["args"] if arg["name"] != "_"]


def in_order(tracer):
    return sorted(tracer.calls(), key=lambda call: call["start_ns"])


def trace_all(program, trace, *arguments):
    tracer = trace("-f", "json", "-a", *arguments, program.path, *TARGETS)
    told = [call for command in COMMANDS for call in program.work(command)]
    tracer.stop()
    return in_order(tracer), told


def entries(tracer):
    """What stands between the brackets of each entry."""
    return re.findall(r"main\.\S+?\((.*)\) \{ ", tracer.out)


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_everything(binary, start, trace, build):
    """Every type, in every place, on all kinds of programs."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    calls, told = trace_all(program, trace)
    assert len(calls) == len(told)
    for call, values in zip(calls, told):
        assert shown(call) == [value for value in values if value], call["function"]
    assert program.code_is_clean()


UNKNOWN = {"value": None, "state": "unknown"}


@pytest.mark.parametrize("version", ["1.22", "1.27"])
@pytest.mark.parametrize("flags", [[], PLAIN], ids=str)
def test_growth(binary, start, trace, version, flags):
    """Parameters that are not used are not kept where a call makes the stack larger: nothing is said of them then."""
    program = start(binary("typed", version=version, flags=flags))
    tracer = trace("-f", "json", "-a", program.path, "main.grown")
    told = program.work("growth")
    calls = in_order(tracer.stop())
    if not flags:
        told[0] = [UNKNOWN, UNKNOWN]
    assert [shown(call) for call in calls] == told


def test_growth_of_written(binary, start, trace):
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--where", "x < 3", program.path, "main.grown(x=+0(%ax):s64, n=%bx:s64)")
    program.work("growth")
    calls = in_order(tracer.stop())
    assert [[arg["value"] for arg in call["args"]] for call in calls] == [[1, 1], [2, 2]]
    tracer = trace("-f", "json", program.path, "main.grown(x=+0(%ax):s64, n=%bx:s64)")
    program.work("growth")
    calls = in_order(tracer.stop())
    assert [[arg["value"] for arg in call["args"]] for call in calls] == [[None, None], [1, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize("condition, values, rejected, unknown", [
    ("n > 1", [[2, None], [3, None]], 2, 0), ("n > 1 && other != 1", [], 2, 2),
    ("n > 1 || other != 1", [[2, None], [3, None]], 0, 2)])
def test_condition_on_what_is_kept(binary, start, trace, condition, values, rejected, unknown):
    """That a register is lost is of no matter to conditions, or parts of them, that do not ask for it."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--where", condition, program.path, "main.grownWith(n=%ax:s64, other=%cx:x64)")
    program.work("kept")
    calls = in_order(tracer.stop())
    assert [[arg["value"] for arg in call["args"]] for call in calls] == values
    assert told(tracer.err, "did not satisfy --where") == rejected
    assert told(tracer.err, "(?:was|were) left out: nobody knows") == unknown


def test_condition_behind_what_is_unknown(binary, start, trace):
    """The stack check has changed R12: what comes behind it in a condition is known nevertheless."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--where", "(r == 1 || n >= 0) && n < 2", program.path,
                   "main.grownWith(r=%r12:x64, n=%ax:s64)")
    program.work("kept")
    calls = in_order(tracer.stop())
    assert [[arg["value"] for arg in call["args"]] for call in calls] == [[None, 0], [None, 1]]
    assert told(tracer.err, "did not satisfy --where") == 2


def test_names_and_types(binary, start, trace):
    program = start(binary("typed"))
    tracer = trace("-f", "json", "-a", program.path, "main.named", "main.pointers", "main.request")
    program.work("others")
    program.work("interfaces")
    tracer.stop()
    names = [[(arg["name"], arg["type"]) for arg in call["args"]] for call in in_order(tracer)]
    assert names[0] == [("a", "main.kind"), ("b", "main.name"), ("c", "time.Duration"), ("d", "time.Time"), ("e", "*time.Time")]
    assert names[2] == [("a", "*int"), ("b", "**int"), ("c", "unsafe.Pointer"), ("d", "*[2]int"), ("e", "*[]int"),
                        ("f", "*main.mixed")]
    assert names[-1] == [("w", "net/http.ResponseWriter"), ("r", "*net/http.Request")]


def test_text(binary, start, trace):
    program = start(binary("typed"))
    tracer = trace("-a", program.path, *TARGETS)
    for command in COMMANDS:
        program.work(command)
    lines = entries(tracer.stop())
    for line in [
        "a = 7, b = -8, c = 9, d = -9223372036854775808, e = 10, f = true, g = 0xb, h = 12, i = -13",
        'a = ?, b = 7, c = ?, d = ?, e = "behind"',
        "a = [2]float64{3.141592653589793, -0.5}, b = [2]float32{0.1, 3e+38}, c = [2]complex128{(1+2i), (0-0.5i)}, d = 9",
        "p = main.point{}, m = main.mixed{}, q = nil",
        "p = &main.point{X: 6, Y: 7}, n = 8",
        'a = main.empty{}, b = [0]int{}, c = 7, d = struct {}{}, e = &main.empty{}',
        'a = 2, rest = []string{"a", "b"}',
        'p = &main.pair[string,int]{key: "key", value: 7}, key = "k", n = 1',
        'a = 3, b = "name", c = 1.5s, d = 2023-11-14T22:13:20.123456789Z, e = &2023-11-14T22:13:20.123456789Z',
        "n = &main.node{value: 1, next: &{value: 2}}",
        "n = &main.node{value: 1, next: &{value: 1, next: &{value: 1, next: ...}}}",
        "a = chan int{len: 2, cap: 4}, b = nil, c = chan main.point{len: 0, cap: 0}",
        "a = main.giveOthers, b = nil",
        'a = nil, b = map[int]string{}, c = map[main.point]bool{{X: 1, Y: 2}: true}, d = map[string]*main.point{"a": &{X: 3, Y: 4}}',
        "a = nil, b = nil, c = nil",
        'a = 7, b = &errors.errorString{"divide by zero"}, c = 1s',
    ]:
        assert line in lines, line


def test_stripped_says_less(binary, start, trace):
    """Without DWARF no name is made up."""
    program = start(binary("typed", flags=STRIPPED))
    tracer = trace("-f", "json", "-a", program.path, "main.ints")
    program.work("numbers")
    calls = tracer.stop().calls()
    assert all(arg["name"] == "_" for call in calls for arg in call["args"])
    for path in ["0.a", "1.a"]:
        done = run("--arg", path, program.path, "main.request")
        assert done.returncode != 0
        assert f'main.request has no "{path}": of what type {path[0]} of main.request is, no DWARF says' in done.stderr
    done = run("--arg", "r.URL", program.path, "main.request")
    assert "those of main.request are 0, 1: numbers, as they have no names here" in done.stderr


@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_fields(binary, start, trace, version):
    program = start(binary("typed", version=version))
    tracer = trace("--arg", "r.URL.Path,r.Method,r.URL.User.username", "--arg", "w", program.path, "main.request")
    program.work("interfaces")
    assert entries(tracer.stop()) == ['r.URL.Path = "/bar", r.Method = "GET", r.URL.User.username = nil, w = nil']


def test_globs(binary, start, trace):
    """-a is of targets, GLOB of all that are shown."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--args=main.*", "--args=!main.ints", "-u", "main.ints", "-u", "main.spilled", program.path,
                   "main.stackedFloats", "main.floats", "main.giveNumbers")
    program.work("numbers")
    has = {call["function"]: "args" in call for call in tracer.stop().calls()}
    assert has == {"main.giveNumbers": False, "main.ints": False, "main.spilled": True, "main.floats": True,
                   "main.stackedFloats": True}
    tracer = trace("-f", "json", "-a", "-u", "main.ints", program.path, "main.floats")
    program.work("numbers")
    has = {call["function"]: "args" in call for call in tracer.stop().calls()}
    assert has == {"main.floats": True}


def test_limits(binary, start, trace):
    program = start(binary("typed"))
    tracer = trace("-a", "--value-size", "10", "--value-depth", "1", program.path, "main.texts", "main.lists")
    program.work("texts")
    program.work("others")
    lines = entries(tracer.stop())
    assert 'a = "0123456789"...+118, b = "0123456789"...+119, c = []byte("0123456789"...+120), d = &"0123456789"...+120' in lines
    assert "n = &main.node{value: 1, next: ...}" in lines


@pytest.mark.parametrize("arguments, message", [
    (["--arg", "x.Path", "main.request"], 'no target has a parameter "x": those of main.request are w, r'),
    (["--arg", "r.Nothing", "main.request"],
     'main.request has no "r.Nothing": r of main.request is of type *net/http.Request, with the fields Method, URL, '),
    (["--arg", "w.Nothing", "main.request"], "w of main.request is of type net/http.ResponseWriter, an interface"),
    (["--arg", "r.Method.Nothing", "main.request"], "r.Method of main.request is of type string, which has no fields"),
    (["--where", "c == 1", "main.blanks"], "no target has a value of this name: those of main.blanks are"),
    (["--where", "p == 1", "main.structs"], "p of main.structs is of type main.point, with the fields X, Y"),
    (["--where", "p.x == 1", "main.structs"], "p of main.structs is of type main.point, with the fields X, Y"),
    (["--where", "rest == 1", "main.variadic"], "rest is of type []string"),
    (["--where", "a == 1", "main.texts"], "this value is no number: a is of type string"),
    (["--arg", "r..URL", "main.request"], "--arg wants names"),
    (["--value-size", "2000", "main.request"], "1024"),
], ids=str)
def test_mistakes(binary, arguments, message):
    done = run(*arguments[:-1], binary("typed"), arguments[-1])
    assert done.returncode != 0
    assert message in done.stderr
