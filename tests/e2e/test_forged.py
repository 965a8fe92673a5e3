# SPDX-License-Identifier: MIT
"""Programs that write into their own goroutines, and hits that nobody can tell whose they are."""

import os

import pytest

from harness import await_condition, check_same

FUNCTIONS = ["-u", "main.root", "-u", "main.leaf"]


@pytest.mark.parametrize("version", [None, "1.19", "1.24"], ids=["installed Go", "Go 1.19", "Go 1.24"])
def test_forged_ids_end_one_process_only(binary, start, trace, version):
    """Others that run the same binary are traced as if nothing had happened."""
    path = binary("forger", version=version)
    honest, forger, later = start(path), start(path), start(path)
    tracer = trace("-f", "json", *FUNCTIONS, path, "main.root")
    journals = honest.work("GO 3")
    forger.work("forge")
    journals += honest.work("GO 3")
    await_condition(lambda: "is not traced any more" in tracer.err, "forged ids are not noticed")
    forger.work("GO 3")
    forger.work("forge")
    journals += later.work("GO 3")
    calls = tracer.stop().calls()
    assert tracer.err.count("is not traced any more") == 1
    assert f"warning: process {forger.pid} is not traced any more" in tracer.err
    check_same([call for call in calls if call["pid"] != forger.pid], journals)
    forged = [call for call in calls if call["pid"] == forger.pid]
    assert {call["goid"] for call in forged} == {7777}
    assert {call["end"] for call in forged if call["function"] == "main.root"} == {"lost"}
    for program in (honest, forger, later):
        assert program.finish() == 0


def test_a_new_program_is_believed_again(binary, start, trace):
    """The pid says nothing: what is not believed is the program that forged."""
    path = binary("forger")
    other, forger = start(path), start(path)
    tracer = trace("-f", "json", *FUNCTIONS, path, "main.root")
    forger.work("forge")
    await_condition(lambda: "is not traced any more" in tracer.err, "forged ids are not noticed")
    assert forger.finish() == 0
    new = start(path)
    journals = new.work("GO 2") + other.work("GO 2")
    calls = tracer.stop().calls()
    check_same([call for call in calls if call["pid"] != forger.pid], journals)


@pytest.mark.parametrize("way", ["-p", "alone"])
def test_forged_ids_of_the_only_process(binary, start, trace, way):
    """Nothing is left to be traced: an error, which says what was found."""
    path = binary("forger")
    program = start(path)
    tracer = trace("-f", "json", *FUNCTIONS, *(["-p", str(program.pid)] if way == "-p" else [path]), "main.root")
    program.work("forge")
    assert tracer.wait() == 1
    assert f"what was taken for goroutine ids of process {program.pid}," in tracer.err
    assert program.finish() == 0


def test_a_hit_that_is_nobodys(binary, start, trace):
    """Whose a hit is cannot be read: it may have been of any call that is open in that process, and of no other."""
    path = binary("forger")
    # A signal handler would stumble over the g that is none.
    program = start(path, env={**os.environ, "GODEBUG": "asyncpreemptoff=1"})
    other = start(path)
    tracer = trace("-f", "json", *FUNCTIONS, "-u", "main.nothing", path, "main.root")
    journals = program.work("astray") + other.work("GO 1")
    tracer.stop()
    assert "1 probe hit was left out: the goroutine could not be read" in tracer.err or \
           "2 probe hits were left out: the goroutine could not be read" in tracer.err, tracer.err
    calls = tracer.calls()
    check_same(calls, journals)
    incomplete = {(call["pid"], call["function"]) for call in calls if call.get("incomplete")}
    assert incomplete == {(program.pid, "main.root")}
