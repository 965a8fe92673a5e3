# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: builds, processes that are ended whatever happens, a time limit."""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import signal
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]

import builds  # noqa: E402
import cgroups  # noqa: E402
import harness  # noqa: E402

TEST_SECONDS = int(os.environ.get("E2E_TEST_SECONDS", "1800"))


# The files whose tests are run by tests/run with sanitizers too, for what is the tracer's own code
# there. All the others ask what kernels, Go's versions and ways to build do.
SANITIZED = {
    "test_bpftrace": "templates, and names that scripts cannot have",
    "test_calls": "trees of many goroutines at once",
    "test_ends": "calls that end by panics, exits, kills and ^C",
    "test_errors": "files that are cut off or no Go, and every message",
    "test_filters": "trees that are kept and forgotten",
    "test_follow": "goroutines that start others",
    "test_forged": "a program that lies",
    "test_goroutines": "another process's memory",
    "test_holder": "the holder is killed",
    "test_hunt": "reports of slow calls, and memory of a process that is stuck",
    "test_images": "libraries and plugins: files that come and go",
    "test_kills": "whatever was in work is killed",
    "test_limits": "what the tool cannot have",
    "test_list": "the list command",
    "test_live": "lines of many goroutines as they happen",
    "test_long_trees": "parts of trees; memory is given back",
    "test_lost": "records are lost",
    "test_nothing": "summaries of nothing",
    "test_options": "every option, and wrong ones",
    "test_other_files": "mounts and paths of other namespaces",
    "test_otlp": "spans, and a thread that sends them",
    "test_output": "both formats",
    "test_output_file": "pipes that break, files that are full",
    "test_overwrite": "the file is watched",
    "test_processes": "processes come, go and execute others",
    "test_real_programs": "the largest and strangest binaries",
    "test_reexec": "a process under a new program",
    "test_state_parts": "times by states",
    "test_states": "the states command",
    "test_status_line": "what goes on, and messages that are broken",
    "test_summary": "calls summed up by function",
    "test_terminal": "lines that are cut",
    "test_throttle": "files of cgroups are read",
    "test_time": "clocks of namespaces",
    "test_typed": "values by name and type, of every type",
    "test_values": "values of calls, hostile ones too",
}
# Of these parameters the first value will do there: they change what the kernel or Go does.
VARIED = {"build", "version", "method", "mode", "strip", "flags"}


def is_sanitized(item):
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    return (item.path.stem in SANITIZED and not item.get_closest_marker("toolchains")
            and not any(indices.get(name) for name in VARIED))


def pytest_addoption(parser):
    parser.addoption("--shared", metavar="FILE", help="some processes run the tests between them: what they have come to")


def pytest_configure(config):
    config.addinivalue_line("markers", "toolchains: needs a Go toolchain of its own")
    config.addinivalue_line("markers", "together(what): tests that share what takes long to make")
    config.addinivalue_line("markers", "sanitized: run with sanitizers too (tests/e2e/conftest.py)")


def pytest_collection_modifyitems(items):
    for item in items:
        if is_sanitized(item):
            item.add_marker("sanitized")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    def on_alarm(number, frame):
        raise harness.Stuck(f"the test took more than {TEST_SECONDS} s")

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


def groups(items):
    """Lists of tests that one process runs: each alone, but those in succession that are marked `together` with the same."""
    def key(numbered):
        marker = numbered[1].get_closest_marker("together")
        return marker.args if marker else numbered[0]

    return [[item for _, item in group] for _, group in itertools.groupby(enumerate(items), key)]


def shares(items, path):
    """Of the tests, those that no other process with the same file has begun with. It holds the number of the next group."""
    grouped = groups(items)
    while True:
        with open(path, "a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            number = int(file.read() or 0)
            file.truncate(0)
            file.write(str(number + 1))
        if number >= len(grouped):
            return
        yield from grouped[number]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if not session.config.option.shared or session.testsfailed or session.config.option.collectonly:
        return None  # pytest's own loop, and what it says
    items = shares(session.items, session.config.option.shared)
    item = next(items, None)
    while item:
        following = next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


@pytest.fixture(scope="session", autouse=True)
def _tool_is_there():
    if not os.access(harness.tool(), os.X_OK):
        pytest.exit(f"{harness.tool()} is not there: build it first, or set GOFUNCGRAPH", 1)


@pytest.fixture
def binary(tmp_path):
    """binary(NAME, ...) builds a fixture and returns a copy of this test's own, which takes no room when that is over."""
    copies = []

    def make(name, copy_as=None, build=builds.build, **options):
        try:
            copies.append(builds.copy(build(name, **options), tmp_path, copy_as))
        except builds.Unavailable as reason:
            pytest.skip(str(reason))
        return copies[-1]

    yield make
    for path in copies:
        with contextlib.suppress(OSError):  # tests move and replace theirs
            path.unlink()


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
def crowded():
    """crowded(PID): the process gets one processor, which another one has for most of the time. -> that one's name"""
    hogs = []

    def make(pid):
        hogs.append(harness.crowd(pid, harness.FIRST_HOG))
        return pathlib.Path(f"/proc/{hogs[-1].pid}/comm").read_text().strip()

    yield make
    for hog in hogs:
        hog.destroy()


@pytest.fixture
def group():
    """A control group that may get a CPU quota."""
    try:
        with cgroups.made() as made:
            yield made
    except cgroups.Unavailable as reason:
        pytest.skip(str(reason))


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
        results.write(json.dumps({"name": report.nodeid, "outcome": report.outcome, "details": details,
                                  "seconds": round(report.duration, 1)}) + "\n")
