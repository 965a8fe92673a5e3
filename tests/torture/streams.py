# SPDX-License-Identifier: MIT
"""Is what the tracer writes well formed? Read as it comes, nothing kept but what is open."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from trees import ENDED, ENTRY, EXIT, NOTE  # noqa: E402

ENDS = {"return", "tail_call", "panic", "goexit", "process_exit", "running", "lost", "left"}
WITH_EXIT = {"return", "tail_call"}


class Malformed(Exception):
    pass


class Counts:
    def __init__(self):
        self.calls = self.events = self.trees = self.lost = self.deepest = 0

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, max(self.deepest, value) if name == "deepest" else getattr(self, name) + value)

    def __str__(self):
        return (f"{self.events} events, {self.calls} calls in {self.trees} trees, depth up to {self.deepest}, "
                f"{self.lost} marked as lost")


def time_in(states):
    return sum(sum(part.values()) if isinstance(part, dict) else part for part in states.values())


def check_json(lines):
    """JSON Lines: calls come when they end, so a call's inner ones are all there before it."""
    counts, pending, trees = Counts(), {}, {}
    for line in lines:
        call = json.loads(line)
        end, depth, tree = call["end"], call["depth"], call["tree"]
        if end not in ENDS or (end in WITH_EXIT) != ("return" in call) or call["duration_ns"] < 0:
            raise Malformed(f"a strange call: {line!r}")
        if "states_ns" in call and time_in(call["states_ns"]) != call["duration_ns"]:
            raise Malformed(f"the parts are not the whole: {line!r}")
        who = (call["pid"], call["goid"])
        if trees.setdefault(tree, who) != who:
            raise Malformed(f"tree {tree} is {trees[tree]}'s: {line!r}")
        levels = pending.setdefault(tree, {})
        start, finish = call["start_ns"], call["start_ns"] + call["duration_ns"]
        inner = levels.pop(depth + 1, None)
        if inner and (inner[0] < start or inner[1] > finish):
            raise Malformed(f"an inner call is outside of its caller's time {inner}: {line!r}")
        mine = levels.get(depth)
        if mine and mine[1] > start:
            raise Malformed(f"two calls at one depth at one time, {mine}: {line!r}")
        levels[depth] = (mine[0] if mine else start, finish)
        if any(level > depth for level in levels):
            raise Malformed(f"calls deeper than this one are left over {levels}: {line!r}")
        if depth == 0:
            if mine:
                raise Malformed(f"two first calls in one tree: {line!r}")
            # A tree that ended must not go on; its number stays, its goroutine need not.
            trees[tree] = None
            del pending[tree]
            counts.trees += 1
        counts.calls += 1
        counts.events += 2 if end in WITH_EXIT else 1
        counts.lost += end == "lost" or bool(call.get("incomplete"))
        counts.deepest = max(counts.deepest, depth)
    if pending:
        raise Malformed(f"{len(pending)} trees have no first call, such as {next(iter(pending.items()))}")
    return counts


COLUMN = 31  # where names begin: behind the time and the duration
SAMPLE = 997  # every so manieth line is matched to the byte


# A caller that is no code of the program's: sigreturn is "returned" to by signal handlers.
STRANGE_CALLER = re.compile(r".{31} *\S.*\(\) \{ 0x[0-9a-f]+")


def check_line(line):
    if not (STRANGE_CALLER.fullmatch(line) or ENTRY.fullmatch(line) or ENDED.fullmatch(line) or EXIT.fullmatch(line) or NOTE.fullmatch(line)):
        raise Malformed(f"neither an entry nor an exit: {line!r}")


def ends(text, name):
    """Is this "} NAME+OFFSET..." or "} NAME [MARK]"?"""
    return text.startswith(name, 2) and text[2 + len(name):3 + len(name)] in ("+", " ")


def check_graph(lines):
    """The default text: every entry has its exit, each in its column."""
    counts, stack = Counts(), []
    for number, line in enumerate(lines):
        line = line.rstrip("\n")
        if not line:
            if stack:
                raise Malformed(f"a tree ends inside of {stack[-1]}")
            continue
        if number % SAMPLE == 0:
            check_line(line)
        text = line[COLUMN:].lstrip(" ")
        depth = (len(line) - COLUMN - len(text)) // 2
        if text.startswith("} "):
            if not stack or not ends(text, stack.pop()) or depth != len(stack):
                raise Malformed(f"not the end of what is open, {stack[-3:]}: {line!r}")
            mark = text[text.rfind("[") + 1:-1] if text.endswith("]") else None
            counts.events += mark in (None, "tail call")
            counts.lost += mark == "lost"
        elif text.startswith("("):
            check_line(line)
            counts.lost += 1
        else:
            end = text.find("() { ")
            if end < 1 or depth != len(stack):
                raise Malformed(f"not an entry in {stack[-3:]}: {line!r}")
            counts.trees += not stack
            stack.append(text[:end])
            counts.calls += 1
            counts.events += 1
            counts.deepest = max(counts.deepest, depth)
    if stack:
        raise Malformed(f"a tree without an end: {stack[0]}")
    return counts
