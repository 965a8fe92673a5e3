# SPDX-License-Identifier: MIT
"""The README's first command, which shows a newcomer what the tool is for."""

import os
import pathlib
import re
import subprocess

import pytest

from harness import tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Far longer than it takes anywhere: only what hangs is ended.
LIMIT_SECONDS = 900


def test_run():
    build = pathlib.Path(tool()).parent
    if not (build / "build.ninja").exists():
        pytest.skip("the tool is not where meson builds it")
    done = subprocess.run([ROOT / "example/run"], env={**os.environ, "BUILD": str(build)}, stdin=subprocess.DEVNULL,
                          text=True, capture_output=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    shown, asked, report = done.stdout.rpartition("\n$ gofuncgraph-c hunt ")
    assert shown.count("\n$ gofuncgraph-c ") == 4 and asked
    # A busy machine adds a percent or two of its own.
    first_cause = next((line for line in report.splitlines() if re.match(r" *\d+ %", line)), report)
    assert "sleep in example/internal/log.Debug  " in first_cause and first_cause.endswith("/log/log.go:13")
