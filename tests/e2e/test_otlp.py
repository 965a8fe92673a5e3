# SPDX-License-Identifier: MIT
"""-f otlp: what a collector gets is what JSON tells, and whatever a collector does, nothing waits for it."""

import collections
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import pytest

import builds
from collector import Answer, Collector, certificate, receiver, span_ids
from harness import WAIT_SECONDS, Process, await_condition, told_counts, tool
import test_id_labels
import test_typed
import test_typed_results
from spans import attributes, check_same_trees, check_same_values, spans_of
from test_exports import named_values
from test_prometheus import counts, judge, of, parse
from test_trace_ids import FUNCTIONS
from test_values import RESULTS


class Receiver(Process):
    """The Collector's."""

    def __init__(self, path):
        super().__init__([path])
        self.url = f"http://127.0.0.1:{int(self.lines.get(timeout=WAIT_SECONDS))}"

    def spans(self):
        """What came so far: [(resource, span)]."""
        return [span for line in list(self.output)[1:] for span in spans_of(json.loads(line))]

    def all_of(self, tracer):
        """The spans that the tracer says it has sent: the receiver tells of each request before it answers."""
        count = sent(tracer.err)[0]
        await_condition(lambda: len(self.spans()) >= count, "spans are missing")
        return [span for _, span in self.spans()]


@pytest.fixture(autouse=True)
def _nothing_else_is_asked_for(monkeypatch):
    """What the environment of the tests says is not for them."""
    for name in os.environ:
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", str(int(WAIT_SECONDS * 900)))


@pytest.fixture
def collector(_processes):
    try:
        made = Receiver(receiver())
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    _processes.append(made)
    return made


