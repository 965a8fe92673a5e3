# SPDX-License-Identifier: MIT
"""Values of calls: what a program says that it was given is what the tracer shows."""

import re
import subprocess

import pytest

from harness import tool

STRIPPED, PIE, PLAIN = ["-ldflags=-s -w"], ["-buildmode=pie", "-ldflags=-s -w"], ["-gcflags=all=-N -l"]
BUILDS = [("1.19", []), ("1.19", STRIPPED), ("1.21", PLAIN), ("1.22", PIE), ("1.24", STRIPPED), ("1.27", []),
          ("1.27", PIE), ("1.27", PLAIN)]
METHODS = ["uprobe_multi", "tracefs", "perf_event"]

WORDS = ("main.words(a=%ax:s64, b=%bx:u8, c=%cx:s16, d=%di:bool, e=+0(%rsi):s32, s=(%r8,%r9):string, "
         "len=%r9:u64, x=%r10:u32, u=r11:u64)")
STACKED = "main.stacked(a0=+8(%sp):s64, a1=+16(%sp):u64, s=(%ax,%bx):string, b0=+24(%sp):s64, b1=+0x20(%rsp):s64)"
RECORDS = ("main.(*record).show(name=+0(%ax):string, f32=+16(%ax):f32, f64=+24(%ax):f64, key=+32(%ax):c128, "
           "+0(+48(%ax)):u16, deep=+8(+48(%ax)):string, *+56(%ax):string, +64(%ax):bool, +65(%ax):bool, n=%bx:s64)")
HOSTILE = "main.hostile(p=+0(%ax):s64, chars=(*%ax):c64, s=(%bx,%cx):string, t=(%di,%si):string)"
LARGE = "main.large(n=%ax:s64, r12=%r12:u64)"
GROW = "main.grow(depth=%ax:s64, text=(%bx,%cx):string)"
REPEAT = "main.countdown(n=+8(%sp):s64, ax=%ax:u64)"
ALL = {"words": WORDS, "records": RECORDS, "hostile": HOSTILE, "large": LARGE, "grow 3 300": GROW, "repeat 7": REPEAT}

# Results: those of registers, what a pointer among them leads to, and those on the stack, behind the arguments.
RESULTS = [
    "main.divide(a=%ax:s64, b=%bx:s64)(q=%ax:s64, err=+0(%cx):string)",
    "main.recovered()(n=%ax:s64, text=(%bx,%cx):string)",
    "main.unnamed(n=%ax:s64)(n=%ax:s64, text=(%bx,%cx):string)",
    "main.stackedResults() (r0=+24(%sp):s64, r1=+32(%sp):s64, s=(%ax,%bx):string)",
    "main.panics()(n=%ax:s64)", "main.leaves()(n=%ax:s64)", "main.sum()(n=%ax:s64, text=(%bx,%cx):string)",
]


def name_of(build):
    return f"Go {build[0]} {' '.join(build[1])}".strip()


def shown(calls, member="args"):
    return [[[value["value"], value["state"]] if "state" in value else [value["value"]]
             for value in call.get(member, [])] for call in calls]


