# SPDX-License-Identifier: Apache-2.0
"""Pixels as the bytes of a PNG file, without Pillow (RFC 2083: one chunk of zlib-packed rows)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels → PNG colour type: grey, grey with alpha, RGB, RGBA."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(pixels: Any) -> bytes:
    """The PNG file of a uint8 array [height, width] or [height, width, 1 to 4 channels]."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = pixels.reshape(height, width * channels)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 6)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
