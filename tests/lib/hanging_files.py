#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""A file system in user space (FUSE) that does not answer what its files are named after.

    unshare --mount tests/lib/hanging_files.py FOLDER

mounts it on FOLDER, in a mount namespace of its own, and prints each request as it comes, "LOOKUP read". Of the files
open, read, stat and sync this is what hangs; all else is answered. When its standard input ends, or after ten minutes, it
is gone, and with it all that waits for it: whoever has started it may die in any way."""

import ctypes
import errno
import os
import select
import signal
import struct
import sys

SECONDS = 600
# include/uapi/linux/fuse.h
OPCODES = {1: "LOOKUP", 2: "FORGET", 3: "GETATTR", 14: "OPEN", 15: "READ", 18: "RELEASE", 20: "FSYNC", 25: "FLUSH",
           26: "INIT", 27: "OPENDIR", 36: "INTERRUPT", 40: "POLL", 42: "BATCH_FORGET"}
SILENT = {"FORGET", "INTERRUPT", "BATCH_FORGET"}  # nobody waits for an answer
HANGS = {("OPEN", "open"), ("READ", "read"), ("LOOKUP", "stat"), ("FSYNC", "sync")}
NAMES = ["", "open", "read", "stat", "sync"]  # by node, from 1: the root
IN_HEADER = struct.Struct("IIQQIIIHH")
OUT_HEADER = struct.Struct("IiQ")
DIRECT_IO = 1  # nothing is cached
ROOT = 1


def attributes(node):
    mode = 0o40755 if node == ROOT else 0o100644
    return struct.pack("6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(request, node, body):
    """What the kernel is told; an error's number."""
    if request == "INIT":
        _, minor = struct.unpack_from("II", body)
        return struct.pack("4I2H2I2H8I", 7, min(minor, 31), 0, 0, 0, 0, 4096, 1, 0, 0, *[0] * 8)
    if request == "LOOKUP":
        name = body.rstrip(b"\0").decode()
        if name not in NAMES:
            return errno.ENOENT
        return struct.pack("4Q2I", ROOT + NAMES.index(name), 0, 0, 0, 0, 0) + attributes(ROOT + NAMES.index(name))
    if request == "GETATTR":
        return struct.pack("QII", 0, 0, 0) + attributes(node)
    if request in ("OPEN", "OPENDIR"):
        return struct.pack("QII", 0, DIRECT_IO, 0)
    return b"" if request in ("RELEASE", "FLUSH", "FSYNC") else errno.ENOSYS


def serve(device):
    while True:
        ready, _, _ = select.select([device, 0], [], [])
        if 0 in ready and not os.read(0, 4096):
            return
        if device not in ready:
            continue
        message = os.read(device, 1 << 17)
        _, opcode, unique, node = IN_HEADER.unpack_from(message)[:4]
        body = message[IN_HEADER.size:]
        request = OPCODES.get(opcode, f"request {opcode}")
        name = body.rstrip(b"\0").decode() if request == "LOOKUP" else NAMES[node - ROOT] if 0 < node <= len(NAMES) else ""
        print(f"{request} {name}".rstrip(), flush=True)
        if request in SILENT or (request, name) in HANGS:
            continue
        told = answer(request, node, body)
        failed = isinstance(told, int)
        data = b"" if failed else told
        os.write(device, OUT_HEADER.pack(OUT_HEADER.size + len(data), -told if failed else 0, unique) + data)


def main():
    signal.alarm(SECONDS)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as reason:
        sys.exit(f"/dev/fuse: {reason.strerror}")
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
    if libc.mount(b"hanging", os.fsencode(sys.argv[1]), b"fuse", 0, options.encode()):
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    serve(device)


if __name__ == "__main__":
    main()
