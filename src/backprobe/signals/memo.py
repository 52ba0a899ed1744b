# SPDX-License-Identifier: Apache-2.0
"""Keeps what a signal of a record is, so that the rules of one diagnosis compute it once.

A record never changes, so neither does a signal of it. What is kept lives and dies with the record.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from backprobe.records import Record

_T = TypeVar("_T")
_KEPT = "_kept_signals"


def once(signal: Callable[[Record], _T]) -> Callable[[Record], _T]:
    """The same function, which computes its value once a record."""

    @wraps(signal)
    def kept(record: Record) -> _T:
        # The attribute is no field: `replace` makes a record without it.
        values: dict[Any, Any] = record.__dict__.setdefault(_KEPT, {})
        if kept not in values:
            values[kept] = signal(record)
        found: _T = values[kept]
        return found

    return kept
