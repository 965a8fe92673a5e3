# SPDX-License-Identifier: MIT
"""--trace-ids: ids of traces that programs keep in labels of their goroutines."""

import re
import subprocess

import pytest

from harness import WAIT_SECONDS, tool
from test_trace_ids import ids

STRIPPED = ["-ldflags=-s -w"]
BUILDS = [("1.19", []), ("1.19", STRIPPED), ("1.21", []), ("1.23", []), ("1.24", STRIPPED), ("1.27", []),
          ("1.27", ["-buildmode=pie", "-ldflags=-s -w"])]
TRACE_KEYS, SPAN_KEYS = ("trace_id", "traceID", "traceId", "trace.id"), ("span_id", "spanID", "spanId", "span.id")
OTHER_KEYS = ("traceparent", "span id", "local root span id", "profile_id")
ROOM = {key: 56 for key in (*TRACE_KEYS, "traceparent")}
OF_REQUEST = "8448eb211c80319c0af7651916cd43dd", "b7ad6b7169203331"


def id_in(labels, keys, digits):
    """Under one of these keys, and the key."""
    for key in keys:
        if re.fullmatch(f"[0-9a-f]{{{digits}}}", labels.get(key, "")) and labels[key].strip("0"):
            return labels[key], key
    return None, None


def expect(labels, request=(None, None)):
    """The ids that such labels, and such a request, stand for, and which labels are shown as they are."""
    (trace, trace_key), (span, span_key) = id_in(labels, TRACE_KEYS, 32), id_in(labels, SPAN_KEYS, 16)
    parent = re.fullmatch("00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", labels.get("traceparent", ""))
    if parent:
        trace, trace_key = parent[1], "traceparent"
        span = span or parent[2]
    told = (trace, span if trace else None) if trace and (span or not request[0]) else request
    shown = {key: value[:ROOM.get(key, 24)] for key, value in labels.items()
             if key in TRACE_KEYS + SPAN_KEYS + OTHER_KEYS and value.strip("0-")}
    for key, kept in ((trace_key, trace == told[0]), (span_key, span == told[1])):
        if key and kept:
            del shown[key]
    return told, shown


def check(calls, name, labels, *requests):
    """Of each call of this function; a request's ids take turns."""
    calls = [call for call in calls if call["function"] == name]
    requests = requests or [(None, None)]
    wanted = [expect(one, request) for one in labels for request in requests]
    assert [(ids(call), call.get("labels", {})) for call in calls] == wanted
    assert len({told for told, _ in wanted}) > 3


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_every_label(binary, start, trace, build):
    program = start(binary("idlabels", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "--trace-ids", "-u", "main.inner", program.path, "main.bare")
    labels = program.work()
    tracer.stop()
    calls = tracer.calls()
    check(calls, "main.bare", labels)
    # Of the tree they are told, not of each of its calls.
    inner = [call for call in calls if call["function"] == "main.inner"]
    assert len(inner) == len(labels) and all(ids(call) == (None, None) and "labels" not in call for call in inner)
    assert program.code_is_clean()


@pytest.mark.parametrize("arguments", [[], ["-a", "--value-size", "1024"]], ids=["alone", "values"])
@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs", "perf_event"])
def test_with_requests(binary, start, trace, method, arguments):
    """A request's header says more than a trace alone, and less than a trace with a span."""
    program = start(binary("idlabels"))
    tracer = trace("-f", "json", "--attach", method, *arguments, "--trace-ids", program.path, "main.traced")
    labels = program.work()
    tracer.stop()
    check(tracer.calls(), "main.traced", labels, (None, None), OF_REQUEST)


def test_asked_for(binary, start, trace):
    """A label that was asked for is shown as that, and once."""
    program = start(binary("idlabels"))
    tracer = trace("-f", "json", "--trace-ids", "--label", "span_id", "--label", "user", program.path,
                   "main.bare(n=%ax:s64)")
    labels = program.work()
    tracer.stop()
    for call in tracer.calls():
        told, shown = expect(have := labels[call["args"][0]["value"]])
        shown.update((key, have[key][:128]) for key in ("span_id", "user") if key in have)
        assert (ids(call), call["labels"]) == (told, shown)
        assert list(call["labels"]) == sorted(call["labels"], key=lambda key: key not in ("span_id", "user"))


@pytest.mark.parametrize("arguments", [[], ["--leaf"], ["--live"], ["--color", "always"]], ids=" ".join)
def test_text(binary, start, trace, arguments):
    program = start(binary("idlabels"))
    tracer = trace(*arguments, "--trace-ids", program.path, "main.bare")
    labels = program.work()
    tracer.stop()
    shown = re.findall(r"main\.bare\(\)(?: \{|;)(?: \[(.*?)\])?(?: |\n)", re.sub(r"\x1b\[[0-9;]*m", "", tracer.out))
    assert len(shown) == len(labels)
    for line, one in zip(shown, labels):
        (trace_id, span_id), as_they_are = expect(one)
        wanted = {f"trace_id={trace_id}": trace_id, f"span_id={span_id}": span_id}
        ids_shown = {part for part in line.split(", ") if re.fullmatch("(trace|span)_id=[0-9a-f]+", part)}
        assert ids_shown == {text for text, is_there in wanted.items() if is_there}
        if "always" not in arguments:
            assert len(line.split(", ")) == len(ids_shown) + len(as_they_are) or not line
    if "always" not in arguments:
        assert 'span id="5577006791947779410", local root span id="8674665223082153551"' in shown
        assert f'trace_id="{"t" * 56}"...+144, span_id="\\"\\n{"s" * 22}"...+178' in shown


def test_recorded(binary, start, trace, tmp_path):
    """What is replayed is what was shown."""
    program = start(binary("idlabels"))
    recording, shown = tmp_path / "recording", tmp_path / "shown"
    tracer = trace("-f", "json", "--record", recording, "-o", shown, "--trace-ids", program.path, "main.bare", "main.traced")
    program.work()
    tracer.stop()
    again = subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS, check=True)
    assert again.stdout == shown.read_bytes() and b'"span id":' in again.stdout
