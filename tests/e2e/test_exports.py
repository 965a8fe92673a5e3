# SPDX-License-Identifier: MIT
"""What is exported for other programs has the calls and times that JSON has; Go's pprof reads its own."""

import base64
import collections
import json
import re
import shutil
import struct
import subprocess
import zlib

import pytest

import builds
import test_trace_ids
import test_typed
import test_values
from harness import WAIT_SECONDS, tool

UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


@pytest.fixture
def recording(binary, start, trace, tmp_path):
    program = start(binary("follow"))
    path = tmp_path / "recording"
    tracer = trace("record", "-o", path, "--follow", "--states", "-u", "main.*", program.path, "main.handle")
    for _ in range(3):
        program.work()
    tracer.stop()
    return path


def export(recording, name):
    path = recording.with_suffix("." + name)
    subprocess.run([tool(), "export", "-f", name, "-o", path, recording], check=True, timeout=WAIT_SECONDS)
    return path


def calls_of(recording):
    return [json.loads(line) for line in export(recording, "json").read_text().splitlines()]


def self_states(calls):
    """{state: ns} of all calls together: what each spent itself."""
    sums = collections.Counter()
    for call in calls:
        states = dict(call["states_ns"])
        waiting = states.pop("waiting", {})
        if "parent" in call:
            continue
        # A tree's first call has the times of all inside it.
        sums.update(states)
        sums.update(waiting)
    return sums


def pprof(path, *options):
    return builds.run_go(["tool", "pprof", *options, str(path)], cwd=path.parent)


def top(text):
    """{function: flat}, in ns or calls."""
    rows = re.findall(r"^\s*([\d.]+)(ns|us|ms|s)?\s+[\d.e-]+%\s+[\d.e-]+%\s+\S+\s+[\d.e-]+%\s+(\S+)$", text, re.M)
    return {name: float(number) * UNITS[unit or "ns"] for number, unit, name in rows}


def tags_of(text, label):
    """The rows of `-tags` that are of this label, as text."""
    return re.search(rf"^ *{label}: Total .*\n((?: .*\n?)*)", text, re.M).group(1)


def test_pprof(recording):
    calls = calls_of(recording)
    path = export(recording, "pprof")
    own, count = collections.Counter(), collections.Counter()
    for call in calls:
        own[call["function"]] += call["self_ns"]
        count[call["function"]] += 1
    assert top(pprof(path, "-top", "-nodefraction=0", "-sample_index=calls")) == count
    told = top(pprof(path, "-top", "-nodefraction=0", "-unit=ns"))
    assert {name: ns for name, ns in told.items() if ns} == {name: ns for name, ns in own.items() if ns}
    # By what it was spent on: of a hundredth and more, as pprof cuts digits.
    shares = re.findall(r"^\s+[\d.]+[a-z]* \(\s*([\d.]+)%\): (.+)$", tags_of(pprof(path, "-tags"), "state"), re.M)
    tags = {name: float(share) for share, name in shares}
    states = self_states(calls)
    for name, ns in states.items():
        share = 100 * ns / sum(states.values())
        assert abs(tags.get(name, 0) - share) < 0.02 * share + 0.1, (name, share, tags)
    # Each goroutine has its calls.
    by_goroutine = collections.Counter(str(call["goid"]) for call in calls)
    rows = re.findall(r"^\s+(\d+) \(.*%\): (\d+)$", tags_of(pprof(path, "-tags", "-sample_index=calls"), "goroutine"), re.M)
    assert len(by_goroutine) > 1 and {goid: int(count) for count, goid in rows} == by_goroutine


def test_folded(recording):
    calls = calls_of(recording)
    sums, cuts = collections.Counter(), collections.Counter()
    for line in export(recording, "folded").read_text().splitlines():
        stack, us = line.rsplit(" ", 1)
        steps = [step for step in stack.split(";") if not step.startswith("[")]
        assert all(step.startswith("main.") for step in steps), line
        sums[steps[-1]] += int(us)
        cuts[steps[-1]] += 1
    own = collections.Counter()
    for call in calls:
        own[call["function"]] += call["self_ns"] / 1000
    for name, us in own.items():
        # Each line is cut to whole microseconds, and left out where nothing is left.
        assert us - 40 - cuts[name] <= sums[name] <= us, (name, us, sums[name])