@pytest.fixture
def serve():
    made = []

    def make(*answers, **options):
        made.append(Collector(answers, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def environment(**variables):
    return {**os.environ, **{f"OTEL_{name}": value for name, value in variables.items()}}


def replay(recording, *options, status=0, **variables):
    """What it says."""
    done = subprocess.run([tool(), "replay", *options, recording], env=environment(**variables), capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture
def await_failure(_processes):
    """What a replay says as soon as it is noticed that the collector takes nothing."""
    def replay_in_vain(recording, url, **variables):
        replaying = Process([tool(), "replay", "-f", "otlp", "-o", url, recording], env=environment(**variables))
        _processes.append(replaying)
        await_condition(lambda: "they are kept and sent again: " in replaying.err, "nobody said that nothing is taken")
        replaying.signal(signal.SIGKILL)
        replaying.wait()
        return replaying.err

    return replay_in_vain


BEHIND = "# trees? of # spans? stayed behind"


def sent(messages):
    """(spans, trees)"""
    return told_counts("sent # spans? of # trees? to ", messages)


@pytest.fixture
def recording(binary, start, trace, tmp_path):
    program = start(binary("calls"))
    path = tmp_path / "recording"
    tracer = trace("record", "-o", path, "-u", "main.*", program.path, "main.root")
    program.work()
    program.work()
    tracer.stop()
    return path


def calls_of(recording):
    return [json.loads(line) for line in replay(recording, "-f", "json").stdout.splitlines()]


# ---- the same as JSON ----


def test_the_same_as_json(collector, binary, start, trace, tmp_path):
    program = start(binary("follow"))
    recording = tmp_path / "recording"
    tracer = trace("-f", "otlp", "-o", collector.url, "--record", recording, "--max-spans-per-second", "1000000",
                   "--min-wait", "1us", "-u", "main.*", program.path, "main.handle",
                   env=environment(EXPORTER_OTLP_COMPRESSION="gzip"))
    for _ in range(3):
        program.work()
    tracer.stop()
    calls = calls_of(recording)
    spans = collector.all_of(tracer)
    check_same_trees(spans, calls)
    assert sent(tracer.err) == (len(calls), len({call["tree"] for call in calls}))
    places = {(attributes(span)["code.file.path"], attributes(span)["code.line.number"]) for span in spans}
    assert all(path.endswith("/main.go") and line > 0 for path, line in places)


def test_goroutines_and_links(collector, binary, start, trace, tmp_path):
    """A followed goroutine is in its starter's trace, below the call with the `go` statement, and linked to it."""
    program = start(binary("follow"))
    recording = tmp_path / "recording"
    tracer = trace("-f", "otlp", "-o", collector.url, "--record", recording, "--max-spans-per-second", "1000000",
                   "--follow", "--min-wait", "1us", "-u", "main.*", program.path, "main.handle")
    program.work()
    tracer.stop()
    spans = {span["spanId"]: span for span in collector.all_of(tracer)}
    started = []
    for span in spans.values():
        for link in span.get("links", []):
            other = spans[link["spanId"]]
            assert link["traceId"] == other["traceId"]
            # Who has no parent would become a child of what it started.
            assert span.get("parentSpanId") or link["traceId"] != span["traceId"]
            assert attributes(other)["thread.id"] != attributes(span)["thread.id"]
            if attributes(link)["gofuncgraph.link"] == "go":
                assert link["spanId"] == span["parentSpanId"] and link["traceId"] == span["traceId"]
                started.append((span["name"], int(span["startTimeUnixNano"]), attributes(other)["thread.id"]))
    assert sorted(started) == sorted((call["function"], call["start_ns"], call["started_by"]["goid"])
                                     for call in calls_of(recording) if "started_by" in call) != []


def test_who_woke_it(collector, binary, trace, _processes):
    """Two goroutines that wait for each other, each in a tree: a link to the other one's."""
    path = binary("loop", build=lambda name: builds.build_go(name, builds.ROOT / "tests/bench/programs", f"./{name}"))
    program = Process([path])
    _processes.append(program)
    assert program.lines.get(timeout=WAIT_SECONDS) == b"ready\n"
    tracer = trace("-f", "otlp", "-o", collector.url, "--min-wait", "1ns", path, "main.ping", "main.pong")
    program.child.stdin.write(b"switch 50\n")
    program.child.stdin.flush()
    assert program.lines.get(timeout=WAIT_SECONDS)
    tracer.stop()
    spans = {span["spanId"]: span for span in collector.all_of(tracer)}
    assert sorted(span["name"] for span in spans.values()) == ["main.ping", "main.pong"]
    links = [(span, link, spans[link["spanId"]]) for span in spans.values() for link in span.get("links", [])]
    assert links
    for span, link, other in links:
        assert attributes(link) == {"gofuncgraph.link": "woken_by"} and link["traceId"] == other["traceId"]
        assert other is not span and span["traceId"] != other["traceId"]
        assert attributes(other)["thread.id"] in {attributes(event).get("gofuncgraph.woken_by.goid")
                                                  for event in span["events"]}


def test_what_the_process_is(collector, binary, start, trace):
    program = start(binary("calls", copy_as="shop"))
    tracer = trace("-f", "otlp", "-o", collector.url, "-u", "main.*", program.path, "main.root",
                   env=environment(RESOURCE_ATTRIBUTES="deployment.environment.name=test%2Cone,team=a b"))
    program.work()
    tracer.stop()
    assert collector.all_of(tracer)
    (resource,) = {json.dumps(resource) for resource, _ in collector.spans()}
    resource = json.loads(resource)
    assert resource["service.name"] == "shop" and resource["process.pid"] == program.pid
    assert resource["process.executable.path"] == str(program.path)
    assert resource["host.name"] == os.uname().nodename
    assert resource["deployment.environment.name"] == "test,one" and resource["team"] == "a b"
    assert [key for key in resource if key.startswith("process.executable.build_id.")]


@pytest.mark.parametrize("whose", ["ours", "the process's"])
@pytest.mark.parametrize("attributes, message", [
    ("a.team=x,service.name=a.web,a.key=hid%2,last=1", "what it says of a.key is not KEY=VALUE"),
    ("a.team=x,a.key=hid,hid", "what it says of a.key is not KEY=VALUE"),
    ("hid,a.team=x", "what it begins with is not KEY=VALUE"), ("=hid,a.team=x", "what it begins with is not KEY=VALUE")],
    ids=["percent", "comma", "no key", "empty key"])
def test_wrong_attributes(serve, binary, start, trace, whose, attributes, message):
    """None of them is told to the collector, and what is wrong is told once, without what may be secret."""
    path, server = binary("calls", copy_as="shop"), serve()
    wrong = environment(RESOURCE_ATTRIBUTES=attributes)
    programs = [start(path, env=None if whose == "ours" else wrong) for _ in range(2)]
    tracer = trace("-f", "otlp", "-o", server.url, path, "main.root", env=wrong if whose == "ours" else None)
    for program in programs:
        program.work()
    tracer.stop()
    assert len(server.taken()) == 2
    of_process = "" if whose == "ours" else r" of process \d+"
    assert len(re.findall(f"OTEL_RESOURCE_ATTRIBUTES{of_process} has no effect: {message}", tracer.err)) == 1
    assert tracer.err.count("OTEL_RESOURCE_ATTRIBUTES") == 1 and "hid" not in tracer.err
    for _, _, body, _ in server.requests:
        assert b"service.name" in body and not any(word in body for word in (b"a.team", b"a.web", b"hid"))


def test_what_a_process_was(collector, binary, start, trace, tmp_path):
    """It is told of one that is gone when its trees are sent."""
    program = start(binary("calls"), env=environment(SERVICE_NAME="gone"))
    recording = tmp_path / "recording"
    tracer = trace("-f", "otlp", "-o", collector.url, "--slowest", "1", "--record", recording, "-u", "main.*",
                   program.path, "main.root")
    program.work()

    def is_heard_of():
        return subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS,
                              check=False).stdout

    await_condition(is_heard_of, "nothing is recorded")
    assert program.finish() == 0
    tracer.stop()
    assert collector.all_of(tracer)
    assert {resource["service.name"] for resource, _ in collector.spans()} == {"gone"}


def test_values(collector, binary, start, trace):
    program = start(binary("values"))
    tracer = trace("-f", "otlp", "-o", collector.url, "--label", "user", program.path, "main.labelled(n=%ax:s64)")
    labels = program.work("labels")
    tracer.stop()
    have = [attributes(span) for span in collector.all_of(tracer)]
    assert sorted(int(one["gofuncgraph.args.n"]) for one in have) == list(range(len(labels)))
    users = {int(one["gofuncgraph.args.n"]): one.get("gofuncgraph.labels.user") for one in have}
    assert users[1] == "anna"


@pytest.mark.parametrize("name, options, targets, commands", [
    ("typed", ["-a"], test_typed.TARGETS, test_typed.COMMANDS), ("values", ["-a", "-r"], test_typed_results.TARGETS, ["results"]),
    ("values", [], RESULTS, ["results"]), ("values", ["--label", "user", "--label", "path"], ["main.labelled(n=%ax:s64)"], ["labels"])],
    ids=["typed", "results", "written", "labels"])
def test_values_are_those_of_json(collector, binary, start, trace, tmp_path, name, options, targets, commands):
    """Each is an attribute: numbers are numbers, and what has parts is JSON."""
    program = start(binary(name))
    recording = tmp_path / "recording"
    tracer = trace("-f", "otlp", "-o", collector.url, "--record", recording, "--max-spans-per-second", "1000000", *options,
                   program.path, *targets)
    for command in commands:
        program.work(command)
    tracer.stop()
    calls, spans = calls_of(recording), collector.all_of(tracer)
    check_same_trees(spans, calls)
    check_same_values(spans, calls, named_values)
    kinds = {type(value) for span in spans for key, value in attributes(span).items() if ".args." in key or ".results." in key}
    assert int in kinds and (name != "typed" or {bool, str} <= kinds)


def test_in_the_traces_of_the_program(collector, binary, start, trace, tmp_path):
    """A tree whose first call has a span is a child of that, in its trace, with all that is in the tree."""
    program = start(binary("otel", build=builds.build_with_modules))
    recording = tmp_path / "recording"
    tracer = trace("-f", "otlp", "-o", collector.url, "--record", recording, "--trace-ids", "-u", "main.inside",
                   program.path, *FUNCTIONS)
    program.work()
    tracer.stop()
    calls = calls_of(recording)
    spans = {(span["name"], int(span["startTimeUnixNano"])): span for span in collector.all_of(tracer)}
    traces = {}
    for call in sorted(calls, key=lambda call: call["call"]):
        span = spans[call["function"], call["start_ns"]]
        if "trace_id" in call:
            assert (span["traceId"], span["parentSpanId"]) == (call["trace_id"], call["span_id"])
        assert traces.setdefault(call["tree"], span["traceId"]) == span["traceId"]
        assert bool(span.get("parentSpanId")) == ("trace_id" in call or "parent" in call)
    assert len(spans) == len(calls) and sum("trace_id" in call for call in calls) >= len(FUNCTIONS)


def test_in_the_traces_of_datadog(collector, binary, start, trace):
    program = start(binary("datadog", build=builds.build_with_modules, version="1.27", modules="newest.mod"))
    tracer = trace("-f", "otlp", "-o", collector.url, "--trace-ids", program.path, "main.direct")
    told = [one and (one["trace_id"], one["span_id"]) for one in program.work()]
    tracer.stop()
    spans = sorted(collector.all_of(tracer), key=lambda span: int(span["startTimeUnixNano"]))
    assert [span.get("parentSpanId") and (span["traceId"], span["parentSpanId"]) for span in spans] == told


def test_in_the_traces_of_requests(collector, binary, start, trace):
    """The same of spans that others made, by the headers of requests."""
    program = start(binary("traceparent"))
    tracer = trace("-f", "otlp", "-o", collector.url, "--trace-ids", "-u", "main.inner", program.path, "main.handle")
    told = [one and (one["trace_id"], one["span_id"]) for one in program.work("requests")]
    tracer.stop()
    spans = sorted(collector.all_of(tracer), key=lambda span: int(span["startTimeUnixNano"]))
    roots = [span for span in spans if span["name"] == "main.handle"]
    assert [(span["traceId"], span["parentSpanId"]) if span.get("parentSpanId") else None for span in roots] == told
    traces = {span["spanId"]: span["traceId"] for span in roots}
    inner = [span for span in spans if span["name"] == "main.inner"]
    assert len(inner) == len(roots) and all(traces[span["parentSpanId"]] == span["traceId"] for span in inner)


def test_in_the_traces_of_labels(collector, binary, start, trace):
    """The same where goroutines' labels say it; where they have no span, a tree is at the top of its trace."""
    program = start(binary("idlabels"))
    tracer = trace("-f", "otlp", "-o", collector.url, "--trace-ids", program.path, "main.bare")
    told = [test_id_labels.expect(labels) for labels in program.work()]
    tracer.stop()
    spans = sorted(collector.all_of(tracer), key=lambda span: int(span["startTimeUnixNano"]))
    assert [span.get("parentSpanId") or None for span in spans] == [span_id for (_, span_id), _ in told]
    assert len(spans) == len(told) and any(trace_id and not span_id for (trace_id, span_id), _ in told)
    for span, ((trace_id, _), shown) in zip(spans, told):
        assert trace_id in (None, span["traceId"])
        have = attributes(span)
        assert {key: have.get(f"gofuncgraph.labels.{key}") for key in shown} == shown


def test_what_stays_behind_is_counted(collector, binary, start, trace):
    """The cap lets whole trees go; the next one that goes says how many did not."""
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", collector.url, "--max-spans-per-second", "50", "-u", "main.*", program.path,
                   "main.root")
    works = 0

    def stayed():
        return [attributes(span) for _, span in collector.spans() if not span.get("parentSpanId")]

    def told():
        nonlocal works
        works += 1
        program.work()
        return any(one.get("gofuncgraph.stayed_behind.trees") for one in stayed())

    await_condition(told, "no tree told of others that stayed behind")
    tracer.stop()
    trees_behind, _ = told_counts(BEHIND, tracer.err)
    assert sent(tracer.err)[1] + trees_behind == works
    per_tree = collections.Counter(span["traceId"] for span in collector.all_of(tracer))
    assert len(set(per_tree.values())) == 1


def test_followed_goroutines_are_no_trees(serve, binary, start, trace, tmp_path):
    """Those that outlive their starter's tree come by themselves, and are counted as spans, whether they are sent or stay behind."""
    program = start(binary("follow"))
    recording = tmp_path / "recording"
    tracer = trace("--record", recording, "--follow", "-u", "main.*", program.path, "main.handle")
    program.work()
    await_condition(lambda: tracer.out.count("} main.handle+") == 2, "the targets do not end")
    program.work("release")
    tracer.stop()
    calls = calls_of(recording)
    assert sum(call["function"] == "main.outliver" for call in calls) == sum(call["function"] == "main.handle" for call in calls) == 2
    said = replay(recording, "-f", "otlp", "-o", serve().url, "--max-spans-per-second", "1000000").stderr
    assert sent(said) == (len(calls), 2)
    said = replay(recording, "-f", "otlp", "-o", serve().url, "--max-spans-per-second", "1").stderr
    assert tuple(map(sum, zip(sent(said), reversed(told_counts(BEHIND, said))))) == (len(calls), 2)


def test_metrics_beside(serve, binary, start, trace, tmp_path):
    """All calls are in the metrics, and what became of each tree: sent, refused, or left behind, by --slower too."""
    path = tmp_path / "calls.prom"
    server = serve(Answer(400))
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", server.url, "--metrics", path, "--interval", "20ms", "--max-spans-per-second", "50",
                   "-u", "main.*", program.path, "main.root")
    await_condition(path.exists, "the first metrics")
    works = 0

    def outcomes():
        return {(name, dict(key)["outcome"]): int(value) for name in ("otlp_trees_total", "otlp_spans_total")
                for key, value in parse(path.read_text())[name].items()}

    def went_all_ways():
        nonlocal works
        works += 1
        program.work()
        told = outcomes()
        return all(told["otlp_trees_total", outcome] for outcome in ("sent", "stayed_behind", "refused"))

    await_condition(went_all_ways, "a tree that was sent, one that was refused, and one that stayed behind")
    tracer.stop()
    text, told = path.read_text(), outcomes()
    judge(text)
    assert told["otlp_spans_total", "sent"] == sent(tracer.err)[0] == len(server.taken())
    assert told_counts(BEHIND, tracer.err) == (told["otlp_trees_total", "stayed_behind"], told["otlp_spans_total", "stayed_behind"])
    refused = told_counts("# spans? of # trees? (?:was|were) not sent: the collector", tracer.err)
    assert refused == (told["otlp_spans_total", "refused"], told["otlp_trees_total", "refused"])
    metrics = parse(text)
    calls = counts(metrics)
    assert calls["main.root", "return"] == works == sum(value for (name, _), value in told.items() if name == "otlp_trees_total")
    assert sum(calls.values()) == sum(value for (name, _), value in told.items() if name == "otlp_spans_total")
    assert of(metrics, "otlp_waiting_spans") == 0 and of(metrics, "probe_hits_total", processes="traced")


