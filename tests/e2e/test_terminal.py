# SPDX-License-Identifier: MIT
"""What a terminal shows: the same calls as elsewhere, no line is wider than it, and colours."""

import os
import re

import pytest

from harness import await_condition
from screen import STYLE, Screen
from test_typed import COMMANDS, TARGETS

ENTRY = re.compile(r"(?:\d\d )?[\d:]{8}\.\d{6} {14}((?:  )*)(\S+)\(\) \{.*")
EXIT = re.compile(r"(?:\d\d )?[\d:]{8}\.\d{6} (?P<duration>[\d~]\d\d\.\d{6}) (?P<mark>.) (?:  )*\} (?P<name>\S+?)(?:\+\d+)?(?: .*)?")


def await_states(tracer):
    await_condition(lambda: "tracing goroutines" in tracer.err or tracer.child.poll() is not None, "it is not tracing")
    return tracer


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_states_do_not_wrap(binary, start, run_tool, columns):
    """Changes and tables fit; on a terminal tables have the first 20 rows, and the others are told."""
    program = start(binary("states"))
    screens = [Screen(columns) for _ in range(3)]
    forms = ([], ["--summary", "--ended"], ["--summary", "--by", "go"])
    tracers = [await_states(run_tool("states", *form, "-p", program.pid, stdout=screen.slave))
               for form, screen in zip(forms, screens)]
    for screen in screens:
        os.close(screen.slave)
    told = program.work("churn 30 5")
    for tracer in tracers:
        tracer.stop()
    changes, goroutines, statements = (screen.lines() for screen in screens)
    for lines in (changes, goroutines, statements):
        assert lines and all(len(line) <= columns for line in lines), [line for line in lines if len(line) > columns]
    assert len(changes) > 100 and changes[0].startswith("TIME ")
    table = goroutines[:goroutines.index("")]
    names = ["GOID", "RUNNING", *(["NO", "CPU"] if columns >= 90 else []), "RUNNABLE", "WAITING"]
    assert table[0].split()[:len(names)] == names and len(table) == 21
    assert re.search(r"\d+ more goroutines are not shown \(--limit N shows more\)", tracers[1].err)
    for line in {birth["line"] for birth in told["births"]}:
        rows = [row.split() for row in statements if f"churn.go:{line} " in row]
        assert columns < 80 or [int(row[0]) for row in rows] == [sum(birth["line"] == line for birth in told["births"])]


@pytest.fixture
def on_screen(run_tool):
    """on_screen(COLUMNS, ARGUMENT...) starts the tool with its standard output on a terminal."""

    def make(columns, *arguments, **environment):
        screen = Screen(columns)
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment}
        try:
            return screen, run_tool(*arguments, stdout=screen.slave, env=environment).await_tracing()
        finally:
            os.close(screen.slave)

    return make


