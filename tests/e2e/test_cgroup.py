# SPDX-License-Identifier: MIT
"""Processes that are chosen by their cgroup (--cgroup, --container, --pod) and by their name (--comm)."""

import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

import builds
import cgroups
import harness
from harness import WAIT_SECONDS, await_condition, check_same, tool
from test_processes import as_nobody

CALLS = ("-f", "json", "-u", "main.*", "-u", "!main.main*", "-u", "!main.(*number).double")
CONTAINER = "0123456789abcdef" * 4
OTHER_CONTAINER = "01234567" + "f" * 56
POD = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f6b0b2c_7c1e_4f5a_9d43_5a1c2b3d4e5f.slice"
OTHER_POD = "kubepods/besteffort/pod2f6b0b2c-7c1e-4f5a-9d43-5a1c2b3d4e5f"


@pytest.fixture
def group():
    """For one test at a time, of all that run on this machine: their pods and containers have the same names."""
    builds.CACHE.mkdir(parents=True, exist_ok=True)
    try:
        with open(builds.CACHE / "cgroups.lock", "w") as lock, cgroups.made_unified() as made:
            fcntl.flock(lock, fcntl.LOCK_EX)
            cgroups.remove_leftovers(made.folder.parent)
            yield made
    except cgroups.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def start_in(start):
    """start_in(GROUP, PATH) starts a fixture in a cgroup, where it is from its first instruction on."""

    def make(group, path, *arguments, **options):
        def enter():
            group.take(os.getpid())

        return start(path, *arguments, preexec_fn=enter, **options)

    return make


def pids(text):
    return {int(pid) for pid in re.findall(r'"pid": ?(\d+)', text)}


def check_alone(tracer, chosen, *others):
    """Only the calls of that process are seen."""
    for other in others:
        other.work("GO 2")
    journals = chosen.work("GO 2")
    for other in others:
        other.work("GO 2")
    check_same(tracer.stop().calls(), journals)
    for program in (chosen, *others):
        assert program.finish() == 0


# ---- which processes ----


@pytest.mark.parametrize("way, with_binary", [("folder", True), ("path", False), ("path of /proc", False)])
def test_one_of_two(binary, start, start_in, trace, group, way, with_binary):
    path = binary("calls")
    one, other = start_in(group, path), start(path)
    name = group.folder.relative_to(cgroups.unified())
    word = {"folder": group.folder, "path": name, "path of /proc": f"/{name}"}[way]
    tracer = trace(*CALLS, "--cgroup", word, *[path] * with_binary, "main.root")
    check_alone(tracer, one, other)


def test_below(binary, start, start_in, trace, group):
    """Cgroups below it belong to it, those beside and above it do not."""
    path = binary("calls")
    wanted = group.below("wanted")
    inside = start_in(wanted.below("a/b"), path)
    above, beside = start_in(group, path), start_in(group.below("beside"), path)
    check_alone(trace(*CALLS, "--cgroup", wanted.folder, "main.root"), inside, above, beside)


def test_later(binary, start, start_in, trace, group):
    """A process that starts there later, in a cgroup that is made later."""
    path = binary("calls")
    tracer = trace(*CALLS, "--cgroup", group.folder, path, "main.root")
    other = start(path)
    check_alone(tracer, start_in(group.below("later"), path), other)


def test_moved(binary, start, trace, group):
    """Who moves in is seen from then on, and also after it has moved out again: a call that has begun ends."""
    program = start(binary("calls"))
    tracer = trace(*CALLS, "--cgroup", group.folder, program.path, "main.root")
    program.work("GO")
    group.take(program.pid)
    journals = program.work("GO")
    group.let_out(program.pid)
    journals += program.work("GO")
    check_same(tracer.stop().calls(), journals)
    assert program.finish() == 0


