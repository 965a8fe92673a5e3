# SPDX-License-Identifier: MIT
"""Blocks of a recording, read by what src/recording/format.h says, without the tool."""

import collections
import struct
import zlib

HEADER_SIZE, BLOCK_HEADER = 16, struct.Struct("<IIIIQII")
MAGIC, RECORDS = 0x6b6c4267, 3

Block = collections.namedtuple("Block", "offset kind size")  # bytes of the file, with the header


def blocks(data):
    """Those that are whole, and where the next one would begin."""
    assert data[:8] == b"gofgrec\n"
    found, at = [], HEADER_SIZE
    while at + BLOCK_HEADER.size <= len(data):
        magic, kind, stored, _, _, crc, header_crc = BLOCK_HEADER.unpack_from(data, at)
        end = at + BLOCK_HEADER.size + stored
        assert magic == MAGIC and header_crc == zlib.crc32(data[at:at + BLOCK_HEADER.size - 4])
        if end > len(data):
            break
        assert crc == zlib.crc32(data[at + BLOCK_HEADER.size:end])
        found.append(Block(at, kind, end - at))
        at = end
    return found, at