def sums_of(spans):
    """{name: [how many, ns]}"""
    sums = collections.defaultdict(lambda: [0, 0])
    for name, ns in spans:
        sums[name][0] += 1
        sums[name][1] += ns
    return dict(sums)


def speedscope_spans(path):
    """[(name, ns), ...], of waits too."""
    told = json.loads(path.read_text())
    frames, spans = [frame["name"] for frame in told["shared"]["frames"]], []
    for profile in told["profiles"]:
        assert profile["type"] == "evented" and profile["unit"] == "nanoseconds"
        opened, last = [], profile["startValue"]
        for event in profile["events"]:
            assert event["at"] >= last
            last = event["at"]
            if event["type"] == "O":
                opened.append((event["frame"], last))
            else:
                frame, since = opened.pop()
                assert frame == event["frame"]
                spans.append((frames[frame], last - since))
        assert not opened and last == profile["endValue"]
    return spans


def json_spans(calls):
    waits = [(f"[{wait.get('reason', wait['state'])}]", wait["duration_ns"]) for call in calls for wait in call.get("waits", [])]
    return [(call["function"], call["duration_ns"]) for call in calls], waits


@pytest.fixture
def waits_recording(binary, start, trace, tmp_path):
    program = start(binary("follow"))
    path = tmp_path / "recording"
    tracer = trace("record", "-o", path, "--follow", "--min-wait", "1us", "-u", "main.*", program.path, "main.handle")
    for _ in range(3):
        program.work()
    tracer.stop()
    return path


def test_speedscope(waits_recording):
    calls, path = calls_of(waits_recording), export(waits_recording, "speedscope")
    assert len(json.loads(path.read_text())["profiles"]) == len({call["goid"] for call in calls})
    spans, waits = json_spans(calls)
    assert waits and sums_of(speedscope_spans(path)) == sums_of(spans + waits)


def uftrace_spans(folder):
    """[(task, function, depth, start, ns), ...] of what uftrace would read."""
    names, spans = {}, []
    for line in next(folder.glob("*.sym")).read_text().splitlines():
        address, _, name = line.split(" ", 2)
        names[int(address, 16)] = name
    base = int(next(folder.glob("sid-*.map")).read_text().split("-")[0], 16)
    for path in folder.glob("*.dat"):
        opened, data, at = [], path.read_bytes(), 0
        while at < len(data):
            time, word = struct.unpack_from("<QQ", data, at)
            kind, magic, depth, address = word & 3, word >> 3 & 7, word >> 6 & 1023, word >> 16
            assert magic == 5 and kind in (0, 1)
            at += 16
            if word & 4:
                at += (struct.unpack_from("<H", data, at)[0] + 2 + 7) // 8 * 8
            if kind == 0:
                assert depth == len(opened)
                opened.append((address, time))
            else:
                assert opened[-1][0] == address and depth == len(opened) - 1
                since = opened.pop()[1]
                spans.append((int(path.stem), names[address - base], depth, since, time - since))
        assert not opened
    return sorted(spans)


def test_uftrace(recording):
    calls, folder = calls_of(recording), export(recording, "uftrace")
    spans = uftrace_spans(folder)
    since = min(call["start_ns"] for call in calls) - min(span[3] for span in spans)
    assert spans == sorted((call["goid"], call["function"], call["depth"], call["start_ns"] - since, call["duration_ns"])
                           for call in calls)
    info = (folder / "info").read_bytes()
    assert info.startswith(b"Ftrace!\0") and f"taskinfo:nr_tid={len({call['goid'] for call in calls})}\n".encode() in info
    tasks = (folder / "task.txt").read_text()
    assert len(tasks.splitlines()) == 1 + len({call["goid"] for call in calls})
    session, *times = re.findall(r"timestamp=(\S+)", tasks)
    assert tasks.startswith("SESS ") and float(session) < min(map(float, times))


