# SPDX-License-Identifier: MIT
"""Calls that end in another way than by a return."""

import pytest

from harness import WAIT_SECONDS, await_condition, check_same, forests, parse_graph, shapes


@pytest.mark.parametrize("way", ["near", "between", "far", "nested", "again", "fault", "goexit"])
@pytest.mark.parametrize("version", [None, "1.22", "1.27"], ids=["installed Go", "Go 1.22", "Go 1.27"])
def test_panics(binary, start, trace, version, way):
    """Frames that a panic unwinds end then, marked; who recovered goes on in the same tree."""
    program = start(binary("panics", version=version))
    tracer = trace("-f", "json", "-u", "main.*", "-u", "!main.main*", program.path, "main.root", "main.leave")
    journals = program.work(way) + program.work(way)
    check_same(tracer.stop().calls(), journals)
    assert program.finish() == 0


def test_panic_in_the_text(binary, start, trace):
    program = start(binary("panics"))
    tracer = trace("-u", "main.*", "-u", "!main.main*", program.path, "main.root")
    program.work("near")
    trees, _ = parse_graph(tracer.stop().out)
    leaf, catch, _ = trees[0]["calls"]
    assert leaf["name"] == "main.leaf" and catch["name"] == "main.catch"
    (fail,) = catch["calls"]
    assert fail["name"] == "main.fail" and fail["exit"]["mark"] == "panic"


def test_goexit_in_the_text(binary, start, trace):
    program = start(binary("panics"))
    tracer = trace("-u", "main.leave", program.path, "main.leave")
    program.work("goexit")
    (tree,), _ = parse_graph(tracer.stop().out)
    assert tree["exit"]["mark"] == "goroutine exit"


@pytest.mark.parametrize("version", [None, "1.24", "1.27"], ids=["installed Go", "Go 1.24", "Go 1.27"])
def test_tail_calls(binary, start, trace, version):
    program = start(binary("tailcalls", version=version))
    tracer = trace("-f", "json", "-u", "main.(*outer).Do", "-u", "main.(*inner).Do", "-u", "main.leaf", program.path,
                   "main.call")
    journals = program.work("GO")
    calls = tracer.stop().calls()
    check_same(calls, journals)
    for call in calls:
        assert ("return" in call) == (call["end"] in ("return", "tail_call"))


@pytest.mark.parametrize("command, status", [("exit 3", 3), ("crash", 2), ("panic", 2), ("kill", -9)])
def test_process_ends_inside_a_call(binary, start, trace, command, status):
    """Open calls are printed at once, and the program ends as it does untraced."""
    program = start(binary("ends"))
    tracer = trace("-f", "json", "-u", "main.outer", "-u", "main.inner", "-u", "main.leaf", "-u", "main.empty",
                   program.path, "main.outer")
    program.send(command)
    assert program.wait() == status
    # All is printed while tracing goes on.
    lines = [tracer.lines.get(timeout=WAIT_SECONDS) for _ in range(4)]
    assert None not in lines
    calls = tracer.stop().calls()
    leaf, empty = ("main.leaf", "return", []), ("main.empty", "return", [])
    ((tree,),) = shapes(calls).values()
    assert tree == ("main.outer", "process_exit", [leaf, empty, ("main.inner", "process_exit", [])])


# So many that they come step by step.
MANY = ["--max-overhead", "20", "-u", "*", "-u", "!runtime*", "-u", "!main.inner"]


def own(trees):
    """The shapes of the program's own calls: a goroutine may be preempted anywhere, and Go's runtime has functions in assembly
    whose names do not begin with it."""
    return [(name, end, own(calls)) for name, end, calls in trees if name.startswith("main.")]


@pytest.mark.parametrize("options", [[], ["--no-emulate-ret"], ["--attach", "tracefs"], ["--attach", "perf_event"], MANY,
                                     [*MANY, "--attach", "tracefs"]], ids=" ".join)
