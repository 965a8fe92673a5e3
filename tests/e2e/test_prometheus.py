# SPDX-License-Identifier: MIT
"""Metrics (-f prometheus) count what the program did and what JSON has, and Prometheus' own promtool takes them."""

import collections
import json
import os
import re
import subprocess
import time

import pytest

import builds
from harness import WAIT_SECONDS, await_condition, shape, tool
from test_values import RESULTS
from test_where import told

ESCAPED = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
BOUNDS = [2.0 ** power for power in range(-20, 9)]


def parse(text):
    """{name: {labels: value}}, labels as a frozenset of pairs, without the binary's."""
    metrics = collections.defaultdict(dict)
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
        pairs = [(label, re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), word))
                 for label, word in ESCAPED.findall(labels)]
        key = frozenset(pair for pair in pairs if pair[0] != "binary")
        metric = metrics[name.removeprefix("gofuncgraph_")]
        assert len(pairs) == len(key) + 1 and key not in metric, line
        metric[key] = float(value)
    return metrics


def of(metrics, name, **labels):
    return metrics[name][frozenset(labels.items())]


def counts(metrics):
    """{(function, end): calls}"""
    return {tuple(dict(key)[label] for label in ("function", "end")): int(value)
            for key, value in metrics["calls_total"].items() if value}


def did(journals):
    """The same, as the programs say."""
    found = collections.Counter()

    def add(tree):
        found[tree[0], tree[1]] += 1
        for inner in tree[2]:
            add(inner)

    for journal in journals:
        for tree in journal["tree"]:
            add(shape(tree))
    return found


def replayed(recording, *options):
    run = subprocess.run([tool(), "replay", *options, recording], capture_output=True, check=True, text=True, timeout=WAIT_SECONDS)
    return run.stdout


def check_times(metrics, calls):
    """Durations and states are those of JSON's calls, to the nanosecond."""
    times, states = collections.defaultdict(list), collections.Counter()
    for call in calls:
        times[call["function"]].append(call["duration_ns"])
        waiting = call["states_ns"].pop("waiting", {})
        for state, ns in call["states_ns"].items():
            states[call["function"], state, None] += ns
        for reason, ns in waiting.items():
            states[call["function"], "waiting", reason] += ns
    for function, durations in times.items():
        assert of(metrics, "call_duration_seconds_count", function=function) == len(durations)
        assert round(of(metrics, "call_duration_seconds_sum", function=function) * 1e9) == sum(durations)
        assert of(metrics, "call_duration_seconds_bucket", function=function, le="+Inf") == len(durations)
        for bound in BOUNDS:
            told = of(metrics, "call_duration_seconds_bucket", function=function, le=format(bound, ".17g"))
            assert told == sum(ns <= bound * 1e9 for ns in durations), (function, bound)
    told = {tuple(dict(key).get(label) for label in ("function", "state", "reason")): round(value * 1e9)
            for key, value in metrics["call_state_seconds_total"].items() if value}
    assert told == {key: ns for key, ns in states.items() if ns}


def judge(text):
    """promtool finds nothing to complain of; None: it cannot be had."""
    try:
        promtool = builds.fetch("promtool")
    except builds.Unavailable as reason:
        return str(reason)
    run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=WAIT_SECONDS,
                         check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", ""), run


CALLS = ("-u", "main.*", "-u", "!main.main*", "-u", "!main.(*number).double")


def test_counts(binary, start, trace, tmp_path):
    """Those of the program itself, while it is traced and at the end; times are those that JSON has of the same run."""
    path, recording = tmp_path / "calls.prom", tmp_path / "recording"
    program = start(binary("panics"))
    tracer = trace("-f", "prometheus", "-o", path, "--interval", "50ms", "--record", recording, "--states", *CALLS,
                   program.path, "main.root", "main.leave")
    done = did(program.work("far") + program.work("near") + program.work("goexit"))
    await_condition(lambda: path.exists() and counts(parse(path.read_text())) == done, "the metrics of what it did")
    live = parse(path.read_text())
    assert of(live, "tracing") == of(live, "traced_processes") == 1
    assert live["open_calls"] and not any(live["open_calls"].values())
    done += did(program.work("nested"))
    tracer.stop()
    metrics = parse(path.read_text())
    assert counts(metrics) == done
    assert of(metrics, "tracing") == 0 == of(metrics, "records_lost_total")
    for name in ("probe_hits_total", "probe_cpu_seconds_total", "cpu_seconds_total"):
        assert of(metrics, name, processes="traced") > 0 == of(metrics, name, processes="others")
    assert f'binary="{program.path}"' in path.read_text()
    assert [file.name for file in tmp_path.glob("calls*")] == ["calls.prom"]
    check_times(metrics, [json.loads(line) for line in replayed(recording, "-f", "json").splitlines()])
    # Of the recording: all but what it cost, which is not recorded.
    later = parse(replayed(recording, "-f", "prometheus"))
    assert metrics.keys() - later.keys() == {"probe_hits_total", "probe_cpu_seconds_total", "cpu_seconds_total",
                                             "traced_processes", "functions_off"}
    for name in later.keys() - {"tracing_start_time_seconds"}:
        assert later[name] == metrics[name], name
    assert program.finish() == 0


