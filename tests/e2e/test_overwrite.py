# SPDX-License-Identifier: MIT
"""The traced file is written to: no program that is started from it afterwards meets a probe that was meant for
the old one, and the new one is traced. OVERWRITES=1000 in the environment: that many times (default 30)."""

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

import builds
import harness
from harness import WAIT_SECONDS, await_condition, check_same, children, preloaded
from test_kills import dead_groups, what_is_left
from test_processes import CALLS, as_nobody

OVERWRITES = int(os.environ.get("OVERWRITES", "30"))
METHODS = ["uprobe_multi", "tracefs", "perf_event"]
WRITTEN_TO = "is being written to: its probes were taken away"


@pytest.fixture
def versions():
    """The same program twice, with its code at different places."""
    return builds.build("calls"), builds.build("calls", flags=["-gcflags=all=-N -l"])


def overwrite(source, path):
    """As cp does it: the inode stays."""
    inode = os.stat(path).st_ino
    subprocess.run(["cp", source, path], check=True, timeout=WAIT_SECONDS)
    assert os.stat(path).st_ino == inode


def check_works(start, path):
    program = start(path)
    (journal,) = program.work("GO 1")
    assert [tree[0] for tree in harness.journal_shapes([journal])[program.pid, journal["goid"]]] == ["main.root"]
    assert program.finish() == 0


def await_traced(tracer, start, path):
    """What is started is traced by now: also after changes that came while tracing was about to begin again."""
    program = start(path)
    # Of this process: what others did before may be written only now.
    mark = f'"pid":{program.pid},'

    def is_traced():
        assert tracer.child.poll() is None, tracer.err
        program.work("GO 1")
        return mark in tracer.out

    await_condition(is_traced, "not traced")
    assert program.finish() == 0


def check_traced(tracer, start, path):
    """Exactly; ends the tracer."""
    await_traced(tracer, start, path)
    program = start(path)
    journals = program.work("GO 2")
    tracer.stop()
    calls = [call for call in tracer.calls() if call["pid"] == program.pid]
    check_same(calls, journals)
    assert program.code_is_clean() and program.finish() == 0


def check_nothing_left(start, path, source):
    await_condition(lambda: not what_is_left(path, None, None), "something is left")
    await_condition(lambda: not dead_groups(), "definitions in uprobe_events of who is gone")
    overwrite(source, path)
    program = start(path)
    assert program.code_is_clean()
    program.work("GO 1")
    assert program.finish() == 0


# ---- the race ----


def overwrite_and_start(tracer, start, path, versions, times):
    rnd = random.Random(times)
    for number in range(times):
        if rnd.random() < 0.8:  # else while it is about to begin again
            await_traced(tracer, start, path)
        overwrite(versions[(number + 1) % 2], path)
        check_works(start, path)
    assert WRITTEN_TO in tracer.err
    check_traced(tracer, start, path)


@pytest.mark.parametrize("method", METHODS)
def test_overwritten_and_started(binary, start, trace, versions, method):
    """Stop, copy, start, over and over: no crash, right answers; then the new program's functions."""
    path = binary("calls")
    tracer = trace("--attach", method, *CALLS, path, "main.root")
    # Perf events take a grace period each to detach.
    times = OVERWRITES if method != "perf_event" else (OVERWRITES + 9) // 10
    overwrite_and_start(tracer, start, path, versions, times)


@pytest.mark.parametrize("way", ["tracer stopped", "tracer killed"])
def test_without_the_tracer(binary, start, trace, versions, way):
    """Who holds the probes takes them away by itself."""
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    await_traced(tracer, start, path)
    tracer.signal(signal.SIGSTOP if way == "tracer stopped" else signal.SIGKILL)
    overwrite(versions[1], path)
    check_works(start, path)
    if way == "tracer stopped":
        tracer.signal(signal.SIGCONT)
        check_traced(tracer, start, path)
    else:
        tracer.wait()
        check_nothing_left(start, path, versions[0])


# ---- ways to change a file ----


def test_another_name_of_the_file(binary, start, trace, versions, tmp_path):
    path = binary("calls")
    other = tmp_path / "hard-link"
    os.link(path, other)
    tracer = trace(*CALLS, path, "main.root")
    overwrite(versions[1], other)
    check_works(start, path)
    check_traced(tracer, start, path)


