# SPDX-License-Identifier: MIT
"""Values in recordings: what is replayed is what was shown while it was traced, byte for byte, without the binary."""

import os
import shutil

import pytest

import builds
from recordings import replay
from test_trace_ids import FUNCTIONS
from test_typed import COMMANDS as TYPED, TARGETS
from test_typed_generics import RETURNING
from test_values import ALL, RESULTS

VIEWS = {"graph": [], "json": ["-f", "json"], "slowest": ["--slowest", "2", "--leaf"]}
# The program, what is traced of it, and what it does.
RUNS = {
    "typed": ("typed", ["-a", "-r"], TARGETS, TYPED),
    "inside": ("typed", ["-a", "-u", "main.*"], ["main.maps", "main.interfaces"], TYPED),
    "generic": ("typed", ["-r"], RETURNING, ["genericResults", "keepers"]),
    "contexts": ("typed", ["-a"], ["main.nestedContext"], ["nestedContexts"]),
    "paths": ("requests", ["--arg", "r.URL.Path", "--arg", "r.Header"], ["main.handle"], ["GO 2 3"]),
    "written": ("values", [], list(ALL.values()), ALL),
    "results": ("values", [], RESULTS, ["results"]),
    "labels": ("values", ["--label", "user", "--label", "path"], ["main.labelled(n=%ax:s64)"], ["labels"]),
    "trace-ids": ("otel", ["-a", "--trace-ids"], FUNCTIONS, ["GO"]),
    "label-is": ("values", ["--label", "user=anna"], ["main.labelled"], ["labels"]),
    "where-early": ("values", ["-r", "--where", "b == 0"], ["main.divide"], ["results"]),
    "where-late": ("values", ["-a", "--where", 'n > 1 && text ~ "ppppp*" && result == -5'], ["main.recovered"], ["results"]),
}
BUILDS = [("1.19", []), ("1.27", ["-ldflags=-s -w"])]


def satisfied(text):
    return [line for line in text.splitlines() if "satisfy" in line]


def check(program, trace, folder, view, run):
    """Traced, recorded and shown; and shown again when the program and its file are gone."""
    _, options, targets, commands = RUNS[run]
    recording, shown = folder / "recording", folder / "shown"
    tracer = trace("--record", recording, "-o", shown, *VIEWS[view], *options, program.path, *targets)
    for command in commands:
        program.work(command)
    tracer.stop()
    program.finish()
    os.unlink(program.path)
    again = replay(*VIEWS[view], recording)
    assert shown.stat().st_size
    assert again.stdout == shown.read_bytes()
    assert satisfied(again.stderr.decode()) == satisfied(tracer.err)


@pytest.fixture
def own_program(binary, start, tmp_path):
    """A program whose file nobody else needs."""
    def make(name, build):
        path = tmp_path / "program"
        how = {"build": builds.build_with_modules} if name == "otel" else {}
        shutil.copy(binary(name, version=build[0], flags=build[1], **how), path)
        return start(path)
    return make


@pytest.mark.parametrize("run, view", [(run, "json") for run in RUNS] +
                         [("typed", "graph"), ("generic", "graph"), ("written", "graph"), ("labels", "graph"), ("contexts", "graph"),
                          ("where-late", "slowest")])
def test_same_as_live(run, view, own_program, trace, tmp_path):
    check(own_program(RUNS[run][0], ("1.27", [])), trace, tmp_path, view, run)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: f"Go {build[0]} {' '.join(build[1])}".strip())
def test_builds(build, own_program, trace, tmp_path):
    check(own_program("typed", build), trace, tmp_path, "json", "typed")


@pytest.mark.parametrize("version", ["1.19", "1.21", "1.24"])
def test_generic_results(version, own_program, trace, tmp_path):
    """Types that only the dictionary of a call tells, and what is behind pointers to them."""
    check(own_program("typed", (version, [])), trace, tmp_path, "json", "generic")
    shown = (tmp_path / "shown").read_text()
    assert '"type":"*main.kind"' in shown and "unsafe.Pointer" not in shown
    assert '"main.kind.next"' in shown
