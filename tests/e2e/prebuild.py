#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Builds what takes long before the tests need it: Go's own library, for each toolchain and way to
build, and Delve. Says how long each took. What cannot be built is the tests' affair."""

import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import builds  # noqa: E402
import collector  # noqa: E402


def make(name, version, options):
    start = time.monotonic()
    try:
        if name == "receiver":
            collector.receiver()
        elif name == "service":
            builds.build_with_modules(name)
        else:
            builds.build(name, version=version, **options)
        result = "built"
    except (builds.Unavailable, builds.BuildFailed) as reason:
        result = str(reason)
    return f"{name}, Go {version or 'as installed'} {options or ''}: {result} in {time.monotonic() - start:.0f} s"


def fetch_delve():
    try:
        return f"Delve: {builds.fetch('delve')}"
    except builds.Unavailable as reason:
        return str(reason)


def main():
    builds.prune()
    pie = {"flags": ["-buildmode=pie", "-ldflags=-s -w"]}
    # The dearest first.
    wanted = [("receiver", None, {}), ("service", None, {}), ("requests", None, {}), ("calls", None, pie),
              ("calls", None, {"flags": ["-trimpath"]}),
              ("calls", None, {"flags": ["-gcflags=all=-N -l"]}), ("cgo", None, {"cgo": True}), ("example", None, {}),
              ("calls", None, {"flags": ["-race"], "cgo": True})]
    if builds.goroot_of("1.27").exists():
        wanted.append(("culprits", "1.27", {"cgo": True}))
    library = ["-tags=shared", "-buildmode=c-shared"], ["-tags=shared", "-buildmode=plugin"]
    for version in (None, "1.27", "1.24", "1.19"):
        if not version or builds.goroot_of(version).exists():
            wanted += [("calls", version, {"flags": flags, "cgo": True}) for flags in library]
            wanted += [("plugins", version, {"flags": [], "cgo": True})]
    for version in reversed(builds.VERSIONS):
        if builds.goroot_of(version).exists():
            wanted += [("calls", version, {}), ("calls", version, pie), ("states", version, {})]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in pool.map(lambda arguments: make(*arguments), wanted):
            print(line, flush=True)
    print(fetch_delve(), flush=True)


if __name__ == "__main__":
    main()
