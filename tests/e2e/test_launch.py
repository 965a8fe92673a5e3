# SPDX-License-Identifier: MIT
"""A program that is started inherits what it would have without the tracer, and hears the same signals, on a real
terminal too."""

import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest

import harness
from harness import WAIT_SECONDS, await_condition


def said(path):
    return path.read_text().splitlines() if path.exists() else []


def await_said(path, wanted):
    await_condition(lambda: said(path) == wanted, f"instead of {wanted} the program said {said(path)}")


# ---- what it inherits ----

# What a shell changes for what it starts: the program, or the tracer.
SETTINGS = {
    "nothing": 'exec "$@"',
    "limits": 'ulimit -S -n 100; ulimit -H -n 4000; ulimit -S -l 64; ulimit -H -l 100000; ulimit -c 0; ulimit -s 256; exec "$@"',
    "nice and umask": 'umask 027; renice -n 3 $$ >/dev/null; cd /var; echo 500 >/proc/$$/oom_score_adj; exec "$@"',
    "ignored signals": "trap '' HUP INT USR1 CHLD PIPE XFSZ; exec \"$@\"",
    "blocked signals": 'exec env --block-signal=USR2,PIPE "$@"',
    "files": 'exec 7</dev/zero 9>/dev/null; exec "$@"',
    "closed standard files": 'exec <&- 2>&-; exec "$@"',
    "capabilities": 'exec setpriv --bounding-set -sys_time,-sys_boot "$@"',
}


def state(pid):
    """All of it that another process can see, without what is the process's own."""
    folder = pathlib.Path(f"/proc/{pid}")

    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    found = {name: status[name].strip() for name in (
        "Umask", "Uid", "Gid", "Groups", "SigIgn", "SigBlk", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
        "Seccomp", "Cpus_allowed")}
    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    found["nice"], found["terminal"] = fields[16], fields[4]
    found["limits"] = (folder / "limits").read_text()
    found["cwd"] = os.readlink(folder / "cwd")
    found["oom"] = (folder / "oom_score_adj").read_text()
    found["files"] = {}
    for fd in os.listdir(folder / "fd"):
        target = os.readlink(folder / "fd" / fd)
        if not re.search(r"eventpoll|eventfd|pipe:", target):  # Go's poller, and what is ours
            flags = re.search(r"^flags:\s*(\d+)", (folder / "fdinfo" / fd).read_text(), re.M).group(1)
            found["files"][fd] = (target, flags)
    found["pipes"] = sorted(fd for fd in os.listdir(folder / "fd") if fd in "012")
    found["environment"] = sorted(line for line in (folder / "environ").read_bytes().split(b"\0")
                                  if not line.startswith((b"_=", b"OUT=")))
    found["arguments"] = (folder / "cmdline").read_bytes().split(b"\0")[2:]
    return found


def program_of(path):
    """The process that runs the file."""
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.path.samefile(f"/proc/{entry}/exe", path):
                return int(entry)
        except OSError:
            continue
    raise AssertionError(f"nobody runs {path}")


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_it_inherits(binary, tmp_path, _processes, setting):
    path = binary("signals")
    states = []
    for tracer in ([], [harness.tool(), "-o", tmp_path / "trees", "-u", "main.handle"]):
        output = tmp_path / "said"
        output.unlink(missing_ok=True)
        command = [*tracer, path, *(["--"] if tracer else []), output, "leave"]
        process = harness.Process(["sh", "-c", SETTINGS[setting], "sh", *command])
        _processes.append(process)
        await_said(output, ["READY"])
        pid = program_of(path)
        states.append(state(pid))
        os.kill(pid, signal.SIGTERM)
        assert process.wait() == (0 if tracer else -signal.SIGTERM)
    assert states[0] == states[1]