def test_function_of_one_instruction(binary, start, trace, options):
    """Entered and left at the same place."""
    program = start(binary("ends"))
    tracer = trace("-f", "json", *options, "-u", "main.leaf", "-u", "main.empty", program.path, "main.outer")
    for _ in range(3):
        program.work("nothing")
    leaf, empty = ("main.leaf", "return", []), ("main.empty", "return", [])
    assert [own(trees) for trees in shapes(tracer.stop().calls()).values()] == [[("main.outer", "return", [leaf, empty, leaf])] * 3]
    assert ("step by step" in tracer.err) == (options[:len(MANY)] == MANY)


def test_exec_inside_a_call(binary, start, trace):
    """The process goes on as another program, with the same pid, and is traced again."""
    program = start(binary("ends"))
    tracer = trace("-f", "json", "-u", "main.outer", "-u", "main.inner", "-u", "main.leaf", "-u", "main.empty",
                   program.path, "main.outer")
    program.send("exec")
    program.await_line("READY")
    program.send("exit 0")
    assert program.wait() == 0
    found = shapes(tracer.stop().calls())
    trees = [tree for trees in found.values() for tree in trees]
    leaf, empty = ("main.leaf", "return", []), ("main.empty", "return", [])
    assert trees == [("main.outer", "process_exit", [leaf, empty, ("main.inner", "process_exit", [])])] * 2
    assert {pid for pid, _ in found} == {program.pid}


def test_short_lived_processes(binary, start, trace):
    path = binary("calls")
    tracer = trace("-f", "json", "-u", "main.leaf", path, "main.branch")
    pids = []
    for _ in range(40):
        program = start(path)
        program.work("GO")
        assert program.finish() == 0
        pids.append(program.pid)
    found = forests(tracer.stop().calls())
    assert sorted(pid for pid, _ in found) == sorted(pids)
    assert all(len(trees) == 1 and len(trees[0]["calls"]) == 3 for trees in found.values())


METHODS = ["uprobe_multi", "tracefs", "perf_event"]


@pytest.mark.parametrize("how", ["^C", "--timeout", "--limit"])
@pytest.mark.parametrize("method", METHODS)
def test_probes_come_and_go_under_load(binary, start, run_tool, method, how):
    """Calls that begin or end while probes are attached or taken away are not seen at all, or whole: what is open when
    tracing ends is still running, whichever probe goes first."""
    program = start(binary("busy"))
    assert program.work("GO 10") == 10
    options = {"^C": [], "--timeout": ["--timeout"], "--limit": ["--limit", "40"]}[how]
    patterns = ["-u", "main.*"]
    if method != "perf_event":  # which needs a tenth of a second for each probe
        patterns += ["-u", "net/*", "-u", "crypto/*"]

    def run(*more):
        return run_tool("-f", "json", "--attach", method, *patterns, *options, *more, program.path, "main.worker")

    for _ in range(3):
        if how == "^C":
            tracer = run()
            await_condition(lambda: len(tracer.output) > 100, "nothing was traced")
            tracer.stop()
        elif how == "--limit":
            tracer = run()
            assert tracer.wait() == 0, tracer.err
        else:
            for seconds in (0.3, 1, 5, 30):  # a busy machine needs longer for as many calls
                tracer = run(f"{seconds}s")
                assert tracer.wait() == 0, tracer.err
                if len(tracer.output) > 100:
                    break
        calls = tracer.calls()
        assert len(calls) > 100 and "lost" not in tracer.err, tracer.err
        # Some of the ten always are inside: that was so when tracing ended, not when the last probe was gone.
        assert {call["end"] for call in calls} == ({"return"} if how == "--limit" else {"return", "running"})
        for trees in shapes(calls).values():
            for tree in trees:
                check_work(tree, "worker")
    assert program.work("GO 0") == 0


def check_work(call, name):
    """worker calls inner twice, and that leaf twice; who still runs may have called less."""
    callee = {"worker": "inner", "inner": "leaf", "leaf": None}[name]
    assert call[0] == f"main.{name}" and len(call[2]) <= (2 if callee else 0), call
    assert call[1] == "running" or len(call[2]) == (2 if callee else 0), call
    for number, inner in enumerate(call[2]):
        assert inner[1] == "return" or (call[1] == "running" and number == len(call[2]) - 1), call
        check_work(inner, callee)
