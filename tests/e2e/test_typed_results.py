# SPDX-License-Identifier: MIT
"""-r: what calls return, by name and type, is what the program says that they did."""

import re

import pytest

from test_where import run

STRIPPED, PIE, PLAIN = ["-ldflags=-s -w"], ["-buildmode=pie"], ["-gcflags=all=-N -l"]
BUILDS = [("1.19", []), ("1.19", PLAIN), ("1.22", PIE), ("1.24", []), ("1.27", []), ("1.27", PLAIN)]
NAMES = ["divide", "recovered", "unnamed", "stackedResults", "panics", "leaves", "sum"]
TARGETS = [f"main.{name}" for name in NAMES]


def shown(calls, function):
    return [[[value["value"], value["state"]] if "state" in value else [value["value"]]
             for value in call.get("results", [])] for call in calls if call["function"] == f"main.{function}"]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_everything(binary, start, trace, build):
    """In registers and on the stack, after a panic, with names and without; none where a call does not return."""
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-r", program.path, *TARGETS)
    told = program.work("results")
    tracer.stop()
    calls = sorted(tracer.calls(), key=lambda call: call["start_ns"] + call["duration_ns"])
    for name in ("recovered", "unnamed", "panics", "leaves", "sum"):
        assert shown(calls, name) == [results or [] for results in told[f"main.{name}"]], name
    (first, second, text), = told["main.stackedResults"]
    # DWARF before Go 1.22 may lack parameters, which results on the stack come behind.
    on_stack = [None, "unknown"] if build[0] == "1.19" else [first + second]
    assert shown(calls, "stackedResults") == [[on_stack, text]]
    divided = [call["results"] for call in calls if call["function"] == "main.divide"]
    assert [quotient["value"] for quotient, _ in divided] == [33, 0, -14]
    assert [error["type"] for _, error in divided] == ["error"] * 3
    assert "args" not in calls[0]
    names = {call["function"]: [value["name"] for value in call["results"]] for call in calls if "results" in call}
    assert names["main.recovered"] == ["result", "text"] and names["main.divide"] == ["", ""]
    assert program.code_is_clean()


@pytest.mark.parametrize("arguments", [["-r"], ["-r", "--leaf"], ["-r", "--live"], ["-a", "-r"], ["-ar"], ["-ra"], ["--results=main.div*"]],
                         ids=" ".join)
def test_text(binary, start, trace, arguments):
    program = start(binary("values"))
    tracer = trace(*arguments, program.path, "main.divide", "main.panics")
    program.work("results")
    tracer.stop()
    assert len(re.findall(r" = \(33, nil\)", tracer.out)) == 1
    assert len(re.findall(r' = \(0, &errors\.errorString\{"divide by zero"\}\)', tracer.out)) == 1
    assert len(re.findall(r" = \(-14, nil\)", tracer.out)) == 1
    assert ("a = 100, b = 3" in tracer.out) == (bool({"-a", "-ar", "-ra"} & set(arguments)))
    assert (" = (-1)" in tracer.out) == (arguments != ["--results=main.div*"])


def test_unknown_where_stripped(binary, start, trace):
    """Of functions whose parameters are but words, nobody knows what they return: that is said."""
    program = start(binary("values", flags=STRIPPED))
    unknown = "which results main.divide has is unknown: the binary has no DWARF"
    for option in ("-r", "--results=main.*"):
        done = run(option, program.path, "main.divide")
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr == f"gofuncgraph-c: {unknown}\n"
    for options, is_told in ((["-ar"], True), (["-a"], False)):
        tracer = trace(*options, program.path, "main.divide")
        program.work("results")
        assert "main.divide(?, ?) {" in tracer.stop().out
        assert (f"gofuncgraph-c: warning: {unknown}\n" in tracer.err) == is_told


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_wrapped(binary, start, trace, build):
    """Of the error that one was made from, the type is told."""
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-r", program.path, "main.wrapped")
    told = program.work("wrapped")
    tracer.stop()
    assert len(told) == 3
    shown = re.findall(r' = \(&fmt\.wrapError\{msg: "(.*?)", err: &(.*?)\{\.\.\.\}\}\)', tracer.out)
    assert sorted(shown) == sorted((text, kind.lstrip("*")) for kind, text in told)
    tracer = trace("-f", "json", "-r", program.path, "main.wrapped")
    program.work("wrapped")
    tracer.stop()
    errors = [call["results"][0] for call in tracer.calls()]
    inner = [(error["value"]["value"]["msg"], error["value"]["value"]["err"]) for error in errors]
    assert sorted((text, err["type"].replace("io/fs", "fs")) for text, err in inner) == sorted((text, kind) for kind, text in told)
    assert all(err["value"] is None for _, err in inner)
    assert all("depth" in error["states"].values() for error in errors)


@pytest.mark.parametrize("options, whole", [([], True), (["--value-size", "64"], False)], ids=["default", "64"])
def test_wide_error(binary, start, trace, options, whole):
    """An interface's value has as much room as --value-size gives it, if the record has."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "-a", *options, program.path, "main.takes")
    program.work("wrapped")
    tracer.stop()
    error = tracer.calls()[0]["args"][2]
    assert error["value"]["type"] == "*main.wide"
    assert error["value"]["value"]["codes"] == list(range(1, 11 if whole else 9))
    assert error["value"]["value"]["last"] == (11 if whole else None) and ("states" in error) == (not whole)


@pytest.mark.parametrize("method", ["tracefs", "perf_event"])
def test_methods(binary, start, trace, method):
    program = start(binary("values"))
    tracer = trace("-f", "json", "--attach", method, "-r", program.path, "main.unnamed")
    told = program.work("results")
    tracer.stop()
    assert shown(tracer.calls(), "unnamed") == told["main.unnamed"]


def test_written_lists_first(binary, start, trace):
    """What is asked for in brackets is shown in place of what -a and -r know."""
    program = start(binary("values"))
    tracer = trace("-a", "-r", program.path, "main.divide(a=%ax:s64)(q=%ax:s64)")
    program.work("results")
    tracer.stop()
    assert "main.divide(a=100) {" in tracer.out and " = (q=33)" in tracer.out and "errorString" not in tracer.out
