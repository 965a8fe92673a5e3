# SPDX-License-Identifier: MIT
"""Recordings of every version are shown as they were when that was the newest; and what is left of recordings that
were damaged, cut off or killed.

tests/e2e/golden/recordings has files of each version, and what is shown of each with -f json. HACKING.md tells how one
is made."""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

from blocks import BLOCK_HEADER, RECORDS, blocks
from harness import WAIT_SECONDS, await_condition, preloaded, tool
from recordings import replay, run

GOLDEN = pathlib.Path(__file__).parent / "golden" / "recordings"
RECORDINGS = sorted(GOLDEN.glob("*.rec"))
NOTHING = b"there is nothing in"
# RECORDING_KILLS=100 is the long form.
KILLS = int(os.environ.get("RECORDING_KILLS", "4"))


def what_of(golden):
    """1-hunt.rec and 1-hunt-more.rec are what hunt recorded, 1.rec has trees, as do others."""
    return (golden.stem.split("-") + [""])[1]


def show(path, what):
    """What was recorded, with -f json."""
    command = [what, "--replay"] if what in ("states", "hunt", "goroutines") else ["replay"]
    return run(*command, path, "-f", "json", check=False)


def goids_by_process(shown):
    found = collections.defaultdict(set)
    for line in shown.splitlines():
        goroutine = json.loads(line)
        found[goroutine["pid"]].add(goroutine["goid"])
    return dict(found)


def version_now():
    text = (pathlib.Path(__file__).parents[2] / "src" / "recording" / "format.h").read_text()
    return int(text.split("#define RECORDING_VERSION ")[1].split()[0])


def test_there_is_one_of_this_version():
    found = {(int.from_bytes(path.read_bytes()[8:12], "little"), what_of(path)) for path in RECORDINGS}
    assert {version for version, _ in found} == set(range(1, version_now() + 1))
    for what in ("", "states", "hunt", "goroutines"):
        assert any(whose == what for _, whose in found)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_version(path):
    shown = show(path, what_of(path))
    assert shown.returncode == 0 and not shown.stderr, shown.stderr
    assert shown.stdout == path.with_suffix(".json").read_bytes()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_newer_version(path, tmp_path):
    data, newer = bytearray(path.read_bytes()), tmp_path / "newer"
    data[8:12] = (version_now() + 1).to_bytes(4, "little")
    newer.write_bytes(data)
    shown = replay(newer, check=False)
    assert shown.returncode == 1 and not shown.stdout
    assert f"is a recording of version {version_now() + 1}".encode() in shown.stderr


def plain(line):
    """Trees are counted, and a command line is told with what is shown first."""
    return {key: value for key, value in json.loads(line).items() if key not in ("tree", "command_line")}


def is_so(line, what, whole):
    """Of a recording that is not whole: it was told of the whole one, or says that it is not."""
    if line in whole or plain(line) in map(plain, whole):
        return True
    if what == "hunt":
        told, others = json.loads(line), [json.loads(same) for same in whole]
        if "stuck" in told:
            return any(all(told[key] == other.get(key) for key in ("stuck", "open_ns", "goid", "pid")) for other in others)
        return told["calls"] <= max(other.get("calls", 0) for other in others)
    if what == "states":
        return b'"uncertain":true' in line or b'"duration_ns"' not in line
    return b'"incomplete":true' in line or b'"end":"r' not in line


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_block_damaged(path, tmp_path):
    """One bit of each block, and one of its header. What is there is told, and nothing else: calls are those that
    were recorded, or marked as incomplete."""
    data, damaged = path.read_bytes(), tmp_path / "damaged"
    what = what_of(path)
    whole = set(show(path, what).stdout.splitlines())
    found, end = blocks(data)
    assert end == len(data) and len(found) > (1 if what == "goroutines" else 5)
    rnd = random.Random(4)
    for block in found:
        for first, size in ((0, BLOCK_HEADER.size), (BLOCK_HEADER.size, block.size - BLOCK_HEADER.size)):
            bad = bytearray(data)
            bad[block.offset + first + rnd.randrange(size)] ^= 1 << rnd.randrange(8)
            damaged.write_bytes(bad)
            shown = show(damaged, what)
            if shown.returncode == 1:
                assert not shown.stdout and NOTHING in shown.stderr
                continue
            assert shown.returncode == 0
            assert b"is damaged" in shown.stderr
            if block.kind == RECORDS:
                assert all(is_so(line, what, whole) for line in shown.stdout.splitlines()), shown.stdout


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_cut_off(path, tmp_path):
    """Anywhere: the warning tells where the last whole block ends, and there are never more calls in less."""
    data, cut = path.read_bytes(), tmp_path / "cut"
    rnd = random.Random(5)
    ends = sorted(rnd.sample(range(20, len(data)), 30))
    for end in ends:
        cut.write_bytes(data[:end])
        shown = show(cut, what_of(path))
        if shown.returncode == 1:
            assert not shown.stdout and NOTHING in shown.stderr
        else:
            # A snapshot is of one moment.
            where = "" if what_of(path) == "goroutines" else f" at byte {blocks(data[:end])[1]}"
            assert f"was cut off{where},".encode() in shown.stderr


