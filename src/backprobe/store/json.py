# SPDX-License-Identifier: Apache-2.0
"""JSON that every parser takes: non-finite numbers become "NaN", "Infinity" and "-Infinity".

Everything that a command prints or a file for other programs holds goes through `dumps`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import PurePath
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """The value in JSON's own types: dicts, lists, strings, finite numbers, booleans and None.

    Dataclasses become objects; tuples, sets and arrays lists; numpy's scalars numbers; what has no
    counterpart its `str`.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else _tag(float(value))
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return str(value) if not isinstance(value, PurePath) else value.as_posix()


def dumps(value: Any, indent: int | None = 2) -> str:
    """The JSON text of any value, valid for every parser (see `plain`)."""
    return json.dumps(plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def _tag(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
