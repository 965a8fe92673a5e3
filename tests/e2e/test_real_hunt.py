# SPDX-License-Identifier: MIT
"""hunt on a server as Debian packages it, stripped, which nobody here wrote: what its calls wait for is far away."""

import json
import pathlib
import sys
import tempfile
import urllib.request

import pytest

import builds
import harness
from harness import WAIT_SECONDS
from test_real_programs import await_answer, free_port, unpacked

PUT = "go.etcd.io/etcd/server/etcdserver/api/v3rpc.(*kvServer).Put"


@pytest.fixture
def on_disk():
    """What is written in it is written to a disk: temporary files may be in memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield pathlib.Path(folder)


# As a disk is that others write to.
WRITER = """
import os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_DSYNC)
print(flush=True)
while True:
    os.pwrite(file, bytes(4 << 20), 0)
"""


def put(url):
    request = urllib.request.Request(f"{url}/v3/kv/put", data=b'{"key": "Zm9v", "value": "YmFy"}')
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
        return json.load(answer)


def chains(doing):
    """Each way from a cause to what somebody did meanwhile, and so on."""
    below = [way for one in doing.get("meanwhile", []) for way in chains(one)]
    return [[doing, *way] for way in below] or [[doing]]


def test_disk_behind_four_goroutines(tmp_path, on_disk, run_tool, _processes):
    """A put ends when its entry is applied, which waits for the raft's log: what is slow is that log's fdatasync."""
    path = builds.copy(unpacked("trixie", "etcd-server") / "bin" / "etcd", tmp_path)
    url, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    server = harness.Process([path, "--data-dir", on_disk / "data", "--listen-client-urls", url, "--advertise-client-urls",
                              url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
                              f"default={peer}"])
    _processes.append(server)
    await_answer(f"{url}/health")
    put(url)
    tracer = run_tool("hunt", "-f", "json", "--slower", "1us", "-p", server.pid, PUT).await_tracing()
    writer = harness.Process([sys.executable, "-c", WRITER, on_disk / "other"])
    _processes.append(writer)
    writer.lines.get(timeout=WAIT_SECONDS)
    answers = [put(url)["header"]["revision"] for _ in range(40)]
    writer.destroy()
    report = tracer.stop().report()
    assert len(set(answers)) == 40 and server.child.poll() is None
    assert report["calls"] == 40 and report["lost"] == 0

    ways = [way for cause in report["causes"] for way in chains(cause)]
    to_disk = [way for way in ways if way[-1]["kind"] == "syscall fdatasync"]
    assert any(len(way) > 3 and way[0]["kind"] == "select" and way[-1]["file"].endswith(("/fileutil/sync_linux.go", "/bolt_linux.go"))
               for way in to_disk), json.dumps([[(one["kind"], one.get("share"), one.get("function")) for one in way] for way in ways])
    assert all(str(on_disk / "data") in json.dumps(way[-1]) for way in to_disk), to_disk
