# SPDX-License-Identifier: MIT
"""Containers for debugging, as the commands in deploy/README.md make them: kubectl says what is to run, podman runs it with
the image of image.py, and it says why the demo server of a pod is slow."""

import concurrent.futures
import contextlib
import json
import os
import re
import shlex
import urllib.request

import builds
import cgroups
import kubectl
from harness import WAIT_SECONDS, Process, code_is_clean
from image import await_tracing, in_podman, played

SLICE = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f6b0b2c_7c1e_4f5a_9d43_5a1c2b3d4e5f.slice"
NUM_CALLS = 40
IMAGE = "registry.example.com/gofuncgraph-c"
# A server, with a container that has its PID namespace, until the end of the standard input.
DEBUG = f"""
trap 'podman stop -t 600 debugger >&2 || true; wait; podman rm -f -a >&2; remove_group /sys/fs/cgroup/libpod_parent' EXIT
podman run -d --name web --network=host -v /mnt/example:/web:ro --entrypoint /web {IMAGE} -listen 127.0.0.1:0 >&2
until podman logs web | grep listening; do sleep 0.1; done
podman inspect -f '{{{{.State.Pid}}}}' web
podman run --name debugger --network=host --pid=container:web OPTIONS >&2 </dev/null &
cat
"""


def line_of(process):
    return process.lines.get(timeout=WAIT_SECONDS).decode().strip()


def ask(url):
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
        assert answer.status == 200


def ask_often(url):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, [url] * NUM_CALLS))


def check_said(playing):
    """The first cause: a busy machine adds a percent or two of its own."""
    first_cause = re.search(r"^ *\d+ % .*", playing.err, re.M)
    assert first_cause and re.search(r" sleep in .*log\.Debug\b.*/log\.go:13", first_cause[0]), playing.err[-3000:]


# ---- on the node ----


def started(group, path):
    """A process of the pod, whose host name is the pod's."""
    group = group.below(f"{SLICE}/cri-containerd-{'0123456789abcdef' * 4}.scope")
    return Process(["setpriv", "--pdeathsig", "KILL", path, "-listen", "127.0.0.1:0"],
                   env={**os.environ, "HOSTNAME": kubectl.POD}, preexec_fn=lambda: group.take(os.getpid()))


def for_podman(pod):
    """What it takes from an annotation, as Kubernetes did once."""
    (container,) = pod["spec"]["containers"]
    profile = container["securityContext"]["seccompProfile"]["type"].lower()
    pod["metadata"]["annotations"] = {f"container.seccomp.security.alpha.kubernetes.io/{container['name']}": profile}
    return json.dumps(pod)


def check_on_node(folder, path):
    pod = kubectl.debugging_pod(folder)
    with cgroups.made_unified() as group, contextlib.ExitStack() as stack:
        server = started(group, path)
        stack.callback(server.destroy)
        url = line_of(server).split()[-1]
        with played(folder, for_podman(pod)) as playing:
            await_tracing(playing)
            ask_often(url)
        check_said(playing)
        assert code_is_clean(server.pid, path)
        ask(url)


# ---- in the pod ----


def options_of(container):
    """As podman has them; it confines nothing by AppArmor where that is not there."""
    security = dict(container["securityContext"])
    assert security.pop("appArmorProfile") == security.pop("seccompProfile") == {"type": "Unconfined"}
    capabilities = security.pop("capabilities")
    assert security == {"runAsUser": 0, "runAsNonRoot": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    program, *arguments = container["command"]
    return ["--security-opt=apparmor=unconfined", "--security-opt=seccomp=unconfined", "--security-opt=no-new-privileges",
            "--user=0", "--read-only", *(f"--cap-drop={name}" for name in capabilities["drop"]),
            *(f"--cap-add={name}" for name in capabilities["add"]), f"--entrypoint={program}", container["image"], *arguments]


def check_in_pod(folder):
    script = DEBUG.replace("OPTIONS", shlex.join(options_of(kubectl.ephemeral_container(folder))))
    with in_podman(folder, script) as playing:
        url = line_of(playing).split()[-1]
        pid = int(line_of(playing))
        await_tracing(playing)
        assert not code_is_clean(pid, os.readlink(f"/proc/{pid}/exe"))
        ask_often(url)
    check_said(playing)


def check(folder):
    if not (folder / "storage").exists():
        raise builds.Unavailable("the image was not built")
    path = builds.copy(builds.build("example"), folder)
    check_on_node(folder, path)
    check_in_pod(folder)
