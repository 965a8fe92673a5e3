# SPDX-License-Identifier: MIT
"""What tests of recordings share: the tool that reads them, and programs whose work is recorded."""

import subprocess
import time

from harness import WAIT_SECONDS, tool


def run(*arguments, check=True, **options):
    """The tool, to its end."""
    return subprocess.run([tool(), *map(str, arguments)], capture_output=True, timeout=WAIT_SECONDS, check=check, **options)


def replay(*arguments, **options):
    return run("replay", *arguments, **options)


def refused(*arguments, status=None):
    """What it says to what it does not do."""
    done = run(*arguments, check=False)
    assert done.returncode in ((1, 2) if status is None else (status,)) and not done.stdout
    return done.stderr.decode()


def clock(realtime_ns):
    """As --since and --until take it."""
    return time.strftime("%d %H:%M:%S", time.localtime(realtime_ns // 10**9)) + f".{realtime_ns % 10**9:09d}"
