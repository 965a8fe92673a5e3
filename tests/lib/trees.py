# SPDX-License-Identifier: MIT
"""The tool's output as trees, from JSON and from the default text, and comparing them."""

import re

from told import number


# ---- call trees ----


def forests(calls):
    """JSON's calls as nested trees: {(pid, goid): [tree, ...]} in order of time. A call's "calls"
    are added to it. Calls are written when they end, so after all those inside them."""
    pending, roots = {}, []
    for call in calls:
        levels = pending.setdefault(call["tree"], {})
        call["calls"] = levels.pop(call["depth"] + 1, [])
        levels.setdefault(call["depth"], []).append(call)
        if call["depth"] == 0:
            roots.append(call)
            assert levels.pop(0) == [call], f"two first calls in one tree: {call}"
            assert not levels, f"calls outside of their tree: {levels}"
            del pending[call["tree"]]
    assert not pending, f"trees without a first call: {pending}"
    found = {}
    for root in sorted(roots, key=lambda root: root["tree"]):
        found.setdefault((root["pid"], root["goid"]), []).append(root)
    return found


def plain_name(name):
    return re.sub(r"\[.*\]", "[...]", name)


def shape(call):
    """What was called, how it ended, what it called."""
    return (plain_name(call["function"]), call["end"], [shape(inner) for inner in call["calls"]])


def shapes(calls):
    return {who: [shape(tree) for tree in trees] for who, trees in forests(calls).items()}


def journal_shapes(journals):
    """The programs' own account in the same form."""
    found = {}
    for journal in journals:
        trees = [shape(tree) for tree in journal["tree"] or []]
        if trees:
            found.setdefault((journal["pid"], journal["goid"]), []).extend(trees)
    return found


def count(shape_):
    return 1 + sum(count(inner) for inner in shape_[2])


def walk(call, parent=None):
    """The call and all inside it, in order of time, with their callers."""
    yield call, parent
    for inner in call["calls"]:
        yield from walk(inner, call)


def explain(got, wanted):
    """The first difference of two sets of shapes, short enough to read."""
    if got == wanted:
        return None
    if set(got) != set(wanted):
        return (f"goroutines differ: only traced {sorted(set(got) - set(wanted))[:5]}, "
                f"only in the program {sorted(set(wanted) - set(got))[:5]}")
    for who, trees in wanted.items():
        if len(got[who]) != len(trees):
            return f"{who}: {len(got[who])} trees instead of {len(trees)}"
        for number, (one, other) in enumerate(zip(got[who], trees)):
            if one != other:
                return f"{who}, tree {number}:\ntraced  {_first_difference(one, other)}"
    return "?"


def _first_difference(got, wanted, path=""):
    here = f"{path}/{wanted[0]}"
    if got[:2] != wanted[:2]:
        return f"{here}: {got[:2]}\nprogram {wanted[:2]}"
    for one, other in zip(got[2], wanted[2]):
        if one != other:
            return _first_difference(one, other, here)
    return (f"{here}: calls {[inner[0] for inner in got[2]][:12]}\n"
            f"program calls {[inner[0] for inner in wanted[2]][:12]}")


def check_same(calls, journals):
    difference = explain(shapes(calls), journal_shapes(journals))
    assert difference is None, difference


# ---- the default text ----

PLACE = r"(?P<function>.+?)\+(?P<offset>\d+)(?: (?P<file>\S.*):(?P<line>\d+))?"
TIME = r"(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d\.\d{6})"
ENTRY = re.compile(TIME + r" {13}(?P<indent>(?:  )*)(?P<name>\S.*)\(\) \{ (?P<again>\[continued\] )?" + PLACE)
# "~": most of it is what probes took.
EXIT = re.compile(TIME + r" (?P<duration>[\d~]\d\d\.\d{6})  (?P<indent>(?:  )*)\} " + PLACE)
ENDED = re.compile(TIME + r" (?P<duration>[\d~]\d\d\.\d{6}| {10})  (?P<indent>(?:  )*)\} (?P<name>\S.*) "
                          r"\[(?P<mark>[a-z ]+)\]")
