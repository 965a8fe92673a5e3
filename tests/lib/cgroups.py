# SPDX-License-Identifier: MIT
"""Control groups: with a CPU quota, of v1 or v2; of v2, with groups in them."""

import contextlib
import os
import pathlib

from builds import Unavailable
from processes import await_condition, is_alive

PERIOD_US = 100000
OURS = "gofuncgraph-test-"


class Group:
    """A cgroup with the cpu controller, of v1 or v2."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)

    def set_quota(self, quota):
        """None: no quota any more."""
        if (self.folder / "cpu.max").exists():
            (self.folder / "cpu.max").write_text(f"{quota or 'max'} {PERIOD_US}")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota or -1))

    def throttled_ns(self):
        """For how long it might have no processor so far, for the quota."""
        told = dict(line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())
        return int(told["throttled_usec"]) * 1000 if "throttled_usec" in told else int(told["throttled_time"])

    def inner(self):
        if (self.folder / "cpu.max").exists():
            (self.folder / "cgroup.subtree_control").write_text("+cpu")
        return Group(self.folder / "inner")

    def below(self, path):
        """A new group below this one, with those on the way there."""
        return Group(self.folder / path)

    def take(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    def let_out(self, pid):
        (self.folder.parent / "cgroup.procs").write_text(str(pid))


def hierarchy():
    """The folder of cgroups with a cpu controller."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, kind = (part.split() for part in line.split(" - "))
        if kind[0] == "cgroup" and "cpu" in kind[2].split(","):
            return pathlib.Path(fields[4])
        if kind[0] == "cgroup2" and "cpu" in pathlib.Path(fields[4], "cgroup.controllers").read_text().split():
            return pathlib.Path(fields[4])
    return None


def unified():
    """The folder of cgroups of v2, whatever their controllers."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, kind = (part.split() for part in line.split(" - "))
        if kind[0] == "cgroup2":
            return pathlib.Path(fields[4])
    return None


def is_removed(folder, heir):
    """Not yet, while the kernel is still at a process that ends there: it is listed, and cannot move."""
    with contextlib.suppress(OSError):
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (heir / "cgroup.procs").write_text(pid)
        folder.rmdir()
    return not folder.exists()


def remove(folder, heir):
    """With all below it. Who is in there moves to the other folder."""
    for one in sorted((path for path in folder.rglob("*/")), reverse=True) + [folder]:
        await_condition(lambda one=one: is_removed(one, heir), f"{one} cannot be removed")


def remove_leftovers(folder):
    """The groups in it of tests that were killed."""
    for group in folder.glob(f"{OURS}*"):
        if not is_alive(group.name.removeprefix(OURS)):
            remove(group, folder)


@contextlib.contextmanager
def made_in(folder, controllers):
    """A group of this process's own."""
    try:
        if controllers and (folder / "cgroup.subtree_control").exists():
            (folder / "cgroup.subtree_control").write_text(controllers)
        group = Group(folder / f"{OURS}{os.getpid()}")
    except OSError as error:
        raise Unavailable(f"no cgroup can be made: {error}") from None
    try:
        yield group
    finally:
        remove(group.folder, folder)


def made():
    """One with a CPU quota."""
    folder = hierarchy()
    if not folder:
        raise Unavailable("no cgroups with a cpu controller are mounted")
    return made_in(folder, "+cpu")


def made_unified():
    """One of v2, whatever its controllers."""
    folder = unified()
    if not folder:
        raise Unavailable("no cgroups of version 2 are mounted")
    return made_in(folder, None)
