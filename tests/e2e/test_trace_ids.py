# SPDX-License-Identifier: MIT
"""--trace-ids: the trace and span that trees are part of, by spans of OpenTelemetry's own SDK for Go."""

import re
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS, tool
from test_where import run

STRIPPED = ["-ldflags=-s -w"]
FUNCTIONS = ["main.direct", "main.stacked", "main.handle", "main.(*wrapper).next", "main.(*server).ServeHTTP"]
KNOWN = "main.(*server).ServeHTTP"  # in stripped binaries, too
BUILDS = [("1.21", []), (None, []), (None, ["-buildmode=pie"]), (None, ["-gcflags=all=-N -l"])]


@pytest.fixture
def otel(binary):
    return lambda **options: binary("otel", build=builds.build_with_modules, **options)


def ids(call):
    return call.get("trace_id"), call.get("span_id")


def work(program):
    """The ids that each round of calls was given."""
    told = [(one["trace_id"], one["span_id"]) if one else (None, None) for one in program.work()]
    assert sum(all(one) for one in told) == 8 and len(set(told)) == 5
    return told


def rounds_of(calls, name):
    return [ids(call) for call in calls if call["function"] == name]


def check_rounds(tracer, functions, told, inner="main.inside"):
    calls = tracer.calls()
    assert {name: rounds_of(calls, name) for name in functions} == {name: told for name in functions}
    # Inner calls are of the same tree.
    assert rounds_of(calls, inner) == [(None, None)] * len(told)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_every_context(otel, start, trace, build):
    program = start(otel(version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "--trace-ids", "-u", "main.inside", program.path, *FUNCTIONS)
    told = work(program)
    tracer.stop()
    check_rounds(tracer, FUNCTIONS, told)
    assert program.code_is_clean()


def test_stripped(otel, start, trace):
    """Of methods of interfaces types are known without DWARF."""
    program = start(otel(flags=STRIPPED))
    tracer = trace("-f", "json", "--trace-ids", program.path, KNOWN)
    told = work(program)
    tracer.stop()
    assert rounds_of(tracer.calls(), KNOWN) == told


@pytest.mark.parametrize("method", ["tracefs", "perf_event"])
def test_with_values(otel, start, trace, method):
    """Beside arguments and labels, however much room these take."""
    program = start(otel())
    tracer = trace("-f", "json", "--attach", method, "-a", "--trace-ids", "--label", "user", "--where", "n >= 2",
                   program.path, *FUNCTIONS[:-1])
    told = work(program)
    tracer.stop()
    calls = tracer.calls()
    for name in FUNCTIONS[:-1]:
        assert rounds_of(calls, name) == told[2:]
    numbers = [call["args"][-1]["value"] for call in calls if call["function"] == "main.direct"]
    assert numbers == list(range(2, len(told)))


@pytest.mark.parametrize("arguments", [[], ["--leaf"], ["--live"], ["--color", "always"]], ids=" ".join)
def test_text(otel, start, trace, arguments):
    program = start(otel())
    tracer = trace(*arguments, "--trace-ids", program.path, "main.direct")
    told = work(program)
    tracer.stop()
    text = re.sub(r"\x1b\[[0-9;]*m", "", tracer.out)
    shown = re.findall(r"main\.direct\(\)(?: \{|;)( \[.*?\])?(?: |\n)", text)
    assert shown == [f" [trace_id={trace}, span_id={span}]" if trace else "" for trace, span in told]


def test_mistakes(binary, otel):
    done = run("--trace-ids", binary("calls"), "main.root")
    assert done.returncode == 1 and "has no spans that are known" in done.stderr and "no labels" in done.stderr
    path = otel()
    done = run("--trace-ids", path, "main.deep", "main.contexts", "!main.deep")
    assert done.returncode == 1 and "context.Context or an *http.Request" in done.stderr
    done = run("--trace-ids", path, "main.direct(n=%di:s64)")
    assert done.returncode == 1 and "--arg" in done.stderr


def test_recorded(otel, start, trace, tmp_path):
    """What is replayed is what was shown."""
    program = start(otel())
    recording, shown = tmp_path / "recording", tmp_path / "shown"
    tracer = trace("-f", "json", "--record", recording, "-o", shown, "--trace-ids", program.path, *FUNCTIONS)
    told = work(program)
    tracer.stop()
    again = subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS, check=True)
    assert again.stdout == shown.read_bytes()
    assert again.stdout.count(b'"trace_id"') == len(FUNCTIONS) * sum(all(one) for one in told)
