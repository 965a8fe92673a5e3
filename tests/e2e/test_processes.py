# SPDX-License-Identifier: MIT
"""Which processes are traced: one of many, one that is started, short-lived ones, those of other namespaces."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

import harness
from harness import WAIT_SECONDS, check_same, forests, parse_graph, shapes

CALLS = ("-f", "json", "-u", "main.*", "-u", "!main.main*", "-u", "!main.(*number).double")


def status_field(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:\s*(.*)$", text, re.M).group(1).split()


# ---- one running process ----


def test_one_of_two(binary, start, trace):
    path = binary("calls")
    one, other = start(path), start(path)
    tracer = trace(*CALLS, "-p", one.pid, "main.root")
    journals = one.work("GO 2")
    other.work("GO 2")
    check_same(tracer.stop().calls(), journals)
    assert one.finish() == other.finish() == 0


def test_ends_with_its_process(binary, start, trace):
    program = start(binary("calls"))
    tracer = trace(*CALLS, "-p", program.pid, "main.root")
    journals = program.work("GO 2")
    assert program.finish() == 0
    assert tracer.wait() == 0
    check_same(tracer.calls(), journals)


def test_binary_was_replaced(binary, start, trace, tmp_path):
    """-p finds the file that the process runs, wherever its name points to now."""
    path = binary("calls")
    program = start(path)
    path.unlink()
    path.write_bytes(b"something else")
    tracer = trace(*CALLS, "-p", program.pid, "main.root")
    journals = program.work("GO")
    check_same(tracer.stop().calls(), journals)


def test_no_such_process(run_tool):
    tracer = run_tool("-u", "main.*", "-p", 4194304)
    assert tracer.wait() == 1
    assert "there is no process 4194304" in tracer.err


def test_thread_of_a_process(run_tool, binary, start):
    program = start(binary("calls"))
    thread = next(int(one) for one in harness.threads(program.pid) if int(one) != program.pid)
    for command in (("-u", "main.*"), ("states",)):
        tracer = run_tool(*command, "-p", thread)
        assert tracer.wait() == 1
        assert f"{thread} is a thread of process {program.pid}: use -p {program.pid}" in tracer.err


def test_process_without_a_file(run_tool):
    """A thread of the kernel, and a zombie: by -p, and by the name of the file."""
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    kernels = next(int(one) for one in os.listdir("/proc") if one.isdigit() and status_field(one, "PPid") == ["2"])
    for pid, reason in ((kernels, "a thread of the kernel"), (ended.pid, "zombie")):
        for arguments in (["-u", "x", "-p", pid], ["states", "-p", pid], ["list", f"/proc/{pid}/exe"],
                          ["bpftrace", f"/proc/{pid}/exe", "x"]):
            tracer = run_tool(*arguments)
            assert tracer.wait() == 1
            assert f"process {pid} " in tracer.err and reason in tracer.err
    ended.wait()
    tracer = run_tool("list", f"/proc/{ended.pid}/exe")
    assert tracer.wait() == 1 and f"there is no process {ended.pid}" in tracer.err


WITHOUT_FIRST_THREAD = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
ctypes.CDLL(None).syscall(ctypes.c_long(int(sys.argv[1])), 0)
"""


def test_process_without_its_first_thread(run_tool):
    """It has not ended, and by its file it can be traced."""
    number = {"x86_64": 60, "aarch64": 93}[os.uname().machine]  # exit(2), of one thread
    program = subprocess.Popen([sys.executable, "-c", WITHOUT_FIRST_THREAD, str(number)], stdin=subprocess.PIPE)
    harness.await_condition(lambda: status_field(program.pid, "State")[0] == "Z", "its first thread lives")
    for arguments in (["-u", "x", "-p", program.pid], ["goroutines", "-p", program.pid]):
        tracer = run_tool(*arguments)
        assert tracer.wait() == 1
        assert f"process {program.pid} goes on without its first thread, which -p needs: " in tracer.err
        assert os.path.realpath(sys.executable) in tracer.err
    program.stdin.close()
    program.wait()


# Has a processor for itself but for a moment now and then, as long as its parent lives.
HOG = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
print(flush=True)
parent = os.getppid()
while os.getppid() == parent:
    end = time.monotonic() + 0.03
    while time.monotonic() < end:
        pass
    time.sleep(0.00005)
