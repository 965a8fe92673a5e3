# SPDX-License-Identifier: MIT
"""What a call was given and has returned: its program's journal (values.go) and the tracer's account."""

import re

from values import Comparison


def place_of(name):
    """Which of the values that a journal has; None: it has none of the receiver and of the journal itself."""
    match = re.fullmatch(r"p(\d+)|x|value|depth", name)
    return match and int(match.group(1) or 0)


class Values:
    """all_known: DWARF tells of all parameters (Go 1.22)."""

    def __init__(self, all_known):
        self.all_known = all_known
        self.comparison = Comparison()

    def account(self):
        return f"; values: {self.comparison.account()}"

    def differ(self, call, args, results):
        """How the tracer's account of a call differs from these values, or None. Nothing is known of what is None."""
        found = None
        if args is not None:
            traced = {place_of(value["name"]): value for value in call.get("args", [])}
            traced.pop(None, None)
            found = self.lists_differ(call, args, [traced[place] for place in sorted(traced)])
        if results is not None and call["end"] == "return":
            found = found or self.lists_differ(call, results, call.get("results", []))
        return found and f"{call['function']}: {found}"

    def lists_differ(self, call, expected, traced):
        if len(expected) != len(traced):
            return f"{len(traced)} values in place of {len(expected)}: {traced}"
        for one, other in zip(expected, traced):
            if "unsafe.Pointer" in other["type"]:
                # Of a generic function whose types' dictionary morestack did not keep.
                self.comparison.counts["of unknown type"] += 1
                continue
            found = self.comparison.differ(one, other, self.may_be_unknown(call, other))
            if found:
                return found
        return None

    def may_be_unknown(self, call, value):
        """Floating-point registers; leaves that loop back to their first instruction; where the journal, the only
        parameter that functions use, is in no register, those that morestack does not keep."""
        names = [one["name"] for one in call.get("args", [])]
        return ("j" in names[3:] or not self.all_known or re.search("float|complex|vMixed", value["type"]) or
                re.search(r"_l\d+$", call["function"]))
