# SPDX-License-Identifier: MIT
"""Control groups with a CPU quota, of v1 or v2."""

import contextlib
import os
import pathlib

from builds import Unavailable

PERIOD_US = 100000


class Group:
    """A cgroup with the cpu controller, of v1 or v2."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def set_quota(self, quota):
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


@contextlib.contextmanager
def made():
    """A group of this process's own, and what it holds is moved out of it in the end."""
    folder = hierarchy()
    if not folder:
        raise Unavailable("no cgroups with a cpu controller are mounted")
    try:
        if (folder / "cgroup.subtree_control").exists():
            (folder / "cgroup.subtree_control").write_text("+cpu")
        group = Group(folder / f"gofuncgraph-test-{os.getpid()}")
    except OSError as error:
        raise Unavailable(f"no cgroup can be made: {error}") from None
    try:
        yield group
    finally:
        for one in (group.folder / "inner", group.folder):
            if one.exists():
                for pid in (one / "cgroup.procs").read_text().split():
                    (folder / "cgroup.procs").write_text(pid)
                one.rmdir()