def test_made_again(binary, start, start_in, trace, group):
    """A service that is restarted is in a new cgroup of the same path, which is followed, as often as it is."""
    path = binary("calls")
    service, outside = group.below("system.slice/web.service"), start(path)
    program, journals = start_in(service, path), []
    tracer = trace(*CALLS, "--cgroup", service.folder, path, "main.root")
    for round_ in range(1, 4):
        journals += program.work("GO")
        outside.work("GO")
        assert program.finish() == 0
        cgroups.remove(service.folder, group.folder)
        if round_ == 2:
            await_condition(lambda: f"the cgroup {service.folder} was removed: " in tracer.err, "it is not told")
        service = group.below("system.slice/web.service")
        await_condition(lambda rounds=round_: tracer.err.count(f"the cgroup {service.folder} was made again: ") == rounds,
                        "it is not told")
        program = start_in(service, path)
    journals += program.work("GO")
    check_same(tracer.stop().calls(), journals)
    assert program.finish() == outside.finish() == 0


def test_name(binary, start, start_in, trace, tmp_path, group):
    """Of two names of one file. With a cgroup, both have to be right."""
    path = binary("calls")
    other_path = tmp_path / "fifteen-bytes-x-and-more"
    os.link(path, other_path)
    one, other, elsewhere = start_in(group, other_path), start_in(group, path), start(other_path)
    both = trace(*CALLS, "--comm", "fifteen-bytes-x", "--cgroup", group.folder, "main.root")
    named = trace(*CALLS, "--comm", "fifteen-bytes-x", "main.root")
    other.work("GO 2")
    journals = one.work("GO")
    more = elsewhere.work("GO")
    check_same(both.stop().calls(), journals)
    check_same(named.stop().calls(), journals + more)
    for program in (one, other, elsewhere):
        assert program.finish() == 0


@pytest.mark.parametrize("command", ["hunt", "states", "record"])
def test_commands(binary, start, start_in, trace, group, tmp_path, command):
    path = binary("calls")
    one, other = start_in(group, path), start(path)
    recording = tmp_path / "recording"
    words = {"hunt": ["hunt", "-f", "json"], "states": ["states", "-f", "json"], "record": ["record", "-o", recording]}[command]
    targets = [] if command == "states" else ["main.root"]
    tracer = trace(*words, "--cgroup", group.folder, *targets)
    other.work("GO 3")
    one.work("GO 2")
    shown = tracer.stop().out
    if command == "record":
        shown = subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS,
                               check=True, text=True).stdout
    assert pids(shown) == {one.pid}, shown
    assert one.finish() == other.finish() == 0


# ---- what it costs whom ----


def hits(said):
    """Of the traced processes, and of others, which that many were."""
    traced = re.search(r"^gofuncgraph-c: ([\d,]+) probe hits, about .* of the program's CPU time", said, re.M)
    others = re.search(r"^gofuncgraph-c: and ([\d,]+) by processes that run it and were not chosen, about ", said, re.M)
    return [int(found[1].replace(",", "")) if found else 0 for found in (traced, others)]


def is_about(number, wanted):
    """A stack that grows lets a function begin once more."""
    return abs(number - wanted) <= 10 < wanted


@pytest.mark.parametrize("way", ["cgroup", "process"])
def test_hits_of_others(binary, start, start_in, trace, group, way):
    """Who is not chosen pays for its hits, too: they are told by themselves."""
    path = binary("calls")
    one, other = start_in(group, path), start(path)
    choice = {"cgroup": ("--cgroup", group.folder, path), "process": ("-p", one.pid)}[way]
    for program in (one, other):
        program.work("GO 2")  # what is done for the first time only
    tracer = trace(*CALLS, *choice, "main.root")
    one.work("GO 2")
    alone, none = hits(tracer.stop().err)
    assert is_about(alone, alone) and not none
    tracer = trace(*CALLS, *choice, "main.root")
    other.work("GO 6")
    journals = one.work("GO 2")
    check_same(tracer.stop().calls(), journals)
    traced, others = hits(tracer.err)
    assert is_about(traced, alone), tracer.err
    # Where the kernel can, probes are in the process alone.
    assert is_about(others, 3 * alone) or (way == "process" and not others), tracer.err
    assert one.finish() == other.finish() == 0


