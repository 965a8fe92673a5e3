#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is written about the tool agrees with the tool: man pages with --help and with JSON.

usage: docs.py TOOL PRINTER...

PRINTER writes what is printed into a folder: test_streams, test_hunt_print"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = {"": "gofuncgraph-c", "list": "gofuncgraph-c-list", "hunt": "gofuncgraph-c-hunt", "states": "gofuncgraph-c-states",
            "goroutines": "gofuncgraph-c-goroutines", "record": "gofuncgraph-c-record", "replay": "gofuncgraph-c-replay",
            "report": "gofuncgraph-c-report", "export": "gofuncgraph-c-export", "bpftrace": "gofuncgraph-c-bpftrace"}


class Skipped(Exception):
    """A test that this machine lacks something for."""


def page(name, section=8):
    return (ROOT / "man" / f"{name}.{section}").read_text()


def section(text, title):
    return re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', text, re.M | re.S).group(1)


# ---- options ----


def options_of_help(tool, command):
    """[group, then "-p --pid=PID" and so on], in order."""
    text = subprocess.run([tool, *command.split(), "--help"], check=True, capture_output=True, text=True).stdout
    found = []
    for line in text.split("\nUsage: ")[1].splitlines():
        group = re.fullmatch(r"([A-Z][\w ,]*?)(?: \(else \^C does\))?:", line)
        option = re.match(r"  (?:-(\S), |    )--([\w-]+)(?:\[?=(\w+)\]?)?(?:  |$)", line)
        argument = re.match(r"  (-- ARG\.\.\.|[A-Z]+(?:=VALUE)?)  ", line)
        if group:
            found.append(group.group(1))
        elif option:
            found.append(option.groups())
        elif argument:
            found.append(argument.group(1))
    return found


def options_of_page(name):
    """The same of a page's section OPTIONS, as far as its own lists go and not those in them."""
    found, depth = [], 0
    for line in section(page(name), "OPTIONS").splitlines():
        depth += line.startswith(".Bl") - line.startswith(".El")
        if line.startswith(".Ss "):
            found.append(line[4:])
        if depth != 1 or not line.startswith(".It "):
            continue
        option = re.fullmatch(r"\.It (?:Fl (\S+) , )?Fl -([\w-]+)(?:(?: Ns Op = Ns)? Ar (\w+))?", line)
        if line == ".It Fl - Op Ar ARG ...":
            found.append("-- ARG...")
        elif option:
            short, long, value = option.groups()
            found.append((short and short.replace(r"\&", ""), long, value))
        else:
            found.append(line[4:].replace("Ar ", "").replace(" Ns = Ns ", "="))
    return found


def test_options(tool, *printers):
    """Each command's page has the options of its --help, in the same groups and in the same order."""
    for command, name in COMMANDS.items():
        helped, described = options_of_help(tool, command), options_of_page(name)
        assert len(helped) > 5
        assert helped == described, f"{name}:\n{helped}\n{described}"


def test_readme(tool, *printers):
    """The options that README.md names in its table are in that order, too."""
    table = re.search(r"\| option \|.*?\n\n", (ROOT / "README.md").read_text(), re.S).group(0)
    named = re.findall(r"`--([\w-]+)", "\n".join(line.rsplit("|", 2)[0] for line in table.splitlines()))
    helped = [option[1] for option in options_of_help(tool, "") if isinstance(option, tuple)]
    assert len(named) > 8 and named == [option for option in helped if option in named], named


def test_commands(tool, *printers):
    """Each command is named by --help and by the main page, and has a page that both point to."""
    text = subprocess.run([tool, "--help"], check=True, capture_output=True, text=True).stdout
    commands = re.findall(r"^  ([a-z]+)  ", text.split("\nCommands;")[1], re.M)
    assert commands == [command for command in COMMANDS if command]
    assert re.findall(r"^\.It Cm (\w+)$", section(page("gofuncgraph-c"), "COMMANDS"), re.M) == commands
    for command in commands:
        help_text = subprocess.run([tool, command, "--help"], check=True, capture_output=True, text=True).stdout
        assert f"See {COMMANDS[command]}(8)." in help_text
        assert f".Xr {COMMANDS[command]} 8" in page("gofuncgraph-c")


# ---- JSON ----

# Their members are not fixed names, but those of states and of reasons.
OPEN = {"states_ns": {"running", "waiting"}, "self_states_ns": {"running", "waiting"}, "waiting": set(), "ns": set(),
        "ends": set()}


