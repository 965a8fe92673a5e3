# SPDX-License-Identifier: MIT
"""Values of generic functions by the types that they were called with, which the call's dictionary tells."""

import re

import pytest

from test_typed import PIE, PLAIN, in_order, name_of, shown

VERSIONS = ["1.19", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"]
BUILDS = [(version, []) for version in VERSIONS]
BUILDS += [("1.19", PLAIN), ("1.22", PLAIN), ("1.22", PIE), ("1.24", PLAIN), ("1.27", PLAIN), ("1.27", PIE)]
TARGETS = [f"main.{name}[[]*" for name in ["generic", "silent", "numeric", "composed", "(*pair", "pair", "shown"]]
LINES = [
    "a = 7, b = []int{1, 2}, c = 3",
    "a = 7, b = []main.level{1, 2}, c = 3",
    'a = "a", b = []main.name{"b", "c"}, c = 4',
    "a = main.point{X: 1, Y: 2}, b = []main.point{{X: 3, Y: 4}}, c = 5",
    "a = &main.point{X: 1, Y: 2}, b = []*main.point{&{X: 3, Y: 4}, nil}, c = 6",
    "a = []*main.point{&{X: 1, Y: 2}}, b = [][]*main.point{{&{X: 3, Y: 4}}}, c = 7",
    'a = map[string]int{"a": 1}, b = nil, c = 8',
    'a = []byte("\\x01\\x02"), b = &7, c = 9',
    "a = []*main.point{&{X: 1, Y: 2}}, b = &&main.point{X: 1, Y: 2}, c = 10",
    'p = &main.pair[int,*main.point]{key: 8, value: &{X: 1, Y: 2}}, key = 9, n = 2',
    'p = main.pair[main.name,*main.kind]{key: "n", value: &7}, n = 10, v = &7, l = []main.pair[main.name,*main.kind]'
    '{{key: "m", value: &7}}',
]


def returned(call):
    return [{key: value for key, value in result.items() if key not in ("name", "type")} for result in call["results"]]


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_types(binary, start, trace, build):
    """With every Go that there is: values, and their types."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-a", program.path, *TARGETS)
    told = program.work("generics")
    calls = in_order(tracer.stop())
    assert [shown(call) for call in calls] == [[value for value in values if value] for values in told]
    types = [{arg["name"]: arg["type"] for arg in call["args"]} for call in calls]
    assert types[1] == {"a": "main.level", "b": "[]main.level", "c": "int"}
    assert types[6] == {"a": "[]*main.point", "b": "[][]*main.point", "c": "int"}
    assert types[-1] == {"a": "*main.point", "b": "int"}
    assert not any("unsafe.Pointer" in name or "shape" in name for call in types for name in call.values())
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.19", "1.24", "1.27"])
def test_text(binary, start, trace, version):
    program = start(binary("typed", version=version))
    tracer = trace("-a", program.path, *TARGETS)
    program.work("generics")
    tracer.stop()
    for line in LINES:
        assert f"({line}) {{ " in tracer.out, line


def test_fields(binary, start, trace):
    """Of what is of the function's types, too."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--arg", "p.value,p.key", "--arg", "n", program.path, "main.(*pair[[]*", "main.pair[[]*")
    program.work("generics")
    args = [[(arg["name"], arg["type"], arg["value"]) for arg in call["args"]] for call in in_order(tracer.stop())]
    assert args == [[("p.value", "int", 7), ("p.key", "string", "key"), ("n", "int", 1)],
                    [("p.value", "*main.point", {"X": 1, "Y": 2}), ("p.key", "int", 8), ("n", "int", 2)],
                    [("p.value", "main.kind", None), ("p.key", "main.name", None), ("n", "int", 3)],
                    [("p.value", "*main.kind", 7), ("p.key", "main.name", "n"), ("n", "int", 10)]]


@pytest.mark.parametrize("build", [("1.24", PLAIN), ("1.27", []), ("1.27", PLAIN), ("1.27", PIE)], ids=name_of)
def test_closures(binary, start, trace, build):
    """Functions inside of generic ones have the dictionary in their closure, if DWARF tells where."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-a", "-r", program.path, "main.enclosing[[]*].func1")
    told = program.work("genericClosures")
    calls = in_order(tracer.stop())
    assert [shown(call) for call in calls] == [values[:2] for values in told]
    assert [returned(call) for call in calls] == [values[:1] for values in told]
    assert [call[kind][0]["type"] for call in calls for kind in ("args", "results")] == 2 * ["main.name"] + 2 * ["*main.point"]


@pytest.mark.parametrize("version", ["1.19", "1.22", "1.26"])
def test_unknown_dictionaries(binary, start, trace, version):
    """Where nobody knows the dictionary, types are what all are that share the code."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "-a", "-r", program.path, "main.enclosing[[]*].func1")
    told = program.work("genericClosures")
    first, second = in_order(tracer.stop())
    assert shown(first) == told[0][:2] and first["args"][0]["type"] == "string"
    assert second["args"][0]["type"] == "unsafe.Pointer" and second["args"][0]["value"].startswith("0x")
    assert first["results"][0]["type"] == "string" and second["results"][0]["type"] == "unsafe.Pointer"


RESULT_BUILDS = [("1.19", []), ("1.19", PLAIN), ("1.21", []), ("1.24", []), ("1.24", PLAIN), ("1.27", []), ("1.27", PIE),
                 ("1.27", PLAIN)]
RETURNING = [f"main.{name}[[]*" for name in ["give", "lookUp", "compose", "alternate", "rescue", "(*pair"]] + ["!*.func1"]
RETURNED = [
    '= (7, []byte("\\x01\\x02"), 2)',
    '= ("n", []main.name{"a", "b"}, 2)',
    "= (main.point{X: 1, Y: 2}, []main.point{{X: 3, Y: 4}}, 1)",
    "= (&main.point{X: 1, Y: 2}, []*main.point{&{X: 3, Y: 4}, nil}, 2)",
    "= (&7, []*main.kind{&7}, 1)",
    "= (found = &main.point{X: 1, Y: 2}, ok = true)",
    "= (found = nil, ok = false)",
    "= (result = []*main.point{&{X: 1, Y: 2}}, rest = [][]*main.point{{&{X: 1, Y: 2}}})",
    '= (&main.pair[string,*main.point]{key: "key", value: &{X: 1, Y: 2}}, &main.point{X: 1, Y: 2})',
    "= (&main.point{X: 1, Y: 2}, 5)",
    "= (&7, 4)",
]


def by_end(tracer):
    return sorted(tracer.calls(), key=lambda call: call["start_ns"] + call["duration_ns"])


@pytest.mark.parametrize("options", [["-r"], ["-a", "-r"]], ids=" ".join)
@pytest.mark.parametrize("build", RESULT_BUILDS, ids=name_of)
def test_results(binary, start, trace, build, options):
    """What calls return is of the types that they were called with, which were known when they began."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", *options, program.path, *RETURNING)
    told = program.work("genericResults")
    calls = by_end(tracer.stop())
    assert [returned(call) for call in calls] == told
    types = [[result["type"] for result in call["results"]] for call in calls]
    assert types[:5] == [["main.kind", "[]main.kind", "int"]] + 2 * [["main.kind", "bool"]] + [
        ["main.kind", "[]main.kind"], ["*main.pair[string,main.kind]", "main.kind"]]
    assert types[15] == ["*main.point", "[]*main.point", "int"]
    assert types[20] == ["*main.kind", "[]*main.kind", "int"]
    assert types[-9:-3] == [["*main.kind", "int"], ["*main.point", "int"]] * 3
    assert not any("unsafe.Pointer" in name or "shape" in name for call in types for name in call)
    assert all(("args" in call) == ("-a" in options) for call in calls)
    assert program.code_is_clean()


@pytest.mark.parametrize("arguments", [["-r"], ["-r", "--live"], ["-r", "--leaf"], ["-r", "--where", "n != 9"]], ids=" ".join)
@pytest.mark.parametrize("version", ["1.19", "1.21", "1.24", "1.27"])
def test_results_in_text(binary, start, trace, version, arguments):
    program = start(binary("typed", version=version))
    targets = RETURNING if "--where" not in arguments else ["main.alternate[[]*"]
    tracer = trace(*arguments, program.path, *targets)
    program.work("genericResults")
    tracer.stop()
    for line in RETURNED if "--where" not in arguments else RETURNED[-2:]:
        assert line in tracer.out, line
    assert "unsafe.Pointer" not in tracer.out and "0xc0" not in tracer.out


def test_conditions_on_results(binary, start, trace):
    """They need no -r, and what they look at is shown as what it is."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--where", 'found == "n" && ok == true', program.path, "main.lookUp[[]*string*")
    program.work("genericResults")
    calls = by_end(tracer.stop())
    assert [[(result["name"], result["type"], result["value"]) for result in call["results"]] for call in calls] == [
        [("found", "main.name", "n"), ("ok", "bool", True)]]


def test_conditions_on_some_types(binary, start, trace):
    """They are decided where the type allows for it, and where it does not, that is told."""
    program = start(binary("typed"))
    tracer = trace("-f", "json", "--where", 'r0 == "n"', program.path, "main.give[[]*")
    program.work("genericResults")
    calls = by_end(tracer.stop())
    assert [(call["results"][0]["type"], call["results"][0]["value"]) for call in calls] == [("main.name", "n")]
    (line,) = [line for line in tracer.err.splitlines() if "--where cannot be decided for main.give[" in line]
    assert re.search(r": (this value is no text|values of such types are not compared): r0 is of type "
                     r".* \(and so it is with \d other targets\)$", line)


def test_conditions_on_no_type(binary, run_tool):
    """Where it can nowhere be decided, it is an error."""
    tracer = run_tool("--where", "r2 == true", binary("typed"), "main.give[[]*")
    assert tracer.wait() == 1 and "this value is no bool: r2 is of type int" in tracer.err
