# SPDX-License-Identifier: Apache-2.0
"""What goes over the wire: JSON that a browser can read, and binary float arrays.

Both are specified in `docs/reference/http.md`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

HEADER_LENGTH = struct.Struct("<I")
ALIGNMENT = 8
"""Arrays begin at multiples of this many bytes, so that a browser can view them in place."""
NO_STORE = {"cache-control": "no-store"}


def plain(value: Any) -> Any:
    """The value in the terms of JSON: numbers that JSON or its readers lack become strings.

    NaN, +Inf and -Inf become "NaN", "Infinity" and "-Infinity"; dataclasses become objects; numpy
    scalars and arrays become numbers and lists; anything else becomes its `str`.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return str(value)


def json_response(data: Any, status: int = 200) -> Response:
    """A response of JSON; see `plain` for non-finite numbers."""
    return Response(
        msgspec.json.encode(plain(data)), status, media_type="application/json", headers=NO_STORE
    )


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """A JSON header and little-endian arrays in one piece.

    Four bytes give the header's length, the header follows, padded with spaces so that the arrays
    begin at a multiple of 8; each array is padded with zeros to such a multiple. The header's key
    `arrays` lists name, dtype and shape of each, in the order of their bytes.
    """
    ready = {name: _little(array) for name, array in arrays.items()}
    listed = [[name, array.dtype.str, list(array.shape)] for name, array in ready.items()]
    text = msgspec.json.encode(plain({**header, "arrays": listed}))
    text += b" " * (-(HEADER_LENGTH.size + len(text)) % ALIGNMENT)
    parts = [HEADER_LENGTH.pack(len(text)), text]
    for array in ready.values():
        data = array.tobytes()
        parts += [data, b"\0" * (-len(data) % ALIGNMENT)]
    return b"".join(parts)


def binary_response(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Response:
    """A response of a header and arrays, as `pack` lays them out."""
    return Response(pack(header, arrays), media_type="application/octet-stream", headers=NO_STORE)


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
