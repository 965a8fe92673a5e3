# SPDX-License-Identifier: MIT
"""What contexts say is what the program's own calls of their methods say."""

import re

import pytest

from test_typed import PIE, entries, in_order

BUILDS = [("1.19", []), ("1.21", []), ("1.24", PIE), ("1.27", []), ("1.27", PIE)]
DONE = {None: None, "context canceled": "canceled", "context deadline exceeded": "deadline exceeded"}


def contexts(tracer):
    found = [call["args"][0]["value"].get("context", {}) for call in in_order(tracer)]
    return [[context.get("deadline"), context.get("done"), context.get("state")] for context in found]


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_deadline_and_end(binary, start, trace, build):
    program = start(binary("typed", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", "-a", program.path, "main.contexts")
    told = program.work("contexts")
    assert len(told) >= 11
    assert contexts(tracer.stop()) == [[deadline, DONE[error], None] for deadline, error in told]
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.21", "1.27"])
def test_text(binary, start, trace, version):
    program = start(binary("typed", version=version))
    tracer = trace("-a", program.path, "main.contexts")
    program.work("contexts")
    lines = [re.sub(r"deadline: [-0-9T:.]+Z", "deadline: T", line) for line in entries(tracer.stop())]
    assert lines[:4] == ["c = context.Context{}", 'c = context.Context{main.contextKey{}: "plain"}',
                         'c = context.Context{main.contextKey{}: "plain"}',
                         'c = context.Context{deadline: T, main.contextKey{}: "plain"}']
    assert lines[4].startswith('c = context.Context{deadline: T, main.contextKey{}: "deep", main.contextKey{}: "deep", ')
    assert lines[6] == 'c = context.Context{done: canceled, main.contextKey{}: "plain"}'
    assert lines[9] == "c = context.Context{deadline: T, done: deadline exceeded}"


@pytest.mark.parametrize("version", ["1.19", "1.21", "1.27"])
def test_what_is_not_known(binary, start, trace, version):
    """A context of the program's own may say anything, and there may be too many."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "-a", program.path, "main.contexts")
    told = program.work("otherContexts")
    assert told == [[None, "context canceled"], [None, "context canceled"], [None, None], [None, "own error"]]
    assert contexts(tracer.stop()) == [[None, None, None], [None, None, "depth"], [None, None, "depth"],
                                       [None, "why is not known", "depth"]]
    tracer = trace("-a", program.path, "main.contexts")
    program.work("otherContexts")
    lines = entries(tracer.stop())
    assert lines[0].startswith("c = main.ownContext{")
    assert lines[1] == 'c = context.Context{main.contextKey{}: "of its own", ...}'
    assert lines[2].startswith("c = context.Context{main.contextKey{}: 19, main.contextKey{}: 18, ")
    assert lines[2].endswith(", ...}")
    assert lines[3] == "c = context.Context{done: why is not known, ...}"