"""


@contextlib.contextmanager
def hardly_running(pid):
    """Whatever the process does takes hundreds of times as long: what comes one after the other is seen so."""
    cpu = min(os.sched_getaffinity(0))
    with harness.lock_processor(), subprocess.Popen([sys.executable, "-c", HOG, str(cpu)], stdout=subprocess.PIPE) as hog:
        for thread in map(int, harness.threads(pid)):
            os.sched_setaffinity(thread, {cpu})
        try:
            assert hog.stdout.read(1)
            yield
        finally:
            hog.kill()


SPEEDS = [contextlib.nullcontext, hardly_running]


def check_ended_inside(tracer):
    assert [(call["function"], call["end"]) for call in tracer.calls()] == [
        ("main.inner", "process_exit"), ("main.outer", "process_exit")]


@pytest.mark.parametrize("speed", SPEEDS)
def test_executes_another_file(binary, start, trace, speed):
    """/proc shows the new file before the kernel is done with it."""
    program = start(binary("ends"), env={**os.environ, "BECOME": "/bin/cat"})
    tracer = trace("-f", "json", "-u", "main.inner", "-p", program.pid, "main.outer")
    watcher = trace("states", "-p", program.pid)
    with speed(program.pid):
        program.send("become")
        for one in (tracer, watcher):
            assert one.wait() == 0
            assert (f"process {program.pid} now runs {os.path.realpath('/bin/cat')}, which is not the traced file"
                    in one.err)
    check_ended_inside(tracer)
    program.send("It lives.")
    assert program.read_line() == "It lives."


@pytest.mark.parametrize("command", ["exit 3", "crash", "kill"])
@pytest.mark.parametrize("speed", SPEEDS)
def test_ends_inside_a_call(binary, start, trace, speed, command):
    program = start(binary("ends"))
    tracer = trace("-f", "json", "-u", "main.inner", "-p", program.pid, "main.outer")
    with speed(program.pid):
        program.send(command)
        assert tracer.wait() == 0
    check_ended_inside(tracer)


def test_executes_the_same_file(binary, start, trace):
    """It goes on."""
    program = start(binary("ends"))
    tracer = trace("-f", "json", "-u", "main.inner", "-p", program.pid, "main.outer")
    program.send("exec")
    program.await_line("READY")
    assert tracer.child.poll() is None
    assert "now runs" not in tracer.stop().err
    check_ended_inside(tracer)


def test_not_a_go_process(run_tool):
    tracer = run_tool("-u", "main.*", "-p", os.getpid())
    assert tracer.wait() == 1
    assert "Go" in tracer.err


def test_pid_or_program(run_tool, binary):
    tracer = run_tool("-u", "main.*", "-p", 1, "--", "argument")
    assert tracer.wait() == 2


# ---- a program that is started ----


def launch(run_tool, tmp_path, path, *arguments, options=(), stdin=b"", **popen):
    """Traces a fixture that reads stdin and ends. Returns tracer, calls, what the program printed."""
    output = tmp_path / "trees"
    read, write = os.pipe()
    os.write(write, stdin)
    os.close(write)
    tracer = run_tool(*CALLS, *options, "-o", output, path, "main.root", "--", *arguments, stdin=read, **popen)
    os.close(read)
    assert tracer.wait() == 0, tracer.err
    tracer.output, printed = [output.read_bytes()], tracer.out.splitlines()
    return tracer, tracer.calls(), printed


def test_started_with_probes_in_place(run_tool, binary, tmp_path):
    tracer, calls, printed = launch(run_tool, tmp_path, binary("calls"), stdin=b"GO 2\n")
    assert printed[0] == "READY"
    check_same(calls, json.loads(printed[1]))
    assert "exited with status 0" in tracer.err


def test_from_its_first_instruction(run_tool, binary):
    tracer = run_tool("-f", "json", "-u", "main.main", binary("ends"), "--")
    assert tracer.wait() == 0
    (call,) = [line for line in tracer.err.splitlines() if line.startswith("{")]
    assert '"function":"main.main"' in call and '"caller":{"function":"runtime.main"' in call


@pytest.mark.parametrize("method", ["uprobe_multi", "tracefs", "perf_event"])
def test_started_by_each_method(run_tool, binary, tmp_path, method):
    _, calls, printed = launch(run_tool, tmp_path, binary("calls"), options=("--attach", method), stdin=b"GO\n")
    check_same(calls, json.loads(printed[1]))


def test_exit_status_is_reported(run_tool, binary):
    tracer = run_tool("-u", "main.outer", binary("ends"), "--", stdin=subprocess.PIPE)
    tracer.child.stdin.write(b"exit 7\n")
    tracer.child.stdin.flush()
    assert tracer.wait() == 0
    assert "exited with status 7" in tracer.err


def await_ready(tracer):
    harness.await_condition(lambda: "READY" in tracer.out or tracer.child.poll() is not None, "the program is not ready")
    assert tracer.child.poll() is None, tracer.err
    (pid,) = [pid for pid in harness.children(tracer.pid)
              if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() not in ("gofuncgraph-hld",)]
    return pid


@pytest.mark.parametrize("speed", SPEEDS)
def test_launched_program_executes_another(run_tool, binary, tmp_path, speed):
    """Which is waited for, as if we were not there."""
    output = tmp_path / "trees"
    tracer = run_tool("-f", "json", "-o", output, "-u", "main.inner", binary("ends"), "main.outer", "--",
                      stdin=subprocess.PIPE, env={**os.environ, "BECOME": "/bin/cat"})
    pid = await_ready(tracer)
    with speed(pid):
        tracer.child.stdin.write(b"become\n")
        tracer.child.stdin.flush()
        harness.await_condition(lambda: f"process {pid} now runs" in tracer.err, "nothing is said of the new program")
    tracer.child.stdin.write(b"It lives.\n")
    tracer.child.stdin.close()
    assert tracer.wait() == 0
    assert "It lives." in tracer.out and f"({pid}) exited with status 0" in tracer.err
    tracer.output = [output.read_bytes()]
    check_ended_inside(tracer)


def test_signals_are_the_programs(run_tool, binary):
    tracer = run_tool("-u", "main.outer", binary("ends"), "--", stdin=subprocess.PIPE)
    pid = await_ready(tracer)
    tracer.signal(signal.SIGTERM)
    assert tracer.wait() == 0
    assert f"({pid}) was killed by SIGTERM" in tracer.err
    assert not harness.is_alive(pid)


def test_sudo(run_tool, binary, tmp_path):
    """Started by sudo's caller, as whom the program runs."""
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents[:2]:
        os.chmod(parent, 0o755)
    environment = dict(os.environ, SUDO_UID="65534", SUDO_GID="65534")
    tracer = run_tool("-u", "main.outer", binary("ends"), "--", stdin=subprocess.PIPE, env=environment)
    pid = await_ready(tracer)
    assert set(status_field(pid, "Uid")) == {"65534"} and set(status_field(pid, "Gid")) == {"65534"}
    tracer.child.stdin.close()
    assert tracer.wait() == 0
    tracer = run_tool("--as-root", "-u", "main.outer", binary("ends", "again"), "--", stdin=subprocess.PIPE,
                      env=environment)
    assert set(status_field(await_ready(tracer), "Uid")) == {"0"}
    tracer.child.stdin.close()
    assert tracer.wait() == 0


