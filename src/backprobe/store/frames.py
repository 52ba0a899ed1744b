# SPDX-License-Identifier: Apache-2.0
"""One frame of a log: a CRC-protected JSON header with numpy columns behind it.

The bytes are specified in `docs/reference/record.md`; this is the only file that knows them.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

try:  # four times as fast; a script's own environment may lack it
    from msgspec import DecodeError
    from msgspec.json import decode as _decode_strict
except ImportError:
    _decode_strict = None  # type: ignore[assignment]

MAGIC = b"BPR1"
HEAD = struct.Struct("<4sIIQ")
"""Magic, payload length in bytes, CRC-32 of sequence and payload, sequence number."""
SEQUENCE = struct.Struct("<Q")
HEADER_LENGTH = struct.Struct("<I")
MAX_PAYLOAD = 1 << 28
"""A longer length field is damage, not a frame: 256 MiB."""


class Frame(NamedTuple):
    """A decoded frame.

    Arguments:
        sequence: its number.
        header: its JSON.
        columns: arrays by name; they look into what was decoded.
        start: where it begins in what was decoded.
        body: where its columns begin there; one follows the other.
        end: where it ends there.
    """

    sequence: int
    header: Mapping[str, Any]
    columns: Mapping[str, NDArray[Any]]
    start: int = 0
    body: int = 0
    end: int = 0


@dataclass(frozen=True)
class Damage:
    """A stretch of a log that holds no readable frame: where it begins and ends, and why."""

    start: int
    end: int
    reason: str

    def __str__(self) -> str:
        return f"bytes {self.start}-{self.end}: {self.reason}"


def encode(
    sequence: int, header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]] | None = None
) -> bytes:
    """The bytes of one frame, ready for a single `write`.

    Arguments:
        sequence: number of the frame in its file, from 0.
        header: JSON-ready facts; `stream` names what the frame is. Non-finite numbers are written
            as the JSON extensions NaN and Infinity, which Python's reader takes back.
        columns: arrays of any shape, of boolean, integer or float dtype.

    Raises:
        TypeError: the header holds something that JSON cannot hold.
    """
    return seal(sequence, pack(header, columns))


def pack(header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]] | None = None) -> bytes:
    """The payload of a frame, see `encode`."""
    if columns:
        arrays = {name: np.ascontiguousarray(column) for name, column in columns.items()}
        header = {
            **header,
            "columns": [[name, a.dtype.str, list(a.shape)] for name, a in arrays.items()],
        }
        body = b"".join([a.data for a in arrays.values()])  # bytes-like: a copy less
    else:
        body = b""
    text = json.dumps(header, separators=(",", ":")).encode()
    return HEADER_LENGTH.pack(len(text)) + text + body


def seal(sequence: int, payload: bytes) -> bytes:
    """The bytes of the frame of that number around a payload."""
    crc = zlib.crc32(payload, zlib.crc32(SEQUENCE.pack(sequence)))
    return HEAD.pack(MAGIC, len(payload), crc, sequence) + payload


def decode(
    data: bytes | bytearray, start: int = 0, beyond: int = 0, end: int | None = None
) -> tuple[list[Frame], list[Damage], int]:
    """All whole frames of `data` from `start` on; their columns look into it.

    Arguments:
        data: a piece of a log.
        start: where a frame begins.
        beyond: so many bytes of the log are known to follow: a frame that ends in them is waited
            for, and nothing behind its begin is searched for another.
        end: where the piece ends in `data`, if before its end.

    Returns:
        The frames, the damaged stretches between them, and the offset of the first byte that may
        still become a frame when more is written (a torn tail is not damage until more follows).
    """
    frames: list[Frame] = []
    damage: list[Damage] = []
    offset = start
    lost_from = -1
    reason = ""
    end = len(data) if end is None else end
    view = memoryview(data)[:end]
    while offset < end:
        found = data.find(MAGIC, offset, end)
        if found < 0:
            # Keep what might be the beginning of a magic that is still being written.
            keep = max(offset, end - len(MAGIC) + 1)
            if keep > offset and lost_from < 0:
                lost_from, reason = offset, "no frame begins here"
            offset = keep
            break
        if found > offset and lost_from < 0:
            lost_from, reason = offset, "no frame begins here"
        frame, length, why = _frame_at(view, found, end)
        if frame is not None:
            if lost_from >= 0:
                damage.append(Damage(lost_from, found, reason))
                lost_from = -1
            frames.append(frame)
            offset = found + length
        elif why == "torn" and missing(view[found:]) <= beyond:
            if lost_from >= 0 and lost_from < found:
                damage.append(Damage(lost_from, found, reason))
            return frames, damage, found
        elif why == "torn":
            following = _next_whole(data, view, found + 1, end)
            if following < 0:
                if lost_from >= 0 and lost_from < found:
                    damage.append(Damage(lost_from, found, reason))
                return frames, damage, found
            if lost_from < 0:
                lost_from, reason = found, "a frame was cut short"
            offset = following
        else:
            if lost_from < 0:
                lost_from, reason = found, why
            offset = found + 1
    if lost_from >= 0 and lost_from < offset:
        damage.append(Damage(lost_from, offset, reason))
    return frames, damage, offset


def missing(data: bytes | memoryview) -> int:
    """Bytes that a frame lacks whose begin this is."""
    if len(data) < HEAD.size:
        return HEAD.size - len(data)
    return max(0, int(HEAD.unpack_from(data)[1]) + HEAD.size - len(data))


def _next_whole(data: bytes | bytearray, view: memoryview, start: int, end: int) -> int:
    """Offset of the first whole, sound frame at or after `start`, or -1."""
    offset = data.find(MAGIC, start, end)
    while offset >= 0:
        if _frame_at(view, offset, end)[0] is not None:
            return offset
        offset = data.find(MAGIC, offset + 1, end)
    return -1


def _frame_at(view: memoryview, offset: int, end: int) -> tuple[Frame | None, int, str]:
    """The frame at `offset`, its length in bytes, and why there is none ("torn": not all there)."""
    if end - offset < HEAD.size:
        return None, 0, "torn"
    _, length, crc, sequence = HEAD.unpack_from(view, offset)
    if length > MAX_PAYLOAD or length < HEADER_LENGTH.size:
        return None, 0, "impossible length"
    begin = offset + HEAD.size
    if end - begin < length:
        return None, 0, "torn"
    payload = view[begin : begin + length]
    if zlib.crc32(payload, zlib.crc32(SEQUENCE.pack(sequence))) != crc:
        return None, 0, "checksum does not match"
    try:
        return _parse(payload, sequence, offset), HEAD.size + length, ""
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        return None, 0, f"sound, but not readable by this version: {error}"


def _parse(payload: memoryview, sequence: int, start: int) -> Frame:
    """The frame in a payload whose checksum was right; it begins at `start`.

    Raises:
        ValueError, TypeError, LookupError, AttributeError, RecursionError: another program's.
    """
    (header_length,) = HEADER_LENGTH.unpack_from(payload, 0)
    body = position = HEADER_LENGTH.size + header_length
    header = _header(bytes(payload[HEADER_LENGTH.size : position]))
    columns: dict[str, NDArray[Any]] = {}
    for name, dtype, shape in header.pop("columns", ()):
        count = math.prod(shape)
        column = np.frombuffer(payload, np.dtype(dtype), count, position).reshape(shape)
        columns[name] = column
        position += column.nbytes
    begin = start + HEAD.size
    return Frame(sequence, header, columns, start, begin + body, begin + len(payload))


def _header(text: bytes) -> Any:
    if _decode_strict is not None:
        try:
            return _decode_strict(text)
        except (DecodeError, UnicodeError):
            pass  # NaN, Infinity, lone surrogates: only Python's own takes them
    return json.loads(text)
