# SPDX-License-Identifier: MIT
"""What the tracer takes for code of goroutines alone (src/probe/decode/any_stack.c) runs on no system stack."""

import os
import platform
import subprocess

import pytest

from harness import tool

STACKS = os.path.join(os.path.dirname(tool()), "tests/stacks/stacks")

pytestmark = [
    pytest.mark.toolchains,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="it knows no registers but those of x86-64"),
    pytest.mark.skipif(not os.access(STACKS, os.X_OK), reason="tests/stacks is not built beside the tool"),
]

# Timers, preemption by signals, the garbage collector, the network, stacks that grow, panics, C.
WORK = {
    "requests": ("GO 50 8",),
    "states": ("sleep 3 5", "netread 3 5", "select 3 5", "churn 20 60", "gcassist 1 50"),
    "switches": ("park 20", "grow 200", "spin 300", "start 20", "syscall 5"),
    "concurrent": ("GO 20 5 3",),
    "panics": ("GO",),
    "cgo": ("GO",),
    "load": ("GO 4 50 100",),
}


@pytest.mark.parametrize("version", [None, "1.19", "1.27"], ids=["installed Go", "Go 1.19", "Go 1.27"])
@pytest.mark.parametrize("name", WORK)
def test_only_goroutines_run_it(binary, start, name, version):
    path = binary(name, version=version, **({"cgo": True} if name == "cgo" else {}))
    program = start(path, env={**os.environ, "GOGC": "1"})
    with subprocess.Popen([STACKS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stacks:
        attached = stacks.stdout.readline().split()
        try:
            assert attached and attached[0] == "attached" and int(attached[1]) > 100
            for command in WORK[name]:
                program.work(command)
            # Its start and its end, too.
            start(path).finish()
        finally:
            said = stacks.communicate()[0].splitlines()
    assert said[-1].startswith("hits ") and int(said[-1].split()[1]) > 100, said
    assert said[:-1] == []
    assert program.finish() == 0
