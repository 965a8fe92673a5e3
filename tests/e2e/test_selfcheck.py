# SPDX-License-Identifier: MIT
"""Programs that compare their own code with a checksum start while they are traced, and run on."""

import json
import os
import re
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS, tool

pytestmark = pytest.mark.toolchains

METHODS = ["uprobe_multi", "tracefs", "perf_event"]
FIPS_VERSIONS = [version for version in builds.VERSIONS if int(version[2:]) >= 24]
FIPS_ON = {**os.environ, "GODEBUG": "fips140=on"}
# Go's own linker, and the system's.
MODES = {"plain": {}, "stripped PIE": {"flags": ["-buildmode=pie", "-ldflags=-s -w"]},
         "external": {"flags": ["-ldflags=-linkmode=external"], "cgo": True},
         "external stripped PIE": {"flags": ["-buildmode=pie", "-ldflags=-linkmode=external"], "cgo": True, "strip": True}}
# sha256 is what the program and its check both run; few enough to be attached one by one.
SELECTION = ["-u", "crypto/internal/fips140*", "-u", "crypto/sha256.*"]
BORING = {"cgo": True, "variables": [("GOEXPERIMENT", "boringcrypto")]}
BORING_SELECTION = ["-u", "*BORINGSSL_*", "-u", "*sha256_*", "-u", "*SHA256*", "-u", "AES_*", "-u",
                    "crypto/internal/boring.*", "-u", "crypto/sha256.*"]


def finish(program, fips, hashes=3):
    """It works, and ends as ever."""
    account = program.work(f"GO {hashes}")
    assert account["fips"] is fips
    status = program.finish()
    assert status == 0 and program.err == "", f"{status}: {program.err}"


def check_trees(tracer, number):
    """There are as many as calls, and what is outside of the checked code is in them."""
    calls = tracer.stop().calls()
    assert sum(call["function"] == "main.hash" for call in calls) == number
    assert sum(call["function"] == "crypto/sha256.Sum256" for call in calls) == number
    assert not any(re.match(r"crypto/internal/fips140[./]", call["function"]) for call in calls)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", FIPS_VERSIONS)
def test_fips_program_starts_while_traced(binary, start, trace, version, mode):
    """An ordinary build, FIPS 140 by the environment: as a restarted pod would do."""
    path = binary("selfcheck", version=version, **MODES[mode])
    tracer = trace("-f", "json", *SELECTION, path, "main.hash")
    finish(start(path, env=FIPS_ON), fips=True)
    finish(start(path), fips=False)
    check_trees(tracer, 6)


@pytest.mark.parametrize("method", METHODS)
def test_by_each_method(binary, start, trace, method):
    path = binary("selfcheck", version="1.27")
    tracer = trace("--attach", method, "-f", "json", *SELECTION, path, "main.hash")
    finish(start(path, env=FIPS_ON), fips=True)
    check_trees(tracer, 3)


@pytest.mark.parametrize("method", METHODS)
def test_another_process_of_the_same_binary(binary, start, trace, method):
    """Only one is traced, but without the kernel's filter probes are in all."""
    path = binary("selfcheck", version="1.27")
    first = start(path, env=FIPS_ON)
    tracer = trace("--attach", method, "-f", "json", *SELECTION, "-p", first.pid, "main.hash")
    finish(start(path, env=FIPS_ON), fips=True)
    finish(first, fips=True)
    calls = tracer.wait() == 0 and tracer.calls()
    assert {call["pid"] for call in calls} == {first.pid}


@pytest.mark.parametrize("method", METHODS)
def test_process_that_execs_itself(binary, start, trace, method):
    """Its new image starts with the probes in it."""
    path = binary("selfcheck", version="1.27")
    program = start(path, env=FIPS_ON)
    trace("--attach", method, *SELECTION, "-p", program.pid, "main.hash")
    program.send("AGAIN")
    program.await_line("READY")
    finish(program, fips=True)


@pytest.mark.parametrize("version, module", [("1.24", "latest"), ("1.24", "v1.0.0"), ("1.26", "latest"),
                                             ("1.27", "latest")])
