# SPDX-License-Identifier: MIT
"""Probes that cost the program too much are taken off, which is told, and trees are right but for that.

Whether the guard acts does not depend on how busy the machine is: the programs do nothing else than to call functions
that have probes, so that these take most of whatever time they get."""

import json
import re
import threading

import pytest

from harness import await_condition, forests, parse_graph, shape

GUARDED = ("--max-overhead", "20")
OFF = re.compile(r"^gofuncgraph-c: warning: probes took \d+ % of the program's CPU time: (.*) (?:is|are) not traced any more,",
                 re.M)


def taken_off(tracer):
    return [name for names in OFF.findall(tracer.err) for name in re.findall(r"(main\.\w+) \([\d,]+ calls a second\)", names)]


def await_off(tracer, *names):
    await_condition(lambda: set(names) <= set(taken_off(tracer)) or tracer.child.poll() is not None,
                    f"{names} are not taken off")
    assert set(names) <= set(taken_off(tracer)), tracer.err


def roots(tracer):
    return [tree for trees in forests(tracer.calls()).values() for tree in trees]


def names(tree):
    return [call["function"] for call in tree["calls"]]


@pytest.mark.parametrize("method", ["auto", "tracefs"])
def test_outside(binary, start, trace, method):
    """A function that is called all the time outside of the target."""
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "--attach", method, "-f", "json", "-u", "main.*", program.path, "main.root")
    program.work("GO 3")
    program.work("OUTSIDE 1")
    await_off(tracer, "main.outsideTarget")
    program.work("OUTSIDE 0")
    program.work("GO 3")
    before, after = roots(tracer.stop())[:3], roots(tracer)[3:]
    assert len(after) == 3
    for tree in before:
        assert names(tree) == ["main.first", "main.last"] and "functions_off" not in tree
    for tree in after:
        assert names(tree) == ["main.first", "main.last"] and tree["functions_off"] == len(taken_off(tracer))
        assert not any(call.get("incomplete") for call in [tree, *tree["calls"]])


@pytest.mark.parametrize("form", ["json", "graph"])
def test_inside(binary, start, trace, form):
    """One that is called all the time inside of it: trees go on without it."""
    program = start(binary("hot"))
    program.work("INSIDE 500000")
    tracer = trace(*GUARDED, "-f", form, "-u", "main.insideTarget", "-u", "main.first", "-u", "main.last", program.path,
                   "main.root")
    program.work("ROOTS 1")
    await_off(tracer, "main.insideTarget")
    program.work("ROOTS 0")
    program.work("INSIDE 3")
    program.work("GO 4")
    tracer.stop()
    assert taken_off(tracer) == ["main.insideTarget"]
    if form == "graph":
        # In the first of those that lack it.
        assert tracer.out.count("(1 function left out from here on, called too often)\n") == 1
        return
    for tree in roots(tracer)[-4:]:
        assert names(tree) == ["main.first", "main.last"] and tree["functions_off"] == 1 and tree["end"] == "return"


def test_changing(binary, start, trace):
    """A program that is calm at first; each change of what it does is answered."""
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "-f", "json", "-u", "main.*", program.path, "main.root")
    program.work("GO 10")
    assert not taken_off(tracer)
    program.work("OUTSIDE 1")
    await_off(tracer, "main.outsideTarget")
    program.work("OUTSIDE 0")
    program.work("INSIDE 500000")
    program.work("ROOTS 1")
    await_off(tracer, "main.insideTarget")
    program.work("ROOTS 0")
    assert all(names(tree) == ["main.first", "main.last"] for tree in roots(tracer.stop())[:10])


def await_change(program, tracer):
    """Until a call of main.root knows that a function is off, and none lacks probes any more."""
    def has_changed():
        program.work("GO 1")
        last = re.split(r"\n(?=\n|{.*\"depth\":0)", tracer.out)[-1]
        return (re.search("functions_off|function left out from here on", tracer.out) and
                not re.search("probes_off|probes were off", last))
    await_condition(has_changed, "no call of main.root says that a function was taken off")