def test_folder(recording, binary, start, trace, tmp_path):
    """What is there already is left alone; live, the folder is the same."""
    for there, reason in ((tmp_path, "give another name"), (recording, "give another name"),
                          (tmp_path / "no" / "folder", "cannot make the folder")):
        run = subprocess.run([tool(), "export", "-f", "uftrace", "-o", there, recording], capture_output=True, text=True,
                             timeout=WAIT_SECONDS, check=False)
        assert run.returncode == 1 and reason in run.stderr, run.stderr
    run = subprocess.run([tool(), "export", "-f", "uftrace", recording], capture_output=True, text=True, timeout=WAIT_SECONDS,
                         check=False)
    assert run.returncode == 1 and "folder" in run.stderr
    program, live, recording = start(binary("calls")), tmp_path / "live", tmp_path / "live.recording"
    tracer = trace("-f", "uftrace", "-o", live, "--record", recording, "-u", "main.*", program.path, "main.root")
    program.work()
    tracer.stop()
    exported = export(recording, "uftrace")
    names = sorted(path.name for path in live.iterdir())
    assert names == sorted(path.name for path in exported.iterdir())
    assert all((live / name).read_bytes() == (exported / name).read_bytes() for name in names)
    assert uftrace_spans(live)


def test_chrome(recording):
    calls = calls_of(recording)
    events = json.loads(export(recording, "chrome").read_text())["traceEvents"]
    named = {event["tid"] for event in events if event["ph"] == "M"}
    begun, ended = collections.Counter(), collections.Counter()
    for event in events:
        assert event["tid"] in named
        if event["ph"] in "BE":
            (begun if event["ph"] == "B" else ended)[event["name"], event["tid"]] += 1
    assert begun == ended == collections.Counter((call["function"], call["goid"]) for call in calls)
    start = min(call["start_ns"] for call in calls)
    first = min(event["ts"] for event in events if event["ph"] == "B")
    times = sorted(round((event["ts"] - first) * 1000) for event in events if event["ph"] == "B")
    assert times == sorted(call["start_ns"] - start for call in calls)


class Packed:
    """Numbers and texts, as a page and protobuf pack them."""

    def __init__(self, data):
        self.bytes, self.at = data, 0

    def number(self):
        value = shift = 0
        while True:
            byte = self.bytes[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def numbers(self, count):
        return [self.number() for _ in range(count)]

    def text(self):
        size = self.number()
        self.at += size
        return self.bytes[self.at - size:self.at].decode()


class Page:
    """What is in a page: src/output/html_file.h says how it is packed."""

    def __init__(self, path):
        self.text = path.read_text()
        text = re.search(r'<script id="data" type="text/plain">([A-Za-z0-9+/=]+)</script>', self.text).group(1)
        self.packed = packed = Packed(zlib.decompress(base64.b64decode(text)))
        self.header = [packed.number(), *(packed.text() for _ in range(4)), packed.number()]
        self.lanes, self.calls, self.values, self.waits, self.report, self.stacks = [], [], [], [], "", []
        self.texts, self.since = [], 0
        while packed.at < len(packed.bytes):
            self.read(packed.number())
        start_ms, lasted, lost = self.end
        assert start_ms > 0 and lasted > 0 and lost == 0

    def read(self, kind):
        packed, texts = self.packed, self.texts
        if kind == 1:
            texts.append(packed.text())
        elif kind == 2:
            self.lanes.append([texts[number] for number in packed.numbers(3)[1:]])
        elif kind in (3, 4):
            lane, name, depth, since, duration, by = packed.numbers(6)
            self.since += since >> 1 ^ -(since & 1)
            common = (self.lanes[lane][0], texts[name], depth, self.since, duration, by)
            if kind == 4:
                self.waits.append((*common, packed.number(), packed.text()))
                return
            ending, caller, file, line = packed.numbers(4)
            self.values.append(packed.text())
            parts = [packed.numbers(3) for _ in range(packed.number())]
            self.calls.append((*common, texts[ending], texts[caller], texts[file], line, {texts[part]: ns for part, _, ns in parts}))
        elif kind == 6:
            self.report += packed.text()
        elif kind == 7:
            names = [texts[number] for number in packed.numbers(packed.number())]
            did, _, ns = packed.numbers(3)
            self.stacks.append((names, texts[did], ns))
        else:
            self.end = packed.numbers(3)
            assert kind == 5 and packed.at == len(packed.bytes)


def states_of(call):
    states = dict(call["states_ns"])
    return {**{name: ns for name, ns in states.items() if name not in ("running", "waiting") and ns}, **states.get("waiting", {})}


def test_html(recording):
    page = Page(export(recording, "html"))
    header, calls = page.header, page.calls
    assert header[0] == 2 and header[2].endswith("/follow") and "main.handle" in header[4] and header[5] == 1
    caller = lambda call: call.get("caller", {})  # noqa: E731
    since = calls_of(recording)[0]["start_ns"] - calls[0][3]
    expected = [(f"goroutine {call['goid']}", call["function"], call["depth"], call["start_ns"] - since, call["duration_ns"],
                 call.get("started_by", {}).get("goid", 0), "" if call["end"] == "return" else call["end"],
                 caller(call).get("function", ""), caller(call).get("file", ""), caller(call).get("line", 0), states_of(call))
                for call in calls_of(recording)]
    assert calls == expected
    # It needs nothing else, and would not get it.
    assert not re.search(r"https?:|src=|href=|@import", page.text) and "default-src 'none'" in page.text


def test_pid(binary, start, trace, tmp_path):
    """With -p, too, what was traced has the name of its file."""
    program, path = start(binary("calls")), tmp_path / "recording"
    tracer = trace("record", "-o", path, "-u", "main.*", "-p", str(program.pid), "main.root")
    program.work()
    tracer.stop()
    page = Page(export(path, "html"))
    assert page.calls and page.header[2] == str(program.path)
    assert {process for _, process in page.lanes} == {f"{program.path.name} ({program.pid})"}


def test_live_is_the_same(binary, start, trace, tmp_path):
    program = start(binary("calls"))
    for name in ("html", "pprof", "folded", "chrome", "perfetto", "speedscope"):
        live, recording = tmp_path / name, tmp_path / f"{name}.recording"
        tracer = trace("-f", name, "-o", live, "--record", recording, "--states", "-u", "main.*", program.path, "main.root")
        program.work()
        tracer.stop()
        assert export(recording, name).read_bytes() == live.read_bytes() != b""


def chrome_spans(path):
    events = [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] in "BEbe"]
    # The end of each comes right behind its beginning.
    return [(begin["name"] if begin["ph"] == "B" else f"[{begin['name']}]", round((end["ts"] - begin["ts"]) * 1000))
            for begin, end in zip(events[::2], events[1::2])]


