# SPDX-License-Identifier: MIT
"""Functions of Go's runtime that change stacks instead of returning: how and when their calls end."""

import pytest

from harness import forests, walk

VERSIONS = pytest.mark.parametrize("version", [None, "1.19", "1.24", "1.27"],
                                   ids=["installed Go", "Go 1.19", "Go 1.24", "Go 1.27"])

# src/runtime/asm_amd64.s, proc.go, preempt.go, stack.go: what ends in gogo.
SWITCHING = {"gogo", "runtime.asyncPreempt2.func1", "runtime.execute", "runtime.exitsyscall0", "runtime.exitsyscallNoP",
             "runtime.gopreempt_m", "runtime.goschedImpl", "runtime.gosched_m", "runtime.mcall", "runtime.morestack",
             "runtime.newstack", "runtime.park_m", "runtime.preemptPark", "runtime.recovery", "runtime.schedule"}
UNWOUND = {"main.fail", "runtime.gopanic", "runtime.(*_panic).nextDefer", "runtime.mcall"}
WORK = ["park 20", "grow 200", "yield 20", "spin 300", "start 20", "syscall 5", "fail 5"]


def plain(call):
    return call["function"].removesuffix(".abi0")


@VERSIONS
def test_every_way_to_stop_and_go_on(binary, start, trace, version):
    """No panic but those that there were, and nothing inside of what has ended."""
    program = start(binary("switches", version=version))
    program.work("crowd 2")
    tracer = trace("-f", "json", "--ring-size", "128M", "-u", "runtime.*", "-u", "gogo", "-u", "main.*", program.path,
                   "main.work")
    goids = [program.work(command) for command in WORK]
    tracer.stop()
    assert "lost" not in tracer.err and "could not be read" not in tracer.err, tracer.err
    found = forests(tracer.calls())
    assert {goid for _, goid in found} == set(goids)
    calls = []
    for goid in goids:
        (tree,) = found[(program.pid, goid)]
        assert tree["end"] == "return"
        calls += walk(tree)
    ends = {end: {plain(call) for call, _ in calls if call["end"] == end} for end in {call["end"] for call, _ in calls}}
    assert set(ends) == {"return", "tail_call", "left", "panic"}
    # A signal handler's last function makes the kernel go back to who was interrupted.
    assert {name for name in ends["left"] if "sigreturn" not in name} <= SWITCHING
    assert ends["panic"] <= UNWOUND
    assert {"runtime.mcall", "runtime.morestack", "runtime.park_m", "runtime.goschedImpl"} <= ends["left"]
    assert sum(call["function"] == "main.fail" for call, _ in calls) == 5
    handlers = [call for call, _ in calls if plain(call) == "runtime.sigtramp"]
    assert handlers and {call["end"] for call in handlers} == {"return"}
    for call, _ in calls:
        if plain(call) == "runtime.morestack":
            assert not any(plain(inner) == "runtime.morestack" for inner, _ in list(walk(call))[1:])


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
@VERSIONS
def test_the_scheduler_ends_when_a_goroutine_goes_on(binary, start, trace, version, method):
    """What a thread's schedule found is not running inside of it, but after it."""
    program = start(binary("switches", version=version))
    tracer = trace("-f", "json", "--attach", method, "-u", "runtime.execute", "-u", "runtime.park_m", program.path,
                   "runtime.schedule", "runtime.park_m", "main.leaf")
    for command in ("park 50", "yield 50"):
        program.work(command)
    calls = tracer.stop().calls()
    scheduling = [call for call in calls if call["function"] in ("runtime.schedule", "runtime.park_m")]
    leaves = [call for call in calls if call["function"] == "main.leaf"]
    assert len(leaves) == 100 and {call["end"] for call in leaves} == {"return"}
    assert {call["end"] for call in scheduling} <= {"left", "running"}
    assert sum(call["function"] == "runtime.schedule" and call["end"] == "left" for call in scheduling) >= 50
    for leaf in leaves:
        for call in scheduling:
            inside = call["start_ns"] < leaf["start_ns"] < call["start_ns"] + call["duration_ns"]
            assert not (inside and call["tid"] == leaf["tid"]), (leaf, call)