def test_ends_of_pipes_that_it_closes(binary, run_tool, tmp_path):
    """Who reads from it sees the end, and who writes to it an error, while program and tracer go on."""
    output = tmp_path / "said"
    stdin_read, stdin_write = os.pipe()
    stdout_read, stdout_write = os.pipe()
    tracer = run_tool("-u", "main.handle", binary("signals"), "--", output, "close", stdin=stdin_read,
                      stdout=stdout_write)
    os.close(stdin_read)
    os.close(stdout_write)
    await_said(output, ["READY"])
    assert os.read(stdout_read, 1) == b""
    with pytest.raises(BrokenPipeError):
        os.write(stdin_write, b"x")
    assert tracer.child.poll() is None
    tracer.signal(signal.SIGTERM)
    assert tracer.wait() == 0
    os.close(stdin_write)
    os.close(stdout_read)


def test_ignored_hang_up_of_nohup(binary, run_tool, tmp_path):
    """Neither the program nor the tracer hears it."""
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    tracer = run_tool("-u", "main.outer", binary("ends"), "--", stdin=subprocess.PIPE, preexec_fn=ignore)
    await_condition(lambda: "READY" in tracer.out, "the program is not ready")
    for pid in [tracer.pid, *harness.children(tracer.pid)]:
        os.kill(pid, signal.SIGHUP)
    tracer.child.stdin.write(b"exit 7\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0
    assert "exited with status 7" in tracer.err


def test_tracer_that_inherits_a_blocked_mask(binary, run_tool, start):
    """It still ends when told to."""
    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))

    program = start(binary("calls"))
    tracer = run_tool("-u", "main.root", program.path, preexec_fn=block).await_tracing()
    program.work("GO")
    assert "main.root() {" in tracer.stop().out


# ---- signals ----


@pytest.fixture
def launched(binary, run_tool, tmp_path):
    """A traced program that says which signals it gets, and the file that it says so in."""
    output = tmp_path / "said"
    tracer = run_tool("-u", "main.handle", binary("signals"), "--", output)
    await_said(output, ["READY"])
    return tracer, output


def test_signals_that_are_passed_on(launched):
    tracer, output = launched
    names = ["HUP", "INT", "QUIT", "USR1", "USR2", "HUP", "TERM"]
    for i, name in enumerate(names):
        tracer.signal(getattr(signal, f"SIG{name}"))
        await_said(output, ["READY", *names[: i + 1]])
    assert tracer.wait() == 0
    assert "exited with status 3" in tracer.err
    assert len(re.findall(r"} main\.handle", tracer.err)) == len(names)


def test_several_signals_at_once(launched):
    """None is lost for another that comes before it was passed on."""
    tracer, output = launched
    os.kill(tracer.pid, signal.SIGSTOP)
    for name in ("HUP", "INT", "QUIT", "USR1", "USR2"):
        tracer.signal(getattr(signal, f"SIG{name}"))
    tracer.signal(signal.SIGCONT)
    await_condition(lambda: sorted(said(output)) == ["HUP", "INT", "QUIT", "READY", "USR1", "USR2"],
                    f"it heard {said(output)}")
    tracer.signal(signal.SIGTERM)
    assert tracer.wait() == 0


class Terminal:
    """A pseudo-terminal with a session of its own, whose leader is the command."""

    def __init__(self, command, stderr):
        self.written = b""
        self.master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)

        def become_leader():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        with open(stderr, "wb") as messages:
            self.child = subprocess.Popen([str(word) for word in command], stdin=slave, stdout=slave, stderr=messages,
                                          preexec_fn=become_leader)
        os.close(slave)

    def type(self, text):
        os.write(self.master, text)

    def read(self):
        """All that was written to it until now."""
        os.set_blocking(self.master, False)
        try:
            self.written += os.read(self.master, 65536)
        except BlockingIOError:
            pass
        return self.written

    def foreground(self):
        return struct.unpack("i", fcntl.ioctl(self.master, termios.TIOCGPGRP, b"\0" * 4))[0]

    def hang_up(self):
        os.close(self.master)
        self.master = -1

    def wait(self):
        return self.child.wait(WAIT_SECONDS)

    def destroy(self):
        for pid in harness.children(self.child.pid):  # a hang-up does not end the fixture
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        if self.master >= 0:
            self.hang_up()
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(WAIT_SECONDS)


