# SPDX-License-Identifier: MIT
"""Network namespaces as nodes: each has a name and an address, and reaches the others and us by a bridge of ours."""

import contextlib
import subprocess

import builds
from harness import Process, WAIT_SECONDS

BRIDGE = "nodes"
NETWORK = "10.77.0"
ADDRESS = f"{NETWORK}.1"  # ours


def ip(*words):
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=WAIT_SECONDS)
    except FileNotFoundError:
        raise builds.Unavailable("there is no ip (iproute2)") from None
    except subprocess.CalledProcessError as error:
        raise builds.Unavailable(f"ip {' '.join(words)}: {error.stderr.strip()}") from None


def make_network():
    """In a namespace that has nothing yet."""
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("addr", "add", f"{ADDRESS}/24", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


class Node(Process):
    """It ends with its input. `number`: of its address, from 2 on. `prefix`: what runs a command in it."""

    def __init__(self, name, number):
        super().__init__(["unshare", "--net", "--uts", "sh", "-c",
                          f"echo {name} >/proc/sys/kernel/hostname && echo ready && read end"])
        assert self.lines.get(timeout=WAIT_SECONDS) == b"ready\n", self.err
        self.name, self.address = name, f"{NETWORK}.{number}"
        spaces = [f"--{kind}=/proc/{self.pid}/ns/{kind}" for kind in ("net", "uts")]
        self.prefix = ["nsenter", *spaces, "--"]
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        ip("link", "set", name, "master", BRIDGE, "up")
        for words in (("link", "set", "lo", "up"), ("addr", "add", f"{self.address}/24", "dev", "eth0"),
                      ("link", "set", "eth0", "up")):
            subprocess.run([*self.prefix, "ip", *words], check=True, timeout=WAIT_SECONDS)

    def destroy(self):
        """The link goes at once, for the next node of this name; with its namespace it would go some time later."""
        with contextlib.suppress(builds.Unavailable):
            ip("link", "delete", self.name)
        super().destroy()