def html_spans(path):
    page = Page(path)
    return [(call[1], call[4]) for call in page.calls] + [(f"[{wait[1]}]", wait[4]) for wait in page.waits]


def message(data):
    """{field: last value} of what protobuf has packed."""
    packed, fields = Packed(data), {}
    while packed.at < len(data):
        tag = packed.number()
        if tag & 7:
            size = 8 if tag & 7 == 1 else packed.number()
            packed.at += size
            fields[tag >> 3] = data[packed.at - size:packed.at]
        else:
            fields[tag >> 3] = packed.number()
    return fields


def perfetto_spans(path):
    """Field numbers: src/output/perfetto.c."""
    packed, names, opened, spans = Packed(path.read_bytes()), {}, collections.defaultdict(list), []
    while packed.at < len(packed.bytes):
        assert packed.number() == 1 << 3 | 2
        size = packed.number()
        packet = message(packed.bytes[packed.at:packed.at + size])
        packed.at += size
        if 12 in packet:
            name = message(message(packet[12])[2])
            names[name[1]] = name[2].decode()
        event = message(packet.get(11, b""))
        if event.get(9) == 1:
            name = names[event[10]] if 10 in event else f"[{event[23].decode()}]"
            opened[event[11]].append((name, packet[8]))
        elif event.get(9) == 2:
            name, since = opened[event[11]].pop()
            spans.append((name, packet[8] - since))
    assert not any(opened.values())
    return spans


def fields(data):
    """[(field, value), ...] of what protobuf has packed, repeated ones too."""
    packed, found = Packed(data), []
    while packed.at < len(data):
        tag = packed.number()
        if tag & 7:
            size = 8 if tag & 7 == 1 else packed.number()
            packed.at += size
            found.append((tag >> 3, data[packed.at - size:packed.at]))
        else:
            found.append((tag >> 3, packed.number()))
    return found


def annotation(data):
    """(name, value) of a DebugAnnotation."""
    name = value = None
    for field, told in fields(data):
        if field == 10:
            name = told.decode()
        elif field == 11:
            value = {**(value or {}), **dict([annotation(told)])}
        elif field == 12:
            value = [*(value or []), annotation(told)[1]]
        else:
            value = {2: bool, 3: int, 4: lambda number: number - 2**64, 5: lambda bits: struct.unpack("<d", bits)[0],
                     6: bytes.decode}[field](told)
    return name, value


