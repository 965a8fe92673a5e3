# SPDX-License-Identifier: MIT
"""The flight recorder of deploy/README.md for a service of the machine, as it is written there: systemd runs it and the
service, the demo server of example/. Both are restarted, and the recorder is killed."""

import json
import os
import re
import shutil
import urllib.request

import builds
from harness import WAIT_SECONDS, Stuck, await_condition, code_is_clean
from machine import booted
from roots import replaced

FILES = "var/lib/gofuncgraph-c"


def recipe():
    """Each call is a slow one here."""
    text = (builds.ROOT / "deploy" / "README.md").read_text()
    (command,) = re.findall(r"^    (systemd-run --unit slow-web (?:.*\\\n)*.*)", text, re.M)
    return replaced(command, {"slower=1s": "slower=1ns"})


class Service:
    """A unit called web, and its recorder called slow-web."""

    def __init__(self, machine):
        self.machine = machine
        self.folder = machine.root / FILES
        machine.output_of("systemd-run", "--unit", "web", "/mnt/web", "-listen", "127.0.0.1:0")
        self.await_told("web", "listening on ", 1)

    def await_told(self, unit, words, times):
        try:
            await_condition(lambda: self.machine.journal(unit).count(words) >= times, f"{unit} has not said so: {words}")
        except Stuck as stuck:
            raise Stuck(f"{stuck}\n{self.machine.journal(unit)[-3000:]}") from None

    def await_tracing(self, times):
        self.await_told("slow-web", "gofuncgraph-c: tracing ", times)
        assert not self.is_clean()

    def is_clean(self):
        (pid,) = self.machine.processes("web")
        return code_is_clean(pid, os.readlink(f"/proc/{pid}/exe"))

    def is_forgotten(self):
        """systemd learns at some time that the last process of its group has ended."""
        state = self.machine.output_of("systemctl", "show", "-P", "LoadState", "slow-web")
        return state == "not-found\n" and not (self.machine.root / "sys/fs/cgroup/system.slice/slow-web.service").exists()

    def restart(self):
        self.machine.output_of("systemctl", "restart", "web")
        self.await_told("web", "listening on ", 2)
        self.await_told("slow-web", " was made again", 1)

    def written(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def ask(self):
        url = re.findall(r"^listening on (http://\S+)$", self.machine.journal("web"), re.M)[-1]
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
            assert answer.status == 200

    def call(self):
        """It is in one more file, and those of before stay as they are."""
        before = self.written()
        self.ask()
        number = 1 + sum(name.startswith("web.rec.") for name in before)
        self.await_told("slow-web", ": what led to it is in ", number)
        after = self.written()
        assert after.keys() - before.keys() == {f"web.rec.{number}"} and {**after, **before} == after
        assert self.num_calls(f"web.rec.{number}")

    def num_calls(self, name):
        shown = self.machine.output_of("gofuncgraph-c", "replay", "-f", "json", f"/{FILES}/{name}")
        return sum(json.loads(line)["function"] == "main.handleBar" for line in shown.splitlines())


def check(packages, folder):
    if not packages:
        raise builds.Unavailable("the package was not built")
    folder = folder / "service"
    folder.mkdir()
    shutil.copy(packages[0], folder / "package.deb")
    shutil.copy(builds.build("example"), folder / "web")
    with booted(folder) as machine:
        service = Service(machine)
        machine.output_of("sh", "-euc", recipe())
        service.await_tracing(1)
        service.call()
        service.restart()
        service.call()
        machine.output_of("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "slow-web")
        service.await_tracing(2)
        service.call()
        machine.output_of("systemctl", "restart", "slow-web")
        service.await_tracing(3)
        for _ in range(3):
            service.call()
        machine.output_of("systemctl", "stop", "slow-web")
        assert service.num_calls("web.rec") == 3
        await_condition(service.is_forgotten, "systemd has a recorder still")
        assert service.is_clean()
        service.ask()