def check_held_text(text, has_gap):
    trees, notes = parse_graph(text)
    held, last = trees[-1]["calls"]
    assert (trees[-1]["name"], held["name"], last["name"]) == ("main.holder", "main.held", "main.last")
    assert held["exit"]["mark"] == "probes taken off" and not held["exit"]["duration"].strip()
    assert [call["name"] for call in held["calls"]] == ["main.waiting"]
    assert not any(call["exit"].get("mark") for call in (trees[-1], last, held["calls"][0]))
    assert notes[-1] == (1, "function left out, called too often")
    assert (notes[-2][1] == "probes were off") == has_gap


def check_held(tree, has_gap):
    assert (tree["end"], tree["functions_off"], "probes_off_ns" in tree) == ("return", 1, has_gap)
    assert [shape(call) for call in tree["calls"]] == [
        ("main.held", "taken_off", [("main.waiting", "return", [])]), ("main.last", "return", [])]


@pytest.mark.parametrize("form", ["json", "graph"])
@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
def test_open_call(binary, start, trace, method, form):
    """A call that is open when its function loses its probes ends so; all others of its tree are as they were, also those
    that come from deeper on the stack than that one was."""
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "--attach", method, "-f", form, "-u", "main.held", "-u", "main.waiting", "-u", "main.last",
                   program.path, "main.holder", "main.root")
    program.work("HOLD")
    program.work("OUTSIDE 6")
    await_off(tracer, "main.held")
    program.work("OUTSIDE 0")
    await_change(program, tracer)
    program.work("RELEASE")
    tracer.stop()
    assert taken_off(tracer) == ["main.held"]
    assert ("warning: all probes were off for " in tracer.err) == (method == "tracefs")
    if form == "graph":
        check_held_text(tracer.out, method == "tracefs")
    else:
        (tree,) = [tree for tree in roots(tracer) if tree["function"] == "main.holder"]
        check_held(tree, method == "tracefs")


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
def test_states(binary, start, trace, method):
    """Goroutines that change their states all the time: trees go on without these."""
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "--attach", method, "--states", "-f", "json", "-u", "main.first", "-u", "main.last",
                   program.path, "main.root")
    program.work("GO 2")
    program.work("SWITCH 1")
    await_condition(lambda: "where goroutines change their states: these are not seen any more" in tracer.err,
                    "states are not taken off")
    program.work("SWITCH 0")
    program.work("GO 3")
    before, after = roots(tracer.stop())[:2], roots(tracer)[2:]
    assert len(after) == 3 and not taken_off(tracer) and "probes were off" not in tracer.err
    for tree in before + after:
        assert names(tree) == ["main.first", "main.last"] and tree["end"] == "return"
    for tree in before:
        assert "states_off" not in tree and "states_ns" in tree
    for tree in after:
        assert tree["states_off"] and not any("states_ns" in call for call in [tree, *tree["calls"]])


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
def test_waits_of_hunt(binary, start, run_tool, method):
    """The same while hunt looks for what calls wait for: from then on waits are read from memory."""
    program = start(binary("hot"))
    tracer = run_tool("hunt", *GUARDED, "--attach", method, "--stuck", "200ms", "-p", program.pid, "main.holder").await_tracing()
    program.work("SWITCH 1")
    await_condition(lambda: "where goroutines change their states: from now on waits are sampled" in tracer.err,
                    "states are not taken off")
    program.work("HOLD")
    await_condition(lambda: "a call is open for " in tracer.out, "no call is seen")
    program.work("RELEASE")
    program.work("SWITCH 0")
    tracer.stop()
    report = tracer.out[tracer.out.index("main.holder: 1 call of "):]
    assert re.search(r"\nwaits are sampled at \S+ Hz: who ended them is not known; "
                     r"exact ones \(--waits exact\) took \d+ % of the program's CPU time\n", report), report
    assert re.search(r"\n +\d+ % +\S+ m?s  chan receive in main\.waiting  /\S*/main\.go:\d+\n", report), report


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
def test_waits_of_a_call_that_is_open(binary, start, run_tool, method):
    """It began while waits were exact, and it is the one that was slow."""
    program = start(binary("hot"))
    tracer = run_tool("hunt", *GUARDED, "--attach", method, "--stuck", "1h", "-f", "json", "-p", program.pid, "main.holder").await_tracing()
    program.work("HOLD")
    program.work("SWITCH 1")
    await_condition(lambda: "where goroutines change their states: from now on waits are sampled" in tracer.err,
                    "states are not taken off")
    program.work("SWITCH 0")
    program.work("PAUSE 500")
    program.work("RELEASE")
    (report,) = map(json.loads, tracer.stop().out.splitlines())
    (cause,) = [one for one in report["causes"] if one["share"] > 0.5]
    assert (report["calls"], report["mode"], "calls_incomplete" in report) == (1, "sampled", False), report
    assert (cause["kind"], cause["function"]) == ("chan receive", "main.waiting"), report
    assert cause["ns"] > 500_000_000 and report["coverage"]["explained_ns"] > 0.9 * report["coverage"]["total_ns"], report