def perfetto_values(path):
    """What each call that has ended was annotated with, by when it ended."""
    found = {}
    for _, packet in fields(path.read_bytes()):
        packet = message(packet)
        event = fields(packet.get(11, b""))
        if (9, 2) in event:
            found.setdefault(packet[8], dict(annotation(data) for field, data in event if field == 4))
    return found


def words(value):
    """As Perfetto is told what is nothing, and NUL."""
    if isinstance(value, dict):
        return {key: words(part) for key, part in value.items()} or "{}"
    if isinstance(value, list):
        return list(map(words, value)) or "[]"
    return "null" if value is None else value.replace("\0", "\u2400") if isinstance(value, str) else value


def named_values(call):
    """As viewers have the values of a call."""
    found = {key: call[key] for key in ("labels", "trace_id", "span_id", "args_left_out", "results_left_out") if key in call}
    for kind in {"args", "results"} & call.keys():
        found[kind], states = {}, found.get("not_whole", {})
        for i, value in enumerate(call[kind]):
            label = value.get("name", re.sub(r"=.*|:\w+$", "", value.get("expr", "")))
            label = str(i) if label in ("", "_") else label
            # Of what the user has named twice, the second has all of what was written.
            label = value["expr"] if label in found[kind] else label
            found[kind][label] = value["value"]
            if value.get("state", "nil") != "nil":
                states[f"{kind}.{label}"] = value["state"]
            states.update({f"{kind}.{label}{part}": state for part, state in value.get("states", {}).items()})
        if states:
            found["not_whole"] = states
    return found


@pytest.mark.parametrize("name, options, targets, commands, build", [
    ("typed", ["-a"], test_typed.TARGETS, test_typed.COMMANDS, {}),
    ("values", [], list(test_values.ALL.values()), list(test_values.ALL), {}),
    ("values", [], test_values.RESULTS, ["results"], {}),
    ("values", ["--label", "user", "--label", "path"], ["main.labelled(n=%ax:s64)"], ["labels"], {}),
    ("otel", ["-a", "--trace-ids"], test_trace_ids.FUNCTIONS, ["GO"], {"build": builds.build_with_modules}),
], ids=["typed", "written", "results", "labels", "trace-ids"])
def test_values_by_name(name, options, targets, commands, build, binary, start, trace, tmp_path):
    """Arguments, results, labels and traces as Perfetto and Chrome have arguments, as the JSON has them; and in a page, as text."""
    program, recording = start(binary(name, version="1.27", **build)), tmp_path / "recording"
    tracer = trace("record", "-o", recording, *options, program.path, *targets)
    for command in commands:
        program.work(command)
    tracer.stop()
    calls = calls_of(recording)
    wanted = [named_values(call) for call in calls]
    assert sum(map(bool, wanted)) > len(wanted) / 2

    events = [event for event in json.loads(export(recording, "chrome").read_text())["traceEvents"] if event["ph"] in "BE"]
    # What the ends have, too, Perfetto appends.
    assert ["args" in event for event in events if event["ph"] == "E"] == [not values for values in wanted]
    told = [{key: value for key, value in event["args"].items() if key not in ("caller", "end", "started_by")}
            for event in events if event["ph"] == "B"]
    assert told == wanted

    seen = perfetto_values(export(recording, "perfetto"))
    ends = [call["start_ns"] + call["duration_ns"] for call in calls]
    since, alone = ends[0] - min(seen), [end for end in ends if ends.count(end) == 1]
    assert min(ends) == ends[0] and len(alone) > len(ends) / 2
    for call, end, values in zip(calls, ends, wanted):
        if end in alone:
            told = {key: value for key, value in seen[end - since].items() if key != "end"}
            assert told == {key: words(value) for key, value in values.items()}, call["function"]

    shown = subprocess.run([tool(), "replay", "--caller", "off", recording], capture_output=True, text=True, check=True,
                           timeout=WAIT_SECONDS).stdout
    texts = Page(export(recording, "html")).values
    assert len(texts) == len(calls) and all(text.split(")")[0] in shown for text in texts)