@pytest.fixture
def terminal(binary, tmp_path, _processes):
    """terminal(WORD...) runs `WORD... tracer` on a terminal. Returns it, the program's pid, and the file where the
    program says what it hears."""
    def make(*prefix):
        path, output = binary("signals"), tmp_path / "said"
        one = Terminal([*prefix, harness.tool(), "-o", tmp_path / "trees", "-u", "main.handle", path, "--", output],
                       tmp_path / "messages")
        _processes.append(one)
        await_said(output, ["READY"])
        return one, program_of(path), output

    return make


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_hang_up_of_the_leader(terminal, tmp_path, stopped):
    """The kernel tells the session's leader alone, which is the tracer: the program hears it once, and wakes up."""
    one, pid, output = terminal()
    assert parent(pid) == one.child.pid == os.getsid(pid)
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    one.hang_up()
    await_said(output, ["READY", "HUP"])
    one.child.send_signal(signal.SIGTERM)  # passed on behind whatever is still to be passed on
    assert one.wait() == 0
    assert said(output) == ["READY", "HUP", "TERM"]
    assert "exited with status 3" in (tmp_path / "messages").read_text()


def test_hang_up_of_another_leader(terminal, tmp_path):
    """The kernel tells the foreground processes when the leader has gone: the tracer must not do so again."""
    one, pid, output = terminal("sh", "-c", '"$@"; :', "sh")
    tracer = parent(pid)
    assert tracer != one.child.pid == os.getsid(pid)
    one.hang_up()
    await_said(output, ["READY", "HUP"])
    os.kill(tracer, signal.SIGTERM)
    await_said(output, ["READY", "HUP", "TERM"])
    await_condition(lambda: not harness.is_alive(tracer), "the tracer goes on")
    assert "exited with status 3" in (tmp_path / "messages").read_text()


def test_keys_of_the_terminal(terminal):
    """^C and ^\\ reach the program once, ^Z stops both, and what is typed is the program's."""
    one, pid, output = terminal()
    one.type(b"a line\n")
    await_said(output, ["READY", "read a line"])
    one.type(b"\x03")
    await_said(output, ["READY", "read a line", "INT"])
    one.type(b"\x1c")
    await_said(output, ["READY", "read a line", "INT", "QUIT"])
    assert one.foreground() == os.getpgid(pid) == one.child.pid
    one.child.send_signal(signal.SIGTERM)
    assert one.wait() == 0
    assert said(output) == ["READY", "read a line", "INT", "QUIT", "TERM"]


def test_stop_key(binary, tmp_path, _processes):
    """^Z stops the tracer and the program, as a shell expects; the leader's own group is never stopped."""
    path, output = binary("signals"), tmp_path / "said"
    one = Terminal(["sh", "-m", "-c", '"$@"; echo stopped; fg', "sh", harness.tool(), "-o", tmp_path / "trees", "-u", "main.handle", path,
                    "--", output], tmp_path / "messages")
    _processes.append(one)
    await_said(output, ["READY"])
    pid = program_of(path)
    tracer = parent(pid)
    one.type(b"\x1a")  # the shell goes on, and brings them to the foreground again

    def was_stopped():
        return b"stopped" in one.read() and not is_stopped(tracer) and not is_stopped(pid)

    await_condition(was_stopped, "it was not stopped, or does not go on")
    one.type(b"a line\n")
    await_said(output, ["READY", "read a line"])
    os.kill(tracer, signal.SIGTERM)
    assert one.wait() == 0


def is_stopped(pid):
    return "T (stopped)" in pathlib.Path(f"/proc/{pid}/status").read_text()
