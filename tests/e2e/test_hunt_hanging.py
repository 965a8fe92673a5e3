# SPDX-License-Identifier: MIT
"""Calls of files whose file system hangs: hunt names them, and does not ask that file system, or it would hang, too."""

import json
import pathlib
import sys

import pytest

from harness import Process, await_condition

SERVER = pathlib.Path(__file__).resolve().parents[1] / "lib" / "hanging_files.py"


class HangingFiles:
    """The file system, in a mount namespace of its own, which commands enter with `prefix`."""

    def __init__(self, folder):
        self.folder = folder
        self.process = Process(["unshare", "--mount", sys.executable, "-B", SERVER, folder])
        self.prefix = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt"]

    @property
    def requests(self):
        """All that came, without the news that a thread that waits was sent a signal, and of what the kernel forgets."""
        return [line for line in self.process.out.splitlines() if line.split()[0] not in ("INTERRUPT", "FORGET", "BATCH_FORGET")]

    def await_request(self, wanted):
        """It is the last one that came. False: the file system is gone."""
        await_condition(lambda: self.requests[-1:] == [wanted] or self.process.child.poll() is not None, f"no request {wanted}")
        return self.process.child.poll() is None


@pytest.fixture
def files(tmp_path, _processes):
    """It is gone before what waits for it is to end."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    files = HangingFiles(folder)
    try:
        if not files.await_request("INIT"):
            files.process.wait()
            pytest.skip(f"no file system in user space can be mounted here: {files.process.err}")
        yield files
    finally:
        files.process.destroy()


@pytest.mark.parametrize("waits", ["exact", "sampled"])
@pytest.mark.parametrize("command, request_of, call", [
    ("read", "READ", "read"), ("open", "OPEN", "openat"), ("stat", "LOOKUP", "newfstatat"), ("sync", "FSYNC", "fsync"),
])
def test_hanging(binary, files, start, run_tool, command, request_of, call, waits):
    """The call and the file are named while it hangs, and in the report; nobody else asks for the file."""
    program = start(*files.prefix, binary("hanging"), files.folder)
    tracer = run_tool("hunt", "--waits", waits, "--stuck", "500ms", "-f", "json", "-p", program.pid, "main.Handle",
                      prefix=files.prefix).await_tracing()
    assert program.work(command) == command
    assert files.await_request(f"{request_of} {command}")
    asked = files.requests
    await_condition(lambda: "\n" in tracer.out, "it tells of no call")
    tracer.stop()
    assert files.requests == asked
    stuck, report = (json.loads(line) for line in tracer.out.splitlines())
    on = {"kind": "file", "name": str(files.folder / command)}
    assert stuck["on"] == on and "main.Handle" in [frame.get("function") for frame in stuck["stack"]], stuck
    cause = report["causes"][0]
    assert cause["kind"] == f"syscall {call}" and cause["share"] > 0.5, report
    assert [(one["kind"], one["name"]) for one in cause["on"]] == [("file", on["name"])], cause
    assert cause["function"] == ("main.opened" if command == "open" else "main.Handle"), cause
