# SPDX-License-Identifier: Apache-2.0
"""The wire format of protocol buffers, read without a schema.

Source: protobuf.dev, "Encoding". Tolerant of fields that are not known; anything that is no valid
message is a `ValueError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Field = tuple[int, int, Any]
"""Number, wire type, and value: an int, or the bytes of the other types."""


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message in their order.

    Raises:
        ValueError: the bytes are no message.
    """
    position, end = 0, len(data)
    while position < end:
        key = data[position]
        position += 1
        if key > 0x7F:
            key, position = _varint(data, position - 1)
        kind = key & 7
        if kind == BYTES:
            length = data[position] if position < end else 0x80
            position += 1
            if length > 0x7F:
                length, position = _varint(data, position - 1)
            stop = position + length
            value: Any = data[position:stop]
        elif kind == VARINT:
            value, stop = _varint(data, position)
        elif kind == FIXED64:
            stop = position + 8
            value = data[position:stop]
        elif kind == FIXED32:
            stop = position + 4
            value = data[position:stop]
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        if stop > end:
            raise ValueError(f"field {key >> 3} is cut short")
        yield key >> 3, kind, value
        position = stop


def of_type(data: bytes, **wanted: tuple[int, int]) -> dict[str, list[Any]]:
    """The values of the wanted fields by name: every one of (number, wire type), in order."""
    names = {place: name for name, place in wanted.items()}
    found: dict[str, list[Any]] = {name: [] for name in wanted}
    for number, kind, value in fields(data):
        name = names.get((number, kind))
        if name is not None:
            found[name].append(value)
    return found


def double(data: bytes) -> float:
    """A 64-bit float."""
    return float(struct.unpack("<d", data)[0])


def single(data: bytes) -> float:
    """A 32-bit float."""
    return float(struct.unpack("<f", data)[0])


def signed(value: int) -> int:
    """A varint as the signed 64-bit integer that it stands for."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def text(data: bytes) -> str:
    """A string; bytes that are no UTF-8 are replaced."""
    return data.decode("utf-8", "replace")


def packed(data: bytes, dtype: str) -> NDArray[Any]:
    """An array of numbers of fixed width.

    Raises:
        ValueError: the length is not a multiple of the width.
    """
    return np.frombuffer(data, dtype)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    end = len(data)
    while position < end and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError(f"a number at byte {position} does not end")