def test_written_in_two_goes(binary, start, trace, versions):
    """Emptied by one who is gone when the next one writes."""
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    os.truncate(path, 0)
    await_condition(lambda: WRITTEN_TO in tracer.err, "nothing is said")
    overwrite(versions[1], path)
    check_works(start, path)
    check_traced(tracer, start, path)


def test_written_slowly(binary, start, trace, versions):
    """For as long as somebody writes, nothing is attached."""
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    new = versions[1].read_bytes()
    with open(path, "r+b") as file:
        file.write(new[: len(new) // 2])
        file.flush()
        await_condition(lambda: WRITTEN_TO in tracer.err, "nothing is said")
        with pytest.raises(subprocess.TimeoutExpired):
            tracer.child.wait(3)
        assert not children(tracer.pid)
        file.write(new[len(new) // 2:])
        file.truncate()
    check_works(start, path)
    check_traced(tracer, start, path)


def test_stopped_while_it_is_written(binary, trace):
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    with open(path, "r+b"):
        await_condition(lambda: WRITTEN_TO in tracer.err, "nothing is said")
        tracer.stop()


def test_who_does_not_wait(binary, start, trace, versions):
    """With O_NONBLOCK it is refused once, and then may."""
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    with pytest.raises(OSError) as refused:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    assert refused.value.errno == errno.EWOULDBLOCK
    await_condition(lambda: WRITTEN_TO in tracer.err, "nothing is said")
    await_traced(tracer, start, path)  # nothing was written
    overwrite(versions[1], path)
    check_works(start, path)
    check_traced(tracer, start, path)


def test_replaced_by_another_file(binary, start, trace, versions, tmp_path):
    """Renaming is harmless: who runs is traced on, and it is said that the new file is not."""
    path = binary("calls")
    program = start(path)
    tracer = trace(*CALLS, path, "main.root")
    shutil.copy(versions[1], tmp_path / "new")
    os.rename(tmp_path / "new", path)
    await_condition(lambda: "was replaced by another file" in tracer.err, "nothing is said")
    journals = program.work("GO 2")
    check_works(start, path)
    check_same(tracer.stop().calls(), journals)
    assert tracer.err.count("was replaced") == 1
    assert program.finish() == 0


# ---- what it is overwritten with ----


@pytest.mark.parametrize("command, what, reason", [
    ("trace", "other", "main.root"), ("trace", "no Go", "not a Go"), ("trace", "text", "not an ELF file"),
    ("trace", "nothing", "not an ELF file"), ("states", "no Go", "not a Go"),
])
def test_cannot_be_traced_any_more(binary, start, trace, versions, tmp_path, command, what, reason):
    """The reason is said."""
    path = binary("calls")
    tracer = trace("states", path) if command == "states" else trace(*CALLS, path, "main.root")
    text = tmp_path / "text"
    text.write_text("#!/bin/sh\n" * 20 if what == "text" else "")
    overwrite({"other": builds.build("ends"), "no Go": "/bin/true"}.get(what, text), path)
    assert tracer.wait() == 1
    assert re.search(rf"the new {path} cannot be traced: .*{reason}", tracer.err), tracer.err
    check_nothing_left(start, path, versions[0])


def test_open_for_writing_at_the_start(binary, run_tool):
    path = binary("calls")
    with open(path, "r+b"):
        tracer = run_tool(*CALLS, path, "main.root")
        assert tracer.wait() == 1
    assert "it is open for writing" in tracer.err


WRITTEN_JUST_NOW = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int was_seen;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long failed = syscall(SYS_clock_gettime, clock, now);

	now->tv_sec += clock == CLOCK_MONOTONIC && was_seen ? 3600 : 0;
	return (int)failed;
}

int fstat64(int fd, struct stat64 *to)
{
	long failed = syscall(SYS_fstat, fd, to);

	if (!failed && !was_seen && to->st_ino == strtoull(getenv("WRITTEN"), NULL, 10)) {
		was_seen = 1;
		clock_gettime(CLOCK_REALTIME, &to->st_ctim);
	}
	return (int)failed;
}
"""


def test_written_just_before_the_start(binary, start, run_tool, tmp_path):
    """To open it takes an hour, on a machine that is that busy, and is done again then: it is not written to any more."""
    program = start(binary("calls"))
    environment = {**preloaded(tmp_path, WRITTEN_JUST_NOW), "WRITTEN": str(os.stat(program.path).st_ino)}
    tracer = run_tool(*CALLS, program.path, "main.root", env=environment)
    tracer.await_tracing()
    tracer.stop()


# ---- what goes on ----


def test_counts_go_on(binary, start, trace, versions):
    """Numbers of trees, and --limit."""
    path = binary("calls")
    tracer = trace(*CALLS, "--limit", 3, path, "main.root")
    check_works(start, path)
    await_condition(lambda: len({call["tree"] for call in tracer.calls()}) == 1, "not traced")
    overwrite(versions[1], path)
    await_condition(lambda: tracer.err.count(": tracing ") == 2, "not traced again")
    program = start(path)
    program.work("GO 2")
    assert tracer.wait() == 0
    assert {call["tree"] for call in tracer.calls()} == {1, 2, 3}
    assert program.finish() == 0


def test_states_go_on(binary, start, trace, versions):
    path = binary("calls")
    tracer = trace("states", "-f", "json", path)
    await_traced(tracer, start, path)
    overwrite(versions[1], path)
    check_works(start, path)
    await_traced(tracer, start, path)
    tracer.stop()


# ---- file systems, and who may have a lease ----


@pytest.fixture
def mounted(tmp_path):
    """mounted(KIND) mounts a file system with the old version in it and returns that one's path."""
    points = []

    def make(kind):
        point = tmp_path / "mount"
        point.mkdir()
        if kind == "tmpfs":
            command = ["mount", "-t", "tmpfs", "none", point]
        else:
            for name in ("lower", "upper", "work"):
                (tmp_path / name).mkdir()
            builds.copy(builds.build("calls"), tmp_path / ("lower" if kind == "overlay, below" else "upper"))
            command = ["mount", "-t", "overlay", "none", "-o",
                       f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work", point]
        subprocess.run(command, check=True, timeout=WAIT_SECONDS)
        points.append(point)
        return builds.copy(builds.build("calls"), point) if kind == "tmpfs" else point / "calls"

    yield make
    for point in points:
        subprocess.run(["umount", "-l", point], check=True, timeout=WAIT_SECONDS)


@pytest.mark.parametrize("kind", ["tmpfs", "overlay, above", "overlay, below"])
def test_file_systems(mounted, start, trace, versions, kind):
    """Of a file below in an overlay, writing makes another one, above."""
    path = mounted(kind)
    tracer = trace("-v", *CALLS, path, "main.root")
    assert "(by a lease)" in tracer.err
    await_traced(tracer, start, path)
    overwrite(versions[1], path)
    check_works(start, path)
    check_traced(tracer, start, path)


def test_who_may_not_have_a_lease(binary, start, run_tool, versions):
    """Somebody else's file, without CAP_LEASE: who starts the program is kept waiting instead."""
    path = binary("calls")
    os.chown(path, 65534, 65534)
    prefix = ["setpriv", "--bounding-set", "-lease"]
    tracer = run_tool("-v", *CALLS, path, "main.root", prefix=prefix).await_tracing()
    assert "by fanotify; there is no lease: Permission denied" in tracer.err
    overwrite_and_start(tracer, start, path, versions, OVERWRITES)


def test_who_can_keep_nobody_waiting(start, run_tool, versions, monkeypatch):
    """With CAP_BPF and CAP_PERFMON alone, and somebody else's file: warned of."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool = shutil.copy(harness.tool(), folder)
        path = builds.copy(versions[0], folder)
        monkeypatch.setattr(harness, "tool", lambda: tool)
        prefix = as_nobody("bpf", "perfmon")
        tracer = run_tool(*CALLS, path, "main.root", prefix=prefix).await_tracing()
        assert "cannot be kept waiting (no lease: Permission denied)" in tracer.err
        overwrite(versions[1], path)
        await_condition(lambda: WRITTEN_TO in tracer.err, "nothing is said")
        check_traced(tracer, start, path)


def test_too_many_to_take_away_in_time(binary, start, run_tool, tmp_path):
    """Of perf events, which go one by one: who starts the program then waits too, if it was changed. The kernel's
    patience is made to look shorter than it is."""
    seconds = tmp_path / "lease-break-time"
    seconds.write_text("1\n")
    script = f'mount --bind {seconds} /proc/sys/fs/lease-break-time && exec "$@"'
    path = binary("calls")
    prefix = ["unshare", "-m", "sh", "-c", script, "sh"]
    tracer = run_tool("-v", "--attach", "perf_event", *CALLS, path, prefix=prefix).await_tracing()
    assert re.search(r"\d+ probes by perf_event may take longer to take away than .* \(1 s,.* \(by fanotify\)", tracer.err)
    check_works(start, path)
    tracer.stop()