def test_fips_build_is_launched(binary, run_tool, tmp_path, version, module):
    path = binary("selfcheck", version=version, variables=[("GOFIPS140", module)])
    trees = tmp_path / "trees"
    tracer = run_tool("-f", "json", "-o", trees, *SELECTION, path, "main.hash", "--", stdin=subprocess.PIPE)
    tracer.child.stdin.write(b"GO 3\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0, tracer.err
    assert '"fips":true' in tracer.out and "exited with status 0" in tracer.err, tracer.err
    calls = [json.loads(line) for line in trees.read_text().splitlines()]
    assert [call["function"] for call in calls] == ["crypto/sha256.Sum256", "main.hash"] * 3


@pytest.mark.parametrize("version", ["1.19", "1.21", "1.24", "1.27"])
@pytest.mark.parametrize("mode", ["plain", "stripped PIE", "external"])
def test_boringcrypto(binary, start, trace, version, mode):
    options = {**BORING, "flags": MODES[mode].get("flags", [])}
    path = binary("selfcheck", version=version, **options)
    tracer = trace("-f", "json", *BORING_SELECTION, path, "main.hash")
    finish(start(path), fips=False)
    calls = tracer.stop().calls()
    assert sum(call["function"] == "main.hash" for call in calls) == 3
    assert any(call["function"].startswith("crypto/internal/boring.") for call in calls)


@pytest.mark.parametrize("boring", [False, True], ids=["FIPS 140", "BoringCrypto"])
def test_states_and_parts_of_trees(binary, start, trace, boring):
    """The tracer's own places are in the runtime, and never where it is looked."""
    path = binary("selfcheck", version="1.27", **(BORING if boring else {}))
    tracers = [trace("states", path), trace("--states", "--follow", "-u", "*", "-u", "!runtime*", path, "main.hash")]
    finish(start(path, env=FIPS_ON if not boring else None), fips=not boring)
    for tracer in tracers:
        tracer.stop()
    assert "main.hash() {" in tracers[1].out


# ---- what is said ----


def left_out(*arguments):
    """What list says of it: {function: reason}."""
    done = subprocess.run([tool(), "list", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"^left out: 0x[0-9a-f]+ (\S+): (.*)$", done.stdout, re.M)), done.stdout


def test_list_says_why(binary):
    path = binary("selfcheck", version="1.27")
    reasons, _ = left_out("-u", "crypto/*", path, "main.hash")
    assert "FIPS 140" in reasons["crypto/internal/fips140/sha256.(*Digest).Write"]
    # An import of the module is no part of it.
    assert "crypto/sha256.Sum256" not in reasons and "main.hash" not in reasons


def test_list_says_why_of_boringcrypto(binary):
    path = binary("selfcheck", version="1.27", **BORING)
    reasons, said = left_out("-u", "*BORINGSSL*", path, "main.hash")
    assert "BoringCrypto" in reasons["BORINGSSL_integrity_test"]
    assert "BORINGSSL_integrity_test [target]" not in said


def test_trace_says_how_many(binary, trace):
    path = binary("selfcheck", version="1.27")
    quiet = trace(*SELECTION, path, "main.hash").stop().err
    assert re.search(r"\d+ functions are left out: the program compares this code with a checksum", quiet), quiet
    assert "sha256.(*Digest).Write" not in quiet
    verbose = trace("-v", *SELECTION, path, "main.hash").stop().err
    assert re.search(r"left out crypto/internal/fips140/sha256\.\(\*Digest\)\.Write\+0: .*FIPS 140", verbose), verbose


def test_nothing_else_is_asked_for(binary, run_tool):
    path = binary("selfcheck", version="1.27")
    tracer = run_tool("-u", "crypto/internal/fips140/sha256.(*Digest).Write", path)
    assert tracer.wait() == 1
    assert "cannot be traced" in tracer.err and "FIPS 140" in tracer.err


def test_scripts_for_bpftrace(binary):
    def script(*arguments):
        return subprocess.run([tool(), "bpftrace", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=WAIT_SECONDS, check=False)

    path = binary("selfcheck", version="1.27")
    done = script(path, "crypto/internal/fips140/sha256.(*Digest).Write")
    assert done.returncode == 1 and "FIPS 140" in done.stderr
    done = script(path, "*sha256*")
    assert done.returncode == 0, done.stderr
    reasons, _ = left_out("-u", "*sha256*", path)
    names = [name for name, reason in reasons.items() if "FIPS 140" in reason]
    probes = "".join(re.findall(r"^uprobe:.*$", done.stdout, re.M))
    assert names and '"crypto/sha256.Sum256"' in probes
    assert not any(f'"{name}"' in probes for name in names)