LEAF = re.compile(TIME + r" (?P<duration>[\d~]\d\d\.\d{6}| {10})  (?P<indent>(?:  )*)(?P<name>\S.*)\(\); "
                         r"(?:\[(?P<mark>[a-z ]+)\] )?" + PLACE)
NOTE = re.compile(r" {31}\((?P<count>[\d,]+) (?P<what>.+)\)")
GAP = re.compile(r" {31}\((?P<what>probes were off) for (?P<time>\d+(?:\.\d+)?(?:us|ms|s)) of this tree\)")
FOLDED = re.compile(r" {19}(?P<duration>\d{3}\.\d{6})  (?P<indent>(?:  )*)\((?P<count>[\d,]+) calls? folded\)")
PART = re.compile(r" {31}\(part (?P<part>\d+)(?P<which>, still open,|, the last,|)"
                  r" of tree (?P<tree>\d+): goroutine (?P<goid>\d+) of process (?P<pid>\d+)\)")


# Before the trees of another process than before, where several run the binary.
PROCESS = re.compile(r"\[(?P<pid>\d+)\](?: (?P<above>\(above\) )?(?P<command>\S.*))?")


def fields(match):
    """Of an exit: "is_probes" is there, too."""
    found = match.groupdict()
    found["is_probes"] = "~" in found["duration"]
    found["duration"] = found["duration"].replace("~", "0")
    return found


def parse_graph(text):
    """The trees of the default text, each line matched exactly: [{"name", "entry", "exit", "calls"}].

    Those that came in parts are put together. Where processes are told, trees have a "pid".
    """
    trees, stack, notes, pid = [], [], [], None
    left_open = {}  # tree: (parts so far, stack)
    again = []  # calls that a part begins with
    for line in text.splitlines():
        if not line:
            assert not stack, f"a tree ends inside {stack[-1]['name']}"
            continue
        process = PROCESS.fullmatch(line)
        if process:
            assert not stack and not again, f"a process inside of a tree: {line}"
            if process["above"]:
                assert pid is None, f"processes are told above already: {line}"
                for tree in trees:
                    tree["pid"] = int(process["pid"])
            else:
                assert process["command"] or int(process["pid"]) != pid, f"told twice: {line}"
                pid = int(process["pid"])
            continue
        part = PART.fullmatch(line)
        if part and part["which"] == ", still open,":
            assert stack and not again, f"part of nothing: {line}"
            left_open[part["tree"]] = (int(part["part"]), stack)
            stack = []
            continue
        if part:
            assert not stack and not again, f"a part begins inside {stack}"
            before, again = left_open.pop(part["tree"])
            again = again[:]
            assert int(part["part"]) == before + 1, f"{line} after part {before}"
            continue
        folded = FOLDED.fullmatch(line)
        if folded:
            assert len(folded["indent"]) == 2 * len(stack) and "folded" not in stack[-1], f"folded: {line}"
            stack[-1]["folded"] = {"calls": number(folded["count"]),
                                   "ns": int(folded["duration"].replace(".", "")) * 1000}
            continue
        gap = GAP.fullmatch(line)
        if gap:
            notes.append((gap["time"], gap["what"]))
            continue
        note = NOTE.fullmatch(line)
        entry = None if note else ENTRY.fullmatch(line)
        if note:
            notes.append((number(note["count"]), note["what"]))
            continue
        if entry:
            assert len(entry["indent"]) == 2 * len(stack), f"indentation: {line}"
            assert bool(entry["again"]) == bool(again), f"continued or not: {line}"
            if again:
                call = again.pop(0)
                assert {**entry.groupdict(), "again": None} == call["entry"], f"another call goes on: {line}"
                stack.append(call)
                continue
            call = {"name": entry["name"], "entry": entry.groupdict(), "calls": []}
            if pid and not stack:
                call["pid"] = pid
            (stack[-1]["calls"] if stack else trees).append(call)
            stack.append(call)
            continue
        leaf = LEAF.fullmatch(line)
        if leaf:
            assert len(leaf["indent"]) == 2 * len(stack), f"indentation: {line}"
            call = {"name": leaf["name"], "entry": leaf.groupdict(), "exit": fields(leaf), "calls": [], "leaf": True}
            if pid and not stack:
                call["pid"] = pid
            (stack[-1]["calls"] if stack else trees).append(call)
            continue
        left = ENDED.fullmatch(line) or EXIT.fullmatch(line)
        assert left, f"neither an entry nor an exit: {line!r}"
        assert stack, f"an exit without an entry: {line!r}"
        call = stack.pop()
        assert len(left["indent"]) == 2 * len(stack), f"indentation: {line!r}"
        call["exit"] = fields(left)
        named = call["exit"].get("name") or call["exit"]["function"]
        assert named.split("+")[0] == call["name"].split("+")[0], f"{line!r} ends {call['name']}"
    assert not stack, f"a tree without an end: {stack[0]['name']}"
    assert not left_open, f"trees without a last part: {list(left_open)}"
    return trees, notes


