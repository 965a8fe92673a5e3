# SPDX-License-Identifier: MIT
"""A CPU quota that held the program up meanwhile is told: what Go takes for running was none."""

import re
import subprocess

import pytest

from harness import await_condition

# So little that it is used up on a busy machine too.
QUOTA_US = 2000


def throttled(tracer):
    """Of the message: process, cgroup, periods."""
    return [(int(pid), path, int(periods)) for pid, path, periods in re.findall(
        r"the kernel throttled process (\d+) for \S+ of processor time: the CPU quota of (\S+) was used up in (\d+) of \d+ "
        r"periods", tracer.err)]


WORK = "GO 1 1 20000000"


@pytest.mark.parametrize("chosen", ["path", "pid", "states"])
def test_quota(binary, start, trace, group, chosen):
    program = start(binary("load"))
    group.set_quota(QUOTA_US)
    group.take(program.pid)
    tracer = trace(*{"path": ["--states", program.path, "main.batch"], "states": ["states", program.path],
                     "pid": ["-p", program.pid, "main.batch"]}[chosen])
    program.work(WORK)
    ((pid, path, periods),) = throttled(tracer.stop())
    assert (pid, path) == (program.pid, str(group.folder)) and periods >= 1
    assert program.finish() == 0


def test_quota_of_a_cgroup_above(binary, start, trace, group):
    program = start(binary("load"))
    group.set_quota(QUOTA_US)
    group.inner().take(program.pid)
    tracer = trace(program.path, "main.batch")
    program.work(WORK)
    ((pid, path, _),) = throttled(tracer.stop())
    assert (pid, path) == (program.pid, str(group.folder))
    assert program.finish() == 0


def test_before_tracing(binary, start, trace, group):
    """What was throttled before is nobody's business."""
    program = start(binary("load"))
    group.set_quota(QUOTA_US)
    group.take(program.pid)
    program.work(WORK)
    group.set_quota(None)
    tracer = trace("-p", program.pid, "main.batch")
    program.work("GO 1 1 10")
    assert "throttled" not in tracer.stop().err
    assert program.finish() == 0


def test_in_a_container(binary, group, tmp_path, run_tool):
    """The tracer and the program that it starts, in a cgroup namespace where that cgroup is the root."""
    point = tmp_path / "cgroup"
    point.mkdir()
    version = "cgroup2" if (group.folder / "cpu.max").exists() else "cgroup -o cpu"
    inside = f'mount -t {version} none {point} && exec "$@"'
    command = f'echo $$ >{group.folder}/cgroup.procs && exec unshare --cgroup --mount sh -c \'{inside}\' sh "$@"'
    tracer = run_tool(binary("load"), "main.batch", "--", prefix=["sh", "-c", command, "sh"],
                      stdin=subprocess.PIPE).await_tracing()
    group.set_quota(QUOTA_US)
    tracer.child.stdin.write(f"{WORK}\n".encode())
    tracer.child.stdin.flush()
    await_condition(lambda: '"batches"' in tracer.out, "the program does not answer")
    group.set_quota(None)
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err
    (pid,) = re.findall(r"\((\d+)\) exited with status 0", tracer.err)
    ((one, path, _),) = throttled(tracer)
    assert (one, path) == (int(pid), str(point))
