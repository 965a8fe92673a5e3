# SPDX-License-Identifier: MIT
"""Whether the kernel of this machine traces every switch from one thread to another. Some virtual machines' do
not, where it is an agent of the machine's owner that is switched away from: who comes then, comes unseen."""

import contextlib
import functools
import os
import re
import subprocess
import tempfile
import time

SWITCH = re.compile(r"\[(\d+)\] .* sched_switch: .* prev_pid=(\d+) .* next_pid=(\d+) ")
SECONDS = 10


@contextlib.contextmanager
def trace_instance():
    """A folder of tracefs with a buffer that nobody else uses."""
    with tempfile.TemporaryDirectory() as mount:
        subprocess.run(["mount", "-t", "tracefs", "none", mount], check=True)
        instance = os.path.join(mount, "instances", f"switches-{os.getpid()}")
        try:
            os.mkdir(instance)
            try:
                yield instance
            finally:
                os.rmdir(instance)
        finally:
            subprocess.run(["umount", mount], check=True)


@functools.cache
def some_are_untraced():
    """Looks for SECONDS at most: on each processor, who goes is to be who came last."""
    runs = {}
    with trace_instance() as instance:
        with open(os.path.join(instance, "events/sched/sched_switch/enable"), "w") as enable:
            enable.write("1")
        end = time.monotonic() + SECONDS
        with open(os.path.join(instance, "trace_pipe"), errors="replace") as pipe:
            for line in pipe:
                switch = SWITCH.search(line)
                if switch:
                    processor, before, after = switch.groups()
                    if runs.get(processor, before) != before:
                        return True
                    runs[processor] = after
                if "LOST" in line:
                    runs.clear()
                if time.monotonic() > end:
                    return False
