# SPDX-License-Identifier: Apache-2.0
"""The table of a pre-flight: what was checked, what was measured, and what was expected."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from backprobe.records import SCHEMA

Status = Literal["pass", "warn", "fail", "skipped"]
STATUSES: tuple[Status, ...] = ("pass", "skipped", "warn", "fail")
"""From the mildest to the gravest."""

_COLOURS = {"pass": "\x1b[32m", "warn": "\x1b[1;33m", "fail": "\x1b[1;31m", "skipped": "\x1b[2m"}
_RESET = "\x1b[0m"


@dataclass(frozen=True)
class Check:
    """One line of the pre-flight.

    Arguments:
        name: of the check, e.g. "initial-loss".
        status: "pass", "warn", "fail" or "skipped".
        measured: a number or words; None where nothing could be measured.
        expected: a number, words, or a pair (low, high).
        message: why it matters and what to do; of a skipped one, why.
        evidence: further numbers, JSON-ready.
    """

    name: str
    status: Status
    measured: float | str | None = None
    expected: float | str | tuple[float, float] | None = None
    message: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it is no failure."""
        return self.status != "fail"


@dataclass(frozen=True)
class CheckTable:
    """All checks of a pre-flight, in the order in which they were made.

    Arguments:
        checks: one a line.
        seconds: what they took.
        notes: what else is worth knowing, in words.
    """

    checks: tuple[Check, ...]
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> CheckTable:
        """The table that an `answer` was made of."""
        checks = []
        for one in answer["checks"]:
            expected = one["expected"]
            expected = tuple(expected) if isinstance(expected, list) else expected
            checks.append(Check(**{**one, "expected": expected}))
        return cls(tuple(checks), float(answer["seconds"]), tuple(answer.get("notes", ())))

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return all(one.ok for one in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that failed."""
        return tuple(one for one in self.checks if one.status == "fail")

    @property
    def warned(self) -> tuple[Check, ...]:
        """Those that warn."""
        return tuple(one for one in self.checks if one.status == "warn")

    def __getitem__(self, name: str) -> Check:
        """The check of that name, the gravest where there are several.

        Raises:
            KeyError: there is none; the text says which there are.
        """
        found = [one for one in self.checks if one.name == name]
        if not found:
            raise KeyError(f"no check {name!r}; there are {', '.join(self.names)}")
        return max(found, key=lambda one: STATUSES.index(one.status))

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    def __str__(self) -> str:
        return render(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        return f"<pre>{html.escape(str(self))}</pre>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names, each once."""
        return tuple(dict.fromkeys(one.name for one in self.checks))

    def answer(self) -> dict[str, Any]:
        """The table for `json.dumps`."""
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "seconds": round(self.seconds, 2),
            "counts": {word: _count(self.checks, word) for word in STATUSES},
            "checks": [
                {
                    "name": one.name,
                    "status": one.status,
                    "measured": one.measured,
                    "expected": list(one.expected)
                    if isinstance(one.expected, tuple)
                    else one.expected,
                    "message": one.message,
                    "evidence": dict(one.evidence),
                }
                for one in self.checks
            ],
            "notes": list(self.notes),
        }


def render(table: CheckTable, width: int = 100, colour: bool = False) -> str:
    """The table as text: a line a check, and what to do below those that do not pass.

    Arguments:
        table: what was checked.
        width: columns of the terminal.
        colour: whether to use ANSI colours.
    """
    columns = max(60, min(width, 110))
    rows = [
        (one.status, one.name, shown(one.measured), shown(one.expected)) for one in table.checks
    ]
    name = max((len(row[1]) for row in rows), default=0)
    measured = min(34, max((len(row[2]) for row in rows), default=0))
    indent = " " * 9
    lines = []
    for one, row in zip(table.checks, rows, strict=True):
        word = f"{row[0]:7}"
        word = f"{_COLOURS[one.status]}{word}{_RESET}" if colour else word
        expected = f"expected {row[3]}" if row[3] else ""
        lines.append(f"{word}  {row[1]:{name}}  {row[2]:{measured}}  {expected}".rstrip())
        if one.message and one.status != "pass":
            lines += textwrap.wrap(
                one.message, columns, initial_indent=indent, subsequent_indent=indent
            )
    counts = [
        f"{_count(table.checks, word)} {word}"
        for word in ("pass", "warn", "fail", "skipped")
        if _count(table.checks, word)
    ]
    lines += ["", f"{', '.join(counts)} in {table.seconds:.1f} s"]
    for note in table.notes:
        lines += textwrap.wrap(f"note: {note}", columns, subsequent_indent="      ")
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """A measured or expected value in words."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"{shown(value[0])} to {shown(value[1])}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.3g}"


def _count(checks: Sequence[Check], word: str) -> int:
    return sum(one.status == word for one in checks)
