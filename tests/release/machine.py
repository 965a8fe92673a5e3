# SPDX-License-Identifier: MIT
"""Debian with systemd as the first process of namespaces of its own. All its cgroups are below one that is made for it,
and what it may change of the kernel is read-only, as in containers. It and its cgroups are gone when who started it is,
however that ended."""

import contextlib
import os
import pathlib
import subprocess

import builds
from harness import Process, await_condition
from roots import INSTALL, REMOVE_GROUP, ROOT, SECONDS

# The number of a process as this machine has it is told by its /proc.
INIT = """
read pid rest </proc/self/stat
echo $pid >/mnt/pid.new
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
umount -R -l /cgroup /sys
mount -t sysfs -o ro sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /dev
mkdir /dev/shm
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "/dev/${device%:*}" c 1 "${device#*:}"
done
mv /mnt/pid.new /mnt/pid
exec env container=other /lib/systemd/systemd --unit=sysinit.target
"""
# Until the end of its standard input.
BOOT = """
group=/cgroup/$1
mkdir /cgroup
mount -t cgroup2 cgroup2 /cgroup && mkdir "$group" && unshare --mount --pid --fork --cgroup --ipc --uts true || {
    echo "there can be no cgroups or namespaces here" >&2
    exit 77
}
trap 'kill -KILL $!; wait; remove_group "$group"' EXIT
(
    echo 0 >"$group/cgroup.procs"
    exec unshare --mount --pid --fork --kill-child --cgroup --ipc --uts sh -euc "$2" </dev/null
) &
cat
"""


class Machine:
    def __init__(self, pid):
        self.pid = pid
        self.root = pathlib.Path(f"/proc/{pid}/root")

    def output_of(self, *words, statuses=(0,)):
        """Of a command that runs there."""
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-a", "-r", "-w", "env", "-i", f"PATH={os.defpath}:/usr/sbin", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode in statuses, f"{words}: exit status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def journal(self, unit):
        return self.output_of("journalctl", "-u", unit, "-o", "cat", "--no-pager")

    def processes(self, unit):
        """Their numbers here."""
        return [int(pid) for pid in (self.root / f"sys/fs/cgroup/system.slice/{unit}.service/cgroup.procs").read_text().split()]


@contextlib.contextmanager
def booted(folder):
    """With package.deb of the folder, which is /mnt there, installed."""
    booting = Process([*ROOT, folder, "sh", "-euc", REMOVE_GROUP + INSTALL + BOOT, "sh", f"gofuncgraph-test-{os.getpid()}", INIT])
    try:
        await_condition(lambda: (folder / "pid").exists() or booting.child.poll() is not None, "systemd does not start", SECONDS)
        if booting.child.poll() == 77:
            raise builds.Unavailable(booting.err.splitlines()[-1])
        assert booting.child.poll() is None, booting.err[-3000:]
        machine = Machine(int((folder / "pid").read_text()))
        await_condition(lambda: machine.output_of("systemctl", "is-active", "sysinit.target", statuses=range(256)) == "active\n",
                        "systemd is not up")
        yield machine
    finally:
        booting.child.stdin.close()
        booting.wait(SECONDS)