def cost_of_turns(program, run_tool, count):
    """Milliseconds."""
    tracer = run_tool("hunt", "--max-overhead", "none", "-p", program.pid, "main.holder").await_tracing()
    program.work(f"TURNS {count}")
    amount, unit = re.search(r"probe hits, about ([\d.,]+) (\w+) of the program's CPU time", tracer.stop().err).groups()
    return float(amount.replace(",", "")) * {"us": 1e-3, "ms": 1, "s": 1000}[unit]


def test_few_waits_of_hunt(binary, start, run_tool):
    """Goroutines that change their states for a moment: waits are exact as before. It is more than a hundredth of a processor
    of one half second at most."""
    program = start(binary("hot"))
    turns = int(7.5 / (cost_of_turns(program, run_tool, 5000) / 5000))
    tracer = run_tool("hunt", *GUARDED, "-p", program.pid, "main.holder").await_tracing()
    for _ in range(3):
        program.work(f"TURNS {turns}")
        program.work("PAUSE 1100")
    program.work("HOLD")
    program.work("RELEASE")
    tracer.stop()
    assert "probes took" not in tracer.err, tracer.err
    assert "main.holder: 1 call of " in tracer.out and "waits are sampled" not in tracer.out, tracer.out


def test_exact_waits_of_hunt(binary, start, run_tool):
    """Who wants nothing else is told so."""
    program = start(binary("hot"))
    tracer = run_tool("hunt", *GUARDED, "--waits", "exact", "-p", program.pid, "main.holder").await_tracing()
    program.work("SWITCH 1")
    assert tracer.wait() == 0
    assert "tracing ends; trace what is called less often, or allow more (--max-overhead 20)" in tracer.err
    program.work("SWITCH 0")


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs"])
def test_rests_of_hunt(binary, start, run_tool, method):
    """There is nothing else to take off: there are probes only now and then, and what is seen between is right."""
    program = start(binary("hot"))
    tracer = run_tool("hunt", *GUARDED, "--attach", method, "-f", "json", "-p", program.pid, "main.outsideTarget").await_tracing()
    program.work("OUTSIDE 1")
    await_condition(lambda: "from now on there are none for some of the time" in tracer.err, "it does not rest")
    await_condition(program.code_is_clean, "probes stay while it rests")
    begun = program.work("OUTSIDE 1")["main.outsideTarget"]
    await_condition(lambda: program.work("OUTSIDE 1")["main.outsideTarget"] > begun + 3_000_000, "the program is held up")
    account = program.work("OUTSIDE 0")
    report = tracer.stop().report()
    assert tracer.err.count("for some of the time") == 1
    assert report["rested_ns"] > 0 and report.get("open", 0) <= 1
    assert 1000 < report["calls"] < account["main.outsideTarget"]


def test_only_target(binary, start, trace):
    """There is nothing else to take off: tracing ends by itself, and what was traced is there."""
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "-f", "json", program.path, "main.outsideTarget")
    program.work("OUTSIDE 1")
    assert tracer.wait() == 0, tracer.err
    assert "tracing ends; trace what is called less often, or allow more (--max-overhead 20)" in tracer.err
    assert len(tracer.calls()) > 1000
    assert program.work("OUTSIDE 0")["main.outsideTarget"] > 0


def test_one_of_targets(binary, start, trace):
    program = start(binary("hot"))
    tracer = trace(*GUARDED, "-f", "json", program.path, "main.outsideTarget", "main.first")
    program.work("OUTSIDE 1")
    await_off(tracer, "main.outsideTarget")
    program.work("OUTSIDE 0")
    program.work("GO 5")
    found = tracer.stop().calls()[-5:]
    assert [(call["function"], call["functions_off"]) for call in found] == [("main.first", 1)] * 5


