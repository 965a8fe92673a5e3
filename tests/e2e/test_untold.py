# SPDX-License-Identifier: MIT
"""Values of calls in stripped binaries: words, types that the program keeps for itself, and the library's signatures."""

import re
import subprocess

import pytest

STRIPPED, PIE = ["-ldflags=-s -w"], ["-buildmode=pie", "-ldflags=-s -w"]
BUILDS = [("1.19", STRIPPED), ("1.19", PIE), ("1.21", STRIPPED), ("1.24", PIE), ("1.26", STRIPPED), ("1.27", STRIPPED),
          ("1.27", PIE)]


def name_of(build):
    return f"Go {build[0]} {' '.join(build[1])}"


def shown(tracer):
    """{function: what stands between the brackets of its entry}, addresses as P."""
    lines = re.findall(r"(main\.\S+?)\((.*)\) \{ ", tracer.out)
    return {re.sub(r"\[.*\]", "[]", name): re.sub(r"0x[0-9a-f]{6,12}", "P", text) for name, text in lines}


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_words_and_types(binary, start, trace, build):
    """What can only be a string or an interface is marked; what is not known is not guessed."""
    program = start(binary("untold", version=build[0], flags=build[1]))
    tracer = trace("-a", program.path, "main.words", "main.faces", "main.(*thing).*", "main.generic*", "main.(*list*")
    program.work("GO")
    assert shown(tracer.stop()) == {
        "main.words": '0xff, 0x8, "hällo"?, {0x5, 0x6}, ?, 0x9, {0xa, 0xb}',
        "main.faces": "*main.fault(P)?, int(P)?, {P, 0x2}",
        "main.(*thing).Do": '&main.thing{Name: "name", Count: 3, inner: &{x: 1, y: 2}}, 4, "four"',
        "main.(*thing).hidden": '&main.thing{Name: "name", Count: 3, inner: &{x: 1, y: 2}}, 0x5',
        "main.generic[]": '0x6, "six"?',
        "main.(*list[]).add": 'P, 0x7, "seven"?',
    }
    assert program.code_is_clean()


def test_json(binary, start, trace):
    program = start(binary("untold", version="1.27", flags=STRIPPED))
    tracer = trace("-f", "json", "-a", program.path, "main.words", "main.faces", "main.(*thing).hidden")
    program.work("GO")
    calls = {call["function"]: call["args"] for call in tracer.stop().calls()}
    assert [{key: arg[key] for key in arg if key != "name"} for arg in calls["main.words"]] == [
        {"value": "0xff"}, {"value": "0x8"}, {"type": "string", "inferred": True, "value": "hällo"},
        {"value": ["0x5", "0x6"]}, {"value": None, "state": "unknown"}, {"value": "0x9"}, {"value": ["0xa", "0xb"]}]
    face = calls["main.faces"][0]
    assert face["type"] == "*main.fault" and face["inferred"] and re.fullmatch("0x[0-9a-f]+", face["value"])
    assert calls["main.(*thing).hidden"][0] == {"name": "_", "type": "*main.thing", "value": {
        "Name": "name", "Count": 3, "inner": {"x": 1, "y": 2}}}


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_library(binary, start, trace, build):
    """Which URL: the library's parameters have names without DWARF, too; of methods of others there are numbers."""
    program = start(binary("requests", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "--arg", "req.URL.RawQuery,req.Method", program.path, "net/http.serverHandler.ServeHTTP")
    numbered = trace("-f", "json", "--arg", "2.URL.RawQuery", program.path, "net/http.HandlerFunc.ServeHTTP")
    program.work("GO 2 3")
    wanted = sorted(f"n={n}" for n in range(6))
    calls = tracer.stop().calls()
    assert sorted(call["args"][0]["value"] for call in calls) == wanted
    assert [call["args"][1]["value"] for call in calls] == ["GET"] * 6
    assert sorted(call["args"][0]["value"] for call in numbered.stop().calls()) == wanted


def test_debug_file_gives_names(binary, start, trace):
    """--debug-file: all that DWARF says, of a binary that was stripped."""
    whole = binary("untold", version="1.24")
    path = whole.with_suffix(".stripped")
    subprocess.run(["strip", "-o", path, whole], check=True, timeout=60)
    program = start(path)
    tracer = trace("-f", "json", "--debug-file", whole, "-a", path, "main.words")
    program.work("GO")
    (call,) = tracer.stop().calls()
    assert [(arg["name"], arg["type"]) for arg in call["args"]] == [
        ("a", "int8"), ("b", "uint32"), ("s", "string"), ("p", "main.pair"), ("f", "float64"), ("n", "int"), ("late", "[2]int")]
    assert call["args"][2]["value"] == "hällo"
