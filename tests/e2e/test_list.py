# SPDX-License-Identifier: MIT
"""The list command: what would be traced, without privileges and without touching anything."""

import os
import re
import subprocess

import pytest

from harness import WAIT_SECONDS, told_counts, tool


def list_functions(*arguments, **options):
    return subprocess.run([tool(), "list", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False, **options)


LINE = re.compile(r"0x[0-9a-f]+ +\+\d+ \S+, (?:emulated|single-step)(?:, [a-z ]+?)? +"
                  r"(?:none|\+\d+(?: tail call)?(?:, \+\d+(?: tail call)?)*(?: and \d+ more)?) +"
                  r"(?P<name>\S.*?)(?P<target> \[target\])?")


def parse(text):
    """The functions listed: {name: is it a target}."""
    lines = [line for line in text.splitlines() if line.startswith("0x")]
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches) if not match][:3]
    return {match["name"]: bool(match["target"]) for match in matches}


def test_process(binary, start):
    """-p means the same as when tracing: the file that it runs, whatever its name leads to now."""
    path = binary("calls")
    program = start(path)
    wanted = list_functions("-u", "main.*", path, "main.root").stdout
    path.unlink()
    done = list_functions("-u", "main.*", "-p", program.pid, "main.root")
    assert done.returncode == 0 and parse(done.stdout) == parse(wanted)
    thread = next(one for one in os.listdir(f"/proc/{program.pid}/task") if int(one) != program.pid)
    done = list_functions("-p", thread, "main.root")
    assert done.returncode == 1 and f"{thread} is a thread of process {program.pid}: use -p" in done.stderr
    assert program.finish() == 0
    done = list_functions("-p", program.pid, "main.root")
    assert done.returncode == 1 and f"there is no process {program.pid}" in done.stderr


def test_functions_and_sites(binary):
    done = list_functions("-u", "main.*", binary("calls"), "main.root")
    assert done.returncode == 0, done.stderr
    names = parse(done.stdout)
    for name in ("main.root", "main.branch", "main.leaf", "main.number.double", "main.(*holder).pointer",
                 "main.closures.func1"):
        assert name in names, name
    assert not any(name.startswith("fixture/protocol") for name in names)
    assert [name for name, target in names.items() if target] == ["main.root"]


def test_names(binary):
    """--names: the same functions, in the same order, and nothing else."""
    program = binary("calls")
    for arguments in (["-u", "main.*", program], [program]):
        done = list_functions("--names", *arguments)
        assert done.returncode == 0 and done.stdout.splitlines() == list(parse(list_functions(*arguments).stdout))


def test_agrees_with_tracing(binary, run_tool):
    """As many probes as the tracer then sets."""
    path = binary("requests")
    done = list_functions("-u", "net/http*", path, "main.handle")
    functions, probes, own = told_counts("# functions, # probes and # for the tracer itself", done.stdout)
    tracer = run_tool("-u", "net/http*", path, "main.handle").await_tracing()
    tracer.stop()
    assert probes > 1000
    assert told_counts(r"tracing # functions \(# probes\)", tracer.err) == (functions, probes + own)


@pytest.mark.skipif(os.geteuid() != 0, reason="not root, so nothing to give up")
def test_needs_no_privileges(binary, tmp_path):
    path = binary("calls")
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 1:
            folder.chmod(folder.stat().st_mode | 0o11)
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all",
                           tool(), "list", "-u", "main.*", path], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False)
    if "ermission denied" in done.stderr and "main.root" not in done.stdout:
        assert os.stat(path).st_mode & 4
    assert done.returncode == 0, done.stderr
    assert "main.root" in done.stdout


def test_exclusion(binary):
    done = list_functions("-u", "main.*", "-u", "!main.*even", "-u", "!main.odd", binary("calls"))
    assert done.returncode == 0
    names = parse(done.stdout)
    assert "main.leaf" in names and not {"main.even", "main.odd"} & set(names)


