# SPDX-License-Identifier: MIT
"""Compares what hunt told of a program with what the program knows of itself."""

import dataclasses
import os

# Of a call's time, what may be without an explanation.
COVERAGE = 0.001


@dataclasses.dataclass
class Verdict:
    rank: int = 0  # of the cause that names the culprit, from 1; 0: none of the first three does
    blamed: bool = True  # the line that the other goroutine's time was spent on is there
    woken: bool = True  # the line where the other goroutine ended the wait is there
    named: bool = True  # what it, or the other goroutine, waited for is there
    faults: list = dataclasses.field(default_factory=list)  # what is not consistent
    told: str = ""  # the causes in short

    @property
    def is_first(self):
        return self.rank == 1 and self.blamed and self.named


def is_at(place, frame):
    return bool(frame) and (frame.get("function"), os.path.basename(frame.get("file") or ""), frame.get("line")) == (
        place["function"], place["file"], place["line"])


def kind_of(cause):
    """Where the quota is used up, a busy machine takes its part of the time, too."""
    return "quota" if any(one.get("quota") for one in (cause, *cause.get("parts", ()))) else cause.get("kind")


def all_behind(cause):
    """The frames of all that had a part in it: who ended waits, and what those did."""
    waker = cause.get("woken_by")
    if waker:
        yield waker
    for one in cause.get("meanwhile") or ():
        yield one
        yield from all_behind(one)


def names_on(cause):
    """What it was on, most of its time."""
    return [one["name"] for one in cause.get("on") or () if one["share"] > 0.5]


def short(cause):
    """One line of text."""
    where = f"{cause.get('function')} {os.path.basename(cause.get('file') or '?')}:{cause.get('line')}"
    return " on ".join([f"{100 * cause.get('share', 0):.0f} % {kind_of(cause)} in {where}", *names_on(cause)])


def describe(causes):
    lines = []
    for cause in causes:
        lines.append(short(cause))
        for frame in all_behind(cause):
            lines.append(f"    {short(frame) if 'kind' in frame else 'woken in ' + short(frame)}")
    return "\n".join(lines)


def check_consistency(report, durations, faults):
    """Whatever the cause is."""
    coverage = report["coverage"]
    total, explained = coverage["total_ns"], coverage["explained_ns"]
    # Where waits are sampled, nobody may have looked at a call when the machine is busy.
    if abs(total - explained) > COVERAGE * total and (report["mode"] == "exact" or explained > total):
        faults.append(f"{explained} of {total} ns are explained")
    if report["lost"]:
        faults.append(f"{report['lost']} records lost")
    if report["calls"] != len(durations):
        faults.append(f"{report['calls']} of {len(durations)} calls")
    # The program measures around the call, so its own are longer; where it was held up between its clock and
    # the call, by much.
    if report["max_ns"] > max(durations):
        faults.append(f"the slowest took {report['max_ns']} ns, and {max(durations)} by the program's own clock")


def judge(report, account, names):
    """report: hunt's object; account: the program's; names: the culprit's kind may be called so. Who is to blame, and
    what other waits were on than those for peers, can only be known where waits are exact; else nobody may be named."""
    verdict = Verdict()
    # That others had the processor is true, too, and the busy machine's doing; so it has no rank.
    causes = [cause for cause in report["causes"] if kind_of(cause) != "no cpu"][:3]
    verdict.told = describe(report["causes"][:4])
    is_exact = report["mode"] == "exact"
    # From outside nobody sees whether C code sleeps.
    names = names if is_exact else names | {name.removeprefix("asleep in ") for name in names}
    places = {role: [place for place in account["places"] if place["role"] == role]
              for role in ("culprit", "waker", "meanwhile")}
    # Who can be to blame may be the slow call itself.
    culprits = places["culprit"] + places["meanwhile"]
    for rank, cause in enumerate(causes, 1):
        if kind_of(cause) in names and any(is_at(place, cause) for place in culprits):
            verdict.rank = rank
            behind = [cause, *all_behind(cause)]
            verdict.blamed, verdict.woken = (
                not is_exact or not places[role] or any(is_at(place, frame) for place in places[role] for frame in behind)
                for role in ("meanwhile", "waker"))
            is_told = is_exact or kind_of(cause) == "IO wait" or kind_of(cause).startswith("syscall ")
            verdict.named = not is_told or not account["on"] or any(account["on"] in names_on(frame) for frame in behind)
            break
    if not is_exact and any("woken_by" in cause for cause in report["causes"]):
        verdict.faults.append("somebody is named who is not known")
    check_consistency(report, account["durations_ns"], verdict.faults)
    return verdict
