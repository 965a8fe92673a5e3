# SPDX-License-Identifier: MIT
"""Spans in OTLP's JSON, compared with what `-f json` tells of the same calls."""

import collections


def attributes(of):
    """{key: value}"""
    def value(one):
        (kind, text), = one.items()
        return int(text) if kind == "intValue" else text

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