def test_before_anything(binary, start, trace, tmp_path):
    """There are metrics from the beginning on, and the last ones are of the end, whatever the interval."""
    path = tmp_path / "calls.prom"
    program = start(binary("calls"))
    tracer = trace("-f", "prometheus", "-o", path, "--interval", "1h", program.path, "main.root")
    await_condition(path.exists, "metrics before anything is called")
    assert not counts(parse(path.read_text()))
    program.work()
    tracer.stop()
    assert counts(parse(path.read_text())) == {("main.root", "return"): 1}


def test_promtool(binary, start, trace, tmp_path):
    """Every kind of metric that there is: of a program whose names need care, of states, of a filter, of a recording."""
    program = start(binary("generics"))
    path, recording = tmp_path / "all.prom", tmp_path / "recording"
    tracer = trace("-f", "prometheus", "-o", path, "--states", "--slower", "1h", "--record", recording, *CALLS,
                   program.path, "main.root")
    program.work()
    tracer.stop()
    text = path.read_text()
    unjudged = judge(text)
    metrics = parse(text)
    assert not counts(metrics) and of(metrics, "target_calls_left_out_total", why="filter") == 1
    text = replayed(recording, "-f", "prometheus")
    judge(text)
    names = {function for function, _ in counts(parse(text))}
    shown = {json.loads(line)["function"] for line in replayed(recording, "-f", "json").splitlines()}
    assert names == shown and any("[" in name for name in names)
    if unjudged:
        pytest.skip(unjudged)


def test_replaced_as_a_whole(binary, start, trace, tmp_path):
    """Who reads it meets whole ones only, while it is replaced all the time."""
    path = tmp_path / "often.prom"
    program = start(binary("calls"))
    tracer = trace("-f", "prometheus", "-o", path, "--interval", "1us", *CALLS, program.path, "main.root")
    files, totals = set(), []
    await_condition(path.exists, "a file")

    def look():
        program.work("GO 2")
        with open(path, encoding="utf-8") as file:
            files.add(os.fstat(file.fileno()).st_mtime_ns)
            text = file.read()
        assert text.endswith("\n") and "functions_off" in text
        totals.append(sum(counts(parse(text)).values()))
        return len(files) >= 20

    await_condition(look, "other files")
    assert totals == sorted(totals) and totals[-1]
    tracer.stop()
    assert [file.name for file in tmp_path.glob("often*")] == ["often.prom"]


def test_where_it_goes(binary, start, trace, run_tool, tmp_path):
    """To a pipe at the end; a link is replaced, not followed; of another user's folder, too."""
    program = start(binary("calls"))
    tracer = trace("-f", "prometheus", program.path, "main.root")
    program.work()
    assert counts(parse(tracer.stop().out)) == {("main.root", "return"): 1}
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir()
    other.write_text("untouched")
    (folder / "a.prom").symlink_to(other)
    os.chown(folder, 65534, 65534)
    tracer = trace("-f", "prometheus", "-o", folder / "a.prom", "--interval", "20ms", program.path, "main.root")
    program.work()
    await_condition(lambda: not (folder / "a.prom").is_symlink(), "the first metrics")
    tracer.stop()
    assert counts(parse((folder / "a.prom").read_text())) == {("main.root", "return"): 1}
    assert other.read_text() == "untouched"
    assert (folder / "a.prom").stat().st_mode & 0o777 == 0o666 & ~umask()
    for words, status, wanted in ((("-o", tmp_path / "no" / "a.prom"), 1, "cannot write"), (("-o", program.path), 1, "is the binary itself"),
                                  (("--summary",), 2, "there is no --summary"), (("--depth", "1"), 2, "this format counts all calls")):
        refused = run_tool("-f", "prometheus", *words, program.path, "main.root")
        assert refused.wait() == status and wanted in refused.err, refused.err


def test_beside_another_format(binary, start, trace, tmp_path):
    """--metrics: the trees are shown as ever, and all calls are counted, those of trees that are not shown too."""
    path, shown = tmp_path / "calls.prom", tmp_path / "shown"
    program = start(binary("calls"))
    tracer = trace("-f", "json", "-o", shown, "--metrics", path, "--interval", "20ms", "--states", *CALLS, program.path, "main.root")
    done = did(program.work("GO 2"))
    await_condition(lambda: path.exists() and counts(parse(path.read_text())) == done, "the metrics of what it did")
    assert of(parse(path.read_text()), "tracing") == 1
    tracer.stop()
    metrics = parse(path.read_text())
    calls = [json.loads(line) for line in shown.read_text().splitlines()]
    assert counts(metrics) == collections.Counter((call["function"], call["end"]) for call in calls) == done
    check_times(metrics, calls)
    assert of(metrics, "probe_hits_total", processes="traced") and "otlp_trees_total" not in metrics


