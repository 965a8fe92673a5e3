# SPDX-License-Identifier: MIT
"""Completion, in the shells themselves."""

import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import subprocess
import time

import pytest

from harness import WAIT_SECONDS, Stuck, tool


def script(name):
    return pathlib.Path(tool()).parent / "src" / "completion" / name


class Terminal:
    """A shell in a terminal, to which keys are sent."""

    def __init__(self, *command, folder):
        environment = {"PATH": f"{pathlib.Path(tool()).parent}:{os.environ['PATH']}", "TERM": "dumb", "HOME": str(folder),
                       "PS1": "", "COLUMNS": "1000"}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.read = ""

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def await_text(self, pattern):
        end = time.monotonic() + WAIT_SECONDS
        while not (match := re.search(pattern, self.read, re.S)):
            if time.monotonic() > end or not select.select([self.fd], [], [], end - time.monotonic())[0]:
                raise Stuck(f"no {pattern} in {self.read!r}")
            self.read += os.read(self.fd, 65536).decode("utf-8", "replace")
        self.read = self.read[match.end():]
        return match.group(1)

    def complete(self, text, keys):
        """The command line after these keys."""
        self.send("\x15" + text + keys + "\x18p")
        return self.await_text(r"LINE<([^\r\n]*)>")

    def destroy(self):
        os.close(self.fd)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(tmp_path):
    """Starts a shell and has it do what prepares it."""
    shells = []

    def start(command, preparations):
        if not shutil.which(command[0]):
            pytest.skip(f"{command[0]} is not installed")
        shells.append(Terminal(*command, folder=tmp_path))
        shells[-1].send("; ".join([*preparations, "echo REA''DY\n"]))
        shells[-1].await_text("(READY)")
        return shells[-1]

    yield start
    for shell in shells:
        shell.destroy()


@pytest.fixture
def bash(terminal):
    return terminal(["bash", "--norc", "--noprofile", "-i"], [
        f"source {shlex.quote(str(script('gofuncgraph-c')))}",
        "bind 'set bell-style none'", "bind 'set enable-bracketed-paste off'",
        r"""bind -x '"\C-xp": printf "\nLINE<%s>\n" "$READLINE_LINE"'"""])


@pytest.fixture
def zsh(terminal):
    return terminal(["zsh", "-f", "-i"], [
        "PROMPT= RPROMPT=", f"fpath=({shlex.quote(str(script('_gofuncgraph-c').parent))} $fpath)",
        "autoload -Uz compinit && compinit -u -D", "unsetopt beep", "setopt no_list_ambiguous",
        r"""show() { print -r -- $'\n'"LINE<$BUFFER>" }""", "zle -N show", "bindkey '^Xp' show",
        "bindkey '^I' complete-word", "bindkey '^U' kill-whole-line"])


@pytest.fixture
def fish(tmp_path):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")

    def complete(text):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {shlex.quote(str(script('gofuncgraph-c.fish')))}; complete -C $argv[1]", text],
            capture_output=True, text=True, timeout=WAIT_SECONDS, check=False, cwd=tmp_path,
            env={"PATH": f"{pathlib.Path(tool()).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"})
        assert not done.stderr
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    return complete


