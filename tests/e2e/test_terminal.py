# SPDX-License-Identifier: MIT
"""What a terminal shows: the same calls as elsewhere, and no line is wider than it."""

import fcntl
import os
import re
import struct
import termios
import threading

import pytest

ENTRY = re.compile(r"(?:\d\d )?[\d:]{8}\.\d{6} {13}((?:  )*)(\S+)\(\) \{.*")


class Screen:
    """A terminal without a keyboard, of so many columns."""

    def __init__(self, columns):
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.shown = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while True:
                self.shown += os.read(self.master, 65536)
        except OSError:  # all who could write have gone
            pass

    def lines(self):
        """All that was written, when the tool has ended."""
        self.thread.join()
        os.close(self.master)
        return self.shown.decode().replace("\r\n", "\n").splitlines()


@pytest.fixture
def on_screen(run_tool):
    """on_screen(COLUMNS, ARGUMENT...) starts the tool with its standard output on a terminal."""

    def make(columns, *arguments):
        screen = Screen(columns)
        try:
            return screen, run_tool(*arguments, stdout=screen.slave).await_tracing()
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
    lines = screen.lines()
    assert max(map(len, lines)) <= columns
    assert not any("\x1b" in line for line in lines)
    entries = [ENTRY.fullmatch(line) for line in lines]
    entries = [(len(entry[1]) // 2, entry[2]) for entry in entries if entry]
    calls.sort(key=lambda call: call["call"])
    assert entries == [(call["depth"], call["function"]) for call in calls]
    assert len(entries) > 20
    assert sum("} " in line for line in lines) == len(entries)


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
    assert any(re.search(r" main\.leaf\(\) \{" + where["short"] + "$", line) for line in screen.lines())


def test_wrong_style(run_tool):
    tracer = run_tool("--caller", "medium", "./any")
    assert tracer.wait() == 2
    assert "--caller is off, short or full, not 'medium'" in tracer.err