def test_beside_trees_that_are_chosen(binary, start, trace, tmp_path):
    path = tmp_path / "calls.prom"
    program = start(binary("calls"))
    tracer = trace("--metrics", path, "--slower", "1h", "--min-duration", "1h", *CALLS, program.path, "main.root")
    done = did(program.work("GO 2"))
    assert "main.root" not in tracer.stop().out
    metrics = parse(path.read_text())
    assert counts(metrics) == done and of(metrics, "target_calls_left_out_total", why="filter") == 0


@pytest.mark.parametrize("command", ["trace", "record"])
def test_beside_conditions(binary, start, trace, tmp_path, command):
    """What does not satisfy a condition on results is known when the tree has ended: it is counted as that alone."""
    path, recording = tmp_path / "calls.prom", tmp_path / "recording"
    program = start(binary("values"))
    words = {"trace": ["-f", "json"], "record": ["record", "-o", recording]}[command]
    tracer = trace(*words, "--metrics", path, "--where", "err != nil", program.path, RESULTS[0])
    program.work("results")
    shown = tracer.stop().out.splitlines()
    if command == "record":
        shown = replayed(recording, "-f", "json").splitlines()
    metrics = parse(path.read_text())
    assert counts(metrics) == {("main.divide", "return"): len(shown)} and shown
    assert of(metrics, "target_calls_left_out_total", why="condition") == told(tracer.err, "did not satisfy") > 0


def test_beside_a_recording(binary, start, trace, tmp_path):
    """A flight recorder keeps what it keeps, and writes down what led to slow calls; metrics are of all calls, as it goes on."""
    path, recording = tmp_path / "calls.prom", tmp_path / "recording"
    program = start(binary("calls"))
    tracer = trace("record", "--keep", "60s", "--dump-on", "slower=1ns", "-o", recording, "--metrics", path, "--interval", "20ms",
                   "--states", "--min-wait", "1ns", *CALLS, program.path, "main.root")
    await_condition(path.exists, "metrics before anything is called")
    done = did(program.work("GO 2"))
    await_condition(lambda: counts(parse(path.read_text())) == done, "the metrics of what it did")
    assert of(parse(path.read_text()), "tracing") == 1 and not recording.stat().st_size
    tracer.stop()
    text = path.read_text()
    unjudged = judge(text)
    metrics = parse(text)
    calls = [json.loads(line) for line in replayed(recording, "-f", "json").splitlines()]
    assert counts(metrics) == collections.Counter((call["function"], call["end"]) for call in calls) == done
    check_times(metrics, calls)
    assert of(metrics, "tracing") == 0 < of(metrics, "probe_hits_total", processes="traced")
    assert replayed(f"{recording}.2", "-f", "json")
    assert program.code_is_clean() and program.finish() == 0
    if unjudged:
        pytest.skip(unjudged)


def test_waits_beside(binary, start, trace, tmp_path):
    """Those of a call that was open for so long that they came before it are left out of it once, as without metrics."""
    recording, shown = tmp_path / "recording", tmp_path / "shown"
    program = start(binary("long"))
    tracer = trace("-f", "json", "-o", shown, "--record", recording, "--metrics", tmp_path / "calls.prom", "--min-wait", "1ms",
                   "--where", "served == 2", "-u", "main.handle", program.path, "main.serve")
    program.work("begin")
    for _ in range(2):
        time.sleep(0.1)
        program.work("call 1")
    time.sleep(12)
    program.work("end")
    tracer.stop()
    calls = [json.loads(line) for line in shown.read_text().splitlines()]
    assert sum(call.get("waits_left_out", 0) for call in calls if call["function"] == "main.serve") >= 2
    assert subprocess.check_output([tool(), "replay", "-f", "json", recording], timeout=WAIT_SECONDS) == shown.read_bytes()


def test_beside_nothing_else(binary, run_tool, tmp_path):
    """Files that are something else are not replaced."""
    path = str(binary("calls"))
    for words, status, wanted in ((("-f", "prometheus", "--metrics", "a.prom"), 2, "leave out one"),
                                  (("--metrics", path), 1, "is the binary itself"),
                                  (("-o", tmp_path / "a", "--metrics", tmp_path / "a"), 1, "is what -o writes, too"),
                                  (("--record", tmp_path / "a", "--metrics", tmp_path / "a"), 1, "is what --record writes, too"),
                                  (("--metrics", "/dev/null"), 1, "no file that could be replaced"),
                                  (("--metrics", "-"), 1, "no file that could be replaced"),
                                  (("record", "-o", tmp_path / "a", "--metrics", tmp_path / "a"), 1, "is what -o writes, too"),
                                  (("record", "-o", tmp_path / "a", "--metrics", path), 1, "is the binary itself"),
                                  (("record", "-o", tmp_path / "a", "--interval", "1s"), 2, "about --metrics, which is not there"),
                                  (("--metrics", tmp_path / "no" / "a.prom"), 1, "cannot write")):
        refused = run_tool(*words, path, "main.root")
        assert refused.wait() == status and wanted in refused.err, refused.err


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