def run(*arguments):
    return subprocess.run([tool(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False)


def entries(text):
    """What stands between the brackets of each entry."""
    return re.findall(r"main\.[\w.(*)]+?\((.*)\) \{ ", text)


def check(tracer, told):
    calls = sorted(tracer.calls(), key=lambda call: call["start_ns"])
    have = shown(calls)
    assert len(have) == len(told)
    for got, wanted in zip(have, told):
        assert got == wanted


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_everything(binary, start, trace, build):
    """Registers, memory, texts, hostile addresses, stacks that grow, on all kinds of programs."""
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", program.path, *ALL.values())
    told = [call for command in ALL for call in program.work(command)]
    tracer.stop()
    check(tracer, told)
    assert program.code_is_clean()
    assert [value["expr"] for value in tracer.calls()[0]["args"]] == WORDS[11:-1].split(", ")


@pytest.mark.parametrize("method", METHODS)
def test_methods(binary, start, trace, method):
    program = start(binary("values"))
    tracer = trace("-f", "json", "--attach", method, program.path, *ALL.values())
    told = [call for command in ALL for call in program.work(command)]
    tracer.stop()
    check(tracer, told)


def check_results(tracer, told):
    """By function, in the order in which they returned."""
    calls = sorted(tracer.calls(), key=lambda call: call["start_ns"] + call["duration_ns"])
    for function, wanted in told.items():
        have = shown([call for call in calls if call["function"] == function], "results")
        assert have == [results or [] for results in wanted], function


@pytest.mark.parametrize("build", BUILDS, ids=name_of)
def test_results(binary, start, trace, build):
    """Of returns of all kinds, and of none where a call ends without one."""
    program = start(binary("values", version=build[0], flags=build[1]))
    tracer = trace("-f", "json", program.path, *RESULTS)
    told = program.work("results")
    tracer.stop()
    check_results(tracer, told)
    assert shown([call for call in tracer.calls() if call["function"] == "main.divide"]) == [
        [[100], [b]] for b in (3, 0, -7)]
    assert program.code_is_clean()


@pytest.mark.parametrize("arguments", [["--attach", method] for method in METHODS] + [["--no-emulate-ret"]],
                         ids=" ".join)
def test_results_by_all_means(binary, start, trace, arguments):
    program = start(binary("values"))
    tracer = trace("-f", "json", *arguments, program.path, *RESULTS)
    told = program.work("results")
    tracer.stop()
    check_results(tracer, told)


@pytest.mark.parametrize("arguments", [[], ["--live"], ["--leaf"], ["--slower", "1ns"], ["--slowest", "2"],
                                       ["--states"]], ids=" ".join)
def test_results_in_text(binary, start, trace, arguments):
    program = start(binary("values"))
    tracer = trace(*arguments, "-u", "main.divide()(q=%ax:s64, err=+0(%cx):string)", program.path, "main.divide")
    program.work("results")
    tracer.stop()
    results = re.findall(r"main\.divide\S* = (\(.*?\))", tracer.out)
    wanted = ["(q=33, err=nil)", '(q=0, err="divide by zero")', "(q=-14, err=nil)"]
    assert len(results) == 2 if "--slowest" in arguments else results == wanted


def test_stack(binary, start, trace):
    """Arguments that no register is left for. Arrays of more than one element never are in registers."""
    program = start(binary("values"))
    tracer = trace("-f", "json", program.path, STACKED)
    told = program.work("stacked")
    tracer.stop()
    check(tracer, told)


def test_text(binary, start, trace):
    program = start(binary("values"))
    tracer = trace(program.path, *ALL.values())
    for command in ALL:
        program.work(command)
    tracer.stop()
    lines = entries(tracer.out)
    assert lines[2] == ('a=-9223372036854775808, b=120, c=-14000, d=false, e=-5, s="héllo \\"wörld\\"\\n\\x00", '
                        'len=17, x=4294967293, u=9223372036854775808')
    assert lines[4].split(", ")[5] == f's="{"b" * 128}"...+1'
    assert lines[5] == ('name="zhang", f32=0.1, f64=3.141592653589793, key="key\\xff", +0(+48(%ax))=7, deep="deep", '
                        '*+56(%ax)="next", +64(%ax)=true, +65(%ax)=false, n=3')
    assert lines[8] == f'p=unreadable, chars=unreadable, s=unreadable, t="{"0123456789" * 4}"...+60'
    assert lines[10].endswith(f', t="{"0123456789" * 4}"...+{2**64 - 1 - 40}')
    assert "n=9, r12=?" in lines
    assert lines[-1] == "n=?, ax=?"


@pytest.mark.parametrize("arguments", [[], ["--live"], ["--leaf"], ["--slower", "1ns"], ["--slowest", "2"], ["--stack"],
                                       ["--states"]], ids=" ".join)
def test_with_others(binary, start, trace, arguments):
    """Values are with their calls whatever else is asked for, and whatever keeps the trees meanwhile."""
    program = start(binary("values"))
    tracer = trace(*arguments, program.path, LARGE)
    program.work("large")
    tracer.stop()
    assert tracer.out.count("main.large(n=9, r12=?)") == 1


def test_live_json(binary, start, trace):
    program = start(binary("values"))
    tracer = trace("--live", "-f", "json", program.path, LARGE)
    program.work("large")
    tracer.stop()
    events = {event["event"]: event for event in tracer.calls()}
    assert shown([events["entry"]]) == shown([events["exit"]]) == [[[9], [None, "unknown"]]]


def test_inside_of_trees(binary, start, trace):
    """Values of functions that -u shows, and of those alone that have a list."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "-u", GROW, program.path, "main.giveGrow*")
    told = program.work("grow 1 50")
    tracer.stop()
    calls = [call for call in tracer.calls() if call["function"] == "main.grow"]
    assert sorted(shown(calls)) == sorted(told)
    assert all("args" not in call for call in tracer.calls() if call["function"] != "main.grow")


def test_wildcards(binary, start, trace):
    """A list holds for all functions that its pattern matches; of several lists the last one counts."""
    program = start(binary("values"))
    tracer = trace("-f", "json", "-u", "main.*(first=%ax:x64)", "-u", "main.l*", program.path,
                   "main.(*record).*(second=%bx:s64)", "main.large")
    program.work("records")
    program.work("large")
    tracer.stop()
    values = {call["function"]: [value["expr"] for value in call["args"]] for call in tracer.calls()}
    assert values == {"main.(*record).show": ["second=%bx:s64"], "main.large": ["first=%ax:x64"]}


def test_empty_list(binary, start, trace):
    program = start(binary("values"))
    tracer = trace("-f", "json", program.path, "main.large()")
    program.work("large")
    tracer.stop()
    assert "args" not in tracer.calls()[0]


@pytest.mark.parametrize("pattern, message, column", [
    ("main.large(n=%zx:s64)", "no register of this name", 13),
    ("main.large(n=%ax:s65)", "a type is expected here", 17),
    ("main.large(n=%ax:s64", "')' is expected here", 20),
    ("main.(*record).show(ä=%ax:u8, %xmm0:f32)", "floating-point numbers", 30),
    ("main.l*(%ax:string)", "a string is two words", 8),
    ("main.large(n=%ax:s64)(r=%ax:s65)", "a type is expected here", 28),
    ("main.large(n=%ax:s65)(r=%ax:s64)", "a type is expected here", 17),
    ("main.large()(r=%ax:s64", "')' is expected here", 22),
], ids=lambda value: str(value))
def test_mistakes(binary, pattern, message, column):
    """The line below the pattern has a caret under the place."""
    done = run(binary("values"), pattern)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert message in lines[0]
    assert lines[1:] == [f"  {pattern}", f"  {' ' * column}^"]


def test_no_values_of_what_is_taken_out(binary):
    done = run("-u", "main.*", "-u", "!main.large(n=%ax:s64)", binary("values"))
    assert done.returncode == 1
    assert "takes functions out" in done.stderr


@pytest.mark.parametrize("command, what", [("bpftrace", "a script"), ("hunt", "hunt")])
def test_no_values_elsewhere(binary, command, what):
    """What shows none says so, instead of leaving them out silently."""
    done = run(command, binary("values"), "main.large(n=%ax:s64)")
    assert done.returncode == 1
    assert f"{what} shows no values" in done.stderr


def test_listed(binary):
    """list takes patterns as they are."""
    done = run("list", binary("values"), "main.large(n=%ax:s64)")
    assert done.returncode == 0 and "main.large" in done.stdout


def test_register_names_of_the_program(binary):
    """They are those of the file's processor."""
    done = run(binary("values"), "main.large(n=%x1:s64)")
    assert done.returncode == 1
    assert "x86-64" in done.stderr or "floating-point" in done.stderr


@pytest.mark.parametrize("version", ["1.19", "1.27"])
def test_request_of_a_server(binary, start, trace, version):
    """README: which request it was, on a stripped server."""
    program = start(binary("requests", version=version, flags=STRIPPED))
    tracer = trace("-f", "json", program.path, "main.handle(method=+0(%cx):string, path=+56(+16(%cx)):string)")
    program.work("GO 2 3")
    tracer.stop()
    calls = tracer.calls()
    assert len(calls) == 6
    assert shown(calls) == [[["GET"], ["/"]]] * 6