def test_metrics_of_what_is_not_sent(serve, binary, start, trace, tmp_path):
    path, server = tmp_path / "calls.prom", serve()
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", server.url, "--metrics", path, "--slower", "1h", program.path, "main.root")
    program.work()
    tracer.stop()
    metrics = parse(path.read_text())
    assert counts(metrics) == {("main.root", "return"): 1} and not server.requests
    assert of(metrics, "call_duration_seconds_count", function="main.root") == 1
    assert of(metrics, "target_calls_left_out_total", why="filter") == of(metrics, "otlp_trees_total", outcome="sent") == 0


def test_metrics_of_spans_that_were_rejected(serve, binary, start, trace, tmp_path):
    """They are no longer among those that were sent, however many the collector speaks of."""
    path = tmp_path / "calls.prom"
    server = serve(Answer(200, b"\x0a\x0e\x08\xff\x7f\x12\x09too large"))
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", server.url, "--metrics", path, program.path, "main.root")
    program.work()
    tracer.stop()
    metrics = parse(path.read_text())
    assert [of(metrics, "otlp_spans_total", outcome=outcome) for outcome in ("sent", "refused")] == [0, 1]
    assert "1 of these spans was rejected" in tracer.err


# ---- what collectors do ----


def test_what_is_asked_for(serve, recording):
    """Paths, headers and bodies, as the environment says."""
    server = serve()
    replay(recording, "-f", "otlp", EXPORTER_OTLP_ENDPOINT=server.url + "/base/",
           EXPORTER_OTLP_HEADERS="api-key=a%3Db, x-team = shop, x-none=")
    replay(recording, "-f", "otlp", EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
           EXPORTER_OTLP_TRACES_ENDPOINT=server.url + "/own", EXPORTER_OTLP_TRACES_HEADERS="x-team=own")
    replay(recording, "-f", "otlp", "-o", server.url, EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
           EXPORTER_OTLP_COMPRESSION="gzip")
    for url in (server.url + "/as/it/is", server.url + "?key=a/b", server.url.replace("http", "HTTP")):
        subprocess.run([tool(), "export", "-f", "otlp", "-o", url, recording], check=True, timeout=WAIT_SECONDS)
    replay(recording, "-f", "otlp", EXPORTER_OTLP_ENDPOINT=server.url.replace("http", "Http"))
    assert [request[0] for request in server.requests] == ["/base/v1/traces", "/own", "/v1/traces", "/as/it/is",
                                                           "/v1/traces?key=a/b", "/v1/traces", "/v1/traces"]
    first, second, third = (request[1] for request in server.requests[:3])
    assert first["api-key"] == "a=b" and first["x-team"] == "shop" and first["x-none"] == ""
    assert "Content-Encoding" not in first
    assert second["x-team"] == "own" and "api-key" not in second
    assert third["Content-Encoding"] == "gzip" and third["Content-Type"] == "application/x-protobuf"
    count = len(calls_of(recording))
    assert [len(span_ids(request[2])) for request in server.requests] == [count] * 7


