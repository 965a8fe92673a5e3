# SPDX-License-Identifier: MIT
"""--where with parameters and results by their names in Go: no list is needed, where DWARF tells of them."""

import pytest

from test_where import IN_KERNEL, LATER, check_words, told

BUILDS = [("1.19", []), ("1.22", ["-buildmode=pie"]), ("1.24", []), ("1.27", []), ("1.27", ["-gcflags=all=-N -l"])]
# What is behind the pointer, and the text's length, have no names.
CONDITIONS = [row for row in IN_KERNEL + LATER if "-5" not in row[0] and "len" not in row[0]]


@pytest.mark.parametrize("condition, satisfying, unknown", CONDITIONS[::3], ids=lambda value: str(value)[:40])
def test_words(binary, start, trace, condition, satisfying, unknown):
    program = start(binary("values", version="1.27"))
    tracer = trace("-f", "json", "-a", "--where", condition, program.path, "main.words")
    program.work("words")
    tracer.stop()
    check_words(tracer, satisfying, unknown, "name")


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
@pytest.mark.parametrize("condition, quotients", [("b == 0", [0]), ("a == 100 && b != 0", [33, -14])])
def test_arguments(binary, start, trace, build, condition, quotients):
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-r", "--where", condition, program.path, "main.divide")
    program.work("results")
    tracer.stop()
    assert [call["results"][0]["value"] for call in tracer.calls()] == quotients
    assert told(tracer.err, "did not satisfy --where") == 3 - len(quotients)
    assert program.code_is_clean()


@pytest.mark.parametrize("condition, wanted", [("result < 0", [5, 200]), ('text == "none"', [1]),
                                               ('n > 1 && text ~ "ppppp*" && result == -5', [5])])
def test_results(binary, start, trace, condition, wanted):
    program = start(binary("values"))
    tracer = trace("-f", "json", "-a", "--where", condition, program.path, "main.recovered")
    program.work("results")
    tracer.stop()
    assert [call["args"][0]["value"] for call in tracer.calls()] == wanted


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_unnamed_results(binary, start, trace, build):
    """By their numbers: each is shown once, whoever asks for it."""
    program = start(binary("values", version=build[0], flags=build[1]))
    for condition, quotients, names in (("r0 > 0", [33], ["r0", ""]), ("r1 != nil", [0], ["", "r1"]),
                                        ("r0 < 0 && r1 == nil", [-14], ["r0", "r1"])):
        tracer = trace("-f", "json", "-ar", "--where", condition, program.path, "main.divide")
        program.work("results")
        tracer.stop()
        calls = tracer.calls()
        assert [call["results"][0]["value"] for call in calls] == quotients
        assert [[value["name"] for value in call["results"]] for call in calls] == [names]
        assert [value["name"] for value in calls[0]["args"]] == ["a", "b"]


@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_fields(binary, start, trace, version):
    """The fields of a request decide, in the kernel, which ones are shown."""
    program = start(binary("requests", version=version))
    tracer = trace("-f", "json", "--live", "--where", 'r.URL.Path == "/" && r.Method ~ "G*" && r.URL != nil && r.TLS == nil',
                   program.path, "main.handle")
    program.work("GO 2 3")
    tracer.stop()
    entries = [event for event in tracer.calls() if event["event"] == "entry"]
    assert len(entries) == 6
    assert {value["name"]: value["value"] for value in entries[0]["args"]}["r.URL.Path"] == "/"


def test_no_field(binary, start, trace):
    program = start(binary("requests"))
    tracer = trace("-f", "json", "--where", 'r.URL.Path == "/none"', program.path, "main.handle")
    program.work("GO 2 3")
    tracer.stop()
    assert not tracer.calls() and told(tracer.err, "did not satisfy --where") == 6


@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_bytes(binary, start, trace, version):
    """A slice of bytes is a text, as it is shown as one; a nil one holds as much as an empty one."""
    program = start(binary("typed", version=version))
    given = {"nil": "", "long": 13 * "0123456789", "few": "\x01\x02\xff"}
    for condition, wanted in (('c ~ "01*"', ["long"]), (r'c == "\x01\x02\xff"', ["few"]), ('c == ""', ["nil"]), ("c == nil", ["nil"]),
                              ('c != ""', ["long", "few"]), ('c !~ "0*"', ["nil", "few"]), ("c != nil", ["long", "few"])):
        tracer = trace("-f", "json", "--arg", "a", "--where", condition, program.path, "main.texts")
        program.work("texts")
        tracer.stop()
        # By the first argument: none, digits, or words.
        found = {"": "nil", "0": "long", "h": "few"}
        assert [found[call["args"][0]["value"][:1]] for call in tracer.calls()] == wanted, condition
        assert told(tracer.err, "did not satisfy --where") == len(given) - len(wanted), condition
