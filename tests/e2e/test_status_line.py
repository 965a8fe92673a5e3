# SPDX-License-Identifier: MIT
"""One line on standard error tells what goes on while nothing is printed, and nothing of it is ever left."""

import os
import re
import struct
import time
import zlib

import pytest

from harness import await_condition, is_tracing
from screen import STYLE, Screen

DRAWN = re.compile(r"\r\x1b\[K(tracing[^\r\n]*)")


def rendered(text):
    """The lines that a terminal shows in the end. No other escapes than these are known here."""
    lines, column = [[]], 0
    for piece in re.findall(r"\x1b\[K|\x1b\[\d*m|[^\x1b]", text):
        line = lines[-1]
        if piece == "\n":
            lines.append([])
            column = 0
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[K":
            del line[column:]
        elif len(piece) == 1:
            line[column:column + 1] = [piece]
            column += 1
    assert text.count("\x1b") == len(re.findall(r"\x1b\[K|\x1b\[\d*m", text))
    return ["".join(line) for line in lines]


@pytest.fixture
def watch(run_tool):
    """watch(COLUMNS, ARGUMENT..., NAME=VALUE...) starts the tool, its standard error (and output) on a terminal."""

    def make(columns, *arguments, stdout=None, environment=(), **options):
        screen = Screen(columns)
        environment = {**os.environ, "TERM": "xterm", **dict(environment)}
        environment = {name: value for name, value in environment.items() if value is not None}
        try:
            tracer = run_tool(*arguments, stdout=stdout or screen.slave, stderr=screen.slave, env=environment, **options)
        finally:
            os.close(screen.slave)
        await_condition(lambda: is_tracing(screen.text()) or tracer.child.poll() is not None, "it is not tracing")
        return screen, tracer

    return make


def await_line(screen, wanted):
    await_condition(lambda: re.search(r"\r\x1b\[K" + wanted, screen.text()), f"no line {wanted}")


def test_drawn_and_erased(binary, start, watch):
    """Between trees it is there, among them it is not."""
    program = start(binary("calls"))
    screen, tracer = watch(120, "-u", "main.*", program.path, "main.root")
    await_line(screen, r"tracing \d+ functions \(\d+ probes\) · 1 process · 0 calls of targets")
    program.work("GO")
    await_line(screen, r"tracing \d+ functions \(\d+ probes\) · 1 process · 1 call of a target · overhead \d")
    program.work("GO 2")
    await_line(screen, r"tracing \d+ functions \(\d+ probes\) · 1 process · 3 calls of targets · overhead \d")
    os.write(screen.master, b"\x03")  # which the terminal shows
    await_condition(lambda: screen.text().count("^C") == 2, "it is not shown")
    tracer.stop()
    text = screen.text(whole=True)
    drawn, shown = DRAWN.findall(text), rendered(text)
    assert [line for line in shown if "^C" in line] == [line for line in shown if line.endswith(", ^C ends")]
    assert drawn and all(len(line.removesuffix("^C")) <= 117 for line in drawn)
    trees = [line for line in shown if line and not line.startswith("gofuncgraph-c: ")]
    assert len(trees) > 10 and all(re.match(r"\d\d [\d:.]{15} ", STYLE.sub("", line)) for line in trees), trees
    assert shown[-1] == "" and "probe hits" in text.rsplit("\x1b[K", 1)[1]


@pytest.mark.parametrize("command", [["-u", "main.*"], ["hunt"]], ids=["trace", "hunt"])
def test_says_what_it_does_before(binary, start, watch, command):
    """With large binaries that takes seconds. Nothing of it is left."""
    program = start(binary("calls"))
    screen, tracer = watch(160, *command, program.path, "main.root")
    program.work("GO")
    tracer.stop()
    text = screen.text(whole=True)
    assert f"\r\x1b[Kreading {program.path}" in text
    assert "\r\x1b[Kloading the tracer's programs into the kernel" in text
    assert not [line for line in rendered(text) if line.startswith(("reading", "loading"))]


def test_fits(binary, start, watch):
    """A narrow one tells what matters most."""
    program = start(binary("calls"))
    screen, tracer = watch(40, "-u", "main.*", program.path, "main.root")
    await_line(screen, r"0 calls of targets · overhead \d")
    tracer.stop()
    drawn = re.findall(r"\r\x1b\[K([^\r\n]*)", screen.text(whole=True))
    assert all(len(line) <= 37 for line in drawn if not line.startswith("gofuncgraph-c: "))


def test_counts_what_goes_elsewhere(binary, start, watch, tmp_path):
    """The output is a file: the line counts all the same. So do processes, and what is not shown."""
    path = binary("calls")
    screen, tracer = watch(150, "-o", tmp_path / "trees", "--slower", "100s", "-u", "main.*", path, "main.root")
    await_line(screen, r"tracing \d+ functions \(\d+ probes\) · no process runs it · 0 calls of targets, 0 shown")
    one, other = start(path), start(path)
    one.work("GO 2")
    other.work("GO")
    await_line(screen, r"tracing \d+ functions \(\d+ probes\) · 2 processes · 3 calls of targets, 0 shown")
    tracer.stop()
    assert (tmp_path / "trees").read_text() == ""


def test_states(binary, start, watch):
    """Also while sums are made, and of one process."""
    program = start(binary("states"))
    screen, tracer = watch(120, "states", "--summary", "-p", program.pid)
    await_line(screen, r"tracing goroutines \(\d+ probes\) · \d+ changes? of state")
    program.work("churn 30 5")
    await_line(screen, r"tracing goroutines \(\d+ probes\) · [\d,]+ changes of state · overhead \d")
    tracer.stop()
    assert not any(" · overhead" in line for line in rendered(screen.text(whole=True)))


@pytest.mark.parametrize("columns, output, environment, options", [
    (120, "pipe", {}, []),
    (120, "terminal", {"TERM": "dumb"}, []),
    (120, "terminal", {"TERM": None}, []),
    (19, "terminal", {}, []),
    (120, "terminal", {}, ["--"]),
])
def test_none(binary, start, watch, columns, output, environment, options):
    """Who reads a pipe may print on the same terminal, as a program may that was started."""
    path = binary("calls")
    program = None if options else start(path)
    read, write = os.pipe()
    screen, tracer = watch(columns, "--color", "never", "-u", "main.*", path, "main.root", *options,
                           stdout=write if output == "pipe" else None, environment=environment.items())
    os.close(write)
    if program:
        program.work("GO")
    time.sleep(1)
    tracer.stop()
    os.close(read)
    assert "\x1b" not in screen.text(whole=True)
    assert "·" not in screen.text()


def test_none_in_files(binary, start, trace):
    """Nor when standard error is none."""
    program = start(binary("calls"))
    tracer = trace("-u", "main.*", program.path, "main.root", env={**os.environ, "TERM": "xterm"})
    program.work("GO")
    time.sleep(1)
    tracer.stop()
    assert "\x1b" not in tracer.err + tracer.out and "·" not in tracer.err


# ---- messages ----


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_messages_are_broken_between_words(binary, start, watch, columns):
    """Bars of a histogram are made to fit."""
    program = start(binary("calls"))
    screen, tracer = watch(columns, "--slower", "1ns", "--histogram", "-u", "main.*", program.path, "main.root")
    program.work("GO 20")
    tracer.stop()
    lines = [STYLE.sub("", line) for line in rendered(screen.text(whole=True))]
    messages = [line for line in lines[next(at for at, line in enumerate(lines) if "probe hit" in line):] if line]
    assert all(len(line) <= columns for line in messages)
    assert all(line.startswith(("gofuncgraph-c: ", "  ")) for line in messages)
    told = " ".join(" ".join(messages).split())
    assert re.match(r"gofuncgraph-c: [\d,]+ probe hits, about .* of the program's CPU time", told)
    assert re.search(r"gofuncgraph-c: 20 calls of targets, 20 shown; p50 \S+, p90 \S+, p99 \S+, max \S+", told)
    bars = [line.count("#") for line in messages if re.fullmatch(r".* #+", line)]
    assert bars and max(bars) == (40 if columns > 87 else max(columns - 47, 1))


def test_reading_a_recording(binary, start, trace, run_tool, tmp_path):
    """Reading that takes long tells how far it is; of a pipe nobody knows."""
    program, recording, pipe = start(binary("calls")), tmp_path / "recording", tmp_path / "pipe"
    tracer = trace("record", "-o", recording, "-u", "main.*", program.path, "main.root")
    program.work()
    tracer.stop()
    os.mkfifo(pipe)
    screen = Screen(120)
    with open(tmp_path / "shown", "w", encoding="ascii") as shown:
        reader = run_tool("report", pipe, stdout=shown, stderr=screen.slave, env={**os.environ, "TERM": "xterm"})
    os.close(screen.slave)
    with open_pipe(pipe) as writer:
        writer.write(recording.read_bytes())

        def draws():
            writer.write(block_of_nothing())  # nothing is written while the pipe is full
            return re.search(rf"\r\x1b\[Kreading {pipe}\r", screen.text())

        await_condition(draws, "it does not tell that it reads")
    assert reader.wait() == 0
    assert not any("reading" in line for line in rendered(screen.text(whole=True)))


def open_pipe(path):
    """To write into it without waiting, once somebody reads."""
    opened = []

    def opens():
        try:
            opened.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    await_condition(opens, "nobody reads it")
    return open(opened[0], "wb", buffering=0)


def block_of_nothing():
    """Of a recording: one of no bytes, of a kind that is none yet (src/recording/format.h)."""
    nothing = b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"
    header = struct.pack("<IIIIQI", 0x6b6c4267, 1000, len(nothing), 0, 0, zlib.crc32(nothing))
    return header + struct.pack("<I", zlib.crc32(header)) + nothing


def test_read_without_tracing(binary, start, run_tool):
    """What list and goroutines are at before they print."""
    program = start(binary("calls"))
    for command, steps in ((["list", program.path, "main.root"], ["reading", "finding probes in"]),
                           (["goroutines", "-p", program.pid], ["reading", "reading the goroutines of process"])):
        screen = Screen(120)
        tool = run_tool(*command, stdout=screen.slave, stderr=screen.slave, env={**os.environ, "TERM": "xterm"})
        os.close(screen.slave)
        assert tool.wait() == 0
        text = screen.text(whole=True)
        drawn = re.findall(r"\r\x1b\[K([^\r\n]+) \S+", text)
        assert drawn[:len(steps)] == steps, text
        shown = rendered(text)
        assert not [line for line in shown if re.match("reading|finding", line)] and "main." in text, shown