@pytest.mark.parametrize("columns", [80, 120, 200])
@pytest.mark.parametrize("options", [[], ["--min-wait", "1us", "--follow"], ["--caller", "full", "--states"]])
def test_no_line_wraps(binary, start, trace, on_screen, columns, options):
    """Beside it another tracer writes JSON of the same calls."""
    program = start(binary("calls"))
    functions = ["-u", "main.*", program.path, "main.root"]
    screen, tracer = on_screen(columns, *options, *functions)
    beside = trace("-f", "json", *functions)
    program.work("GO")
    tracer.stop()
    calls = beside.stop().calls()
    lines = [STYLE.sub("", line) for line in screen.lines()]
    assert max(map(len, lines)) <= columns
    assert not any("\x1b" in line for line in lines)
    entries = [ENTRY.fullmatch(line) for line in lines]
    entries = [(len(entry[1]) // 2, entry[2]) for entry in entries if entry]
    calls.sort(key=lambda call: call["call"])
    assert entries == [(call["depth"], call["function"]) for call in calls]
    assert len(entries) > 20
    assert sum("} " in line for line in lines) == len(entries)


@pytest.mark.parametrize("columns", [80, 120])
def test_behind_values(binary, start, on_screen, columns):
    """Arguments and results of any length leave room for what is behind them: the bracket of an entry, and where the time
    of a call went."""
    program = start(binary("typed"))
    screen, tracer = on_screen(columns, "-a", "-r", "--states", program.path, *[one for one in TARGETS if "[" not in one])
    for command in COMMANDS:
        program.work(command)
    tracer.stop()
    lines = [STYLE.sub("", line) for line in screen.lines()]
    assert all(len(line) <= columns for line in lines), lines
    entries = [line for line in lines if re.search(r"\d\.\d{6} {14}\S", line)]
    exits = [line for line in lines if re.search(r"[\d~]\d\d\.\d{6} . \} ", line)]
    assert len(entries) == len(exits) > 10, lines
    assert all(") {" in line and not line.endswith("…") for line in entries), entries
    assert any("…) {" in line for line in entries), entries
    assert all(re.search(r"   [a-zA-Z ()]+ \d", line) for line in exits), exits


def test_callers(binary, start, trace, on_screen):
    """Short on a terminal, full elsewhere, or as --caller says."""
    program = start(binary("calls"))
    functions = ["-u", "main.leaf", program.path, "main.root"]
    where = {"off": r"", "short": r" main\.branch\+\d+ main\.go:\d+", "full": r" main\.branch\+\d+ /\S+/main\.go:\d+"}
    screen, tracer = on_screen(250, *functions)
    files = {style: trace(*(["--caller", style] if style else []), *functions) for style in ("", *where)}
    program.work("GO")
    tracer.stop()
    for style, file in files.items():
        assert re.search(r" main\.leaf\(\) \{" + where[style or "full"] + "\n", file.stop().out), style
    assert files["full"].out == files[""].out or re.sub(r"[\d.:]", "", files["full"].out) == re.sub(
        r"[\d.:]", "", files[""].out)
    assert any(re.search(r" main\.leaf\(\) \{" + where["short"] + "$", STYLE.sub("", line)) for line in screen.lines())


def test_color(binary, start, trace, on_screen):
    """The time of a call that took most of its tree's is red; the slowest path is bold."""
    program = start(binary("durations"))
    functions = ["-u", "time.Sleep", program.path, "main.work"]
    screen, tracer = on_screen(200, *functions)
    always = trace("--color", "always", *functions)
    program.work("GO 300")
    tracer.stop()
    lines = screen.lines()
    assert sum("\x1b[1mmain.work" in line for line in lines) == 2
    assert all(STYLE.findall(line)[-1:] in ([], ["\x1b[0m"]) for line in lines)
    (sleep, line), (work, _) = [(left, line) for line in lines if (left := EXIT.fullmatch(STYLE.sub("", line)))]
    assert (sleep["name"], work["name"]) == ("time.Sleep", "main.work")
    slow = float(sleep["duration"])
    assert slow >= 0.3 and sleep["mark"] == ("$" if slow > 1 else "@")
    # Unless all else took long, too.
    half, tenth = (f"\x1b[{color}m\x1b[1m{sleep['duration']}" in line for color in (31, 35))
    assert half if slow >= float(work["duration"]) / 2 else tenth
    assert "\x1b[1mtime.Sleep" in line
    assert always.stop().out.count("\x1b[1mmain.work") == 2


@pytest.mark.parametrize("options, environment", [(["--color", "never"], {}), ([], {"NO_COLOR": "1"})])
def test_no_color(binary, start, trace, on_screen, options, environment):
    program = start(binary("durations"))
    functions = ["-u", "time.Sleep", program.path, "main.work"]
    screen, tracer = on_screen(200, *options, *functions, **environment)
    beside = trace(*functions)
    program.work("GO 300")
    tracer.stop()
    lines = screen.lines()
    assert any("} main.work" in line for line in lines) and not any("\x1b" in line for line in lines)
    assert "} main.work" in beside.stop().out and "\x1b" not in beside.out


@pytest.mark.parametrize("option, told", [("--caller", "--caller is off, short or full, not 'some'"),
                                          ("--color", "--color is auto, always or never, not 'some'")])
def test_wrong_word(run_tool, option, told):
    tracer = run_tool(option, "some", "./any")
    assert tracer.wait() == 2
    assert told in tracer.err