def members(value, name=""):
    found = set()
    if isinstance(value, list):
        for item in value:
            found |= members(item, name)
    if not isinstance(value, dict):
        return found
    for key, item in value.items():
        if name not in OPEN or key in OPEN[name]:
            found.add(key)
        found |= members(item, "" if name == "waiting" else key)
    return found


def test_json(tool, *printers):
    """What is written as JSON is described, and what is described is written."""
    described = set()
    for line in re.findall(r"^\.It Va (.*)$", page("gofuncgraph-c-json", 5), re.M):
        described |= set(line.split(" , "))
    # In the text about an object: those of the places, and what has no list of its own.
    described |= {"running", "waiting", "ns", "count"}
    written = set()
    with tempfile.TemporaryDirectory() as folder:
        for printer in printers:
            subprocess.run([printer, folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in pathlib.Path(folder).glob("*json*"):
            for line in path.read_text().splitlines():
                written |= members(json.loads(line))
    assert len(written) > 30
    assert not written - described, f"not described: {written - described}"
    # Some are rare and not in those streams, but in the code that writes them.
    code = "".join(path.read_text() for path in (ROOT / "src").glob("*/*.c"))
    gone = {name for name in described - written if not re.search(rf'"{name}\\?"', code)}
    assert not gone, f"never written: {gone}"


# ---- the map ----


def test_map(tool, *printers):
    """The paths in HACKING.md and README.md are there, and no room is missing."""
    text = (ROOT / "HACKING.md").read_text()
    paths = {path for code in re.findall(r"`([^`\n]+)`", text) for path in [code.split(" ")[0]]
             if re.fullmatch(r"[\w.-]+/[\w./-]*|[A-Z]+\.md|\.clang-format", path)}
    both = text + (ROOT / "README.md").read_text()
    paths |= {path.rstrip(".") for path in re.findall(r"(?<![\w/-])(?:scripts|tests)/[\w./-]+", both)}
    # Those of Linux and of Go.
    paths -= {"kernel/trace/bpf_trace.c", "src/runtime/proc.go"}
    assert len(paths) > 40
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing, missing
    rooms = [path.name for path in (ROOT / "src").iterdir() if (path / "meson.build").exists()]
    unnamed = [room for room in rooms if f"| `src/{room}/` |" not in text]
    assert not unnamed, unnamed


# ---- form ----


def test_form(tool, *printers):
    """mandoc finds nothing to complain about."""
    if not shutil.which("mandoc"):
        raise Skipped("mandoc is not installed")
    for path in sorted((ROOT / "man").iterdir()):
        said = subprocess.run(["mandoc", "-T", "lint", path], capture_output=True, text=True, check=False)
        # Which other pages are installed here is not this page's.
        complaints = [line for line in (said.stdout + said.stderr).splitlines()
                      if "referenced manual not found" not in line and "outdated mandoc.db" not in line]
        assert not complaints, "\n".join(complaints)


def test_strings(tool, *printers):
    """A string is not split over lines, so that it can be searched for; but behind a line's end, as in help."""
    split = []
    for path in [*(ROOT / "src").rglob("*.[ch]"), *(ROOT / "bpf").glob("*.[ch]")]:
        lines = path.read_text().splitlines()
        split += [f"{path.relative_to(ROOT)}:{number}" for number, (one, next_one) in enumerate(zip(lines, lines[1:]), 1)
                  if re.search(r'"\s*\\?$', one) and not re.search(r'\\[nv]"\s*\\?$', one)
                  and re.match(r'\s*"', next_one)]
    assert not split, split


def test_references(tool, *printers):
    """A page that another one refers to is there, and so is a section."""
    for path in (ROOT / "man").iterdir():
        text = path.read_text()
        for name, number in re.findall(r"^\.Xr (gofuncgraph-c\S*) (\d)", text, re.M):
            assert (ROOT / "man" / f"{name}.{number}").exists(), (path, name)
        for title in re.findall(r"^\.Sx (.*?)(?: [.,;:)])?$", text, re.M):
            assert f"\n.Sh {title}\n" in text, (path, title)


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test(*sys.argv[1:])
            print(f"ok {number} - {name}")
        except Skipped as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except Exception as error:  # whatever it is, the others are run
            failed += 1
            print(f"not ok {number} - {name}")
            print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()))
    return failed != 0


sys.exit(main())