def test_cannot_be_executed(run_tool, binary):
    path = binary("calls")
    path.chmod(0o644)
    tracer = run_tool("-u", "main.root", path, "--")
    assert tracer.wait() == 1
    assert "cannot execute it: Permission denied" in tracer.err


def test_limit_leaves_the_program_alone(run_tool, binary, tmp_path):
    tracer, calls, printed = launch(run_tool, tmp_path, binary("calls"), options=("--limit", 1), stdin=b"GO 50\n")
    assert len([call for call in calls if call["depth"] == 0]) == 1
    assert len(printed) == 2 and "exited with status 0" in tracer.err


# ---- many ----


def test_many_short_lived(binary, trace):
    """A hundred processes, ten at a time: every call of each."""
    path = binary("calls")
    tracer = trace(*CALLS, path, "main.root")
    wanted = {}
    for _ in range(10):
        running = [subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(10)]
        for process in running:
            process.stdin.write(b"GO\n")
            process.stdin.close()
        for process in running:
            assert b"READY" in process.stdout.read()
            assert process.wait(WAIT_SECONDS) == 0
            wanted[process.pid] = 1
    found = forests(tracer.stop().calls())
    assert {pid for pid, _ in found} == set(wanted)
    assert len(found) == 100
    assert len({repr(trees) for trees in shapes(tracer.calls()).values()}) == 1


