# SPDX-License-Identifier: Apache-2.0
"""Turns what users hand to `log` and `config` into numbers, text, lists and dicts (JSON-ready).

Tensors and arrays are recognised by what they can do (`item`, `tolist`, `shape`), so that nothing
here imports torch or jax. `item()` of a CUDA tensor waits for the device: the user asked for it.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Set
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from os import PathLike, fspath
from typing import Any

PLAIN = (float, int, str, bool, type(None))
"""Types that are JSON-ready as they are; compared by `type() in`, so that subclasses convert."""
LIST_ELEMENTS = 32
"""W&B's bound: an array of up to so many elements is logged as a list, a longer one as its
distribution."""
MAX_DEPTH = 32
"""Nesting beyond this is written as text: what is nested in itself must not end a training."""


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Shape of an array or tensor of any library; None for anything else."""
    shape = getattr(value, "shape", None)
    if shape is None or not callable(getattr(value, "tolist", None)):
        return None
    try:
        return tuple(int(side) for side in shape)
    except (TypeError, ValueError):
        return None


def as_numpy(value: Any) -> Any:
    """A numpy array of an array or tensor; low-precision floats become float32."""
    import numpy as np

    for name in ("detach", "cpu"):
        step = getattr(value, name, None)
        if callable(step):
            value = step()
    if "bfloat16" in str(getattr(value, "dtype", "")) or "float8" in str(
        getattr(value, "dtype", "")
    ):
        value = value.float() if hasattr(value, "float") else value.astype("float32")
    return np.asarray(value)


def plain(value: Any, fallback: Callable[[Any], Any] = repr, depth: int = 0) -> Any:
    """A JSON-ready form of a value: numbers stay numbers, NaN and infinities included.

    Arguments:
        value: anything.
        fallback: makes something JSON-ready of what has no such form.
        depth: how deep within another value this one is.
    """
    kind = type(value)
    if kind in PLAIN:
        return value
    if depth > MAX_DEPTH:
        return str(type(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item, fallback, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | Set | range):
        return [plain(item, fallback, depth + 1) for item in value]
    shape = shape_of(value)
    if shape is not None:
        return _array(value, shape, fallback)
    return _simple(value, fallback, depth)


def _array(value: Any, shape: tuple[int, ...], fallback: Callable[[Any], Any]) -> Any:
    if math.prod(shape) == 1:
        value = value.item()
    elif math.prod(shape) <= LIST_ELEMENTS:
        value = value.tolist()
    else:
        return fallback(value)
    return plain(value, fallback, MAX_DEPTH - len(shape))


def _simple(value: Any, fallback: Callable[[Any], Any], depth: int) -> Any:
    if isinstance(value, enum.Enum):
        return value.name
    for base in (bool, int, float, str):  # subclasses: numpy.float64, IntEnum's kin, str tags
        if isinstance(value, base):
            return base(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, PathLike):
        return str(fspath(value))
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value), fallback, depth + 1)
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', '')}.{value.__qualname__}"
    return fallback(value)
