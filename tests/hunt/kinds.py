# SPDX-License-Identifier: MIT
"""What tests/fixtures/culprits is slow for, and how hunt may call it."""

import collections

# handler: the target. names: what JSON may call the culprit's kind, of a version of Go. exact: it is a
# wait or a system call, which is measured; else samples tell. calls, events, workers, ms: the load.
# once_ms: with --once. needs: "cgo", "quota", "disk".
Kind = collections.namedtuple("Kind", "handler names exact calls events workers ms once_ms needs")


def kind(handler, names, exact=True, calls=400, events=10, workers=4, ms=50, once_ms=50, needs=None):
    return Kind(f"main.handle{handler}", names, exact, calls, events, workers, ms, once_ms, needs)


def always(*names):
    return lambda minor: set(names)


def since(minor, name, before):
    """Go 1.`minor` was the first that tells it by this name."""
    return lambda version: {name if version >= minor else before}


KINDS = {
    "sleep": kind("Sleep", always("sleep")),
    "deep": kind("Deep", always("sleep")),
    "mutex": kind("Mutex", since(20, "sync.Mutex.Lock", "semacquire")),
    "mutexio": kind("MutexIO", since(20, "sync.Mutex.Lock", "semacquire")),
    "mutexcpu": kind("MutexCPU", since(20, "sync.Mutex.Lock", "semacquire")),
    # Each of its waits is less than what is told of a wait.
    "mutexrows": kind("MutexRows", since(20, "sync.Mutex.Lock", "semacquire"), ms=120, once_ms=120),
    "rwmutex": kind("RWMutex", since(20, "sync.RWMutex.RLock", "semacquire")),
    "cond": kind("Cond", always("sync.Cond.Wait")),
    # The one that fetches itself is a slow call, too; it alone when there is one goroutine.
    "flight": kind("Flight", lambda version: {"sync.WaitGroup.Wait" if version >= 24 else "semacquire", "sleep"}),
    "fanout": kind("Fanout", since(24, "sync.WaitGroup.Wait", "semacquire")),
    "pipeline": kind("Pipeline", always("chan receive")),
    "limiter": kind("Limiter", always("chan send")),
    "deadline": kind("Deadline", always("select")),
    "pool": kind("Pool", always("select")),
    "upstream": kind("Upstream", always("select")),
    "network": kind("Network", always("IO wait")),
    "upload": kind("Upload", always("IO wait")),
    "pipe": kind("Pipe", always("syscall read")),
    "fifo": kind("FIFO", always("syscall openat")),
    "fsync": kind("Fsync", always("syscall fsync"), needs="disk"),
    "runnable": kind("Runnable", always("runnable"), workers=1),
    "preempted": kind("Preempted", always("runnable"), exact=False, workers=1),
    "cwait": kind("CWait", always("asleep in c code"), needs="cgo"),
    "json": kind("JSON", always("cpu"), exact=False, workers=2, once_ms=20),
    "regexp": kind("Regexp", always("cpu"), exact=False, workers=2, once_ms=20),
    "collector": kind("Collector", always("gc"), exact=False, workers=2, ms=100),
    "cwork": kind("CWork", always("c code"), exact=False, workers=2, once_ms=20, needs="cgo"),
    "quota": kind("Quota", always("quota"), exact=False, calls=40, events=0, workers=1, ms=5, needs="quota"),
    "alike": kind("Alike", always("sleep"), calls=200, events=0, ms=5),
}
# One call can be slow by itself.
ONCE = [name for name in KINDS if name not in ("quota", "alike")]
# Of --quick: those that are judged again where waits are sampled.
SAMPLED = ("deep", "mutex", "network", "pipe", "runnable", "json")
