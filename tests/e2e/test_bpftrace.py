# SPDX-License-Identifier: MIT
"""Scripts for bpftrace, run by Debian 13's bpftrace: what they say is what the program did."""

import collections
import os
import pathlib
import re
import signal
import subprocess

import pytest

import builds
from harness import WAIT_SECONDS, Process, Program, await_condition, told_counts, tool

TEMPLATES = builds.ROOT / "src" / "script" / "templates"
GOLDEN = pathlib.Path(__file__).parent / "golden"
OLDEST, NEWEST = "1.19", "1.27"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "GOFUNCGRAPH_TEMPLATES"}
BUILDS = [pytest.param((version, strip), marks=[pytest.mark.toolchains, pytest.mark.together(version, strip)],
                       id=f"go{version}{'-stripped' if strip else ''}")
          for version in (OLDEST, NEWEST) for strip in (False, True)]


def make(*arguments, folder=None, **options):
    """folder: of templates of one's own."""
    environment = {**ENVIRONMENT, "GOFUNCGRAPH_TEMPLATES": str(folder)} if folder else ENVIRONMENT
    return subprocess.run([tool(), "bpftrace", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False, env=environment, **options)


def script(*arguments):
    done = make(*arguments)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def bpftrace():
    """The program that runs scripts."""
    if os.geteuid() != 0:
        pytest.skip("bpftrace needs root")
    try:
        builds.fetch("bpftrace", "--fetch")
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    return builds.ROOT / "scripts" / "bpftrace"


def breakpoints(program):
    """How many bytes of its code in memory are breakpoints that its file does not have."""
    found = 0
    with open(f"/proc/{program.pid}/mem", "rb") as memory, open(f"/proc/{program.pid}/exe", "rb") as file:
        for line in pathlib.Path(f"/proc/{program.pid}/maps").read_text().splitlines():
            fields = line.split(maxsplit=5)
            if len(fields) < 6 or "x" not in fields[1] or fields[5] != str(program.path):
                continue
            start, end = (int(word, 16) for word in fields[0].split("-"))
            memory.seek(start)
            file.seek(int(fields[2], 16))
            loaded, stored = memory.read(end - start), file.read(end - start)
            at = -1
            while (at := loaded.find(b"\xcc", at + 1)) >= 0:
                found += at < len(stored) and stored[at] != 0xcc
    return found


class Run:
    """One script on the program: what bpftrace said, and what the program says that it did."""

    def __init__(self, bpftrace, folder, name, text, enough):
        self.text, self.enough, self.account = text, enough, None
        path = folder / f"{name}.bt"
        path.write_text(text)
        # As its first line says it wants to be run.
        words = text.splitlines()[0].removeprefix("#!/usr/bin/env -S bpftrace").split()
        self.process = Process([bpftrace, *words, path], stdin=subprocess.DEVNULL)

    @property
    def out(self):
        return self.process.out

    def rows(self, pattern):
        return re.findall(pattern, self.out, re.M)

    def check_alive(self):
        if self.process.child.poll() is not None:
            self.process.wait()
            raise AssertionError(f"bpftrace ended: {self.out} {self.process.err}")


def has_rows(number, pattern):
    return lambda run: len(run.rows(pattern)) >= number


# Each script's arguments, and when it has printed enough: bpftrace does not print what it has not
# printed yet when it is told to end.
SCRIPTS = {
    "latency": (["BINARY", "main.recursive", "main.work"], None),
    "empty": (["--empty", "BINARY", "main.handshake", "main.requests"], None),
    "goroutine": (["--template", "goroutine", "BINARY"],
                  lambda run: {tuple(pair) for pair in run.account["started"]} <=
                  {(int(child), int(parent)) for parent, child in run.rows(r"^\d+ +(\d+) +(\d+) +\S+ from")}),
    "httpsnoop": (["--template", "httpsnoop", "BINARY"], has_rows(3, "http://.*/path/")),
    "recover": (["--template", "recover", "BINARY"], has_rows(3, "string|type")),
    "shortread": (["--template", "shortread", "BINARY", "min=50"], has_rows(3, " 100 +1[0-9]$")),
    "tcpremote": (["--template", "tcpremote", "BINARY"],
                  lambda run: all(len(run.rows(rf" {re.escape(remote)}(?: |$)")) >= count for remote, count in
                                  collections.Counter(run.account["dialed"] + run.account["accepted"]).items())),
    "tlssecrets": (["--template", "tlssecrets", "BINARY"], has_rows(10, r"^[A-Z_0-9]+ \S+ \S+$")),
    "random": (["--template", "random", "BINARY"], has_rows(3, r" 100\d$")),
}


def run_all(runs, program):
    """Lets the program work when all probes are set, and ends the scripts when they have said enough."""
    probes = set()
    for one in runs.values():
        probes |= set(re.findall(r"^uprobe:\S+(?: \+ \d+)?", one.text, re.M))

    def attached():
        for one in runs.values():
            one.check_alive()
        return breakpoints(program) == len(probes)

    await_condition(attached, f"bpftrace has not set {len(probes)} probes")
    account = program.work("GO 3")
    for name, one in runs.items():
        one.account = account
        if one.enough:
            await_condition(lambda one=one: one.enough(one), f"{name} has not printed what is wanted: {one.out}")
    for one in runs.values():
        one.process.signal(signal.SIGINT)
    for one in runs.values():
        assert one.process.wait() == 0, one.process.err
        assert "rror" not in one.process.err.replace("Unknown error -1", ""), one.process.err
    assert program.work("GO 1")["requests"], "the program does not work any more"


@pytest.fixture(scope="module", params=BUILDS)
def runs(request, bpftrace, tmp_path_factory):
    """All scripts at once on one process: that takes no longer than the slowest alone."""
    version, strip = request.param
    folder = tmp_path_factory.mktemp("bpftrace")
    try:
        path = builds.copy(builds.build("snoop", version=version, strip=strip), folder)
    except builds.Unavailable as reason:
        pytest.skip(str(reason))
    program, found = Program(path), {}
    try:
        for name, (arguments, enough) in SCRIPTS.items():
            text = script(*[path if argument == "BINARY" else argument for argument in arguments])
            found[name] = Run(bpftrace, folder, name, text, enough)
        run_all(found, program)
        yield found
    finally:
        for one in found.values():
            one.process.destroy()
        program.destroy()


def histogram(text, name):
    """Number of values, and the least and the most that they can have been in all."""
    match = re.search(rf"^@wall_us\[{re.escape(name)}\]:[ ]*\n((?:[\[(].*\n)+)", text, re.M)
    assert match, f"no histogram of {name}: {text}"
    units = {"": 1, "K": 1024, "M": 1024 * 1024}
    count = least = most = 0
    for low, low_unit, high, high_unit, number in re.findall(
            r"^\[(\d+)([KM]?)(?:, (\d+)([KM]?)\))?\]?\s+(\d+) \|", match.group(1), re.M):
        number, low = int(number), int(low) * units[low_unit]
        count += number
        least += number * low
        most += number * (int(high) * units[high_unit] if high else low + 1)
    return count, least, most


def test_latency(runs):
    """Recursive calls and those of goroutines that sleep at once are timed each on its own."""
    result = runs["latency"]
    count, least, most = histogram(result.out, "main.recursive")
    assert count == result.account["recursive"]
    # All of them wait for the innermost one, which sleeps for a millisecond.
    assert least >= count * 512
    workers = result.account["workers"]
    count, least, most = histogram(result.out, "main.work")
    assert count == len(workers)
    # They sleep for 3, 6 and 9 ms; how long each takes is measured around it.
    assert least <= sum(took for _, took in workers) / 1000 and 3000 * sum(range(1, len(workers) + 1)) <= most
    assert "@start" not in result.out


def test_empty(runs):
    """Probes at the same places as the tracer's, with nothing in them."""
    result = runs["empty"]
    assert "@" not in result.out
    path = re.search(r"^// For: (.*)", result.text, re.M).group(1)
    listed = subprocess.run([tool(), "list", path, "main.handshake", "main.requests"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=WAIT_SECONDS, check=True).stdout
    assert len(re.findall("^uprobe:", result.text, re.M)) == told_counts("# probes", listed)[0]


def test_goroutine(runs):
    result = runs["goroutine"]
    assert len(result.account["started"]) == 3
    for child, parent in result.account["started"]:
        assert len(result.rows(rf"^{result.account['pid']} +{parent} +{child} +\S+ from \S+$")) == 1


def test_httpsnoop(runs):
    def rows(result):
        return result.rows(r"^(\d+) +(\d+) +(\d+) +\d+ +(\S+) (\S+)$")

    result = runs["httpsnoop"]
    who = (str(result.account["pid"]), str(result.account["main"]))
    assert rows(result) == [(*who, status, method, url) for method, url, status in result.account["requests"]]


def test_recover(runs):
    def rows(result):
        return result.rows(r"^(\d+) +(\d+) +(\S+) (string .*|type \S+ kind \d+)$")

    result = runs["recover"]
    assert [int(row[1]) for row in rows(result)] == [result.account["main"]] * len(result.account["recovered"])
    values = [row[3] for row in rows(result)]
    assert values[0] == "string plain text" == f"string {result.account['recovered'][0]}"
    # A pointer (*fmt.wrapError and the like) and a struct: internal/abi/type.go, Kind
    assert [value.split()[-1] for value in values[1:]] == ["22", "25"]


def test_shortread(runs):
    def rows(result):
        return [[int(asked), int(got)] for goid, asked, got in result.rows(r"^\d+ +(\d+) +\d+ +(\d+) +(\d+)$")
                if int(goid) == result.account["main"] and asked == "100"]

    result = runs["shortread"]
    assert rows(result) == result.account["shortReads"]
    assert result.account["fullReads"] == 3
    assert not result.rows(r"^\d+ +\d+ +\d+ +1 +\d+$")


def test_tcpremote(runs):
    def rows(result, what):
        return [remote for goid, remote in result.rows(rf"^\d+ +(\d+) +{what} +(\S+)")
                if int(goid) == result.account["main"]]

    result = runs["tcpremote"]
    assert rows(result, "dial") == result.account["dialed"]
    assert rows(result, "accept") == result.account["accepted"]


def test_tlssecrets(runs):
    def lines(result):
        # What the script tells to do with it.
        return result.out.replace("\\x", "").splitlines()

    # Both sides have the same secrets.
    result = runs["tlssecrets"]
    wanted = result.account["keyLog"].splitlines()
    assert len(wanted) == 5
    got = [line for line in lines(result) if re.fullmatch(r"[A-Z_0-9]+ [0-9a-f]+ [0-9a-f]+", line)]
    assert sorted(got) == sorted(wanted * 2)


def test_random(runs):
    def rows(result):
        return [int(count) for goid, count in result.rows(r"^\d+ +(\d+) +(\d+)$")
                if int(goid) == result.account["main"] and int(count) >= 1000]

    result = runs["random"]
    assert rows(result) == result.account["random"]


# ---- the text ----


def normalised(text, path):
    """Without what another release of the same Go or another machine makes different."""
    text = text.replace(str(path), "BINARY")
    text = re.sub(r"^(// Made by: ).*", r"\1...", text, flags=re.M)
    text = re.sub(r"^(// Built with: go1\.\d+)\S*", r"\1", text, flags=re.M)
    text = re.sub(r"^(// Build id: ).*", r"\1...", text, flags=re.M)
    text = re.sub(r"^(uprobe:\S+:)0x[0-9a-f]+", r"\1ADDRESS", text, flags=re.M)
    text = re.sub(r"^(uprobe:\S+) \+ \d+", r"\1 + OFFSET", text, flags=re.M)
    # Any number of exits.
    return re.sub(r"^(uprobe:.*),\n(?:\1,\n)*\1$", r"\1 ...", text, flags=re.M)


NAMES = sorted(path.stem for path in TEMPLATES.glob("*.bt"))


@pytest.mark.toolchains
@pytest.mark.parametrize("name", NAMES)
def test_golden(binary, name):
    """New golden files are written with GOLDEN=write in the environment, and read by whoever commits them."""
    functions = ["main.recursive", "main.main"] if name in ("empty", "latency") else []
    for version, strip, golden in ((NEWEST, False, f"{name}.bt"), (OLDEST, True, f"{name}-{OLDEST}-stripped.bt")):
        path = binary("snoop", f"{name}-{version}", version=version, strip=strip)
        text = normalised(script("--template", name, path, *functions), path)
        if os.environ.get("GOLDEN") == "write":
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / golden).write_text(text)
        assert text == (GOLDEN / golden).read_text()


@pytest.mark.toolchains
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_offsets_with_and_without_dwarf(binary, version):
    """The table of versions agrees with DWARF."""
    plain, stripped = (binary("snoop", f"snoop-{strip}", version=version, strip=strip) for strip in (False, True))
    for name in NAMES:
        if name in ("empty", "latency"):
            continue
        texts = []
        for path in (plain, stripped):
            body = script("--template", name, path).split("\n\n", 1)[1]
            texts.append(re.sub(r"^uprobe:.*\n", "", body, flags=re.M))
        assert texts[0] == texts[1], name


def test_list_templates():
    done = make("--list-templates")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == NAMES
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())
    assert {"goroutine", "httpsnoop", "recover", "shortread", "tcpremote", "tlssecrets", "random"} <= set(NAMES)


