# SPDX-License-Identifier: MIT
"""What cannot be traced is said with the reason, and nothing is left behind."""

import os
import shutil
import struct
import subprocess

import pytest

from harness import WAIT_SECONDS, tool


def fails(*arguments, status=1, prefix=(), **options):
    """Runs the tool, which must end by itself with this status; returns what it said."""
    done = subprocess.run([*prefix, tool(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False, **options)
    assert done.returncode == status, f"exit status {done.returncode}: {done.stdout}{done.stderr}"
    assert done.stdout == ""
    assert "AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done.stderr


def test_no_such_file(tmp_path):
    said = fails("-u", "main.*", tmp_path / "nothing")
    assert "nothing" in said and "No such file" in said


def test_folder(tmp_path):
    assert str(tmp_path) in fails("-u", "main.*", tmp_path)


COMMANDS = {"trace": ["-u", "main.*"], "list": ["list"], "states": ["states"], "bpftrace": ["bpftrace", "--empty"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file_with_a_program(tmp_path, command):
    """Every command says so, and waits for nobody."""
    fifo, empty, script = tmp_path / "fifo", tmp_path / "empty", tmp_path / "script"
    os.mkfifo(fifo)
    empty.touch()
    script.write_text("#!/bin/sh\necho of more than sixty-four bytes, since as many are read of an ELF file\n")
    for path, why in ((tmp_path, "a folder"), (fifo, "not a regular file"), ("/dev/zero", "not a regular file"),
                      (empty, "not an ELF file"), (script, "not an ELF file"), (tmp_path / "none", "No such file"),
                      (script / "below", "Not a directory")):
        said = fails(*COMMANDS[command], path, *(["main.main"] if command == "bpftrace" else []))
        assert str(path) in said and why in said and said.count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="not root, so there is nobody to become")
def test_file_that_may_not_be_read(binary, tmp_path):
    path = f"/var/tmp/gofuncgraph-e2e-secret-{os.getpid()}"
    shutil.copy2(binary("calls"), path)
    os.chmod(path, 0o700)
    try:
        said = fails("list", path, prefix=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"])
    finally:
        os.unlink(path)
    assert f"cannot open {path}: Permission denied" in said


def test_not_elf(tmp_path):
    path = tmp_path / "script"
    path.write_text("#!/bin/sh\necho\n")
    assert "ELF" in fails("-u", "main.*", path)


@pytest.mark.parametrize("size", [0, 1, 4, 63, 64, 100, 4096, 200000])
def test_cut_short(binary, tmp_path, size):
    path = tmp_path / "cut"
    path.write_bytes(binary("calls").read_bytes()[:size])
    assert str(path) in fails("-u", "main.*", path)


def test_not_go():
    said = fails("-u", "*", shutil.which("true"))
    assert "Go" in said


def test_not_x86_64(binary, tmp_path):
    image = bytearray(binary("calls").read_bytes())
    image[18:20] = struct.pack("<H", 183)  # EM_AARCH64
    path = tmp_path / "arm"
    path.write_bytes(image)
    said = fails("-u", "main.*", path)
    assert "x86-64" in said or "x86_64" in said


def test_32_bit(binary, tmp_path):
    image = bytearray(binary("calls").read_bytes())
    image[4] = 1  # ELFCLASS32
    path = tmp_path / "i386"
    path.write_bytes(image)
    assert str(path) in fails("-u", "main.*", path)


def test_nothing_matched(binary):
    said = fails("-u", "main.handleBaz*", binary("calls"))
    assert "main.handleBaz*" in said
    said = fails("-u", "main.lief", binary("calls"))
    assert "main.leaf" in said


def test_no_target_matched(binary):
    said = fails("-u", "main.*", binary("calls"), "main.rooot")
    assert "main.rooot" in said and "main.root" in said


def test_inlined_only(binary):
    said = fails("-u", "main.small", binary("inlined"))
    assert "inlined" in said and "main.caller" in said


@pytest.mark.parametrize("arguments", [
    ["--no-such-option"], [], ["-u"], ["-u", ""], ["--format", "xml"], ["--limit", "many"], ["--limit", "-1"],
    ["--timeout", "soon"], ["--timeout", "-5s"], ["--ring-size", "big"], ["--ring-size", "-4M"], ["--attach", "glue"]],
    ids=" ".join)
def test_usage(arguments):
    last = [] if not arguments or arguments == ["-u"] else ["/bin/true"]
    assert "gofuncgraph-c" in fails(*arguments, *last, status=2)


@pytest.mark.parametrize("line, said", [
    ("hnut BIN main.x", "there is no file 'hnut': did you mean the command hunt?"),
    ("repaly file", "did you mean the command replay?"), ("-v goro -p 1", "did you mean the command goroutines?"),
    ("trace -p 1 main.x", "leave 'trace' out"), ("help", "--help"),
    ("hunt 812345 main.x", "there is no file '812345': a process is given by -p 812345"),
    ("-p 12 13 main.x", "-p 12 13: that is more than one process"), ("list --pid 12 13", "such as /proc/12/exe"),
    ("-p 12 -p 13 main.x", "-p: that is more than one process"), ("-p 12\t13 main.x", "-p: that is more than one process"),
    ("-p main.x", "-p: 'main.x' is no process id: when `pidof NAME` prints nothing, no such process runs"),
    ("-r=main.* BIN main.x", "-r=main.*: write -rmain.* or --results=main.*"),
    ("hunt -p=812 main.x", "-p=812: write -p812 or --pid=812"),
    ("hunt --slower 10 ms BIN main.x", "--slower 10 ms: write it without the blank, 10ms"),
    ("--ring-size 64 M BIN", "--ring-size 64 M: write it without the blank, 64M"),
    ("record -o x --keep 500 M BIN", "--keep 500 M: write it without the blank, 500M"),
    ("--slower soon BIN", "--slower: 'soon' is not a duration"), ("hunt --limit 0 BIN x", "--limit: '0' is not a number from 1 on"),
    ("states --min-duration x BIN", "--min-duration: 'x'"), ("record -o x --dump-on slower=x BIN", "--dump-on: 'x'"),
    ("hunt --uprobe-wildcards x BIN main.f", "hunt has no option --uprobe-wildcards; "),
    ("hunt -p 1 -vu x main.f", "hunt has no option -u; tracing (without a command), list, "),
    ("--drill BIN main.f", "tracing (without a command) has no option --drill; hunt has it: use that, "),
    ("report --ti=5s file", " has no option --timeout; "), ("-Z BIN", "invalid option -- 'Z'"),
    ("replay --attach auto file", ", hunt, states and record have it: use one of those, "),
    ("replay --since x file", "--since: "), ("goroutines --goid x BIN", "--goid: 'x'")])
def test_slips(binary, tmp_path, line, said):
    """What was typed by mistake is named, and what was meant is told where it can be guessed."""
    words = [binary("calls") if word == "BIN" else word for word in line.split(" ")]
    assert said in fails(*words, status=2, cwd=tmp_path)


@pytest.mark.parametrize("line", ["list -u -f=--drill -u main.* hnut", "list hnut main.root", "list 812345 main.root", "list -u lists -u main.* hnut"])
def test_files_are_no_slips(binary, tmp_path, line):
    """Files with such names are binaries, and words that options take are theirs."""
    for name in ("hnut", "812345"):
        shutil.copy2(binary("calls"), tmp_path / name)
    done = subprocess.run([tool(), *line.split()], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "main.root" in done.stdout


def test_list_usage():
    fails("list", status=2)
    fails("list", "--no-such-option", "/bin/true", status=2)


def test_ring_that_cannot_be_had(binary):
    said = fails("--ring-size", "900T", "-u", "main.*", binary("calls"))
    assert "ring" in said


def test_output_that_cannot_be_written(binary, tmp_path):
    said = fails("-o", tmp_path / "no" / "such" / "folder", "-u", "main.*", binary("calls"))
    assert "folder" in said
    said = fails("-o", "http://host/x", "-u", "main.*", binary("calls"))
    assert "-o http://host/x is the address of a server" in said


def test_output_that_is_the_binary(binary, tmp_path):
    copy = shutil.copy2(binary("calls"), tmp_path / "copy")
    with open(copy, "rb") as file:
        before = file.read()
    said = fails("-o", copy, "-u", "main.*", copy)
    assert "is the binary itself" in said
    with open(copy, "rb") as file:
        assert file.read() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="not root, so nothing to give up")
class TestPrivileges:
    def test_another_user(self, binary, tmp_path):
        path = binary("calls")
        # pytest's folders are root's own; what is in them may be read.
        copy = "/var/tmp/gofuncgraph-e2e-calls-%d" % os.getpid()
        shutil.copy2(path, copy)
        try:
            said = fails("-u", "main.*", copy,
                         prefix=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"])
        finally:
            os.unlink(copy)
        assert "root" in said and "CAP_BPF" in said

    @pytest.mark.parametrize("dropped, named", [("cap_sys_admin,cap_bpf", "CAP_BPF"),
                                                ("cap_sys_admin,cap_perfmon", "CAP_PERFMON")])
    def test_a_capability_is_missing(self, binary, dropped, named):
        command = "exec " + " ".join(["capsh", f"--drop={dropped}", "--", "-c", '\'"$@"\'', "sh"]) + ' "$@"'
        said = fails("-u", "main.*", binary("calls"), prefix=["sh", "-c", command, "sh"])
        assert named in said
