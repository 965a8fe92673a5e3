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
    "call that --where rejects by a number by name":
        (("--where", "n == -1", "main.hot"), "hot", ("target_entry_condition",)),
    "call that --label rejects": (("--label", "worker=another", "main.hot"), "hot", ("target_entry_values",)),
    "call that --label rejects, as there is none": (("--label", "none=", "main.hot"), "hot", ("target_entry_values",)),
    "the same, where values are shown of others": (("--args=main.outer", "-u", "main.hot", "main.outer"), "nest", ("entry",)),
    "the same, with its argument by name": (("--args=main.hot", "-u", "main.hot", "main.outer"), "nest", ("entry_values",)),
    "the same, with a string and two numbers by name":
        (("--args=main.three", "-u", "main.three", "main.outerThree"), "three", ("entry_values",)),
    "the same, with eight values by name, four of them behind pointers":
        (("--args=main.eight", "-u", "main.eight", "main.outerEight"), "eight", ("entry_values",)),
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


# What a case is compared to, by what it is called, and as what that is told.
BASELINES = {"the same": ("entry inside a target", "an entry without"),
             **dict.fromkeys(["--where", "--label"], ("entry outside of every target", "an entry outside"))}


def measure(loop, output, before, quick):
    """{what: (net nanoseconds, or the ratio to before, or to what it is compared to in the same rounds; remark)}"""
    every = {"": TOOL, **({"before": os.path.join(before, "gofuncgraph-c")} if before else {})}
    ways = {"": (), " (`ret` single-stepped)": ("--no-emulate-ret",)}
    rows = {}
    calls, rounds = (2000, 1) if quick else (20000, 5)

    def net(what, options, tool):
        (*arguments, target), command, names = CASES[what]
        empty = measure_once(loop, lambda: Empty(*places(arguments), loop, target), command, calls, ("empty",))
        time = measure_once(loop, lambda: Tracer(*options, *arguments, loop, target, output=output, tool=tool),
                            command, calls, names)
        return time - empty * (2 if "own" in what else 1)

    with statistics_enabled():
        for way, options in ways.items():
            for what in CASES:
                if way and "exit" not in what:
                    continue
                baseline = next((BASELINES[word] for word in BASELINES if word in what), None)
                if baseline:
                    pairs = [(net(what, options, TOOL), net(baseline[0], options, TOOL)) for _ in range(rounds)]
                    rows[what] = compared(pairs, baseline[1])
                else:
                    each = [{name: net(what, options, tool) for name, tool in every.items()} for _ in range(rounds)]
                    rows[what + way] = row({name: [figures[name] for figures in each] for name in every})
    return rows


def measure_switches(loop, output, quick):
    """{what: (nanoseconds a run, which; how many runs)} while a program only switches goroutines: at the sites of
    states, and at each switch of threads by the kernel, whoever's."""
    calls, rounds = (2000, 1) if quick else (20000, 5)
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
    return arguments[2:] if arguments[:1] in (["--where"], ["--label"]) else [word for word in arguments if not word.startswith("--args")]


def compared(pairs, to):
    each = [now / then for now, then in pairs]
    now, then = (statistics.median(column) for column in zip(*pairs))
    return (f"{statistics.median(each):.2f}",
            f"of {to}: {now:.0f} ns, {now - then:.0f} more; {min(each):.2f}-{max(each):.2f}")


def row(figures):
    now = statistics.median(figures[""])
    if "before" not in figures:
        return f"{now:.0f} ns", f"{min(figures['']):.0f}-{max(figures['']):.0f}"
    before = statistics.median(figures["before"])
    each = [new / old for new, old in zip(figures[""], figures["before"])]
    return f"{statistics.median(each):.2f}", f"{now:.0f} ns, before {before:.0f} ns; {min(each):.2f}-{max(each):.2f}"
