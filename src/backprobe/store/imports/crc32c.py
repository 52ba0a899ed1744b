# SPDX-License-Identifier: Apache-2.0
"""CRC-32C (Castagnoli) of many short stretches of a buffer at once.

Source: RFC 3720, appendix B.4; the mask is TensorFlow's (`lib/hash/crc32c.h`). Byte by byte over
all stretches together, so that numpy's cost is shared: a loop over bytes alone would be the slowest
part of an import.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x82F63B78
"""Reflected."""
MASK_DELTA = 0xA282EAD8


def _table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(POLYNOMIAL), table >> 1)
    return table


TABLE = _table()


def crc32c(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """The checksums [n] of the stretches that begin at `starts` [n] and are `lengths` [n] long.

    Stretches are taken from their ends, all at once. A leading zero byte leaves a checksum that
    begins at 0 as it is, and one that begins at all ones, as this does, is one that begins at 0
    with the first four bytes inverted; stretches of fewer bytes are not supported.
    """
    view = np.frombuffer(data, np.uint8)
    order = np.argsort(-lengths, kind="stable")
    long = lengths[order]
    last = starts[order] + long - 1
    crc = np.zeros(len(long), np.uint32)
    longest = int(long[0]) if len(long) else 0
    alive = np.searchsorted(-long, -np.arange(longest), side="left")  # those longer than k
    for back in range(longest - 1, -1, -1):
        count = alive[back]
        byte = view[last[:count] - back].astype(np.uint32)
        byte[long[:count] - 1 - back < 4] ^= 0xFF
        part = crc[:count]
        crc[:count] = TABLE[(part ^ byte) & 0xFF] ^ (part >> 8)
    found = np.zeros(len(long), np.uint32)
    found[order] = np.bitwise_xor(crc, np.uint32(0xFFFFFFFF))
    return found


def masked(crc: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The checksums as TensorFlow's records keep them."""
    rotated = (crc >> np.uint32(15)) | (crc << np.uint32(17))
    return np.asarray(rotated + np.uint32(MASK_DELTA), np.uint32)
