# SPDX-License-Identifier: MIT
"""Trees that stay open for long: printed in parts while they are open, and not kept."""

import pathlib
import re

from harness import await_condition, parse_graph, walk

HANDLE = ["-u", "main.handle", "-u", "main.leaf"]
OPEN = re.compile(r"^ {31}\(part \d+, still open, of tree 1: goroutine \d+ of process \d+\)$", re.M)
LOST = "events were lost"


def anonymous_memory(pid):
    """Bytes; without the ring buffer, which is the kernel's."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s*(\d+) kB", status, re.M).group(1)) * 1024


def test_each_call_is_printed_once(binary, start, trace):
    """By time: what ended is printed while the tree is open, and the whole is what happened."""
    program = start(binary("long"))
    tracer = trace("--min-wait", "1ms", *HANDLE, program.path, "main.serve")
    assert program.work("begin") is None
    for part in range(2):
        program.work("call 50")
        await_condition(lambda: len(OPEN.findall(tracer.out)) > part, f"part {part + 1} is not printed")
        assert tracer.out.count("} main.handle+") == 50 * (part + 1)
        assert "} main.serve" not in tracer.out
    program.work("call 7")
    goid = program.work("end")
    await_condition(lambda: "} main.serve" in tracer.out, "the tree does not end")
    tracer.stop()
    assert f"(part 3, the last, of tree 1: goroutine {goid} of process {program.pid})" in tracer.out
    waits = [line for line in tracer.out.splitlines() if "  ~ chan receive" in line]
    assert waits, "it waited for each command"
    assert all(re.search(r" run \S+", line) for line in tracer.out.splitlines() if "  } " in line)
    plain = "\n".join(re.sub(r"   run .*", "", line) for line in tracer.out.splitlines() if "  ~ " not in line)
    (tree,), notes = parse_graph(plain)
    assert not notes
    assert tree["name"] == "main.serve" and len(tree["calls"]) == 107
    assert [(call["name"], len(call["calls"])) for call, _ in walk(tree)] == [
        ("main.serve", 107), *[("main.handle", 1), ("main.leaf", 0)] * 107]


def test_memory_is_bounded(binary, start, trace, tmp_path):
    """By number: a tree of half a million calls is not kept, and nothing of it is left out."""
    calls = 250_000
    program = start(binary("long"))
    out = tmp_path / "out"
    tracer = trace("--ring-size", "256M", "-o", str(out), "-u", "main.handle", program.path, "main.serve")
    program.work("begin")

    def exits():
        return sum(b"} main.handle+" in line for line in out.open("rb"))

    def call_and_await(wanted):
        """All but what is kept for the next part."""
        program.work(f"call {calls}")
        await_condition(lambda: exits() > wanted - 140_000, "no part is printed")

    call_and_await(calls)
    before = anonymous_memory(tracer.pid)
    call_and_await(2 * calls)
    call_and_await(3 * calls)
    # Kept, each call takes more than 100 bytes.
    grown = anonymous_memory(tracer.pid) - before
    assert grown < 2 * calls * 100 / 2, f"{grown} bytes more after {2 * calls} calls more"
    program.work("end")
    tracer.stop()
    assert LOST not in tracer.err
    text = out.read_text()
    assert "left out" not in text
    assert text.count("} main.handle+") == text.count("main.handle() { main.serve+") == 3 * calls
    assert text.count("main.serve() { main.") == 1 and text.count("} main.serve+") == 1
    assert len(OPEN.findall(text)) == text.count("main.serve() { [continued]") >= 5


def test_followed_go_on_by_themselves(binary, start, trace):
    """A goroutine that still runs when a part of its starter's tree is printed has a tree of its own."""
    program = start(binary("long"))
    tracer = trace("--follow", "-u", "main.leaf", "-u", "main.background", program.path, "main.serve")
    program.work("begin")
    program.work("start")
    program.work("call 3")
    await_condition(lambda: OPEN.search(tracer.out), "no part is printed")
    goid, place = re.search(r"go main\.\S+\(\) \[goroutine (\d+), still running\] (main\.serve\+.*)", tracer.out).groups()
    assert program.work("rest")
    server = program.work("end")
    ended = rf"go main\.\S+\(\) {{ \[goroutine {goid}, started by goroutine {server}\] (\[continued\] )?{re.escape(place)}\n"
    await_condition(lambda: re.search(ended, tracer.out) and "} main.serve+" in tracer.out, "the trees do not end")
    tracer.stop()
    assert tracer.out.count("} main.leaf+") == 3 + 2
    assert tracer.out.count("} main.background+") == 1


def test_limit_counts_trees_that_ended(binary, start, trace):
    program = start(binary("long"))
    tracer = trace("--limit", "1", *HANDLE, program.path, "main.serve")
    program.work("begin")
    program.work("call 5")
    await_condition(lambda: OPEN.search(tracer.out), "no part is printed")
    assert tracer.child.poll() is None
    program.work("end")
    assert tracer.wait() == 0
    (tree,), _ = parse_graph(tracer.out)
    assert len(tree["calls"]) == 5


def test_many_open_trees(binary, start, trace):
    """Each goroutine inside a target takes little, and is there when tracing ends."""
    count = 30_000
    program = start(binary("long"))
    tracer = trace("--ring-size", "64M", program.path, "main.stay")
    before = anonymous_memory(tracer.pid)
    assert program.work(f"open {count}") == count
    # What is at once behind all that has been read.
    other = start(program.path)
    assert other.work("open 1") == 1
    other.finish()
    await_condition(lambda: "main.stay() {" in tracer.out, "the other process is not seen to end")
    each = (anonymous_memory(tracer.pid) - before) / count
    tracer.stop()
    assert LOST not in tracer.err
    assert 300 < each < 2000, f"{each:.0f} bytes a tree"
    trees, _ = parse_graph(tracer.out)
    marks = [tree["exit"].get("mark") for tree in trees]
    assert sorted(set(marks)) == ["process exit", "still running"] and marks.count("still running") == count
