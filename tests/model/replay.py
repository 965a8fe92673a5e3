# SPDX-License-Identifier: MIT
"""What a journal (journal.go) says about a goroutine's calls, in the order in which they end, and how
that differs from the tracer's account.

An expected call is (name, depth, end, caller, args, results), those two as values.py has them. What the program does
not know is None. A name that begins with "^" is a regular expression: the compiler's own functions."""

import re

ENTRY, RETURN, BACK, RECOVERED, EXIT, WRAPPED, LEAF, UNWOUND, GIVEN, GOT = range(10)


class Contradiction(Exception):
    """The journal cannot be true: the test is wrong, or Go is."""


def plain(name):
    """Go says [...] where the symbol table says [go.shape.int]."""
    return re.sub(r"\[.*\]", "[...]", name)


class Frame:
    __slots__ = ("name", "record", "is_wrapper", "recovers", "depth", "exits", "caller", "callee", "args", "results")

    def __init__(self, name, record, is_wrapper=False, args=None):
        self.name = name
        self.record = record
        self.is_wrapper = is_wrapper
        self.recovers = None  # the record of the call that a panic was recovered on behalf of
        self.exits = False    # called runtime.Goexit
        self.depth = None     # in the tree, or None: in none
        self.caller = None
        self.callee = None    # the last call that it made
        self.args = args
        self.results = None


class Replay:
    """One goroutine. shown: names, or None for all; targets: names, or none at all; jumps(name): is this wrapper
    left by a tail jump?"""

    def __init__(self, journal, known, shown, targets, jumps):
        self.names = {int(number): plain(name) for number, name in journal["names"].items()}
        self.known = known
        self.shown = shown
        self.targets = targets
        self.jumps = jumps
        self.values = journal["values"]
        self.given = None
        self.ground = Frame("the goroutine", -1)
        self.stack = []
        self.gate = None  # index of the frame that the tree began with
        self.frames = []
        records = journal["records"]
        for at in range(0, len(records), 2):
            self.record(at, records[at], records[at + 1])
        exits = any(frame.exits for frame in self.stack)
        if self.stack and not exits and not journal["dying"]:
            raise Contradiction(f"still open at the end: {[frame.name for frame in self.stack]}")
        self.close_above(-1, "goexit" if exits else "process_exit")
        self.calls = [(frame.name, frame.depth, end, frame.caller, frame.args, frame.results)
                      for frame, end in self.frames]

    def record(self, at, kind, value):
        if kind == ENTRY:
            self.push(Frame(self.names[value], at, args=self.take_given()))
        elif kind == RETURN:
            self.on_return(value)
        elif kind == BACK:
            self.on_back(value)
        elif kind == RECOVERED:
            self.stack[-1].recovers = value
        elif kind == EXIT:
            self.stack[-1].exits = True
        elif kind == WRAPPED:
            self.on_wrapped(self.known["wrappers"][value])
        elif kind == LEAF:
            self.push(Frame(self.known["leaves"][value], None, args=self.take_given()))
            self.stack[-1].caller = self.stack[-2].name
            self.pop("return")
        elif kind == UNWOUND:
            self.unwind(-1)
        elif kind == GIVEN:
            self.given = self.values[value]
        elif kind == GOT:
            self.on_got(self.values[value])

    def innermost(self):
        return self.stack[-1] if self.stack else self.ground

    def take_given(self):
        given, self.given = self.given, None
        return given

    def on_got(self, results):
        frame = self.innermost().callee
        while frame.is_wrapper:
            frame = frame.callee
        frame.results = results

    def push(self, frame):
        is_shown = self.shown is None or frame.name in self.shown or frame.name in self.targets
        if self.gate is None and is_shown and (not self.targets or frame.name in self.targets):
            self.gate = len(self.stack)
        if self.gate is not None and is_shown:
            frame.depth = sum(outer.depth is not None for outer in self.stack[self.gate:])
        self.innermost().callee = frame
        self.stack.append(frame)

    def pop(self, end):
        frame = self.stack.pop()
        if frame.depth is not None:
            self.frames.append((frame, end))
        if self.gate == len(self.stack):
            self.gate = None

    def close_above(self, position, end):
        while len(self.stack) > position + 1:
            self.pop(end)

    def pop_wrappers(self):
        while self.stack and self.stack[-1].is_wrapper:
            self.pop("return")

    def find(self, record):
        """The position of the frame that was entered at this record; -1 for the goroutine itself."""
        if record == -1:
            return -1
        for position in range(len(self.stack) - 1, -1, -1):
            if self.stack[position].record == record:
                return position
        raise Contradiction(f"record {record} is not open")

    def on_return(self, record):
        if self.stack[-1].record != record:
            raise Contradiction(f"{self.stack[-1].name} is open when record {record} returns")
        recovers = self.stack[-1].recovers
        self.pop("return")
        self.pop_wrappers()
        if recovers is not None:
            self.unwind(self.find(recovers))

    def on_back(self, record):
        position = self.find(record)
        above = self.stack[position + 1:]
        if any(not frame.is_wrapper for frame in above[:-1]):
            raise Contradiction(f"runs again under {[frame.name for frame in above]}")
        if position >= 0 and len(above) == 1:
            above[0].caller = self.stack[position].name
        self.close_above(position, "return")

    def unwind(self, position):
        """A recovered panic; one that would end runtime.Goexit returns there instead."""
        for deeper in range(len(self.stack) - 1, position, -1):
            if self.stack[deeper].exits:
                position = deeper
                break
        self.close_above(position, "panic")

    def on_wrapped(self, wrapper):
        if isinstance(wrapper, (list, tuple)):  # of a `defer f(x)` in that function
            name = f"^{re.escape(self.names[wrapper[1]])}\\.(func|deferwrap)[0-9.]+$"
        else:
            name = wrapper
        self.push(Frame(name, None, True))
        if self.jumps(name):
            self.pop("tail_call")