def test_wrong_settings(recording):
    for variables, message in (
            ({}, "give -o http://HOST:4318, or set OTEL_EXPORTER_OTLP_ENDPOINT"),
            ({"EXPORTER_OTLP_ENDPOINT": "host:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is 'host:4318': it begins with http:// or https://"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://user:secret@host:99999999"}, "'host:99999999/v1/traces' is no address"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://a host:4318"}, "'http://a host:4318/v1/traces' is no address"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_TIMEOUT": "5s"}, "a number of milliseconds"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_COMPRESSION": "zip"}, "it is gzip or none"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_HEADERS": "a"}, "no list of headers"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_PROTOCOL": "grpc"}, "by http/protobuf alone"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_CERTIFICATE": "/no"}, "cannot read OTEL_EXPORTER_OTLP_CERTIFICATE, /no"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_TRACES_CLIENT_KEY": "/no"}, "cannot read OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY, /no"),
            ({"EXPORTER_OTLP_ENDPOINT": "http://h", "EXPORTER_OTLP_HEADERS": "a=b%0d%0ac"}, "no list of headers")):
        assert message in replay(recording, "-f", "otlp", status=1, **variables).stderr
    assert "needs its address" in replay(recording, "-f", "otlp", "-o", "file", status=1).stderr
    assert "is about -f otlp" in replay(recording, "--max-spans-per-second", "5", status=2).stderr


def test_sent_again_until_it_is_taken(serve, recording):
    server = serve(Answer(502), Answer(429, headers={"Retry-After": "1"}),
                   Answer(503, headers={"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}))
    said = replay(recording, "-f", "otlp", "-o", server.url).stderr
    assert [request[3].status for request in server.requests] == [502, 429, 503, 200]
    assert len({request[2] for request in server.requests}) == 1
    assert sent(said)[0] == len(server.taken()) == len(calls_of(recording))


def test_refused(serve, recording):
    """The answer's own message is shown, and nothing is sent twice."""
    server = serve(Answer(400, b"\x12\x0fno such \x1btenant"))
    said = replay(recording, "-f", "otlp", "-o", server.url, status=1).stderr
    assert len(server.requests) == 1
    assert r"it answers 400, no such \x1btenant" in said and "the collector refused them" in said


def test_partial_success(serve, recording):
    server = serve(Answer(200, b"\x0a\x0c\x08\x03\x12\x08too long"))
    said = replay(recording, "-f", "otlp", "-o", server.url, status=1).stderr
    assert len(server.requests) == 1
    assert "it left out 3 spans: too long" in said and "3 of these spans were rejected" in said


@pytest.mark.parametrize("answer", [None, Answer(503), Answer(429, headers={"Retry-After": "3000"})],
                         ids=["hangs", "503", "429"])
def test_the_program_does_not_notice(serve, binary, start, trace, answer):
    """Of a collector that takes nothing: tracing goes on, ends when it is told to, and what is lost is told."""
    server = serve(*[answer] * 1000)
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", server.url, "-u", "main.*", program.path, "main.root",
                   env=environment(EXPORTER_OTLP_TIMEOUT="1500"))
    program.work()
    await_condition(lambda: server.requests, "nothing was sent")
    program.work()
    tracer.stop()
    assert sent(tracer.err) == (0, 0)
    assert re.search(r"\d+ spans of 2 trees were not sent: the collector had not taken them at the end", tracer.err)
    assert program.code_is_clean() and program.finish() == 0


def serve_at(serve, port):
    """None: the port is somebody else's."""
    try:
        return serve(port=port)
    except OSError:
        return None


def test_a_collector_that_comes_back(serve, binary, start, trace):
    """What was traced while it was away is sent when it is there again."""
    server = serve()
    port = server.server.server_port
    program = start(binary("calls"))
    tracer = trace("-f", "otlp", "-o", server.url, "-u", "main.*", program.path, "main.root")
    program.work()
    await_condition(server.taken, "nothing was sent")
    server.close()
    program.work()
    await_condition(lambda: "takes no spans now" in tracer.err, "nobody said that it is away")
    again = await_condition(lambda: serve_at(serve, port), "another process has its port now")
    await_condition(again.taken, "nothing was sent again")
    await_condition(lambda: "takes spans again" in tracer.err, "nobody said that it is back")
    tracer.stop()
    assert sent(tracer.err) == (len(server.taken()) + len(again.taken()), 2)


def test_tls(serve, recording, await_failure, tmp_path):
    try:
        paths_of_it = certificate(tmp_path)
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths_of_it)
    server = serve(context=context)
    assert "OTEL_EXPORTER_OTLP_CERTIFICATE names the certificates that are trusted" in await_failure(recording, server.url)
    assert not server.requests
    replay(recording, "-f", "otlp", "-o", server.url, EXPORTER_OTLP_CERTIFICATE=str(paths_of_it[0]))
    assert len(server.taken()) == len(calls_of(recording))


def test_tls_of_both(serve, recording, await_failure, tmp_path):
    """The collector wants a certificate, too; one that speaks without TLS is told from it."""
    try:
        own, key = certificate(tmp_path)
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    context.load_verify_locations(own)
    context.verify_mode = ssl.CERT_REQUIRED
    server = serve(context=context)
    trusted = {"EXPORTER_OTLP_CERTIFICATE": str(own)}
    await_failure(recording, server.url, **trusted)
    assert not server.requests
    replay(recording, "-f", "otlp", "-o", server.url, EXPORTER_OTLP_CLIENT_CERTIFICATE=str(own),
           EXPORTER_OTLP_CLIENT_KEY=str(key), **trusted)
    assert len(server.taken()) == len(calls_of(recording))
    said = await_failure(recording, serve().url.replace("http:", "https:"))
    assert "if it does not speak TLS, its address begins with http://" in said


def test_wrong_certificates(binary, start, tmp_path):
    """It is told before anything is traced."""
    try:
        own, key = certificate(tmp_path)
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    (tmp_path / "other").mkdir()
    _, other_key = certificate(tmp_path / "other")
    locked, wrong = tmp_path / "locked.pem", tmp_path / "wrong.pem"
    subprocess.run(["openssl", "ec", "-in", key, "-aes128", "-passout", "pass:word", "-out", locked], check=True, capture_output=True,
                   timeout=WAIT_SECONDS)
    wrong.write_text("no PEM\n")
    program = start(binary("calls"))
    ours = "the certificate and key of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and ..._CLIENT_KEY cannot be used: "
    for files, message in (
            ({"CERTIFICATE": wrong}, "the certificates of OTEL_EXPORTER_OTLP_CERTIFICATE cannot be used: "),
            ({"CLIENT_CERTIFICATE": wrong, "CLIENT_KEY": key}, ours), ({"CLIENT_CERTIFICATE": own, "CLIENT_KEY": wrong}, ours),
            ({"CLIENT_CERTIFICATE": own, "CLIENT_KEY": other_key}, ours), ({"CLIENT_CERTIFICATE": own, "CLIENT_KEY": locked}, ours),
            ({"CLIENT_CERTIFICATE": own}, ours)):
        done = subprocess.run([tool(), "-f", "otlp", "-o", "https://collector.invalid", program.path, "main.root"], check=False,
                              env=environment(**{f"EXPORTER_OTLP_{name}": str(path) for name, path in files.items()}),
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS)
        assert done.returncode == 1 and message in done.stderr, (files, done.stderr)


@pytest.mark.parametrize("status, hint", [(401, "OTEL_EXPORTER_OTLP_HEADERS may hold"), (404, "on port 4318 as a rule, at /v1/traces"),
                                          (307, "give the address that this one leads to")])
def test_what_may_be_wrong(serve, recording, status, hint):
    said = replay(recording, "-f", "otlp", "-o", serve(Answer(status)).url, status=1).stderr
    assert f"it answers {status} (" in said and hint in said


def test_a_port_for_something_else(recording, await_failure):
    """gRPC's begins with HTTP/2's settings, whatever it is asked (RFC 9113, 3.4)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            while True:
                try:
                    with server.accept()[0] as connection:
                        connection.sendall(bytes.fromhex("000000040000000000"))
                        connection.recv(1 << 20)
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        said = await_failure(recording, f"http://127.0.0.1:{server.getsockname()[1]}")
    assert "4317 is for gRPC" in said