# ---- the text of --live ----

LANE = re.compile(r"(?:(?P<pid>\d+) )? *(?P<who>t?\d+)\) (?P<line>.*)")
CHANGE = re.compile(r" -+ (?P<before>(?:goroutine|thread) \d+(?: of process \d+)?)"
                    r" => (?P<after>(?:goroutine|thread) \d+(?: of process \d+)?)")


def _side(text):
    """Of "goroutine 7 of process 812": (812, "7"); the process is None where it is not told."""
    words = text.split()
    return (int(words[-1]) if "process" in words else None, ("t" if words[0] == "thread" else "") + words[1])


def split_live(text):
    """The lines of each goroutine in order, {(pid, who): [line]}; `who` is "7", or "t815" for a thread.
    The pid is None if only one process has lines. A line of dashes stands where others' lines follow,
    there only, and tells from whom to whom."""
    lanes, before, change = {}, None, None
    for line in text.splitlines():
        if PROCESS.fullmatch(line):
            continue
        if changes := CHANGE.fullmatch(line):
            assert change is None and before, f"nothing between {change} and {line!r}"
            change = _side(changes["before"]), _side(changes["after"])
            continue
        lane = LANE.fullmatch(line)
        assert lane, f"of no goroutine: {line!r}"
        who = (int(lane["pid"]) if lane["pid"] else None, lane["who"])
        if change and change[0][0] is not None:
            assert change[0][1] == before[1] and change[1] == who, f"{change} before {line!r}"
            assert before[0] in (None, change[0][0])
            if before[0] is None:  # the first line of a second process
                lanes = {(change[0][0], one): lines for (_, one), lines in lanes.items()}
        elif change:
            assert change[0][1] == before[1] and change[1][1] == who[1] and before[0] == who[0]
        if before is not None:
            assert (who != before) == bool(change), f"{before} before {line!r}"
        lanes.setdefault(who, []).append(lane["line"])
        before, change = who, None
    assert change is None, "a line of dashes with nothing behind it"
    return lanes


def parse_live(text):
    """The trees that the lines of each goroutine make: {(pid, who): [tree]} as of parse_graph()."""
    found = {}
    for who, lines in split_live(text).items():
        found[who], notes = parse_graph("\n".join(lines))
        assert not notes, notes
    return found


def graph_shape(call):
    """As shape(), of a call from text."""
    mark = call["exit"].get("mark")
    ends = {None: "return", "goroutine exit": "goexit", "still running": "running"}
    return (plain_name(call["name"]), ends.get(mark, mark), [graph_shape(inner) for inner in call["calls"]])