def test_hits_of_others_before_tracing_begins(binary, start, start_in, trace, group):
    """Thousands of probes come bit by bit: meanwhile the chosen process hardly runs, and another one calls a function all
    the time."""
    path = binary("hot", flags=("-tags=large",))
    one, other = start_in(group, path), start(path)
    other.work("OUTSIDE 1")
    tracer = trace("--max-overhead", "20", "--cgroup", group.folder, "-u", "*", path, "main.*")
    other.work("OUTSIDE 0")
    traced, others = hits(tracer.stop().err)
    assert others > 10 * traced, tracer.err
    assert one.finish() == other.finish() == 0


def test_guard_of_others(binary, start, start_in, trace, group):
    """A function that others call all the time is taken off, for their sake; the chosen process does not call it."""
    path = binary("hot")
    one, other = start_in(group, path), start(path)
    tracer = trace("--max-overhead", "20", "-f", "json", "--cgroup", group.folder, "-u", "main.*", path, "main.root")
    one.work("GO 3")
    other.work("OUTSIDE 1")
    await_condition(lambda: "not traced any more" in tracer.err or tracer.child.poll() is not None, "nothing is taken off")
    other.work("OUTSIDE 0")
    assert re.search(r"probes took \d+ % of the CPU time of processes that run it and were not chosen: .*main\.outsideTarget "
                     r"\([\d,]+ calls a second\).* not traced any more", tracer.err), tracer.err
    assert pids(tracer.stop().out) == {one.pid}
    assert one.finish() == other.finish() == 0


# ---- containers and pods ----


@pytest.mark.parametrize("name", ["docker-{}.scope", "{}"])
def test_container(binary, start, start_in, trace, group, name):
    path = binary("calls")
    one = start_in(group.below(f"a/{name.format(CONTAINER)}/init"), path)
    other = start_in(group.below(f"a/{name.format(OTHER_CONTAINER)}"), path)
    tracer = trace(*CALLS, "--container", f"containerd://{CONTAINER[:9]}", "main.root")
    assert f"container containerd://{CONTAINER[:9]} is the cgroup {group.folder}/a/" in tracer.err
    check_alone(tracer, one, other, start(path))


@pytest.mark.parametrize("word", ["web-7f9-x2", "web-7"])
def test_pod(binary, start, start_in, trace, group, word):
    """The pod has a second container, which runs something else; another one there starts later."""
    path = binary("calls")
    one = start_in(group.below(f"{POD}/cri-containerd-{CONTAINER}.scope"), path, env={"HOSTNAME": "web-7f9-x2"})
    pause = subprocess.Popen(["sleep", "1000"], env={"HOSTNAME": "web-7f9-x2"})
    try:
        group.below(f"{POD}/cri-containerd-{OTHER_CONTAINER}.scope").take(pause.pid)
        other = start_in(group.below(f"{OTHER_POD}/{CONTAINER[::-1]}"), path, env={"HOSTNAME": "web-8"})
        outside = start(path, env={"HOSTNAME": "web-7f9-x2"})
        tracer = trace(*CALLS, "--pod", word, "main.root")
        assert f"pod {word} is the cgroup {group.folder}/{POD}\n" in tracer.err
        check_alone(tracer, one, other, outside)
    finally:
        pause.kill()
        pause.wait()


@pytest.fixture
def pod_logs():
    """The folder in which the kubelet keeps one for each pod; what is made in it is taken away."""
    made = []
    logs = pathlib.Path("/var/log/pods")
    is_new = not logs.exists()

    def make(name):
        (logs / name).mkdir(parents=True, exist_ok=True)
        made.append(logs / name)

    yield make
    for folder in made:
        folder.rmdir()
    if is_new and logs.exists():
        logs.rmdir()


def test_pods_of_the_network_of_their_node(binary, start_in, trace, run_tool, group, pod_logs):
    """Their host name is that of the node: they are told apart by the kubelet's folders."""
    path = binary("calls")
    pod_logs(f"shop_web-7f9_{re.search('pod([0-9a-f_]+)[.]slice', POD)[1].replace('_', '-')}")
    pod_logs(f"kube-system_proxy-x2_{OTHER_POD.rsplit('pod', 1)[1]}")
    one = start_in(group.below(f"{POD}/cri-containerd-{CONTAINER}.scope"), path, env={"HOSTNAME": "node-1"})
    other = start_in(group.below(f"{OTHER_POD}/{CONTAINER}"), path, env={"HOSTNAME": "node-1"})
    said = fails(run_tool, "--pod", "node-1", "main.root")
    assert "there is no pod node-1; there are: " in said and "web-7f9 (" in said and "proxy-x2 (" in said
    tracer = trace(*CALLS, "--pod", "web-7", "main.root")
    assert f"pod web-7 is the cgroup {group.folder}/{POD}\n" in tracer.err
    check_alone(tracer, one, other)