def same(expected, traced):
    name, depth, end, caller = expected[:4]
    if name[0] == "^":
        if not re.match(name, traced["function"]):
            return False
    elif name != plain(traced["function"]):
        return False
    if caller and plain(traced.get("caller", {}).get("function", "?")) != caller:
        return False
    return depth == traced["depth"] and end == traced["end"] and not traced.get("incomplete")


def show_expected(call):
    return "(nothing)" if call is None else \
        f"{call[0]} depth {call[1]} [{call[2]}]" + (f" from {call[3]}" if call[3] else "")


def show_traced(call):
    if call is None:
        return "(nothing)"
    return (f"{call['function']} depth {call['depth']} [{call['end']}]{' incomplete' if call.get('incomplete') else ''}"
            f" from {call.get('caller', {}).get('function')} tree {call['tree']} start {call['start_ns']}")


def first_difference(expected, traced):
    """None, or where the two first differ, with what is around it."""
    for at in range(max(len(expected), len(traced))):
        one = expected[at] if at < len(expected) else None
        other = traced[at] if at < len(traced) else None
        if one and other and same(one, other):
            continue
        lines = [f"call {at} of {len(expected)} (traced: {len(traced)})"]
        for number in range(max(0, at - 6), at + 7):
            mark = ">" if number == at else " "
            mine = show_expected(expected[number] if number < len(expected) else None)
            theirs = show_traced(traced[number] if number < len(traced) else None)
            lines.append(f" {mark} journal {mine}")
            lines.append(f" {mark} traced  {theirs}")
        return "\n".join(lines)
    return None


def misplaced(traced):
    """A call that does not lie within its caller's time, or one that ends after a later one: None or text.
    Calls are in the order of their ends; a call's inner ones come before it."""
    levels = {}
    for call in traced:
        inner = levels.pop(call["depth"] + 1, [])
        end = call["start_ns"] + call["duration_ns"]
        before = call["start_ns"]
        for one in inner:
            if one["start_ns"] < before or one["start_ns"] + one["duration_ns"] > end or one["tree"] != call["tree"]:
                return f"{show_traced(one)} does not fit into {show_traced(call)}"
            before = one["start_ns"] + one["duration_ns"]
        levels.setdefault(call["depth"], []).append(call)
        if call["depth"] == 0:
            levels = {}
    return "calls outside of any tree" if levels else None
