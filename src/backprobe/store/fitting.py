# SPDX-License-Identifier: Apache-2.0
"""Whether a value read from JSON is of the type that a field of the record has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from backprobe.records import Source

LARGEST = 2**53
"""Whole numbers up to here are exact in every reader's floating point."""


def check(noun: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Passes where each value fits its field of the dataclass.

    Raises:
        TypeError: one does not; the text names it.
    """
    checks = _checks(noun)
    for name, value in values.items():
        if name in checks and not checks[name](value):
            raise TypeError(f"{name}={value!r}: expected {_kinds(noun)[name]}")


@cache
def _checks(noun: Callable[..., Any]) -> dict[str, Callable[[Any], bool]]:
    return {name: FITS[kind] for name, kind in _kinds(noun).items() if kind in FITS}


@cache
def _kinds(noun: Callable[..., Any]) -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(noun)}  # type: ignore[arg-type]


def _whole(value: Any) -> bool:
    return type(value) is int and -LARGEST <= value <= LARGEST


def _number(value: Any) -> bool:
    return type(value) is float or _whole(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(fits, value))


def _source(value: Any) -> bool:
    return value is None or (
        isinstance(value, Source) and _text(value.file) and _whole(value.line) and _text(value.text)
    )


FITS: Mapping[str, Callable[[Any], bool]] = {
    "int": _whole,
    "float": _number,
    "str": _text,
    "bool": lambda value: isinstance(value, bool),
    "Source | None": _source,
    "Mapping[str, Any]": _table,
    "Mapping[str, float]": _table,
    "tuple[int, ...]": _all(_whole),
    "tuple[float, ...]": _all(_number),
    "tuple[str, ...]": _all(_text),
    "tuple[tuple[int, ...], ...]": _all(_all(_whole)),
    "tuple[Mapping[str, Any], ...]": _all(_table),
}
"""Annotation of a field → what fits it; a field of another annotation takes anything."""
