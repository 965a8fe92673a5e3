# SPDX-License-Identifier: MIT
"""What deploy/ has works as it stands: the DaemonSet's command line, with the privileges that it asks for."""

import os
import re

import builds
from collector import Collector
from harness import await_condition

DAEMONSET = builds.ROOT / "deploy" / "daemonset.yaml"
NAME = f"web-{os.getpid()}"  # no other test's


def arguments(text):
    block = re.search(r"^( +)args:\n((?:\1- .*\n)+)", text, re.M)[2]
    return [word.strip('"') for word in re.findall(r"^ +- (.*)$", block, re.M)]


def unprivileged(text):
    """What runs a command as the container does: as root, with these capabilities and none to be had."""
    assert "runAsUser: 0" in text and "allowPrivilegeEscalation: false" in text and "drop: [ALL]" in text
    names = re.search(r"add: \[(.*)\]", text)[1].lower().split(", ")
    return ["setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{','.join(f'+{name}' for name in names)}"]


def test_daemonset(binary, start, trace, tmp_path):
    """A flight recorder: it waits for a process of that name, and writes down what led to a slow call."""
    text = DAEMONSET.read_text()
    words = arguments(text)
    assert words[0] == "record" and words[-1] == "*handleBar" and "--comm=web" in words
    own = {"--dump-on=slower=1s": "--dump-on=slower=1ns", "--output=/var/lib/gofuncgraph-c/web.rec": f"--output={tmp_path}/web.rec",
           "*handleBar": "main.root", "--comm=web": f"--comm={NAME}"}
    assert own.keys() <= set(words)
    program = start(binary("calls", copy_as=NAME))
    tracer = trace(*[own.get(word, word) for word in words], prefix=unprivileged(text))
    program.work()
    await_condition((tmp_path / "web.rec.1").exists, "nothing was written down of a slow call")
    tracer.stop()
    assert program.code_is_clean() and program.finish() == 0


def test_traces_with_its_privileges(binary, start, trace, monkeypatch):
    """They are enough to send them, too."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Collector()
    try:
        program = start(binary("calls", copy_as=NAME))
        tracer = trace("-f", "otlp", f"--output={server.url}", "--slower=1ns", f"--comm={NAME}", "main.root",
                       prefix=unprivileged(DAEMONSET.read_text()))
        program.work()
        await_condition(server.taken, "nothing was sent")
        tracer.stop()
        assert program.finish() == 0
    finally:
        server.close()
