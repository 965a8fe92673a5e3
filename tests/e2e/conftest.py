# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: builds, processes that are ended whatever happens, a time limit."""

import json
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import builds  # noqa: E402
import harness  # noqa: E402

TEST_SECONDS = int(os.environ.get("E2E_TEST_SECONDS", "900"))


def pytest_configure(config):
    config.addinivalue_line("markers", "toolchains: needs a Go toolchain of its own")
    config.addinivalue_line("markers", "slow: not for builds that are slow themselves")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    def on_alarm(number, frame):
        raise harness.Stuck(f"the test took more than {TEST_SECONDS} s")

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="session", autouse=True)
def _tool_is_there():
    if not os.access(harness.tool(), os.X_OK):
        pytest.exit(f"{harness.tool()} is not there: build it first, or set GOFUNCGRAPH", 1)


@pytest.fixture
def binary(tmp_path):
    """binary(NAME, ...) builds a fixture and returns a copy of this test's own."""

    def make(name, copy_as=None, **options):
        try:
            return builds.copy(builds.build(name, **options), tmp_path, copy_as)
        except builds.Unavailable as reason:
            pytest.skip(str(reason))

    return make


@pytest.fixture
def _processes():
    running = []
    yield running
    for process in reversed(running):
        process.destroy()


@pytest.fixture
def start(_processes):
    """start(PATH, ARGUMENT...) starts a fixture, ready for its first command."""

    def make(path, *arguments, **options):
        program = harness.Program(path, *arguments, **options)
        _processes.append(program)
        return program

    return make


@pytest.fixture
def run_tool(_processes):
    """run_tool(ARGUMENT...) starts the tool, to be waited for."""

    def make(*arguments, **options):
        tracer = harness.Tracer(*arguments, **options)
        _processes.append(tracer)
        return tracer

    return make


@pytest.fixture
def trace(run_tool):
    """trace(ARGUMENT...) starts the tool and returns when it is tracing."""

    def make(*arguments, **options):
        return run_tool(*arguments, **options).await_tracing()

    return make


def pytest_runtest_logreport(report):
    """For tests/supervise.py: what is done so far can be counted even if we are killed."""
    path = os.environ.get("E2E_RESULTS")
    if not path or (report.when != "call" and report.outcome == "passed"):
        return
    details = ""
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        details = report.longrepr[2].removeprefix("Skipped: ")
    elif report.outcome != "passed":
        details = report.longreprtext
    with open(path, "a", encoding="utf-8") as results:
        results.write(json.dumps({"name": report.nodeid, "outcome": report.outcome, "details": details}) + "\n")
