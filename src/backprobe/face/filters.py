# SPDX-License-Identifier: Apache-2.0
"""Which runs are meant, in the language of MongoDB that W&B's `Api().runs(filters=…)` takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from backprobe.face.errors import UsageError

Lookup = Callable[[str], Any]
"""The value of a field such as `config.lr`; None where there is none."""


def matches(filters: Mapping[str, Any] | None, lookup: Lookup) -> bool:
    """Whether a run is meant.

    Arguments:
        filters: field → value, or field → {operator: value}; `$and`, `$or` and `$nor` take lists.
        lookup: gives the value of a field.

    Raises:
        UsageError: an operator that is not known.
    """
    return all(_clause(field, wanted, lookup) for field, wanted in (filters or {}).items())


def _clause(field: str, wanted: Any, lookup: Lookup) -> bool:
    if field == "$and":
        return all(matches(part, lookup) for part in wanted)
    if field == "$or":
        return any(matches(part, lookup) for part in wanted)
    if field == "$nor":
        return not any(matches(part, lookup) for part in wanted)
    if field.startswith("$"):
        raise UsageError(f"filters: {field} is unknown at this place; expected $and, $or or $nor")
    value = lookup(field)
    if isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted):
        return all(_holds(str(name), value, operand, wanted) for name, operand in wanted.items())
    return _equal(value, wanted)


def _holds(name: str, value: Any, operand: Any, clause: Mapping[str, Any]) -> bool:
    if name == "$not":
        return not _clause("", operand, lambda _: value)
    if name == "$regex":
        flags = re.IGNORECASE if "i" in str(clause.get("$options", "")) else 0
        texts = value if isinstance(value, list | tuple) else [value]
        return any(isinstance(text, str) and re.search(operand, text, flags) for text in texts)
    if name == "$options":
        return True
    if name not in _OPERATORS:
        known = ", ".join([*_OPERATORS, "$regex", "$not"])
        raise UsageError(f"filters: {name} is unknown; expected one of {known}")
    return _OPERATORS[name](value, operand)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, list | tuple) and not isinstance(wanted, list | tuple):
        return wanted in value
    if isinstance(value, tuple):
        return list(value) == list(wanted)
    return bool(value == wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, operand: Any) -> bool:
        try:
            return value is not None and bool(compare(value, operand))
        except TypeError:
            return False  # a number against a text

    return holds


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": _equal,
    "$ne": lambda value, operand: not _equal(value, operand),
    "$gt": _ordered(lambda value, operand: value > operand),
    "$gte": _ordered(lambda value, operand: value >= operand),
    "$lt": _ordered(lambda value, operand: value < operand),
    "$lte": _ordered(lambda value, operand: value <= operand),
    "$in": lambda value, operand: any(_equal(value, one) for one in operand),
    "$nin": lambda value, operand: not any(_equal(value, one) for one in operand),
    "$all": lambda value, operand: all(one in (value or ()) for one in operand),
    "$exists": lambda value, operand: (value is not None) == bool(operand),
}
