# SPDX-License-Identifier: MIT
"""A CPU quota that held the program up meanwhile is told: what Go takes for running was none."""

import os
import pathlib
import re
import subprocess

import pytest

from harness import await_condition

# So little that it is used up on a busy machine too.
QUOTA_US, PERIOD_US = 2000, 100000


class Group:
    """A cgroup with the cpu controller, of v1 or v2."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def set_quota(self, quota=QUOTA_US):
        """None: no quota any more."""
        if (self.folder / "cpu.max").exists():
            (self.folder / "cpu.max").write_text(f"{quota or 'max'} {PERIOD_US}")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota or -1))

    def inner(self):
        if (self.folder / "cpu.max").exists():
            (self.folder / "cgroup.subtree_control").write_text("+cpu")
        return Group(self.folder / "inner")

    def take(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))


def hierarchy():
    """The folder of cgroups with a cpu controller."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, kind = (part.split() for part in line.split(" - "))
        if kind[0] == "cgroup" and "cpu" in kind[2].split(","):
            return pathlib.Path(fields[4])
        if kind[0] == "cgroup2" and "cpu" in pathlib.Path(fields[4], "cgroup.controllers").read_text().split():
            return pathlib.Path(fields[4])
    return None


@pytest.fixture
def group():
    folder = hierarchy()
    if not folder:
        pytest.skip("no cgroups with a cpu controller are mounted")
    try:
        if (folder / "cgroup.subtree_control").exists():
            (folder / "cgroup.subtree_control").write_text("+cpu")
        made = Group(folder / f"gofuncgraph-e2e-{os.getpid()}")
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error}")
    yield made
    for one in (made.folder / "inner", made.folder):
        if one.exists():
            for pid in (one / "cgroup.procs").read_text().split():
                (folder / "cgroup.procs").write_text(pid)
            one.rmdir()


def throttled(tracer):
    """Of the message: process, cgroup, periods."""
    return [(int(pid), path, int(periods)) for pid, path, periods in re.findall(
        r"the kernel throttled process (\d+) for \S+ of processor time: the CPU quota of (\S+) was used up in (\d+) of \d+ "
        r"periods", tracer.err)]


WORK = "GO 1 1 20000000"


@pytest.mark.parametrize("chosen", ["path", "pid", "states"])
def test_quota(binary, start, trace, group, chosen):
    program = start(binary("load"))
    group.set_quota()
    group.take(program.pid)
    tracer = trace(*{"path": ["--states", program.path, "main.batch"], "states": ["states", program.path],
                     "pid": ["-p", program.pid, "main.batch"]}[chosen])
    program.work(WORK)
    ((pid, path, periods),) = throttled(tracer.stop())
    assert (pid, path) == (program.pid, str(group.folder)) and periods >= 1
    assert program.finish() == 0


def test_quota_of_a_cgroup_above(binary, start, trace, group):
    program = start(binary("load"))
    group.set_quota()
    group.inner().take(program.pid)
    tracer = trace(program.path, "main.batch")
    program.work(WORK)
    ((pid, path, _),) = throttled(tracer.stop())
    assert (pid, path) == (program.pid, str(group.folder))
    assert program.finish() == 0


def test_before_tracing(binary, start, trace, group):
    """What was throttled before is nobody's business."""
    program = start(binary("load"))
    group.set_quota()
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
    group.set_quota()
    tracer.child.stdin.write(f"{WORK}\n".encode())
    tracer.child.stdin.flush()
    await_condition(lambda: '"batches"' in tracer.out, "the program does not answer")
    group.set_quota(None)
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err
    (pid,) = re.findall(r"\((\d+)\) exited with status 0", tracer.err)
    ((one, path, _),) = throttled(tracer)
    assert (one, path) == (int(pid), str(point))