def test_vendored_packages(binary):
    path = binary("requests")
    name = "vendor/golang.org/x/net/dns/dnsmessage.(*Parser).Start"
    assert name not in list_functions("-u", "*dnsmessage*", "-u", "main.*", path).stdout
    assert name not in list_functions("-u", "*dnsmessage*", "-u", "main.*", "--exclude-vendor", path).stdout
    assert name in list_functions("-u", "*dnsmessage*", "--include-vendor", path).stdout
    # Who names it means it.
    assert name in list_functions("-u", "vendor/golang.org/x/net/dns/*", path).stdout


def test_everything(binary):
    """All functions of a program with an HTTP server in it; what is left out has a reason."""
    done = list_functions("--include-vendor", "-u", "*", binary("requests"))
    assert done.returncode == 0, done.stderr
    names = parse(done.stdout)
    assert {"main.handle", "net/http.HandlerFunc.ServeHTTP", "runtime.mallocgc", "fmt.Fprintf"} <= set(names)
    assert len(names) > 5000


def test_left_out_with_a_reason(binary):
    """The kernel refuses probes on some instructions."""
    done = list_functions("-u", "main.*", "-u", "runtime.abort", binary("ends"))
    assert not any(name.startswith("runtime.abort") for name in parse(done.stdout))
    assert re.search(r"^left out: 0x[0-9a-f]+ runtime\.abort(?:\.abi0)?: \S+", done.stdout, re.M)
    assert re.search(r"\d+ left out", done.stdout)


def test_signal_trampoline_is_left_alone(binary):
    """It is known by its bytes."""
    done = list_functions("-u", "main.*", "-u", "runtime.sigreturn*", binary("calls"))
    assert not any(name.startswith("runtime.sigreturn") for name in parse(done.stdout))
    assert re.search(r"^left out: 0x[0-9a-f]+ runtime\.sigreturn\S*: .*by its first bytes", done.stdout, re.M)


def test_inlined_function_says_where(binary):
    done = list_functions("-u", "main.small", binary("inlined"))
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "inlined" in said and "main.caller" in said and re.search(r"inlined/main\.go:1[0-9]", said), said


def test_nothing_matched_suggests(binary):
    done = list_functions("-u", "main.branhc", binary("calls"))
    assert done.returncode == 1
    assert "main.branch" in done.stderr


def warnings(*arguments):
    done = list_functions(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def test_one_of_several_matches_nothing(binary):
    """Whatever it is: the same is said of it as if it were the only one."""
    path = binary("calls")
    said = warnings("-u", "main.*", "-u", "main.branhc", "-u", "!main.evne", path, "main.root", "main.laef")
    assert len(said) == 3, said
    assert "'main.branhc'; did you mean main.branch?" in said[0]
    assert "'!main.evne'; did you mean main.even?" in said[1]
    assert "the target 'main.laef'; did you mean main.leaf?" in said[2]


def test_one_of_several_is_inlined(binary):
    (said,) = warnings("-u", "main.caller*", "-u", "main.small", binary("inlined"))
    assert "main.small is only there inlined, into main.caller" in said and "go:noinline" in said


def test_one_of_several_is_vendored(binary):
    (said,) = warnings("-u", "main.*", "-u", "*dnsmessage.(?Parser).Start", binary("requests"))
    assert "only functions of vendored packages match '*dnsmessage.(?Parser).Start'" in said


def test_many_match_nothing(binary):
    """A few are told of, the others counted."""
    wrong = [word for number in range(30) for word in ("-u", f"main.branhc{number}")]
    said = warnings("-u", "main.*", *wrong, binary("calls"))
    assert len(said) == 6 and "25 more patterns match no function" in said[-1], said
    done = list_functions(*wrong, binary("calls"))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 6
    assert "'main.branhc0'; did you mean main.branch?" in done.stderr.splitlines()[-1]
