# SPDX-License-Identifier: MIT
"""Processes that run another file than the traced one, though their path is the same: they are named, with a way
out."""

import os
import shutil
import subprocess

import pytest

import harness
from harness import WAIT_SECONDS


def test_binary_replaced_on_disk(binary, start, run_tool, tmp_path):
    """The old program runs on; the file is another one now. Said, with a way out."""
    path = binary("calls")
    program = start(path)
    new = tmp_path / "new"
    shutil.copy2(path, new)
    os.replace(new, path)
    tracer = run_tool("-u", "main.*", path, "main.root").await_tracing()
    assert str(program.pid) in tracer.err and "replaced" in tracer.err
    program.work("GO")
    assert tracer.stop().out == ""

    # As the message says.
    tracer = run_tool("-u", "main.*", f"/proc/{program.pid}/exe", "main.root").await_tracing()
    program.work("GO")
    assert "main.root() {" in tracer.stop().out
    assert program.finish() == 0


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=WAIT_SECONDS)
    if done.returncode:
        pytest.skip(f"no such mount here: {done.stderr.strip()}")


class InMountNamespace(harness.Program):
    """A fixture that sees what that command has mounted."""

    def __init__(self, command, path):
        self.path = path
        harness.Process.__init__(self, ["unshare", "--mount", "sh", "-ec", f"{command}; exec '{path}'"])
        self.await_line("READY")


@pytest.fixture
def overlay(tmp_path):
    """overlay(PATH) is PATH's copy in the lower layer, and its name in the overlay."""
    mounted = []

    def make(path):
        root = tmp_path / "over lay:,1"  # what mount(8) and the kernel escape
        for name in ("lower", "other", "upper", "work", "merged"):
            (root / name / "bin").mkdir(parents=True)
        shutil.copy2(path, root / "lower" / "bin")
        escaped = str(root).replace(",", "\\,").replace(":", "\\:")
        mount("-t", "overlay", "overlay", "-o", f"lowerdir={escaped}/other:{escaped}/lower,"
              f"upperdir={escaped}/upper,workdir={escaped}/work", root / "merged")
        mounted.append(root / "merged")
        return root / "lower" / "bin" / path.name, root / "merged" / "bin" / path.name

    yield make
    for point in mounted:
        subprocess.run(["umount", "--lazy", point], check=True, timeout=WAIT_SECONDS)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
class TestOverlay:
    def test_not_changed(self, binary, start, trace, overlay):
        _, path = overlay(binary("calls"))
        program = start(path)
        tracer = trace("-u", "main.*", path, "main.root")
        assert "warning" not in tracer.err.lower() and str(program.pid) not in tracer.err
        program.work("GO")
        assert "main.root() {" in tracer.stop().out

    @pytest.mark.parametrize("chosen", ["path", "pid"])
    def test_copied_up(self, binary, start, trace, overlay, chosen):
        """The old process goes on with the lower file: neither its path nor /proc/PID/exe leads there."""
        lower, path = overlay(binary("calls"))
        old = start(path)
        os.chmod(path, 0o700)
        new = start(path)
        tracer = trace("-u", "main.*", *([path] if chosen == "path" else ["-p", old.pid]), "main.root")
        assert f"process {old.pid} runs " in tracer.err and "copied it up" in tracer.err
        assert f"trace it as {lower}\n" in tracer.err
        assert str(new.pid) not in tracer.err
        old.work("GO")
        assert tracer.stop().out == ""

        # As the message says.
        tracer = trace("-u", "main.*", lower, "main.root")
        old.work("GO")
        assert "main.root() {" in tracer.stop().out

        # And those that were started since are traced by the path.
        tracer = trace("-u", "main.*", path, "main.root")
        new.work("GO")
        assert "main.root() {" in tracer.stop().out
        assert old.finish() == new.finish() == 0

    def test_lower_file_runs_through_the_overlay(self, binary, start, trace, overlay):
        """Though it has other numbers there: who runs it is counted when there was nothing to show."""
        lower, path = overlay(binary("calls"))
        start(path)
        said = trace("-u", "main.*", lower, "main.root").stop().err
        assert f"the process that runs {lower} has not entered main.root" in said

    def test_an_equal_file_in_an_overlay(self, binary, start, trace, overlay):
        """It is not the traced file, though another tracer's probes are in the same places."""
        path = binary("calls")
        _, equal = overlay(path)
        start(equal)
        others = trace("-u", "main.*", equal, "main.root")
        start(path)
        said = trace("-u", "main.*", path, "main.root").stop().err
        assert f"the process that runs {path} has not entered main.root" in said
        others.stop()

    def test_the_same_file_through_another_overlay(self, binary, trace, overlay, tmp_path, _processes):
        """As in two containers of one image: path and numbers say that it is another file, and it is the same."""
        lower, path = overlay(binary("calls"))
        for name in ("upper", "work"):
            (tmp_path / "second" / name).mkdir(parents=True)
        (tmp_path / "lower").symlink_to(lower.parents[1])
        options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/second/upper,workdir={tmp_path}/second/work"
        program = InMountNamespace(f"mount -t overlay overlay -o {options} '{path.parents[1]}'", path)
        _processes.append(program)
        tracer = trace("-u", "main.*", path, "main.root")
        assert str(program.pid) not in tracer.err
        program.work("GO")
        assert "main.root() {" in tracer.stop().out
        assert program.finish() == 0

    def test_another_file_mounted_there(self, binary, start, trace, tmp_path):
        """A bind mount: not deleted, and still another file."""
        path = binary("calls")
        program = start(path)
        other = shutil.copy2(path, tmp_path / "other")
        mount("--bind", other, path)
        try:
            tracer = trace("-u", "main.*", path, "main.root")
            assert f"process {program.pid} runs another file of the name {path}" in tracer.err
            assert tracer.stop().out == ""
            tracer = trace("-u", "main.*", f"/proc/{program.pid}/exe", "main.root")
            program.work("GO")
            assert "main.root() {" in tracer.stop().out
        finally:
            subprocess.run(["umount", path], check=True, timeout=WAIT_SECONDS)
