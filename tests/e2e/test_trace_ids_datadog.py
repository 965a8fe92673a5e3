# SPDX-License-Identifier: MIT
"""--trace-ids: the trace and span that trees are part of, by spans of Datadog's own tracer for Go."""

import re

import pytest

import builds
from test_trace_ids import check_rounds, rounds_of

FUNCTIONS = ["main.direct", "main.(*server).ServeHTTP"]
KNOWN = "main.(*server).ServeHTTP"  # in stripped binaries, too
# The oldest v2, the one whose contexts are spans, and v1 before it was made of v2; with the oldest Go or the newest.
BUILDS = {"v2.0": ("1.23", "go.mod", []), "v2.12": ("1.27", "newest.mod", []), "v1.72": ("1.22", "v1.mod", ["-tags=v1"])}


@pytest.fixture(params=BUILDS)
def datadog(binary, request):
    version, modules, flags = BUILDS[request.param]
    return lambda *more: binary("datadog", build=builds.build_with_modules, version=version, modules=modules, flags=[*flags, *more])


def work(program):
    """The ids that each round of calls was given."""
    told = [(one["trace_id"], one["span_id"]) if one else (None, None) for one in program.work()]
    assert sum(all(one) for one in told) == 6 and len(set(told)) == 5
    return told


def test_every_context(datadog, start, trace):
    program = start(datadog())
    tracer = trace("-f", "json", "--trace-ids", "-u", "main.inside", program.path, *FUNCTIONS)
    told = work(program)
    tracer.stop()
    check_rounds(tracer, FUNCTIONS, told)
    assert program.code_is_clean()


def test_stripped(datadog, start, trace):
    """Their types are known without DWARF."""
    program = start(datadog("-ldflags=-s -w"))
    tracer = trace("-f", "json", "--trace-ids", program.path, KNOWN)
    told = work(program)
    tracer.stop()
    assert rounds_of(tracer.calls(), KNOWN) == told


def test_text(datadog, start, trace):
    program = start(datadog())
    tracer = trace("--trace-ids", program.path, "main.direct")
    told = work(program)
    tracer.stop()
    shown = re.findall(r"main\.direct\(\)(?: \{|;)(?: \[(.*?)\])?(?: |\n)", tracer.out)
    # The goroutine has labels of a span, which are told where the context has none.
    by_label = [re.match(r'span id="(\d+)"(, local root span id="\d+")?$', text) for text in shown]
    assert all(int(match[1]) in {int(span, 16) for _, span in told if span} for match in by_label if match)
    assert ["by label" if match else text for text, match in zip(shown, by_label)] == \
        [f"trace_id={trace}, span_id={span}" if trace else "by label" for trace, span in told]
