# SPDX-License-Identifier: MIT
"""What a hit takes in the BPF programs, by the kernel's own statistics: nanoseconds a run, without those that an
empty program takes at the same sites. Another version's programs are measured in turn with them."""

import contextlib
import ctypes
import os
import statistics

from children import TOOL, Empty, Failed, Program, Tracer

BPF_ENABLE_STATS = 32  # include/uapi/linux/bpf.h
SYS_BPF = 321 if os.uname().machine == "x86_64" else 280
EXITS = ("exit_emulate", "exit_plain")

# Values that any function has, on every processor: what is on top of the stack.
VALUES = "main.hot((%sp,32):string,%sp:u64,7:s64)"
MANY = "main.hot((%sp,32):string,(%sp,8):string,+0(%sp):x64,+8(%sp):x64,%sp:u64,7:s64,8:s64,9:s64)"

# What is traced, what the loop does, and whose runs are of interest.
CASES = {
    "entry outside of every target": (("-u", "main.hot", "main.never"), "hot", ("entry",)),
    "exit outside of every target": (("-u", "main.hot", "main.never"), "hot", EXITS),
    "entry inside a target": (("-u", "main.hot", "main.outer"), "nest", ("entry",)),
    "call that --where rejects by a number":
        (("--where", "seven == 8", "main.hot(seven=7:s64)"), "hot", ("target_entry_condition",)),
    "call that --where rejects by a text":
        (("--where", 'text == "none of them is this one......"', "main.hot(text=(%sp,32):string)"), "hot", ("target_entry_condition",)),
    "the same, where values are shown of others": (("--args=main.outer", "-u", "main.hot", "main.outer"), "nest", ("entry",)),
    "the same, with its argument by name": (("--args=main.hot", "-u", "main.hot", "main.outer"), "nest", ("entry_values",)),
    "the same, with a string and two numbers": (("-u", VALUES, "main.outer"), "nest", ("entry_values",)),
    "the same, with two strings and six numbers": (("-u", MANY, "main.outer"), "nest", ("entry_values",)),
    "exit inside a target": (("-u", "main.hot", "main.outer"), "nest", EXITS),
    "a target's own entry and exit": (("-u", "main.hot", "main.hot"), "hot", ("target_entry", *EXITS)),
}


@contextlib.contextmanager
def statistics_enabled():
    """The kernel counts as long as somebody has this file open."""
    attribute = ctypes.create_string_buffer(16)  # .enable_stats.type = BPF_STATS_RUN_TIME
    fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, BPF_ENABLE_STATS, attribute, 16)
    if fd < 0:
        raise Failed(f"the kernel counts no time of BPF programs: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.close(fd)


def time_of_runs(probes, program, command, calls, names):
    """Nanoseconds of each of the programs' runs, added up."""
    program.ask(f"{command} {calls // 10}")
    before = probes.programs()
    program.ask(f"{command} {calls}")
    after = probes.programs()
    total = 0
    for name in after:
        if name in names:
            time, runs = (new - old for new, old in zip(after[name], before[name]))
            if runs < calls:
                raise Failed(f"{name} ran {runs} times in {calls} calls")
            total += time / runs
    return total


def measure_once(loop, attach, command, calls, names):
    with Program(loop) as program, attach() as probes:
        time = time_of_runs(probes, program, command, calls, names)
        if probes.stop():
            raise Failed("events were lost")
        return time


def measure(loop, output, before, quick):
    """{what: (net nanoseconds, or the ratio to before, with values to an entry without; remark)}"""
    every = {"": TOOL, **({"before": os.path.join(before, "gofuncgraph-c")} if before else {})}
    ways = {"": (), " (`ret` single-stepped)": ("--no-emulate-ret",)}
    rows = {}
    calls, rounds = (2000, 3) if quick else (20000, 5)
    with statistics_enabled():
        for way, options in ways.items():
            for what, ((*arguments, target), command, names) in CASES.items():
                if way and "exit" not in what:
                    continue
                # What was before may know no values.
                tools = {"": TOOL} if "the same" in what or "--where" in what else every
                figures = {name: [] for name in tools}
                for _ in range(rounds):
                    empty = measure_once(loop, lambda a=places(arguments), t=target: Empty(*a, loop, t), command, calls,
                                         ("empty",)) * (2 if "own" in what else 1)
                    for name, tool in tools.items():
                        time = measure_once(loop, lambda t=tool, a=arguments, r=target: Tracer(
                            *options, *a, loop, r, output=output, tool=t), command, calls, names)
                        figures[name].append(time - empty)
                rows[what + way] = row(figures)
                if what == "entry inside a target":
                    without = statistics.median(figures[""])
                elif what == "entry outside of every target":
                    outside = statistics.median(figures[""])
                elif "--where" in what:
                    now = statistics.median(figures[""])
                    rows[what] = f"{now / outside:.2f}", f"of an entry outside: {now:.0f} ns, {now - outside:.0f} more"
                elif "the same" in what:
                    now = statistics.median(figures[""])
                    rows[what] = (f"{now / without:.2f}", f"of an entry without: {now:.0f} ns, {now - without:.0f} more")
    return rows


def measure_switches(loop, output, quick):
    """{what: (nanoseconds a run, which; how many runs)} while a program only switches goroutines: at the sites of
    states, and at each switch of threads by the kernel, whoever's."""
    calls, rounds = (2000, 3) if quick else (20000, 5)
    cases = {"inside targets": ("main.ping", "main.pong"), "outside of targets": ("main.never",)}
    rows = {}
    with statistics_enabled():
        for what, targets in cases.items():
            figures = {"state_site": [], "sched_switch": []}
            for _ in range(rounds):
                with Program(loop) as program, Tracer("--states", "-f", "json", loop, *targets, output=output) as probes:
                    before = probes.programs()
                    program.ask(f"switch {calls}")
                    after = probes.programs()
                    for name, times in figures.items():
                        time, runs = (new - old for new, old in zip(after[name], before[name]))
                        times.append(time / runs)
            for name, times in figures.items():
                rows[f"{what}, {name}"] = f"{statistics.median(times):.0f} ns", f"{min(times):.0f}-{max(times):.0f}"
    return rows


def places(arguments):
    """Without what decides there, and what is shown."""
    return arguments[2:] if arguments[:1] == ["--where"] else [word for word in arguments if not word.startswith("--args")]


def row(figures):
    now = statistics.median(figures[""])
    if "before" not in figures:
        return f"{now:.0f} ns", f"{min(figures['']):.0f}-{max(figures['']):.0f}"
    before = statistics.median(figures["before"])
    each = [new / old for new, old in zip(figures[""], figures["before"])]
    return f"{statistics.median(each):.2f}", f"{now:.0f} ns, before {before:.0f} ns; {min(each):.2f}-{max(each):.2f}"
