# SPDX-License-Identifier: MIT
"""Maps that are larger than what is looked at first, and such whose keys make no object."""

import pytest

from test_typed import entries, in_order

SWISS = ["1.24", "1.27"]


def values_of(tracer):
    return [[(arg["value"], arg.get("state"), arg.get("states")) for arg in call["args"]] for call in in_order(tracer)]


@pytest.mark.parametrize("version", ["1.22", *SWISS])
@pytest.mark.parametrize("size", [9, 14, 28, 40, 2000])
def test_large(binary, start, trace, version, size):
    """What is shown is right, and is all of it where there are no more groups than are looked at."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "--arg", "a", program.path, "main.largeMaps")
    told = program.work(f"largeMaps {size}")
    (value, state, _), = values_of(tracer.stop())[0]
    whole = told[0][0]["value"]
    assert value == {key: whole[key] for key in value}
    assert state == (None if len(value) == size else "truncated")
    if version in SWISS:
        # 4 groups of 8, which may be less than half full after tables were split.
        assert len(value) >= (size if size <= 28 else 4)
    elif size <= 14:
        # 2 and 4 buckets, with those that they overflowed into.
        assert len(value) == size
    else:
        assert value
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.19", "1.23"])
def test_overflow(binary, start, trace, version):
    """Four buckets of eight, of which one in seven or so is too small where there are 25 entries."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "--arg", "a", program.path, "main.largeMaps")
    told = [program.work("largeMaps 25")[0][0]["value"] for _ in range(50)]
    shown = [(value, state) for (value, state, _), in values_of(tracer.stop())]
    assert shown == [(value, None) for value in told]
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.22", *SWISS])
@pytest.mark.parametrize("size", [3, 8])
def test_wide(binary, start, trace, version, size):
    """A group of more than half a KiB is shown as a whole, keys and all."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "-a", program.path, "main.wideMaps")
    told = program.work(f"wideMaps {size}")
    (first, second), = values_of(tracer.stop())
    assert first == (told[0][0]["value"], None, None)
    assert second == (told[0][1]["value"], None, None)
    assert program.code_is_clean()


@pytest.mark.parametrize("version", ["1.22", "1.27"])
def test_texts(binary, start, trace, version):
    """An entry whose key there was no room for is one of those that are not shown."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "-a", program.path, "main.largeMaps")
    told = program.work("largeMaps 28")
    for (value, state, _), whole in zip(values_of(tracer.stop())[0], told[0]):
        assert value and value == {key: whole["value"][key] for key in value}
        assert state == (None if len(value) == 28 else "truncated")
    tracer = trace("-a", program.path, "main.largeMaps")
    program.work("largeMaps 28")
    shown, = entries(tracer.stop())
    assert "key" in shown and "...:" not in shown


@pytest.mark.parametrize("version", ["1.22", "1.27"])
def test_keys_that_look_alike(binary, start, trace, version):
    """No object has a key twice: a map whose keys would be the same is a list."""
    program = start(binary("typed", version=version))
    tracer = trace("-f", "json", "-a", program.path, "main.alike")
    program.work("alike")
    a, b, c, d = values_of(tracer.stop())[0]
    assert sorted(a[0], key=lambda one: one["value"]) == [{"key": "x" * 64, "value": value} for value in (1, 2)]
    assert a[2] == {"[0].key": "truncated", "[1].key": "truncated"}
    assert sorted(b[0], key=lambda one: one["value"]) == [{"key": "NaN", "value": value} for value in (3, 4)]
    assert c[0] == {"1": 5, '"1"': 6}
    assert sorted(d[0], key=lambda one: one["value"]) == [{"key": {"X": 1, "Y": 2}, "value": value} for value in (7, 8)]
