# SPDX-License-Identifier: MIT
"""The list command: what would be traced, without privileges and without touching anything."""

import os
import re
import subprocess

import pytest

from harness import tool


def list_functions(*arguments, **options):
    return subprocess.run([tool(), "list", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False, **options)


def test_functions_and_sites(binary):
    done = list_functions("-u", "main.*", binary("calls"), "main.root")
    assert done.returncode == 0, done.stderr
    for name in ("main.root", "main.branch", "main.leaf", "main.number.double", "main.(*holder).pointer",
                 "main.closures.func1"):
        assert re.search(rf"^{re.escape(name)}(\s|$)", done.stdout, re.M), name
    assert "fixture/protocol" not in done.stdout


def test_agrees_with_tracing(binary, run_tool):
    """As many probes as the tracer then sets."""
    path = binary("requests")
    done = list_functions("-u", "net/http*", path, "main.handle")
    listed = re.search(r"(\d+) probes", done.stdout + done.stderr)
    assert listed, done.stdout[-300:] + done.stderr
    tracer = run_tool("-u", "net/http*", path, "main.handle").await_tracing()
    traced = re.search(r"tracing (\d+) functions \((\d+) probes\)", tracer.err)
    tracer.stop()
    # The tracer has two or three sites of its own in the runtime.
    assert 0 <= int(traced.group(2)) - int(listed.group(1)) <= 8


@pytest.mark.skipif(os.geteuid() != 0, reason="not root, so nothing to give up")
def test_needs_no_privileges(binary, tmp_path):
    path = binary("calls")
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 1:
            folder.chmod(folder.stat().st_mode | 0o11)
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all",
                           tool(), "list", "-u", "main.*", path], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)
    if "ermission denied" in done.stderr and "main.root" not in done.stdout:
        assert os.stat(path).st_mode & 4
    assert done.returncode == 0, done.stderr
    assert "main.root" in done.stdout


def test_exclusion(binary):
    done = list_functions("-u", "main.*", "-u", "!main.*even", "-u", "!main.odd", binary("calls"))
    assert done.returncode == 0
    assert "main.leaf" in done.stdout
    assert not re.search(r"^main\.(even|odd)\b", done.stdout, re.M)


def test_vendored_packages(binary):
    path = binary("requests")
    name = "vendor/golang.org/x/net/dns/dnsmessage.(*Parser).Start"
    assert name not in list_functions("-u", "*dnsmessage*", "-u", "main.*", path).stdout
    assert name not in list_functions("-u", "*dnsmessage*", "-u", "main.*", "--exclude-vendor", path).stdout
    assert name in list_functions("-u", "*dnsmessage*", "--include-vendor", path).stdout
    # Who names it means it.
    assert name in list_functions("-u", "vendor/golang.org/x/net/dns/*", path).stdout


def test_everything(binary):
    """All functions of a program with an HTTP server in it; what is left out has a reason."""
    done = list_functions("--include-vendor", "-u", "*", binary("requests"))
    assert done.returncode == 0, done.stderr
    names = set(re.findall(r"^(\S+\.\S+)", done.stdout, re.M))
    assert {"main.handle", "net/http.HandlerFunc.ServeHTTP", "runtime.mallocgc", "fmt.Fprintf"} <= names
    assert len(names) > 5000


def test_inlined_function_says_where(binary):
    done = list_functions("-u", "main.small", binary("inlined"))
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "inlined" in said and "main.caller" in said and re.search(r"inlined/main\.go:1[0-9]", said), said


def test_nothing_matched_suggests(binary):
    done = list_functions("-u", "main.branhc", binary("calls"))
    assert done.returncode == 1
    assert "main.branch" in done.stderr
