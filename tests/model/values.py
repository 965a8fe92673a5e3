# SPDX-License-Identifier: MIT
"""What a call was given and has returned, as its program's journal has it (values.go), and as the tracer shows it.

The tracer need not show all of a value, but then has to say so; what it shows must be equal."""

import collections
import re

# So many parts are told of as not whole: src/output/typed_json.c.
MOST_STATES = 32


def path_of(path, name):
    """Fields have names, keys of maps are numbers or begin with # (values.go)."""
    return f"{path}[{name}]" if name[0] in "#-0123456789" else f"{path}.{name}"


def place_of(name):
    """Which of the values that a journal has; None: it has none of the receiver and of the journal itself."""
    match = re.fullmatch(r"p(\d+)|x|value|depth", name)
    return match and int(match.group(1) or 0)


class Values:
    """What was compared, by how much of it was shown. all_known: DWARF tells of all parameters (Go 1.22)."""

    def __init__(self, all_known):
        self.all_known = all_known
        self.counts = collections.Counter()
        self.may_be_unknown = False  # the value in hand

    def account(self):
        """What was compared. Raises AssertionError where too little was shown to say anything."""
        text = ", ".join(f"{number} {state}" for state, number in self.counts.most_common())
        if self.counts["equal"] < sum(self.counts.values()) / 2:
            raise AssertionError(f"most values are not shown: {text}")
        return f"; values: {text}"

    def differ(self, call, args, results):
        """How the tracer's account of a call differs from these values, or None. Nothing is known of what is None."""
        found = None
        if args is not None:
            traced = {place_of(value["name"]): value for value in call.get("args", [])}
            traced.pop(None, None)
            found = self.compare_lists(call, args, [traced[place] for place in sorted(traced)])
        if results is not None and call["end"] == "return":
            found = found or self.compare_lists(call, results, call.get("results", []))
        return found and f"{call['function']}: {found}"

    def compare_lists(self, call, expected, traced):
        if len(expected) != len(traced):
            return f"{len(traced)} values in place of {len(expected)}: {traced}"
        for one, other in zip(expected, traced):
            # Floating-point registers, and leaves that loop back to their first instruction.
            self.may_be_unknown = (not self.all_known or re.search("float|complex|vMixed", other["type"]) or
                                   re.search(r"_l\d+$", call["function"]))
            states = {"": other.get("state"), **other.get("states", {})}
            found = self.compare(one["value"], other["value"], "", states)
            if found:
                return f"{other['name']} {other['type']}: {found}"
        return None

    def compare(self, expected, traced, path, states):
        """None where they are equal, or where the tracer says that it does not show more."""
        state = states.get(path)
        if traced is None and expected is not None:
            # Without one it would be nil; after so many others it may be any.
            is_told = state == "depth" or state == "unknown" and self.may_be_unknown
            if not is_told and len(states) <= MOST_STATES:
                return f"{path} is {state or 'nil'}, not {expected!r}"
            self.counts[state] += 1
            return None
        if expected is None or traced == expected:  # the program tells of no more levels than are asked for
            self.counts["equal"] += 1
            return None
        if type(expected) is not type(traced):
            return f"{path} is {traced!r}, not {expected!r}"
        if isinstance(expected, dict):
            return self.compare_members(expected, traced, path, states)
        if isinstance(expected, list):
            return self.compare_elements(expected, traced, path, states)
        if state == "truncated" and isinstance(traced, str) and expected.startswith(traced):
            self.counts[state] += 1
            return None
        return f"{path} is {traced!r} ({state or 'whole'}), not {expected!r}"

    def compare_members(self, expected, traced, path, states):
        is_interface = expected.keys() == {"type", "value"}
        # A key whose text is not shown: the entry could be any.
        known = {name: value for name, value in traced.items() if "..." not in name}
        if known.keys() != expected.keys() and not (known.keys() < expected.keys() and
                                                    (known != traced or states.get(path) == "truncated")):
            return f"{path} has {list(traced)}, not {list(expected)}"
        for name, value in known.items():
            found = self.compare(expected[name], value, path if is_interface else path_of(path, name), states)
            if found:
                return found
        return None

    def compare_elements(self, expected, traced, path, states):
        if len(traced) != len(expected) and not (states.get(path) == "truncated" and len(traced) < len(expected)):
            return f"{path} has {len(traced)} elements, not {len(expected)}"
        for number, value in enumerate(traced):
            found = self.compare(expected[number], value, f"{path}[{number}]", states)
            if found:
                return found
        return None
