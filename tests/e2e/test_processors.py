# SPDX-License-Identifier: MIT
"""Files of all processors are read on every machine; only those of this machine's own are traced."""

import platform
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS, tool
from test_errors import fails
from test_list import list_functions, parse

GOARCH, NAME, G, REGISTERS = {
    "x86_64": ("arm64", "arm64", 'reg("r28")', 'reg("r2") reg("r3") reg("r30")'),
    "aarch64": ("amd64", "x86-64", 'reg("r14")', 'reg("cx") reg("di") *(uint64*)reg("sp")')}[platform.machine()]


@pytest.fixture(scope="module")
def foreign():
    return builds.build("calls", variables=(("GOARCH", GOARCH),))


@pytest.mark.parametrize("arguments", (["-u", "main.*"], ["states"]))
def test_is_not_traced(foreign, arguments):
    for program_arguments in ([], ["--", "1"]):
        said = fails(*arguments, foreign, *program_arguments)
        assert f"it is for {NAME}, and this machine is" in said and f"list {foreign}" in said, said


def test_is_listed(foreign):
    done = list_functions("-u", "main.*", foreign, "main.root")
    assert done.returncode == 0, done.stderr
    found = parse(done.stdout)
    assert found["main.root"] and "main.main" in found
    assert set(found) == set(parse(list_functions("-u", "main.*", builds.build("calls"), "main.root").stdout))


def test_makes_scripts(foreign, tmp_path):
    own = tmp_path / "own.bt"
    own.write_text("{{argument 2}} {{result 3}} {{return_address}}\n")
    for arguments, text in ((["-u", "main.*", foreign, "main.root"], G), (["--template", own, foreign], REGISTERS)):
        done = subprocess.run([tool(), "bpftrace", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
        assert done.returncode == 0 and text in done.stdout, done.stderr
