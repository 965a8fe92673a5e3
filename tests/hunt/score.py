# SPDX-License-Identifier: MIT
"""What rounds come to, by kind, toolchain and build; what is enough; the table of it."""

import dataclasses

# Of the rounds with several slow calls, in how many the culprit has to be first: waits and system calls,
# what samples tell. It has to be among the first three in all.
LEAST = {True: 1.0, False: 0.9}
# The same of the rounds with one slow call: of all kinds together. One kind alone may have bad luck.
LEAST_ONCE = {True: 0.98, False: 0.95}
LEAST_ONCE_OF_KIND = 0.8


@dataclasses.dataclass
class Score:
    """Of rounds: of one kind, or of several together."""

    exact: bool
    once: bool = False
    rounds: int = 0
    first: int = 0
    third: int = 0  # among the first three
    woken: int = 0
    sound: int = 0
    notes: list = dataclasses.field(default_factory=list)

    def add(self, verdict):
        self.rounds += 1
        self.first += verdict.is_first
        self.third += verdict.rank > 0 and verdict.blamed
        self.woken += verdict.rank > 0 and verdict.woken
        self.sound += not verdict.faults
        self.notes += [f"round {self.rounds}: {fault}" for fault in verdict.faults]
        if not verdict.is_first or not verdict.woken:
            self.notes += [f"round {self.rounds}:", *verdict.told.splitlines()]

    def add_all(self, other):
        for name in ("rounds", "first", "third", "woken", "sound"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def is_good(self, quick=False):
        if quick:
            return self.sound > 0 and (self.first if self.exact else self.third) > 0
        least = LEAST_ONCE_OF_KIND if self.once else LEAST[self.exact]
        return (self.first >= least * self.rounds and self.sound == self.rounds
                and (self.once or self.third == self.rounds))

    def is_good_sum(self):
        """Of all kinds, with one slow call."""
        return self.first >= LEAST_ONCE[self.exact] * self.rounds

    def __str__(self):
        text = f"{self.first}/{self.rounds}"
        for number, what in ((self.third, "among three"), (self.woken, "waker"), (self.sound, "consistent")):
            if number != (self.first if what == "among three" else self.rounds):
                text += f", {what} {number}"
        return text


def sums_of(scores):
    """{(exact, column): Score} of {(name, column): Score}."""
    sums = {}
    for (_, column), score in scores.items():
        sums.setdefault((score.exact, column), Score(score.exact, score.once)).add_all(score)
    return sums


def print_table(scores, title):
    """By kind, with toolchains and builds in columns."""
    columns = list(dict.fromkeys(column for _, column in scores))
    rows = {name: {} for name in dict.fromkeys(name for name, _ in scores)}
    for (name, column), score in scores.items():
        rows[name][column] = f"{score.first} {score.third} of {score.rounds}"
    for (exact, column), score in sums_of(scores).items():
        row = rows.setdefault("waits, system calls" if exact else "CPU, GC and the like", {})
        row[column] = f"{100 * score.first / score.rounds:.1f} % {100 * score.third / score.rounds:.1f} %"
    width = 2 + max(len(text) for text in [*columns, *(text for row in rows.values() for text in row.values())])
    print(f"# {title}: so often the culprit was named first, and among the first three")
    print("# " + " " * 22 + "".join(column.ljust(width) for column in columns).rstrip())
    for name, row in rows.items():
        print(f"# {name:22}{''.join(row.get(column, '-').ljust(width) for column in columns)}".rstrip())
