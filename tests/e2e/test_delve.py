# SPDX-License-Identifier: MIT
"""Values of arguments against Go's own debugger, which stops the same program at the same functions."""

import datetime
import json
import socket
import struct

import pytest

import builds
from harness import WAIT_SECONDS, Process
from test_typed import COMMANDS, NAMES, in_order
from values import Comparison

# Not generic functions, whose types the debugger names otherwise, nor what has padding between parts in registers:
# the debugger reads them one behind the other. The last one is called at last.
TARGETS = [f"main.{name}" for name in NAMES if "[" not in name and name not in ("inRegisters", "structs")]
TARGETS.append("main.request")
LOAD = {"followPointers": True, "maxVariableRecurse": 4, "maxStringLen": 300, "maxArrayValues": 300, "maxStructFields": -1}
# Of Delve: service/api/types.go, and reflect.Kind.
ARGUMENT = 1 << 3
BOOL, INTS, FLOAT32, FLOAT64, COMPLEX, ARRAY = 1, range(2, 13), 13, 14, (15, 16), 17
CHAN, FUNC, INTERFACE, MAP, POINTER, SLICE, STRING, STRUCT = range(18, 26)


class Debugger(Process):
    """Delve, with a program that it has started."""

    def __init__(self, delve, path, folder):
        self.address = str(folder / "delve")
        self.socket = socket.socket(socket.AF_UNIX)
        super().__init__([delve, "exec", "--headless", "--api-version=2", "--check-go-version=false",
                          f"--listen=unix:{self.address}", path])

    def connect(self):
        line = b""
        while b"listening" not in line:
            line = self.lines.get(timeout=WAIT_SECONDS)
            if line is None and "operation not permitted" in self.err:
                pytest.skip(f"nothing can be debugged here: {self.err}")
            assert line is not None, self.err
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(self.address)
        self.stream = self.socket.makefile("rw")
        return self

    def ask(self, method, **parameters):
        self.stream.write(json.dumps({"method": f"RPCServer.{method}", "params": [parameters], "id": 1}) + "\n")
        self.stream.flush()
        answer = json.loads(self.stream.readline())
        assert not answer.get("error"), f"{method}: {answer['error']}"
        return answer["result"]

    def calls(self, functions, last):
        """(function, arguments) of each call, until the last one begins."""
        for function in functions:
            self.ask("CreateBreakpoint", Breakpoint={"functionName": function, "LoadArgs": LOAD})
        self.child.stdin.write("".join(f"{command}\n" for command in COMMANDS).encode())
        self.child.stdin.flush()
        function = None
        while function != last:
            thread = self.ask("Command", name="continue")["State"]["currentThread"]
            function = thread["function"]["name"]
            yield function, thread["breakPointInfo"]["arguments"]

    def destroy(self):
        """It takes the program with it."""
        self.socket.close()
        super().destroy()


