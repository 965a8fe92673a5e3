#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Go toolchains and Go programs for the tests. Each program is built once: it is kept in the cache
under what it was made of, its sources, the toolchain and the flags.

    tests/lib/builds.py [NAME=VALUE...] FOLDER PACKAGE [FLAG...]

builds the Go program PACKAGE (./work, say) of the module in FOLDER and prints its path; NAME=VALUE
is for the environment of go."""

import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
# As scripts/debian.sh and tests/unit/go_program.h have it.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "gofuncgraph-c"
BUILD_SECONDS = 2400
FETCH_SECONDS = 900
# After a toolchain could not be fetched, tests are skipped for so long without another attempt.
FETCH_AGAIN_SECONDS = 1800

# All that Go 1.17 to the newest; some of them no suite of Debian has.
VERSIONS = ["1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"]


class Unavailable(Exception):
    """What this machine cannot have, a toolchain say; the test is skipped."""


class BuildFailed(AssertionError):
    """A program that should build here; the test fails."""


def fetch(name, *arguments, seconds=FETCH_SECONDS):
    """What scripts/NAME, which fetches something, prints."""
    try:
        done = subprocess.run([ROOT / "scripts" / name, *arguments], timeout=seconds, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name}: it took more than {seconds} s") from None
    if done.returncode:
        raise Unavailable(f"{name}: {done.stderr.strip()[-200:]}")
    return done.stdout.strip()


# ---- toolchains ----


def goroot_of(version):
    return CACHE / "go" / version / "usr" / "lib" / f"go-{version}"


def is_there(version):
    return (goroot_of(version) / "bin" / "go").exists()


def age(path):
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def toolchain(version):
    """GOROOT of a Go version, fetched when it is not there."""
    missing = CACHE / "go" / f"{version}.missing"
    if not is_there(version) and age(missing) > FETCH_AGAIN_SECONDS:
        try:
            fetch("toolchains", version)
        except Unavailable as reason:
            missing.parent.mkdir(parents=True, exist_ok=True)
            missing.write_text(str(reason))
    if not is_there(version):
        raise Unavailable(f"Go {version} cannot be had: {missing.read_text()}")
    return goroot_of(version)


def toolchains(wanted=()):
    """{version: GOROOT}, oldest first, of those that are there or can be fetched; `wanted`: of these only."""
    found = {}
    for version in VERSIONS:
        if not wanted or version in wanted:
            try:
                found[version] = toolchain(version)
            except Unavailable:
                continue
    return found


# ---- go ----


def environment(goroot=None, cgo=False):
    """What go is run with: no other toolchain, no network, no care for who owns the clone."""
    # GOARCH: tests/kernels/suites, which has a cache of its own for what it builds.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "GOARCH") if name in os.environ}
    kept.setdefault("HOME", "/root")
    kept.update(GOCACHE=str(CACHE / "go-build"), GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="-buildvcs=false",
                GO111MODULE="on", CGO_ENABLED="1" if cgo else "0")
    if goroot:
        kept["GOROOT"] = str(goroot)
        kept["PATH"] = f"{goroot}/bin:{kept['PATH']}"
    return kept


def run_go(arguments, goroot=None, cgo=False, cwd=FIXTURES, variables=()):
    """What it prints."""
    go = str(goroot / "bin" / "go") if goroot else os.environ.get("GO", "go")
    done = subprocess.run([go, *map(str, arguments)], cwd=cwd, env={**environment(goroot, cgo), **dict(variables)},
                          timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"go {' '.join(map(str, arguments))} in {cwd}: {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout.strip()


@functools.lru_cache(maxsize=None)
def release_of(goroot):
    """Such as go1.26.8 of a toolchain (None: of the installed one)."""
    return run_go(["env", "GOVERSION"], goroot, cwd="/")


# ---- what is built once ----


@functools.lru_cache(maxsize=None)
def hash_sources(*folders):
    """Wherever the clone is: the same sources give the same."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def built_once(name, made_of, make):
    """Path of a file called `name`, which make(PATH) makes unless the cache has it. `made_of`: all
    that it depends on. Do not trace it where it lies: another test may do so too."""
    key = hashlib.sha256(repr((name, made_of)).replace(str(ROOT), "").encode()).hexdigest()[:24]
    folder = CACHE / "fixtures" / key
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            make(folder / "new")
            (folder / "new").rename(path)
        os.utime(folder)
    return path