# ---- which one it was ----


def told(tracer):
    return re.findall(r"^\[(\d+)\](?: (.*))?$", tracer.out, re.M)


def test_command_lines(binary, start, trace):
    """Two run it: each is named once with its command line, then by its number; what it is made of cannot do harm."""
    path = binary("calls")
    odd = ["two words", "\x1b[2J\n", "\udcff", "x" * 5000]
    one, other = start(path, "--port", "8080"), start(path, *odd)
    functions = ("-u", "main.root", "-u", "main.branch", path, "main.root")
    text, objects, changes = trace(*functions), trace("-f", "json", *functions), trace("states", path)
    for program in (one, one, other, one):
        program.work("GO")
    for tracer in (text, objects, changes):
        tracer.stop()
    trees, _ = parse_graph(text.out)
    assert [tree["pid"] for tree in trees] == [one.pid, one.pid, other.pid, one.pid]
    names = dict(line.split(" ", 1) for line in (f"[{one.pid}] {path} --port 8080",
                                                 f"[{other.pid}] {path} two words \\x1b[2J\\x0a \\xff xxxx"))
    first, second, third = told(text)
    assert first == (str(one.pid), names[f"[{one.pid}]"]) and third == (str(one.pid), "")
    assert second[0] == str(other.pid) and second[1].startswith(names[f"[{other.pid}]"]) and second[1].endswith("x…")
    lines = {call["pid"]: call["command_line"] for call in objects.calls() if "command_line" in call}
    assert lines[one.pid] == [str(path), "--port", "8080"]
    assert lines[other.pid][:4] == [str(path), "two words", "\\x1b[2J\\x0a", "\\xff"]
    assert sum("command_line" in call for call in objects.calls()) == 2
    assert sorted(pid for pid, _ in told(changes)) == sorted([str(one.pid), str(other.pid)])


def test_second_process_comes(binary, start, trace):
    """A single process is not named, until there is another one."""
    path = binary("calls")
    one = start(path, "one")
    alone, tracer = trace("-p", one.pid, "main.root"), trace(path, "main.root")
    one.work("GO")
    other = start(path, "other")
    other.work("GO")
    one.work("GO")
    assert told(tracer.stop())[-2:] == [(str(other.pid), f"{path} other"), (str(one.pid), "")]
    assert told(tracer)[0][1] in (f"(above) {path} one", f"{path} one")
    trees, _ = parse_graph(tracer.out)
    assert [tree["pid"] for tree in trees] == [one.pid, other.pid, one.pid]
    assert not told(alone.stop()) and len(parse_graph(alone.out)[0]) == 2


def test_summary_of_states_names_processes(binary, start, trace):
    path = binary("states")
    programs = [start(path, "number", word) for word in ("one", "two")]
    text, objects = trace("states", "--summary", path), trace("states", "--summary", "-f", "json", path)
    for program in programs:
        program.work("churn 5 5")
    assert sorted(told(text.stop())) == sorted(
        (str(program.pid), f"{path} number {word}") for program, word in zip(programs, ("one", "two")))
    lines = [(row["pid"], row["command_line"][1:]) for row in objects.stop().calls() if "command_line" in row]
    assert sorted(lines) == sorted((program.pid, ["number", word]) for program, word in zip(programs, ("one", "two")))


# ---- namespaces ----


def own_namespace(*command):
    return ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *map(str, command)]


