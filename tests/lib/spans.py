# SPDX-License-Identifier: MIT
"""Spans in OTLP's JSON, compared with what `-f json` tells of the same calls."""

import collections
import json
import re


def attributes(of):
    """{key: value}"""
    def value(one):
        (kind, text), = one.items()
        return int(text) if kind == "intValue" else float(text) if kind == "doubleValue" else text

    return {one["key"]: value(one["value"]) for one in of.get("attributes", [])}


def spans_of(request):
    """[(resource, span)] of a request, or of traces that were asked for."""
    return [(attributes(of["resource"]), span)
            for of in request["resourceSpans"] for scope in of["scopeSpans"] for span in scope["spans"]]


def facts_of_call(call):
    caller, states = call.get("caller", {}), dict(call.get("states_ns", {}))
    waits = tuple((wait["end_ns"] - wait["duration_ns"], wait["duration_ns"], wait.get("reason", wait["state"]),
                   wait.get("woken_by", {}).get("goid")) for wait in call.get("waits", []))
    states.update({f"waiting.{name}": ns for name, ns in states.pop("waiting", {}).items()})
    return (call["function"], call["start_ns"], call["duration_ns"], call["goid"], call["end"], call.get("probe_ns"),
            caller.get("function"), caller.get("file"), caller.get("line"), call.get("return", {}).get("line"),
            tuple(sorted(states.items())), waits)


def facts_of_span(span):
    have = attributes(span)
    states = tuple(sorted((key.removeprefix("gofuncgraph.states_ns."), value) for key, value in have.items()
                          if key.startswith("gofuncgraph.states_ns.")))
    waits = []
    for event in span.get("events", []):
        about = attributes(event)
        waits.append((int(event["timeUnixNano"]), about["gofuncgraph.duration_ns"], event["name"],
                      about.get("gofuncgraph.woken_by.goid")))
    assert span["name"] == have["code.function.name"]
    begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return (span["name"], begin, end - begin, have["thread.id"], have["gofuncgraph.end"], have.get("gofuncgraph.probe_ns"),
            have.get("gofuncgraph.caller.function"), have.get("gofuncgraph.caller.file"),
            have.get("gofuncgraph.caller.line"), have.get("gofuncgraph.return.line"), states, tuple(waits))


def paths(spans, facts, key, parent):
    """Each with all that it is inside of, as often as it is there."""
    by_key = {key(span): span for span in spans}

    def path(span):
        up = by_key.get(parent(span))
        return (*(path(up) if up else ()), facts(span))

    return collections.Counter(map(path, spans))


def paths_of_spans(spans):
    return paths(spans, facts_of_span, lambda span: (span["traceId"], span["spanId"]),
                 lambda span: (span["traceId"], span.get("parentSpanId")))


def paths_of_calls(calls):
    return paths(calls, facts_of_call, lambda call: (call["tree"], call["call"]),
                 lambda call: (call["tree"], call.get("parent")))


def check_same_trees(spans, calls):
    """A tree a trace, a call a span."""
    have, wanted = paths_of_spans(spans), paths_of_calls(calls)
    assert have == wanted, f"missing: {list(wanted - have)[:3]}, too much: {list(have - wanted)[:3]}"
    assert len({span["spanId"] for span in spans}) == len(spans)
    assert len({span["traceId"] for span in spans}) == len({call["tree"] for call in calls})


def attribute(value):
    """As an attribute is told of a value: what is nothing, a NUL, and what is larger than its numbers are."""
    if value is None:
        return "null"
    if isinstance(value, int) and value >= 1 << 63:
        return str(value)
    return value.replace("\0", "\u2400") if isinstance(value, str) else value


def values_of_call(named):
    """{attribute: value} of what viewers have by name (test_exports.named_values())."""
    have = {}
    for kind, members in named.items():
        for name, value in members.items() if isinstance(members, dict) else [(None, members)]:
            have[f"gofuncgraph.{kind}.{name}" if name is not None else f"gofuncgraph.{kind}"] = attribute(value)
    return have


def values_of_span(span):
    have = {key: value for key, value in attributes(span).items() if re.match(
        r"gofuncgraph\.((args|results|labels|not_whole)\.|(args|results)_left_out|trace_id|span_id)", key)}
    # What has parts is JSON.
    return {key: json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
            for key, value in have.items()}


def check_same_values(spans, calls, named_values):
    """`named_values`: of a call, by name."""
    wanted = {(call["function"], call["start_ns"]): values_of_call(named_values(call)) for call in calls}
    have = {(span["name"], int(span["startTimeUnixNano"])): values_of_span(span) for span in spans}
    assert have.keys() == wanted.keys()
    for key, values in wanted.items():
        assert have[key] == values, (key, have[key], values)
