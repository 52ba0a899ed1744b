# SPDX-License-Identifier: Apache-2.0
"""What every rule is: a name, a gravest severity, sourced thresholds, and a pure check."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from backprobe.records import Finding, Record, Severity

HEADINGS = (
    "What it looks for",
    "Why it matters",
    "Example",
    "What to try",
    "When it is wrong",
    "References",
)
"""The headings of a rule's docstring, in this order: its page in the docs."""


class AbstractRule(ABC):
    """One diagnosis.

    `name` is its id, its file, its page and its key in JSON; `severity` the gravest that it gives;
    `limits` an instance of its frozen `Thresholds`, each field made by `threshold`.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity]

    @abstractmethod
    def check(self, record: Record) -> list[Finding]:
        """What the record shows of this: at most one finding a place, none where it is healthy."""


def threshold(value: float, unit: str, source: str) -> Any:
    """A field of `Thresholds`: its value, its unit, and where the number comes from."""
    return dataclasses.field(default=value, metadata={"unit": unit, "source": source})


def family(rule: type[AbstractRule]) -> str:
    """The family of a rule: the folder of its file."""
    return rule.__module__.split(".")[-2]


def seen(steps: Iterable[float]) -> tuple[int, int]:
    """First and last optimizer step of a finding; (0, 0) where no step is known."""
    known = [int(step) for step in steps]
    return (min(known), max(known)) if known else (0, 0)


def whole_run(record: Record) -> tuple[int, int]:
    """First and last recorded step: `Finding.steps` of what holds from beginning to end."""
    return seen(record.steps["step"][[0, -1]])


def observed_steps(record: Record) -> tuple[int, int]:
    """First and last step at which the parameters were looked at."""
    return seen(record.parameters_series.step[[0, -1]])
