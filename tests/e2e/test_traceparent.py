# SPDX-License-Identifier: MIT
"""--trace-ids: the trace and span that requests say they are part of, in their header."""

import subprocess

import pytest

from harness import WAIT_SECONDS, tool
from test_trace_ids import check_rounds, ids, rounds_of
from test_where import run

STRIPPED = ["-ldflags=-s -w"]
FUNCTIONS = ["main.(*server).ServeHTTP", "main.handle", "main.(*wrapper).next"]
BUILDS = [("1.19", []), ("1.21", STRIPPED), ("1.23", []), ("1.24", []), ("1.27", []), ("1.27", ["-buildmode=pie"]),
          ("1.27", STRIPPED), (None, ["-gcflags=all=-N -l"])]


def work(program):
    """The ids of each request."""
    told = [(one["trace_id"], one["span_id"]) if one else (None, None) for one in program.work("requests")]
    assert 10 < sum(all(one) for one in told) < len(told) - 10
    return told


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_every_header(binary, start, trace, build):
    program = start(binary("traceparent", version=build[0], flags=build[1]))
    functions = FUNCTIONS[:1] if build[1] == STRIPPED else FUNCTIONS[1:]
    tracer = trace("-f", "json", "--trace-ids", "-u", "main.inner", program.path, *functions)
    told = work(program)
    tracer.stop()
    check_rounds(tracer, functions, told, inner="main.inner")
    assert program.code_is_clean()


@pytest.mark.parametrize("method", ["tracefs", "perf_event"])
def test_with_values(binary, start, trace, method):
    """Beside arguments, labels, and conditions, which keep most trees from beginning."""
    program = start(binary("traceparent"))
    tracer = trace("-f", "json", "--attach", method, "-a", "--trace-ids", "--label", "user", "--where", "n >= 9",
                   program.path, "main.(*wrapper).next")
    told = work(program)
    tracer.stop()
    calls = tracer.calls()
    numbers = [call["args"][-1]["value"] for call in calls]
    assert len(calls) > 10 and min(numbers) >= 9
    assert [ids(call) for call in calls] == told[-len(calls):]


def test_small_and_large(binary, start, trace):
    """What else is shown of a call has no part in it."""
    program = start(binary("traceparent"))
    tracer = trace("-f", "json", "--trace-ids", "--arg", "r.Method", "--value-size", "1024", program.path, *FUNCTIONS)
    told = work(program)
    tracer.stop()
    calls = tracer.calls()
    (outer,) = {call["function"] for call in calls if not call["depth"]}
    assert outer == FUNCTIONS[0] and rounds_of(calls, outer) == told
    assert all(call["args"][0]["value"] == "GET" for call in calls if call["function"] == outer)
    # Targets in it belong to its trees.
    assert all(ids(call) == (None, None) for call in calls if call["depth"])


def test_recorded(binary, start, trace, tmp_path):
    """What is replayed is what was shown."""
    program = start(binary("traceparent"))
    recording, shown = tmp_path / "recording", tmp_path / "shown"
    tracer = trace("-f", "json", "--record", recording, "-o", shown, "--trace-ids", program.path, "main.handle")
    told = work(program)
    tracer.stop()
    again = subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS, check=True)
    assert again.stdout == shown.read_bytes()
    assert again.stdout.count(b'"trace_id"') == sum(all(one) for one in told)


def test_text(binary, start, trace):
    program = start(binary("traceparent"))
    tracer = trace("--trace-ids", program.path, "main.handle")
    told = work(program)
    tracer.stop()
    for trace_id, span_id in set(told) - {(None, None)}:
        assert f"main.handle() [trace_id={trace_id}, span_id={span_id}]" in tracer.out.replace(";", "").replace(" {", "")


def test_mistakes(binary):
    done = run("--trace-ids", binary("traceparent"), "main.bare")
    assert done.returncode == 1 and "has no spans that are known" in done.stderr and "http.Request" in done.stderr
