# SPDX-License-Identifier: MIT
"""The static build: it can be made where the tests' libraries are installed, and carries all it needs."""

import fcntl
import os
import shutil
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS

FOLDER = builds.ROOT / "build-static"


@pytest.fixture(scope="module")
def static_tool():
    with open(builds.CACHE / "static.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            builds.fetch("static-deps")
        except builds.Unavailable as reason:
            pytest.skip(str(reason))
        # One test program stands for all: they link the same libraries, and cmocka, which is a shared one.
        script = (f"test -e {FOLDER}/build.ninja || meson setup {FOLDER} -Dstatic=true; "
                  f"ninja -C {FOLDER} gofuncgraph-c tests/unit/test_error")
        done = subprocess.run(["sh", "-ec", script], cwd=builds.ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=builds.BUILD_SECONDS, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return FOLDER / "gofuncgraph-c"


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot(8) and static-deps need root")
def test_alone_in_an_empty_root(static_tool, binary, tmp_path):
    """No library, no template, nothing but the tool and what it is about."""
    shutil.copy2(static_tool, tmp_path / "tool")
    shutil.copy2(binary("snoop", "program"), tmp_path / "snoop")

    def run(*arguments):
        return subprocess.run(["chroot", tmp_path, "/tool", "bpftrace", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)

    listed = run("--list-templates")
    assert listed.returncode == 0 and "httpsnoop " in listed.stdout, listed.stderr
    made = run("--template", "httpsnoop", "/snoop")
    assert made.returncode == 0 and "\nuprobe:/snoop:" in made.stdout, made.stderr
