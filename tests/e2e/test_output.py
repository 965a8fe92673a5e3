# SPDX-License-Identifier: MIT
"""What is printed: the default text, JSON Lines, and the three runs that users know from the demo."""

import datetime
import json
import re
import threading
import time
import urllib.request

import pytest

from harness import WAIT_SECONDS, Process, Stuck, parse_graph, told_counts, walk


@pytest.fixture
def server(binary, _processes):
    """The example server, and one request to it."""
    path = binary("example")
    process = Process([path, "-listen", "127.0.0.1:0"])
    _processes.append(process)
    url = re.fullmatch(r"listening on (http://\S+/bar)\n", process.lines.get(timeout=WAIT_SECONDS).decode()).group(1)

    def request():
        start = time.monotonic()
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
            assert answer.read().decode() == 'Hello, "/bar"'
        return time.monotonic() - start

    process.path, process.request = path, request
    return process


def seconds(text):
    return float(text)


def one_request(trace, server, *patterns):
    """The tracer's text about one request, parsed."""
    arguments = [word for pattern in patterns for word in ("--uprobe-wildcards", pattern)]
    tracer = trace(*arguments, server.path, "*handleBar")
    took = server.request()
    (tree,), notes = parse_graph(tracer.stop().out)
    assert not notes
    assert tree["name"] == "main.handleBar"
    entry, left = tree["entry"], tree["exit"]
    assert entry["function"] == "net/http.HandlerFunc.ServeHTTP"
    assert entry["file"].endswith("net/http/server.go")
    assert left["function"] == "main.handleBar" and left["file"].endswith("example/main.go")
    assert seconds(left["duration"]) <= took
    return tree


def names(call):
    return [call["name"], *[name for inner in call["calls"] for name in names(inner)]]


def test_first_run_of_the_demo(trace, server):
    tree = one_request(trace, server, "*handleBar")
    assert names(tree) == ["main.handleBar"]


def test_second_run_of_the_demo(trace, server):
    tree = one_request(trace, server, "net/http*")
    (write,) = [call for call in tree["calls"] if call["name"] == "net/http.(*response).Write"]
    assert write["entry"]["function"] == "fmt.Fprintf" and write["entry"]["file"].endswith("fmt/print.go")
    (inner,) = write["calls"]
    assert inner["name"] == "net/http.(*response).write"
    assert inner["entry"]["function"] == "net/http.(*response).Write"
    assert "net/http.(*response).WriteHeader" in names(inner)
    assert all(name.startswith("net/http") for name in names(tree)[1:])


def test_third_run_of_the_demo(trace, server):
    tree = one_request(trace, server, "net/http*", "*internal/log*")
    debug, write = tree["calls"][0], tree["calls"][-1]
    assert debug["name"] == "example/internal/log.Debug"
    assert debug["entry"]["function"] == "main.handleBar" and debug["entry"]["file"].endswith("example/main.go")
    assert debug["exit"]["file"].endswith("internal/log/log.go")
    assert write["name"] == "net/http.(*response).Write"
    assert seconds(debug["exit"]["duration"]) <= seconds(tree["exit"]["duration"])


def test_many_are_attached_at_once(run_tool, server):
    """About 1,700 sites: one by one, they would take minutes to take away."""
    tracer = run_tool("-v", "-u", "net/http*", server.path, "*handleBar").await_tracing()
    assert told_counts(r"\(# probes\)", tracer.err)[0] > 1000
    assert re.search("attached by (uprobe_multi|tracefs)", tracer.err), tracer.err
    tracer.stop()


def test_concurrent_requests_do_not_mix_in_the_text(trace, server):
    tracer = trace("-u", "net/http.(*response)*", "-u", "*internal/log*", server.path, "main.handleBar")
    threads = [threading.Thread(target=server.request) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    trees, notes = parse_graph(tracer.stop().out)
    assert len(trees) == 50 and not notes
    assert len({str(names(tree)) for tree in trees}) == 1
    assert names(trees[0])[1] == "example/internal/log.Debug"


def test_text_and_json_agree(binary, start, trace):
    program = start(binary("calls"))
    arguments = ["-u", "main.*", program.path, "main.root"]
    text = trace(*arguments)
    program.work("GO")
    trees, _ = parse_graph(text.stop().out)
    objects = trace("--format", "json", *arguments)
    program.work("GO")
    calls = objects.stop().calls()

    from harness import forests

    (roots,) = forests(calls).values()

    def by_name(tree):
        return [(call["name"] if "name" in call else call["function"]) for call, _ in walk(tree)]

    assert [by_name(tree) for tree in trees] == [by_name(root) for root in roots]
    for (one, _), (other, _) in zip(walk(trees[0]), walk(roots[0])):
        assert one["entry"]["function"] == other["caller"]["function"]
        assert int(one["entry"]["offset"]) == other["caller"]["offset"]
        assert one["entry"]["file"] == other["caller"]["file"]
        assert int(one["entry"]["line"]) == other["caller"]["line"]
        assert int(one["exit"]["offset"]) == other["return"]["offset"]


def test_fields_of_json(binary, start, trace):
    program = start(binary("durations"))
    tracer = trace("-f", "json", "-u", "main.work", program.path, "main.measure")
    before = time.time_ns()
    told = program.work("GO 20")
    after = time.time_ns()
    inner, outer = tracer.stop().calls()
    assert inner.pop("command_line") == [str(program.path)]
    for call, name, depth, line in ((inner, "main.work", 1, True), (outer, "main.measure", 0, True)):
        assert set(call) - {"parent"} == {"pid", "tid", "goid", "tree", "call", "depth", "function", "start_ns",
                                          "duration_ns", "self_ns", "probe_ns", "caller", "return", "end"}
        assert call.get("parent") == (1 if depth else None) and call["call"] == depth + 1
        assert call["pid"] == program.pid and call["goid"] == told[0]["goid"]
        assert call["function"] == name and call["depth"] == depth and call["tree"] == 1
        assert call["end"] == "return"
        assert set(call["caller"]) == {"function", "offset", "file", "line"}
        assert set(call["return"]) == {"offset", "file", "line"}
        assert before - 2_000_000 < call["start_ns"] < after + 2_000_000
        assert call["duration_ns"] >= 20_000_000
    assert inner["caller"]["function"] == "main.measure"
    assert outer["caller"]["function"].startswith("main.main.func")


def test_times_are_local_wall_clock(binary, start, trace):
    program = start(binary("calls"))
    tracer = trace("-u", "main.leaf", program.path, "main.spawn", "main.leaf")
    before = datetime.datetime.now()
    program.work("GO")
    after = datetime.datetime.now()
    trees, _ = parse_graph(tracer.stop().out)
    slack = datetime.timedelta(milliseconds=5)
    for tree in trees:
        stamp = f"{before:%Y-%m}-{tree['entry']['day']} {tree['entry']['time']}"
        assert before - slack <= datetime.datetime.fromisoformat(stamp) <= after + slack


def test_output_is_flushed_while_tracing(binary, start, trace):
    """A tree is printed when it ends, not when tracing ends."""
    program = start(binary("calls"))
    tracer = trace("-f", "json", "-u", "main.leaf", program.path, "main.root")
    program.work("GO")
    line = tracer.lines.get(timeout=WAIT_SECONDS)
    assert line and json.loads(line)["function"] == "main.leaf"
    assert tracer.child.poll() is None
    tracer.stop()


def test_stuck_is_a_failure():
    """The harness itself: what does not end is reported, and ended."""
    process = Process(["sleep", "100"])
    with pytest.raises(Stuck):
        process.wait(0.1)
    assert process.child.poll() is not None
