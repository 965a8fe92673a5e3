# SPDX-License-Identifier: MIT
"""Go programs for the tests: built once for each toolchain and set of flags, kept in the cache."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "gofuncgraph-c"
BUILD_SECONDS = 1200

# All that Go 1.17 to the newest; some of them no suite of Debian has.
VERSIONS = ["1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"]


class Unavailable(Exception):
    """A toolchain or a build mode that this machine cannot have; the test is skipped."""


def goroot_of(version):
    return CACHE / "go" / version / "usr" / "lib" / f"go-{version}"


def toolchain(version):
    """GOROOT of a Go version, fetched when it is not there."""
    goroot = goroot_of(version)
    if not (goroot / "bin" / "go").exists():
        try:
            done = subprocess.run([ROOT / "scripts" / "toolchains", version], timeout=300,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        except subprocess.TimeoutExpired:
            reason = ["fetching it took more than 300 s"]
        if not (goroot / "bin" / "go").exists():
            raise Unavailable(f"Go {version} cannot be had: {reason[0]}")
    return goroot


def environment(goroot=None, cgo=False):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    kept.setdefault("HOME", "/root")
    kept.update(GOCACHE=str(CACHE / "go-build"), GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="-buildvcs=false",
                GO111MODULE="on", CGO_ENABLED="1" if cgo else "0")
    if goroot:
        kept["GOROOT"] = str(goroot)
        kept["PATH"] = f"{goroot}/bin:{kept['PATH']}"
    return kept


def run_go(arguments, goroot=None, cgo=False, cwd=FIXTURES, variables=()):
    go = str(goroot / "bin" / "go") if goroot else "go"
    return subprocess.run([go, *arguments], cwd=cwd, env={**environment(goroot, cgo), **dict(variables)},
                          timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          text=True, check=False)


def _hash_sources(folders):
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and path.suffix in (".go", ".s", ".mod", ".c"):
                digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build(name, version=None, flags=(), cgo=False, strip=False, variables=()):
    """Path of the program tests/fixtures/NAME (or "example"), as built with Go 1.N (None: the
    installed one). strip: by strip(1), as distributions do. variables: (name, value) pairs of the
    environment. Do not trace it where it lies: another test may do so too."""
    source = ROOT / "example" if name == "example" else FIXTURES / name
    goroot = toolchain(version) if version else None
    which = version or subprocess.run(["go", "env", "GOVERSION"], env=environment(), stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    shared = [] if name == "example" else [FIXTURES / "protocol"]
    key = hashlib.sha256(repr((name, which, tuple(flags), cgo, strip, *variables, _hash_sources([source, *shared])))
                         .encode()).hexdigest()[:24]
    folder = CACHE / "fixtures" / key
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            return path
        new = folder / "new"
        arguments = ["build", *flags, "-o", str(new), "."]
        done = run_go(arguments, goroot, cgo, cwd=source, variables=variables)
        if done.returncode:
            raise Unavailable(f"go {' '.join(arguments)} of {name} with Go {which}: {done.stdout.strip()[-400:]}")
        if strip:
            subprocess.run(["strip", str(new)], check=True, timeout=60)
        new.rename(path)
    return path


def build_c(name):
    """The C program of tests/fixtures/NAME."""
    (source,) = (FIXTURES / name).glob("*.c")
    folder = CACHE / "fixtures" / hashlib.sha256(repr((name, _hash_sources([FIXTURES / name]))).encode()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            subprocess.run(["cc", "-o", folder / "new", source, "-ldl", "-lpthread"], check=True, timeout=60)
            (folder / "new").rename(path)
    return path


def copy(path, folder, name=None):
    """A copy with an inode of its own: probes on it are this test's alone."""
    target = pathlib.Path(folder) / (name or path.name)
    shutil.copy2(path, target)
    return target
