# SPDX-License-Identifier: MIT
"""Values as somebody else knows them, and as the tracer's JSON has them.

Both are {"value": ..., "state": ..., "states": {path: ...}}. The tracer need not show all of a value, but then has to
say so; what it shows must be equal."""

import collections

# So many parts are told of as not whole: src/output/typed_json.c.
MOST_STATES = 32


def states_of(value):
    return {"": value.get("state"), **value.get("states", {})}


class Comparison:
    """Of many values; `counts` of their parts, by how much of them was shown."""

    def __init__(self):
        self.counts = collections.Counter()

    def account(self):
        """What was compared. Raises AssertionError where too little was shown to say anything."""
        text = ", ".join(f"{number} {state}" for state, number in self.counts.most_common())
        assert self.counts["equal"] > sum(self.counts.values()) / 2, f"most values are not shown: {text}"
        return text

    def differ(self, expected, traced, may_be_unknown):
        """How the two differ, or None."""
        one = OneComparison(self.counts, states_of(expected), states_of(traced), may_be_unknown)
        found = one.differ(expected["value"], traced["value"], "")
        return found and f"{traced['name']} {traced.get('type')}: {found}"


class OneComparison:
    """Of one value, part by part."""

    def __init__(self, counts, expected_states, states, may_be_unknown):
        self.counts, self.expected_states, self.states = counts, expected_states, states
        self.may_be_unknown = may_be_unknown

    def differ(self, expected, traced, path):
        state = self.states.get(path)
        if traced is None and expected is not None:
            # Without a state it is nil; after so many others nothing is said.
            is_told = state in ("depth", "truncated") or state == "unknown" and self.may_be_unknown
            if not is_told and len(self.states) <= MOST_STATES:
                return f"{path} is {state or 'nil'}, not {expected!r}"
            self.counts[state] += 1
            return None
        if expected is None and self.expected_states.get(path) not in (None, "nil"):
            self.counts["only traced"] += 1
            return None
        if traced == expected:
            self.counts["equal"] += 1
            return None
        if isinstance(expected, dict) and isinstance(traced, dict):
            return self.members_differ(expected, traced, path)
        if isinstance(expected, list) and isinstance(traced, list):
            return self.elements_differ(expected, traced, path)
        if state == "truncated" and isinstance(traced, str) and str(expected).startswith(traced):
            self.counts[state] += 1
            return None
        return f"{path} is {traced!r} ({state or 'whole'}), not {expected!r}"

    def path_of(self, path, name):
        """Of a map's entry, or a field."""
        entry = f"{path}[{name}]"
        told = [*self.states, *self.expected_states]
        return entry if any(one.startswith(entry) for one in told) else f"{path}.{name}"

    def members_differ(self, expected, traced, path):
        is_interface = expected.keys() == {"type", "value"}
        # A key whose text is not shown: the entry could be any.
        known = {name: value for name, value in traced.items() if "..." not in name}
        is_part = known != traced or self.states.get(path) == "truncated"
        if known.keys() != expected.keys() and not (is_part and known.keys() < expected.keys()):
            return f"{path} has {list(traced)}, not {list(expected)}"
        for name, value in known.items():
            found = self.differ(expected[name], value, path if is_interface else self.path_of(path, name))
            if found:
                return found
        return None

    def elements_differ(self, expected, traced, path):
        is_part = self.states.get(path) == "truncated"
        if len(traced) != len(expected) and not (is_part and len(traced) < len(expected)):
            return f"{path} has {len(traced)} elements, not {len(expected)}"
        for number, value in enumerate(traced):
            found = self.differ(expected[number], value, f"{path}[{number}]")
            if found:
                return found
        return None