class Container(harness.Process):
    """A PID namespace with a process 1 that does nothing. unshare(1) does not end before what is inside."""

    def __init__(self, *command):
        super().__init__(own_namespace(*(command or ("sleep", "1000"))))

    def destroy(self):
        for pid in harness.children(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        super().destroy()


class Contained(Container, harness.Program):
    """A fixture in a PID namespace of its own, where it is process 1. `outer`: the command before it. `command`: what
    starts it there, if that is not itself."""

    def __init__(self, path, outer=(), command=()):
        self.path = path
        harness.Process.__init__(self, [*outer, *own_namespace(*(command or [path]))])
        self.await_line("READY")


def sees(pid, where):
    """The number of process `pid` in the namespaces that it is in, from ours inwards, as `where`'s."""
    return int(status_field(pid, "NSpid")[where])


@pytest.mark.parametrize("chosen", ["path", "pid"])
def test_program_in_a_pid_namespace(binary, trace, _processes, chosen):
    program = Contained(binary("calls"))
    _processes.append(program)
    (pid,) = harness.children(program.pid)
    tracer = trace(*CALLS, *([program.path] if chosen == "path" else ["-p", pid]), "main.root")
    (journal,) = program.work("GO 2")
    assert journal["pid"] == 1
    journal["pid"] = pid
    check_same(tracer.stop().calls(), [journal])


def test_tracer_in_a_pid_namespace(binary, tmp_path):
    """It numbers processes as those around it do."""
    path = binary("calls")
    command = own_namespace(harness.tool(), *CALLS, "-o", tmp_path / "trees", path, "main.root", "--")
    done = subprocess.run(command, input=b"GO 2\n", capture_output=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    calls = [json.loads(line) for line in (tmp_path / "trees").read_text().splitlines()]
    check_same(calls, json.loads(done.stdout.splitlines()[1]))
    assert 1 < calls[0]["pid"] < 10


@pytest.mark.parametrize("chosen", ["path", "pid"])
def test_pid_namespaces_inside_of_each_other(binary, trace, _processes, chosen):
    """The tracer in a container, the program in another one inside of it (and others beside it)."""
    path = binary("calls")
    container = Container()
    _processes.append(container)
    (init,) = harness.await_condition(lambda: harness.children(container.pid), "no container")
    enter = ["nsenter", "--target", init, "--pid", "--mount"]
    inside = Contained(path, outer=enter)
    outside = Contained(path)
    _processes.extend([inside, outside])
    (pid,) = [pid for pid in harness.children(inside.pid)
              if os.readlink(f"/proc/{pid}/exe") == str(path)]
    assert [sees(pid, 0), sees(pid, 2)] == [pid, 1]
    number = sees(pid, 1)  # as the container numbers it
    tracer = trace(*CALLS, *([path] if chosen == "path" else ["-p", number]), "main.root", prefix=enter)
    (journal,) = inside.work("GO 2")
    outside.work("GO 2")  # not to be seen from inside the container
    journal["pid"] = number
    check_same(tracer.stop_inside().calls(), [journal])


# ---- privileges ----


def as_nobody(*capabilities):
    sets = ",".join(f"+{name}" for name in capabilities)
    extra = ["--inh-caps", sets, "--ambient-caps", sets] if sets else []
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *extra]


@pytest.mark.parametrize("capabilities, missing", [
    (("bpf", "perfmon"), None),
    (("bpf",), "missing CAP_PERFMON;"),
    (("perfmon",), "missing CAP_BPF;"),
    ((), "missing CAP_BPF and CAP_PERFMON;"),
])
def test_privileges(binary, tmp_path, capabilities, missing):
    """CAP_BPF and CAP_PERFMON are enough where the kernel has uprobe_multi; what is missing is named."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool = shutil.copy(harness.tool(), folder)
        path = shutil.copy(binary("calls"), folder)
        done = subprocess.run([*as_nobody(*capabilities), tool, *CALLS, path, "main.root", "--"], input="GO\n",
                              capture_output=True, timeout=WAIT_SECONDS, check=False, text=True)
    if missing:
        assert done.returncode == 1 and missing in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert '"function":"main.root"' in done.stderr


def test_signals_of_idle_threads(binary, start, trace):
    """A thread without a goroutine has two stacks, and so two g: no reason to doubt goroutine ids."""
    libc = ctypes.CDLL(None)
    program = start(binary("concurrent"))
    tracer = trace("-f", "json", "-u", "runtime.schedule", "-u", "runtime.findRunnable", "-u", "runtime.sighandler",
                   program.path)
    for _ in range(20):
        program.work("GO 4 2 1")
        for thread in os.listdir(f"/proc/{program.pid}/task"):
            libc.syscall(234, program.pid, int(thread), signal.SIGURG)  # tgkill(2)
    assert any(call["function"] == "runtime.sighandler" for call in tracer.stop().calls())