class Known:
    """A variable of Delve's, as values are compared (tests/lib/values.py)."""

    def __init__(self, variable):
        self.states = {}
        self.value = self.read(variable, "")

    def as_told(self):
        return {"value": self.value, "states": self.states}

    def nothing(self, path):
        """The debugger does not know, or does not look that deep."""
        self.states[path] = "unknown"

    def read(self, variable, path):
        kind, text, children = variable["kind"], variable["value"], variable["children"]
        if variable["unreadable"] or variable["onlyAddr"]:
            return self.nothing(path)
        if kind == BOOL:
            return text == "true"
        if kind in INTS:
            return int(text.split("(")[-1].rstrip(")"))  # or "Second (1000000000)"
        if kind in (FLOAT32, FLOAT64):
            return float(text) if kind == FLOAT64 else shortest(float(text))
        if kind in COMPLEX:
            real, imaginary = (float(part["value"]) for part in children)
            return f"({real:g}{imaginary:+g}i)"
        if kind == STRING:
            return text
        if kind == FUNC:
            return text or None
        return self.read_parts(variable, kind, children, path)

    def read_parts(self, variable, kind, children, path):
        if kind == STRUCT and variable["type"] == "time.Time":
            return time_text(children)
        if kind in (STRUCT, ARRAY, SLICE, MAP) and variable["len"] and not children:
            return self.nothing(path)
        if kind == STRUCT:
            return {part["name"]: self.read(part, f"{path}.{part['name']}") for part in children if part["name"] != "_"}
        if kind == ARRAY or kind == SLICE and variable["base"]:
            return self.read_elements(children, path, kind == SLICE and variable["type"] == "[]uint8")
        if kind == MAP and variable["base"]:
            return {key_text(key): self.read(value, f"{path}[{key_text(key)}]")
                    for key, value in zip(children[::2], children[1::2])}
        if kind == CHAN and children:
            return {"len": int(children[0]["value"]), "cap": int(children[1]["value"])}
        if kind == POINTER and children[0]["addr"]:
            return self.read(children[0], path)
        if kind == INTERFACE and children[0]["kind"]:
            return {"type": children[0]["type"], "value": self.read(children[0], path)}
        # An address (unsafe.Pointer) is another one each time; all else is nil.
        return None if kind in (SLICE, MAP, CHAN, POINTER, INTERFACE) else self.nothing(path)

    def read_elements(self, children, path, is_bytes):
        elements = [self.read(part, f"{path}[{number}]") for number, part in enumerate(children)]
        try:
            return bytes(elements).decode() if is_bytes else elements
        except UnicodeDecodeError:
            return elements


def shortest(number):
    """What float32 is written as."""
    return next(value for digits in range(1, 10) for value in [float(f"{number:.{digits}g}")]
                if struct.pack("f", value) == struct.pack("f", number))


def key_text(key):
    if key["kind"] == STRUCT:
        return "{" + ", ".join(f"{part['name']}: {part['value']}" for part in key["children"]) + "}"
    return key["value"]


def time_text(fields):
    """wall and ext without a monotonic clock: src/time/time.go."""
    nanoseconds, seconds = int(fields[0]["value"]), int(fields[1]["value"])
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{(datetime.datetime(1, 1, 1) + datetime.timedelta(seconds=seconds)).isoformat()}{fraction}Z"


@pytest.fixture
def debug(_processes, tmp_path):
    def make(path):
        try:
            delve = builds.fetch("delve")
        except builds.Unavailable as reason:
            pytest.skip(str(reason))
        _processes.append(Debugger(delve, path, tmp_path))
        return _processes[-1].connect()

    return make


@pytest.mark.parametrize("version", ["1.24", "1.27"])
@pytest.mark.parametrize("flags", [[], ["-gcflags=all=-N -l"], ["-buildmode=pie"]], ids=str)
def test_the_same(binary, start, trace, debug, version, flags):
    """Calls, names, types and values."""
    path = binary("typed", version=version, flags=flags)
    debugged = list(debug(path).calls(TARGETS, TARGETS[-1]))
    program = start(path)
    tracer = trace("-f", "json", "-a", path, *TARGETS)
    for command in COMMANDS:
        program.work(command)
    traced = in_order(tracer.stop())
    assert [call["function"] for call in traced] == [function for function, _ in debugged]
    comparison = Comparison()
    for call, (function, arguments) in zip(traced, debugged):
        # Parameters without a name are called ~p0.
        arguments = {one["name"]: one for one in arguments if one["flags"] & ARGUMENT and one["name"][0] != "~"}
        args = [one for one in call["args"] if one["name"] != "_"]
        assert {one["name"]: one["type"] for one in args} == {name: one["type"] for name, one in arguments.items()}
        for one in args:
            is_float = "float" in one["type"] or "complex" in one["type"]
            known = Known(arguments[one["name"]]).as_told()
            assert not comparison.differ(known, one, may_be_unknown=is_float), function
    comparison.account()  # raises if that was too little
