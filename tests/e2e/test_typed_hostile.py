# SPDX-License-Identifier: MIT
"""Values by name and type that no sound program has: what is not there is said to be so, and nothing else happens."""

import pytest

from test_typed import PLAIN, in_order

BUILDS = [("1.19", PLAIN), ("1.24", []), ("1.27", [])]


def state_of(value):
    return value.get("states", {}) if "states" in value else value.get("state")


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_nowhere(binary, start, trace, build):
    """Pages that cannot be read, and lengths of 2^62."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-a", "--args=main.hostile*", program.path, "main.hostile*")
    program.work("hostile")
    calls = in_order(tracer.stop())
    args = {arg["name"]: arg for call in calls for arg in call["args"]}
    for name in "abcdfg":
        assert (args[name]["value"], state_of(args[name])) == (None, "unreadable"), args[name]
    assert args["e"]["value"] in ({"type": "int", "value": None}, None) and state_of(args["e"]) == "unreadable"
    assert args["h"]["value"] is None and state_of(args["h"]) in ("unreadable", "unknown")
    for name in "ij":
        assert args[name]["value"] == "x" * 128 and state_of(args[name]) == "truncated"
    assert args["k"]["value"] == ["a", "b", None, "d"] and state_of(args["k"]) == {"[2]": "unreadable"}
    assert program.code_is_clean()


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_written_meanwhile(binary, start, trace, build):
    """A map that changes while it is read: any of its entries, or none; each call is told, and is well-formed."""
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-a", program.path, "main.written")
    count = program.work("written")
    calls = in_order(tracer.stop())
    assert [call["args"][0]["value"] for call in calls] == list(range(count))
    maps = [call["args"][1] for call in calls]
    assert all(one["type"] == "map[string]int" and isinstance(one["value"], (dict, list, type(None))) for one in maps)
    assert all(len(one["value"] or ()) <= 32 for one in maps)
    assert program.code_is_clean()