# What was typed (PROGRAM is a Go program), and what the whole line is then.
UNIQUE = [
    ("gofuncgraph-c --uprobe-w", "gofuncgraph-c --uprobe-wildcards"),
    ("gofuncgraph-c bp", "gofuncgraph-c bpftrace"),
    ("gofuncgraph-c -f j", "gofuncgraph-c -f json"),
    ("gofuncgraph-c --format=g", "gofuncgraph-c --format=graph"),
    ("gofuncgraph-c export -f pe", "gofuncgraph-c export -f perfetto"),
    ("gofuncgraph-c states -f t", "gofuncgraph-c states -f text"),
    ("gofuncgraph-c -v states --sum", "gofuncgraph-c -v states --summary"),
    ("gofuncgraph-c states --state RUNNI", "gofuncgraph-c states --state RUNNING"),
    ("gofuncgraph-c states --sort not", "gofuncgraph-c states --sort not-running"),
    ("gofuncgraph-c states --by f", "gofuncgraph-c states --by function"),
    ("gofuncgraph-c --attach per", "gofuncgraph-c --attach perf_event"),
    ("gofuncgraph-c -o ./out", "gofuncgraph-c -o ./output-file"),
    ("gofuncgraph-c bpftrace --template https", "gofuncgraph-c bpftrace --template httpsnoop"),
    ("gofuncgraph-c --limit 1 ./out", "gofuncgraph-c --limit 1 ./output-file"),
    ("gofuncgraph-c PROGRAM main.roo", "gofuncgraph-c PROGRAM main.root"),
    ("gofuncgraph-c list PROGRAM main.roo", "gofuncgraph-c list PROGRAM main.root"),
    ("gofuncgraph-c PROGRAM -u 'main.roo", "gofuncgraph-c PROGRAM -u 'main.root'"),
    ("gofuncgraph-c PROGRAM 'runtime.(*mcache).refi", "gofuncgraph-c PROGRAM 'runtime.(*mcache).refill'"),
    ("gofuncgraph-c PROGRAM main.root -- ./out", "gofuncgraph-c PROGRAM main.root -- ./output-file"),
]


def check_unique(shell, binary, tmp_path):
    (tmp_path / "output-file").touch()
    program = str(binary("calls"))
    for typed, expected in UNIQUE:
        line = shell.complete(typed.replace("PROGRAM", program), "\t")
        assert line.rstrip() in (expected.replace("PROGRAM", program), expected.replace("PROGRAM", program) + "="), typed


def test_bash(bash, binary, tmp_path):
    check_unique(bash, binary, tmp_path)


def test_bash_quotes(bash, binary):
    """A name that was begun without quotes is quoted."""
    program = binary("calls")
    line = bash.complete(f"gofuncgraph-c {program} runtime.\\(\\*mcache\\).refi", "\t")
    assert shlex.split(line)[-1] == "runtime.(*mcache).refill"


@pytest.mark.parametrize("command", ["", "list", "states", "replay", "export", "bpftrace"])
def test_bash_options(bash, command):
    """All options of --help are offered, and the words that a wrong format's message names."""
    helped = subprocess.run([tool(), *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"^ +(?:-\S, )?(--[\w-]+)", helped.split("\nUsage: ")[1], re.M))
    line = bash.complete(f"gofuncgraph-c {command} --", "\x1b*")
    assert set(line.split()[1 + bool(command):]) == options
    if "--format" in options:
        told = subprocess.run([tool(), *command.split(), "-f", "none", "x"], capture_output=True, text=True, check=False).stderr
        formats = re.findall(r"\w+", re.search(r"there are ([\w, ]+)", told).group(1).replace(" and ", " "))
        line = bash.complete(f"gofuncgraph-c {command} --format ", "\x1b*")
        assert set(line.split()[2 + bool(command):]) == set(formats)
        described = " ".join(re.search(r"--format=FORMAT(.*?)(?:\n +-|\n\n)", helped, re.S).group(1).split())
        assert re.findall(r"(?:^|, | or )(\w+) \(", described) == formats


def test_bash_pids(bash):
    line = bash.complete("gofuncgraph-c -p ", "\x1b*")
    assert {"1", str(os.getpid())} <= set(line.split())


def test_zsh(zsh, binary, tmp_path):
    check_unique(zsh, binary, tmp_path)


def test_fish(fish, binary, tmp_path):
    (tmp_path / "output-file").touch()
    program = str(binary("calls"))
    for typed, expected in UNIQUE:
        offered = fish(typed.replace("PROGRAM", program))
        word = expected.split()[-1].strip("'")
        assert word in offered or word.split("=")[-1] in [one.split("=")[-1] for one in offered], (typed, offered)
        assert len(offered) < 5, (typed, offered)