def test_from_a_container(binary, start, start_in, run_tool, group, monkeypatch):
    """In a cgroup namespace of its own, with the host's cgroups, and the capabilities of deploy/README.md."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        monkeypatch.setattr(harness, "tool", lambda copied=shutil.copy(tool(), folder): copied)
        path = pathlib.Path(shutil.copy(binary("calls"), folder))
        one = start_in(group.below(f"{POD}/{CONTAINER}"), path, env={"HOSTNAME": "web-1"})
        other = start(path)
        enter = f'echo $$ >{group.below("tracer").folder}/cgroup.procs && exec unshare --cgroup "$@"'
        user = as_nobody("bpf", "perfmon", "sys_ptrace", "dac_read_search")
        tracer = run_tool(*CALLS, "--pod", "web-1", "main.root", prefix=["sh", "-c", enter, "sh", *user]).await_tracing()
        check_alone(tracer, one, other)


# ---- what cannot be ----


def fails(run_tool, *arguments, status=1):
    tracer = run_tool(*arguments)
    assert tracer.wait() == status, tracer.err
    return tracer.err


def test_several(binary, start_in, run_tool, group):
    path = binary("calls")
    start_in(group.below(f"a/docker-{CONTAINER}.scope"), path)
    start_in(group.below(f"a/docker-{OTHER_CONTAINER}.scope"), path)
    said = fails(run_tool, "--container", "01234567", "main.root")
    assert "several containers are called 01234567" in said
    assert f"{CONTAINER[:12]} ({group.folder}/a/docker-{CONTAINER}.scope)" in said
    assert f"{OTHER_CONTAINER[:12]} ({group.folder}/a/docker-{OTHER_CONTAINER}.scope)" in said


def test_several_pods(binary, start_in, run_tool, group):
    path = binary("calls")
    start_in(group.below(f"{POD}/{CONTAINER}"), path, env={"HOSTNAME": "web-1"})
    start_in(group.below(f"{OTHER_POD}/{CONTAINER}"), path, env={"HOSTNAME": "web-2\n\033[31m"})
    said = fails(run_tool, "hunt", "--pod", "web", "main.root")
    assert "several pods are called web: " in said
    assert f"web-1 ({group.folder}/{POD})" in said
    assert rf"web-2\x0a\x1b[31m ({group.folder}/{OTHER_POD})" in said
    said = fails(run_tool, "hunt", "--pod", "db", "main.root")
    assert "there is no pod db; there are: " in said and "web-1 (" in said


def test_several_programs(binary, start_in, run_tool, trace, group, tmp_path):
    one, other = start_in(group, binary("calls")), start_in(group, binary("load"))
    said = fails(run_tool, "--cgroup", group.folder, "main.root")
    assert "the chosen processes run several Go programs: " in said
    assert f"{one.path} (process {one.pid})" in said and f"{other.path} (process {other.pid})" in said
    check_alone(trace(*CALLS, "--cgroup", group.folder, f"/proc/{one.pid}/exe", "main.root"), one)
    assert other.finish() == 0


# ---- programs that come and go ----


WAITS = "none of the chosen processes runs now: waiting for one, "


@pytest.mark.parametrize("way", ["cgroup", "comm"])
def test_waits(binary, start, start_in, run_tool, group, way):
    """Before any of the chosen processes is there; what comes first is no Go program."""
    path = binary("calls", copy_as=f"calls-{os.getpid()}")
    chosen, waits = {
        "cgroup": (["--cgroup", group.folder], WAITS + "^C ends"),
        "comm": (["--comm", path.name, "--timeout", "1h"],
                 WAITS.replace(" runs", f" named {path.name} runs") + "with which --timeout begins, ^C ends"),
    }[way]
    tracer = run_tool(*CALLS, *chosen, "main.root")
    await_condition(lambda: waits in tracer.err, "it does not say that it waits")
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        group.take(sleeper.pid)
        program = start_in(group, path)
        tracer.await_tracing()
        check_alone(tracer, program)
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("command", ["trace", "states", "hunt"])
def test_stopped_while_waiting(run_tool, group, command):
    words = {"trace": ["--cgroup", group.folder, "main.root"], "states": ["states", "--cgroup", group.folder],
             "hunt": ["hunt", "--cgroup", group.folder, "main.root"]}[command]
    tracer = run_tool(*words)
    await_condition(lambda: WAITS in tracer.err, "it does not say that it waits")
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 1
    assert "told to stop while waiting for a process: nothing was traced" in tracer.err


@pytest.mark.parametrize("recorded", [False, True])
def test_replaced_by_another_build(binary, start, trace, tmp_path, recorded):
    """Two builds of one name: the one that was started last, and when that is gone, the other one; at last a third."""
    name = f"web-{os.getpid()}"
    for folder in ("old", "new", "newest"):
        (tmp_path / folder).mkdir()
    paths = [binary("calls", copy_as=f"{folder}/{name}") for folder in ("old", "new", "newest")]
    old = start(paths[0])
    time.sleep(2 / os.sysconf("SC_CLK_TCK"))  # in which the kernel tells when a process was started
    new = start(paths[1])
    recording = tmp_path / "recording"
    words = ("record", "--keep", "1h", "-o", recording, *CALLS[2:]) if recorded else CALLS
    tracer = trace(*words, "--comm", name, "main.root")
    assert f"that of process {new.pid}, which was started last, is traced" in tracer.err
    old.work("GO")
    journals = new.work("GO 2")
    assert new.finish() == 0
    for program in (old, None):
        if not program:
            assert old.finish() == 0
            program = start(paths[2])
        await_condition(lambda traced=program: f"/proc/{traced.pid}/exe is traced from now on" in tracer.err, "it is not followed")
        await_condition(lambda: tracer.err.count("^C ends") == tracer.err.count("from now on\n") + 1, "it is not traced")
        journals += program.work("GO 3")
    tracer.stop()
    check_same(replayed(recording) if recorded else tracer.calls(), journals)
    assert program.finish() == 0


def replayed(recording):
    shown = subprocess.run([tool(), "replay", "-f", "json", recording], capture_output=True, timeout=WAIT_SECONDS, check=True,
                           text=True).stdout
    return [json.loads(line) for line in shown.splitlines()]


def test_nothing_to_show(binary, start, trace, group):
    """Where only others did what was looked for."""
    program = start(binary("calls"))
    tracer = trace("--cgroup", group.folder, program.path, "main.root")
    program.work("GO 2")
    said = tracer.stop().err
    assert "nothing to show: no process that --cgroup, --container, --pod and --comm choose has entered main.root" in said
    assert program.finish() == 0


def test_no_such_cgroup(run_tool):
    if not cgroups.unified():
        pytest.skip("no cgroups of version 2 are mounted")
    assert "cannot find the cgroup /" in fails(run_tool, "--cgroup", "not/there", "main.root")
    first = next((line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
                  if " - cgroup " in line), None)
    if first:
        assert f"{first} is a cgroup of version 1" in fails(run_tool, "--cgroup", first, "main.root")


def test_usage(run_tool):
    for words, wanted in ((("--container", "012"), "--container wants 8 digits or more"),):
        if cgroups.unified():
            assert wanted in fails(run_tool, *words, "main.root")
    for words, wanted in ((("--cgroup", "a", "--pod", "b"), "one of --cgroup, --container and --pod is enough"),
                          (("--cgroup", "a", "-p", "1"), "choose among many processes: leave -p out"),
                          (("--comm", "sixteen-bytes-xx"), "--comm wants a name of 1 to 15 bytes")):
        assert wanted in fails(run_tool, *words, "main.root", status=2)
    assert "leave -- out" in fails(run_tool, "--comm", "a", "./x", "main.root", "--", status=2)
