# SPDX-License-Identifier: MIT
"""The container that looks at one pod from its node, as the command in deploy/README.md makes it: kubectl says what is to
run, podman runs it with the image of image.py, and it says why the demo server of a pod is slow."""

import concurrent.futures
import contextlib
import json
import os
import re
import urllib.request

import builds
import cgroups
import kubectl
from harness import WAIT_SECONDS, Process, code_is_clean
from image import await_tracing, played

POD = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f6b0b2c_7c1e_4f5a_9d43_5a1c2b3d4e5f.slice"
# Its host name is the pod's.
NAME = "web-7f9c6d8b4-x2x9z"
NUM_CALLS = 40


def started(group, path):
    group = group.below(f"{POD}/cri-containerd-{'0123456789abcdef' * 4}.scope")
    return Process(["setpriv", "--pdeathsig", "KILL", path, "-listen", "127.0.0.1:0"], env={**os.environ, "HOSTNAME": NAME},
                   preexec_fn=lambda: group.take(os.getpid()))


def ask(url):
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
        assert answer.status == 200


def for_podman(pod):
    """What it takes from an annotation, as Kubernetes did once."""
    (container,) = pod["spec"]["containers"]
    profile = container["securityContext"]["seccompProfile"]["type"].lower()
    pod["metadata"]["annotations"] = {f"container.seccomp.security.alpha.kubernetes.io/{container['name']}": profile}
    return json.dumps(pod)


def check(folder):
    if not (folder / "storage").exists():
        raise builds.Unavailable("the image was not built")
    pod = kubectl.debugging_pod(folder)
    path = builds.copy(builds.build("example"), folder)
    with cgroups.made_unified() as group, contextlib.ExitStack() as stack:
        server = started(group, path)
        stack.callback(server.destroy)
        url = server.lines.get(timeout=WAIT_SECONDS).decode().split()[-1]
        with played(folder, for_podman(pod)) as playing:
            await_tracing(playing)
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                list(threads.map(ask, [url] * NUM_CALLS))
        assert re.search(r"100 % .* sleep in .*log\.Debug\b.* log/log\.go:13", playing.err), playing.err[-3000:]
        assert code_is_clean(server.pid, path)
        ask(url)
