# SPDX-License-Identifier: MIT
"""Told to stop while thousands of probes come, or go one by one, the tracer ends soon."""

import re
import signal

from harness import await_condition, children, told_counts


def holder_of(tracer):
    def find():
        for pid in children(tracer.pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    if file.read() == "gofuncgraph-hld\n":
                        return pid
            except FileNotFoundError:
                pass
        return None

    return await_condition(find, "nobody holds probes")


def test_probes_that_go_one_by_one(binary, start, trace):
    """What was seen is printed before the last probe is gone, and a second signal leaves the rest to the holder."""
    program = start(binary("requests"))
    tracer = trace("-f", "json", "--attach", "perf_event", "--max-overhead", "none", "-u", "net/http.(*Server)*",
                   "-u", "net/http.(*conn)*", "-u", "main.*", program.path)
    holder = holder_of(tracer)
    assert told_counts(r"\(# probes\)", tracer.err)[0] > 60  # a tenth of a second each, and more
    tracer.signal(signal.SIGINT)
    told = f"; ^C, or another signal, leaves that to process {holder}\n"
    await_condition(lambda: told in tracer.err, "it does not say what it does")
    assert re.search(r"the kernel takes \d+ probes away one after the other, which takes about \d+ s;", tracer.err)
    assert "nothing to show" in tracer.err or tracer.calls()  # what was seen is told before
    tracer.signal(signal.SIGTERM)
    assert tracer.wait() == 0
    assert re.search(f"process {holder} goes on taking \\d+ probes away", tracer.err)
    await_condition(program.code_is_clean, "a breakpoint is left")


def test_while_probes_come(binary, start, run_tool):
    """Nobody waits for thousands of probes that are not wanted any more."""
    program = start(binary("requests"))
    tracer = run_tool("--attach", "tracefs", "--max-overhead", "none", "-u", "*", program.path, "main.main")
    holder_of(tracer)
    tracer.signal(signal.SIGINT)
    assert tracer.wait() == 0
    assert re.search(r"told to stop while the \d\d?,\d{3} probes were attached: nothing was traced yet", tracer.err)
    assert "tracing" not in tracer.err
    await_condition(program.code_is_clean, "a breakpoint is left")