def prune():
    """Takes out of the cache what no test has asked for in two weeks."""
    for folder in (CACHE / "fixtures").glob("*"):
        if age(folder) > 14 * 86400:
            shutil.rmtree(folder, ignore_errors=True)


def build_go(name, source, package=".", sources=(), version=None, flags=(), cgo=False, strip=False, variables=()):
    """A program called `name`: `package` of the folder `source`, whose go.mod is there or above.
    `sources`: other folders that it is made of. version: Go 1.N, None: the installed one. strip: by
    strip(1), as distributions do. variables: (name, value) pairs of the environment."""
    goroot = toolchain(version) if version else None

    def make(path):
        run_go(["build", *flags, "-o", path, package], goroot, cgo, cwd=source, variables=variables)
        if strip:
            subprocess.run(["strip", str(path)], check=True, timeout=BUILD_SECONDS)

    made_of = (package, release_of(goroot), tuple(flags), cgo, strip, tuple(variables), hash_sources(source, *sources))
    return built_once(name, made_of, make)


def build(name, **options):
    """The program tests/fixtures/NAME (or "example"), with the options of build_go()."""
    if name == "example":
        return build_go(name, ROOT / "example", **options)
    return build_go(name, FIXTURES / name, sources=(FIXTURES / "protocol",), **options)


def fetch_modules(folder, goroot=None, modules="go.mod"):
    """The modules that this file of a folder names, by its .sum; the environment that builds with them."""
    flags = "-buildvcs=false -modcacherw" + (f" -modfile={modules}" if modules != "go.mod" else "")
    variables = {"GOMODCACHE": str(CACHE / "go-modules"), "GOFLAGS": flags}
    fetching = dict(variables, GOPROXY=os.environ.get("GOPROXY", ""))
    fetching.update((name, os.environ[name]) for name in ("GONOSUMDB", "GONOSUMCHECK", "GOSUMDB") if name in os.environ)
    try:
        run_go(["mod", "download"], goroot, cwd=folder, variables=fetching.items())
    except BuildFailed as reason:
        raise Unavailable(f"its modules cannot be had: {str(reason)[-200:]}") from None
    return tuple(variables.items())


def build_with_modules(name, modules="go.mod", **options):
    """The same of a fixture that has a go.mod of its own, or another one, with modules that are fetched."""
    goroot = toolchain(options["version"]) if options.get("version") else None
    return build(name, variables=fetch_modules(FIXTURES / name, goroot, modules), **options)


def build_c(name):
    """The C program of tests/fixtures/NAME."""
    (source,) = (FIXTURES / name).glob("*.c")

    def make(path):
        subprocess.run(["cc", "-o", path, source, "-ldl", "-lpthread"], check=True, timeout=BUILD_SECONDS)

    return built_once(name, hash_sources(source.parent), make)


def copy(path, folder, name=None):
    """A copy with an inode of its own: probes on it are this test's alone."""
    target = pathlib.Path(folder) / (name or path.name)
    shutil.copy2(path, target)
    return target


def main():
    words = sys.argv[1:]
    variables = []
    while words and "=" in words[0]:
        variables.append(tuple(words.pop(0).split("=", 1)))
    if len(words) < 2:
        sys.exit("usage: builds.py [NAME=VALUE...] FOLDER PACKAGE [FLAG...]")
    folder, package, *flags = words
    try:
        print(build_go(os.path.basename(package), os.path.abspath(folder), package, flags=flags, variables=variables))
    except BuildFailed as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