@pytest.mark.parametrize("options", [("--max-overhead", "none"), ("--max-overhead", "100")])
def test_no_limit(binary, start, trace, options):
    """Every call is told, however often."""
    program = start(binary("hot"))
    program.work("INSIDE 100000")
    tracer = trace(*options, "--ring-size", "512M", "--summary", "-f", "json", "-u", "main.*", program.path, "main.root")
    account = program.work("GO 3")
    calls = {row["function"]: row["calls"] for row in tracer.stop().calls()}
    assert not taken_off(tracer)
    assert calls["main.insideTarget"] == account["main.insideTarget"] == 300_000


def test_exact_while_links_change(binary, start, trace):
    """Functions come to be called all the time, and are taken off, one after the other; meanwhile each call of others
    that are called often is told, and told once."""
    program = start(binary("hot"))
    # So long that those others stay far below what is allowed, where each hit is single-stepped, too.
    program.work("INSIDE 1000000")
    tracer = trace("--max-overhead", "40", "--ring-size", "512M", "--summary", "-f", "json", "-u", "main.outside*", "-u",
                   "main.first", "-u", "main.last", program.path, "main.root")
    program.work("ROOTS 1")
    for number in range(2, 6):
        program.work(f"OUTSIDE {number}")
        await_off(tracer, f"main.outside{number}")
    program.work("OUTSIDE 0")
    account = program.work("ROOTS 0")
    calls = {row["function"]: row["calls"] for row in tracer.stop().calls()}
    assert account["main.root"] > 100
    assert taken_off(tracer) == [f"main.outside{number}" for number in range(2, 6)]
    for name in ("main.root", "main.first", "main.last"):
        assert calls[name] == account[name]


def test_wrong_values(binary, run_tool):
    for value in ("0", "101", "-3", "most"):
        tracer = run_tool("--max-overhead", value, binary("hot"))
        assert tracer.wait() == 2 and "--max-overhead wants a percentage from 1 to 100, or none" in tracer.err


def test_careful_begin(binary, start, trace):
    """Of a program with thousands of functions, what is called all the time never gets its exit; all others are traced."""
    program = start(binary("hot", flags=("-tags=large",)))
    program.work("OUTSIDE 1")
    tracer = trace(*GUARDED, "-f", "json", "-u", "*", "-u", "!runtime*", program.path, "main.root")
    left_out = re.search(r"of [\d,]+ functions (?:is|are) left out, called too often: (.*); with their probes", tracer.err)
    assert left_out and "main.outsideTarget (" in left_out[1], tracer.err
    program.work("OUTSIDE 0")
    program.work("GO 3")
    for tree in roots(tracer.stop()):
        # A goroutine may be preempted anywhere, by functions in assembly whose names do not begin with "runtime".
        own = [name for name in names(tree) if name.startswith("main.")]
        assert own == ["main.first", "main.last"] and tree["functions_off"] >= 1
    assert program.finish() == 0


class Trickle:
    """It asks for a call of main.root now and then, until it is over: the program is idle for most of the time."""

    def __init__(self, program, every_seconds):
        self.program, self.every_seconds, self.num_calls = program, every_seconds, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(self.every_seconds):
            self.program.work("GO 1")
            self.num_calls += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def test_nearly_idle(binary, start, trace):
    """What a program does that has little to do comes all at once: as long as it takes less than a hundredth of a
    processor, all of it is traced."""
    program = start(binary("hot", flags=("-tags=large",)))
    with Trickle(program, 0.3) as trickle:
        for _ in range(2):
            tracer = trace(*GUARDED, "-f", "json", "-u", "*", "-u", "!runtime*", program.path, "main.root")
            before = trickle.num_calls
            await_condition(lambda: trickle.num_calls >= before + 5, "no more calls are made")
            trees = roots(tracer.stop())
            assert "called too often" not in tracer.err and not OFF.search(tracer.err), tracer.err
            assert len(trees) >= 4 and all("functions_off" not in tree for tree in trees)
    assert program.finish() == 0