@pytest.mark.parametrize("name, options, targets, command", [
    ("values", [], test_values.RESULTS, "results"),
    ("values", ["--label", "user", "--label", "path"], ["main.labelled(n=%ax:s64)"], "labels"),
    ("typed", ["-a"], test_typed.TARGETS, "structs"),
], ids=["results", "labels", "typed"])
def test_uftrace_values(name, options, targets, command, binary, start, trace, tmp_path):
    """Values are texts between the brackets of a call, as uftrace reads them."""
    if not shutil.which("uftrace"):
        pytest.skip("there is no uftrace here")
    program, recording = start(binary(name)), tmp_path / "recording"
    tracer = trace("record", "-o", recording, *options, program.path, *targets)
    program.work(command)
    tracer.stop()
    calls, folder = calls_of(recording), export(recording, "uftrace")
    shown = subprocess.run(["uftrace", "replay", "--no-pager", "--color=no", "-d", folder], capture_output=True, text=True, check=True,
                           timeout=WAIT_SECONDS).stdout
    texts = Page(export(recording, "html")).values
    assert len(texts) == len(calls) and any(texts)
    for text in texts:
        given, returned, labels = re.fullmatch(r"(?:\((.*?)\))?(?: = \((.*)\))?( \[.*\])?", text).groups(default="")
        given = f'("{given}{labels}")' if given + labels else "()"
        # Where a call has others inside, its results are behind these.
        assert given in shown and (not returned or f' = "{returned}";' in shown), (text, shown)
    assert len(uftrace_spans(folder)) == len(calls)


SPANS = {"chrome": chrome_spans, "html": html_spans, "perfetto": perfetto_spans, "speedscope": speedscope_spans,
         "uftrace": lambda folder: [(span[1], span[4]) for span in uftrace_spans(folder)]}


def test_filters(waits_recording, tmp_path):
    """What is told of the trees that a filter lets through is the same in each format."""
    roots = sorted(call["duration_ns"] for call in calls_of(waits_recording) if not call["depth"] and "started_by" not in call)
    for option, value in (("--slower", f"{roots[len(roots) // 2]}ns"), ("--slowest", "5")):
        def replay(name):
            path = tmp_path / f"{name}{option}"
            subprocess.run([tool(), "replay", "-f", name, option, value, "-o", path, waits_recording], check=True,
                           timeout=WAIT_SECONDS)
            return path

        calls, waits = json_spans([json.loads(line) for line in replay("json").read_text().splitlines()])
        assert calls and waits
        for name, spans_of in SPANS.items():
            assert sums_of(spans_of(replay(name))) == sums_of(calls + waits), (name, option)


@pytest.mark.parametrize("options", [["--slower", "1ns", "--limit", "2"], ["--slowest", "2"], ["--depth", "2"],
                                     ["--min-duration", "1h", "--slowest", "3", "--interval", "1h"]], ids=" ".join)
def test_same_filters(options, waits_recording, tmp_path):
    """`export` and `replay` choose by the same options."""
    for name in ("json", "chrome", "perfetto", "pprof"):
        paths = [tmp_path / command for command in ("export", "replay")]
        for path in paths:
            subprocess.run([tool(), path.name, "-f", name, *options, "-o", path, waits_recording], check=True, timeout=WAIT_SECONDS)
        assert paths[0].read_bytes() == paths[1].read_bytes() != export(waits_recording, name).read_bytes()


def test_nothing(binary, start, trace, tmp_path):
    """No call of a target was recorded: it is told, and what is written is whole. tests/viewers/run opens these."""
    program, recording = start(binary("follow")), tmp_path / "recording"
    trace("record", "-o", recording, "-u", "main.*", program.path, "main.handle").stop()
    for name in ("json", "html", "perfetto", "chrome", "speedscope", "uftrace", "pprof", "folded", "prometheus"):
        path = recording.with_suffix("." + name)
        done = subprocess.run([tool(), "export", "-f", name, "-o", path, recording], capture_output=True, check=True, text=True, timeout=WAIT_SECONDS)
        assert path.exists() and "nothing to show: no call of a target began" in done.stderr, (name, done.stderr)
    profile, = json.loads(recording.with_suffix(".speedscope").read_text())["profiles"]
    assert profile["name"] == "no calls" and profile["events"] == []
    assert top(pprof(recording.with_suffix(".pprof"), "-top")) == {}
    assert recording.with_suffix(".json").read_bytes() == recording.with_suffix(".folded").read_bytes() == b""
    assert json.loads(recording.with_suffix(".chrome").read_text())["traceEvents"] == []


def test_not_on_a_terminal(recording):
    script = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'
    run = subprocess.run(["python3", "-c", script, tool(), "replay", "-f", "pprof", recording], capture_output=True,
                         stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS, check=False)
    assert run.returncode == 1 and b"give -o FILE" in run.stdout