# ---- what does not work, and why ----


def refused(*arguments, status=1):
    done = make(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert not done.stdout
    return done.stderr


@pytest.mark.parametrize("name, function", [
    ("httpsnoop", "net/http.(*Transport).roundTrip"), ("tcpremote", "net.(*sysDialer).dialTCP"),
    ("tlssecrets", "crypto/tls.(*Config).writeKeyLog"), ("random", "Read")])
def test_template_that_the_binary_cannot_support(binary, name, function):
    said = refused("--template", name, binary("calls"))
    assert function in said and "no function" in said


def test_inlined_function(binary):
    said = refused(binary("inlined"), "main.small")
    assert "inlined" in said and "main.caller" in said


def test_assembly_has_no_goroutine(binary):
    path = binary("assembly")
    said = refused(path, "runtime.memmove")
    assert "R14" in said
    assert "runtime.memmove" in script("--empty", path, "runtime.memmove")


def test_command_line(binary, tmp_path):
    path = binary("calls")
    assert "no template 'nothing'" in refused("--template", "nothing", path)
    assert "goroutine" in refused("--template", "nothing", path)
    assert "which functions" in refused(path, status=2)
    assert "key=value" in refused(path, "main.root", "min=3", status=2)
    assert "no parameter maximum, but: min" in refused("--template", "shortread", path, "maximum=1")
    assert "a number is wanted" in refused("--template", "shortread", path, "min=many")
    assert "has no parameters" in refused("--template", "goroutine", path, "min=1")
    done = make("--empty", path, "main.branhc")
    assert done.returncode == 1 and "main.branch" in done.stderr


def own_template(tmp_path, text):
    path = tmp_path / "own.bt"
    path.write_text(text)
    return path


def test_own_template(binary, tmp_path):
    own = own_template(tmp_path, "{{# mine}}\n{{each}}\n{{entry}} { printf({{name}}); }\n{{end}}\n"
                                 "{{if func main.root}}\nyes\n{{else}}\nno\n{{end}}\n"
                                 "{{if go 1.99}}new{{else}}old{{end}} {{param what a \"b\"}} {{goid_offset}}\n")
    text = script("--template", own, binary("calls"), "main.leaf", "what=\"c\\").split("\n\n", 1)[1]
    assert re.fullmatch(r'uprobe:\S+:"main\.leaf"(?: \+ \d+)?(?:\n/.*/)? \{ printf\("main\.leaf"\); \}\n'
                        r'yes\nold \\"c\\\\ 1[56][02468]\n', text), text


def test_folder_of_own_templates(binary, tmp_path):
    """Beside those that are built in, and before them."""
    path = binary("calls")
    (tmp_path / "mine.bt").write_text("{{# of my own}}\nmine\n")
    (tmp_path / "random.bt").write_text("{{# other numbers}}\nother\n")
    listed = make("--list-templates", folder=tmp_path).stdout
    assert [line.split()[0] for line in listed.splitlines()] == sorted([*NAMES, "mine"])
    assert re.search("^mine +of my own$", listed, re.M) and re.search("^random +other numbers$", listed, re.M)
    for name, text in (("mine", "mine"), ("random", "other"), ("goroutine", "uprobe:")):
        assert text in make("--template", name, path, folder=tmp_path).stdout
    assert "mine" in make("--template", "nothing", path, folder=tmp_path).stderr
    done = make("--list-templates", folder=tmp_path / "nowhere")
    assert done.returncode == 1 and "nowhere" in done.stderr


def test_built_in_templates_are_the_files(binary):
    """Byte by byte: one that is a file of one's own makes the same script."""
    path = binary("snoop")
    for name in NAMES:
        functions = ["main.main"] if name in ("empty", "latency") else []
        texts = [script("--template", one, path, *functions).split("\n", 1)[1].replace(f"{TEMPLATES}/{name}.bt", name)
                 for one in (name, TEMPLATES / f"{name}.bt")]
        assert texts[0] == texts[1]


def test_registers(binary, tmp_path):
    """Arguments and results have the same ones."""
    text = "{{argument 0}} {{result 0}} {{argument 1}} {{argument 8}}|{{return_address}}"
    words, address = script("--template", own_template(tmp_path, text), binary("calls")).split("\n\n", 1)[1].split("|")
    first, result, second, last = words.split()
    assert first == result and len({first, second, last}) == 3 and all(re.fullmatch(r'reg\("\w+"\)', word)
                                                                       for word in (first, second, last)), words
    assert re.fullmatch(r'(\*\(uint64\*\))?reg\("\w+"\)', address.strip()), address


@pytest.mark.parametrize("text, said", [
    ("{{argument}}", ":1: 'argument' wants the number of a register, 0 to "),
    ("{{argument -1}}", ":1: 'argument' wants the number"),
    ("{{result 16}}", ":1: 'result' wants the number"),
    ("{{return_address 1}}", ":1: 'return_address' takes no argument"),
    ("a\n{{if exits}}", ":2: 'exits' without a function's name"),
    ("a\n\n{{each}}\nb", ":3: this block has no 'end'"),
    ("{{end}}", ":1: 'end' without"),
    ("{{each}}{{each}}", ":1: 'each' inside of 'each'"),
    ("a\n b {{nonsense}}", ":2: there is no directive 'nonsense'"),
    ("{{offset net/http.Request.Nothing}}", "net/http.Request has its field Nothing is unknown"),
    ("{{entry main.nothing}}", ":1: no function"),
    ("{{entry main.root", ":1: '{{' without '}}'"),
    ("{{entry main.root\n\n", ":1: "),
    ("x {{ }}", ":1: '{{}}' says nothing"),
])
def test_wrong_template(binary, tmp_path, text, said):
    own = own_template(tmp_path, text)
    message = refused("--template", own, binary("calls"), "main.leaf")
    assert f"{own}{said}" in message or said in message


def test_hostile_names(binary, bpftrace, tmp_path):
    """Names of functions that try to leave their string, comment or line."""
    path = binary("calls")
    hostile = b'main.l"\n\\'
    assert len(hostile) == len(b"main.leaf")
    path.write_bytes(path.read_bytes().replace(b"main.leaf", hostile))
    for kind in ([], ["--empty"]):
        text = script(*kind, path, "main.l*")
        assert r'"main.l\"\\x0a\\"' in text
        assert re.search(r"^uprobe:\S+:0x[0-9a-f]+$", text, re.M)
        (tmp_path / "script.bt").write_text(text)
        done = subprocess.run([bpftrace, "--dry-run", tmp_path / "script.bt"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
        assert "ERROR" not in done.stdout + done.stderr, done.stdout + done.stderr


def test_many_probes(binary, bpftrace):
    """More than bpftrace's own limit, which the script raises."""
    path = binary("requests")
    text = script("--empty", path, "net/http.(*[a-d]*")
    probes = len(re.findall("^uprobe:", text, re.M))
    assert probes > 500 and f"max_probes = {probes + 8};" in text
    # Only the head of it: attaching one by one takes long.
    done = subprocess.run([bpftrace, "--dry-run", "-e", text.split("uprobe:", 1)[0] + "BEGIN { exit(); }"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stdout + done.stderr


def test_paths(binary, tmp_path):
    """Scripts work from any folder; what bpftrace cannot have in a path is said."""
    path = binary("calls")
    done = make(path.name, "main.leaf", cwd=path.parent)
    assert f"uprobe:{path}:" in done.stdout
    spaced = builds.copy(path, tmp_path, "with space")
    assert f'uprobe:"{spaced}":' in script(spaced, "main.leaf")
    colon = builds.copy(path, tmp_path, "a:b")
    assert "takes no probe in a file named" in refused(colon, "main.leaf")