@pytest.mark.parametrize("what, seed", [("", seed) for seed in range(KILLS)] + [("states", 0), ("hunt", 1)])
def test_killed_at_any_moment(what, seed, binary, start, trace, tmp_path):
    """kill -9 of the recorder: all blocks that are whole are read."""
    path = binary("calls")
    program, recording = start(path), tmp_path / "recording"
    if what:
        tracer = trace(what, "--record", recording, "-o", tmp_path / "shown", path, *(["main.root"] if what == "hunt" else []))
    else:
        tracer = trace("record", "-o", recording, "-u", "main.*", path, "main.root")
    # The moment is that of a call, so that it does not depend on how busy the machine is.
    for _ in range(random.Random(seed).randrange(1, 200)):
        program.work()
    await_condition(lambda: program.work() and b"gofgrec" in recording.read_bytes(), "nothing is recorded")
    tracer.signal(signal.SIGKILL)
    tracer.wait()
    data = recording.read_bytes()
    found, end = blocks(data)
    shown = show(recording, what)
    if not found:
        assert shown.returncode == 1 and NOTHING in shown.stderr
        return
    assert shown.returncode == 0
    assert f"was cut off at byte {end},".encode() in shown.stderr
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in shown.stdout.splitlines())
    program.work()


def test_goroutines_killed_at_any_moment(binary, start, tmp_path):
    """The same of who records goroutines: those of a process are there, all of them, or none."""
    path, recording = binary("waiting"), tmp_path / "recording"
    programs = [start(path) for _ in range(3)]
    for program in programs:
        program.work("MANY 200")
    command = [tool(), "goroutines", "--record", recording, path]
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, timeout=WAIT_SECONDS, check=True)
    # Where the moments are is a matter of chance; what is left has to be right at any.
    lasted = time.monotonic() - began
    everything = goids_by_process(show(recording, "goroutines").stdout)
    assert everything.keys() == {program.pid for program in programs}
    for seed in range(KILLS):
        recording.unlink(missing_ok=True)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as recorder:
            time.sleep(random.Random(seed).random() * lasted)
            recorder.kill()
        if not recording.exists():
            continue
        shown = show(recording, "goroutines")
        found = goids_by_process(shown.stdout)
        assert found.items() <= everything.items()
        assert shown.returncode == (0 if found else 1), shown.stderr
        assert len(found) == len(programs) or shown.stderr
    for program in programs:
        assert program.code_is_clean()


def test_reader_that_leaves(binary, start, run_tool):
    """`record -o - | head` is no error, as for other commands."""
    program = start(binary("calls"))
    reads, writes = os.pipe()
    tracer = run_tool("record", "-o", "-", "-u", "main.*", program.path, "main.root", stdout=writes)
    os.close(writes)
    tracer.await_tracing()
    assert os.read(reads, 8) == b"gofgrec\n"
    os.close(reads)
    # What is written a second later meets that nobody reads it.
    await_condition(lambda: program.work() and tracer.child.poll() is not None, "it goes on")
    assert tracer.wait() == 0
    assert "cannot write" not in tracer.err
    program.work()


def test_reader_that_leaves_what_is_kept(binary, start, run_tool):
    """Nothing is written before the end."""
    program = start(binary("calls"))
    reads, writes = os.pipe()
    tracer = run_tool("record", "--keep", "60s", "-o", "-", "-u", "main.*", program.path, "main.root", stdout=writes)
    os.close(writes)
    tracer.await_tracing()
    os.close(reads)
    program.work()
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 0
    assert "cannot write" not in tracer.err


@pytest.mark.parametrize("command", [[], ["states"], ["hunt"], ["goroutines"]])
def test_record_to_standard_output(command, binary, run_tool, tmp_path):
    """Where there is what is shown."""
    tracer = run_tool(*command, "--record", "-", binary("calls"), cwd=tmp_path)
    assert tracer.wait() == 2 and "--record writes into a file" in tracer.err
    assert not (tmp_path / "-").exists()


def test_unwritable_folder(binary, run_tool, tmp_path):
    tracer = run_tool("record", "-o", tmp_path / "no" / "recording", "-u", "main.*", binary("calls"))
    assert tracer.wait() == 1 and "No such file or directory" in tracer.err


NO_MEMORY = r"""
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static int is_there(void)
{
	static long num_left = -1;

	if (num_left < 0)
		num_left = atol(getenv("NUM_ALLOCATIONS")) + 1;
	num_left -= num_left > 0;
	if (num_left != 1)
		return num_left > 0;
	/* The only one that is too large. */
	num_left = !!getenv("IS_ONE") * 1000000000;
	return 0;
}

void *malloc(size_t size) { return is_there() ? __libc_malloc(size) : NULL; }
void *calloc(size_t count, size_t size) { return is_there() ? __libc_calloc(count, size) : NULL; }
void *realloc(void *old, size_t size) { return is_there() ? __libc_realloc(old, size) : NULL; }
"""


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_no_memory(path, tmp_path):
    """Wherever memory ends, from the command line on, the tool ends with a message."""
    environment = preloaded(tmp_path, NO_MEMORY)
    for allocations in range(1, 60):
        done = subprocess.run([tool(), "replay", path], capture_output=True, timeout=WAIT_SECONDS, check=False,
                              env={**environment, "NUM_ALLOCATIONS": str(allocations)})
        assert done.returncode == 1 and b"out of memory" in done.stderr, (allocations, done)


@pytest.mark.parametrize("path", [path for path in RECORDINGS if path.stem in ("1", "1-hunt", "1-goroutines")], ids=lambda path: path.stem)
def test_no_memory_is_no_damage(path, tmp_path):
    """Where there is no memory for what is read, the file is not to blame."""
    environment = {**preloaded(tmp_path, NO_MEMORY), "IS_ONE": "1"}
    command = [what_of(path), "--replay"] if what_of(path) else ["replay"]
    num_refused = 0
    for allocations in range(1, 400):
        done = subprocess.run([tool(), *command, path], capture_output=True, timeout=WAIT_SECONDS, check=False,
                              env={**environment, "NUM_ALLOCATIONS": str(allocations)})
        num_refused += done.returncode == 1 and b"out of memory" in done.stderr
        assert not any(word in done.stderr for word in (b"cut off", b"damaged", b"can be shown")), (allocations, done)
    assert num_refused > 60
