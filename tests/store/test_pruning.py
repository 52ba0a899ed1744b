# SPDX-License-Identifier: Apache-2.0
"""Which runs go when a store is pruned."""

from __future__ import annotations

from typing import Any

import pytest

from backprobe import settings
from backprobe.records import Run
from backprobe.store.pruning import age, chosen
from backprobe.store.sizes import amount

DAY = 86_400.0
NOW = 100 * DAY
RUNS = [
    Run("e", state="running", created=NOW - 1 * DAY),
    Run("d", state="finished", created=NOW - 2 * DAY),
    Run("c", state="crashed", created=NOW - 20 * DAY),
    Run("b", state="running", created=NOW - 40 * DAY),
    Run("a", state="failed", created=NOW - 50 * DAY),
]
SIZES = {"a": 10, "b": 20, "c": 30, "d": 40, "e": 50}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"keep": 0}, "acd"),
        ({"keep": 2}, "ac"),
        ({"keep": 9}, ""),
        ({"older_than": 10 * DAY}, "ac"),
        ({"older_than": 45 * DAY}, "a"),
        ({"older_than": 10 * DAY, "keep": 3}, "a"),
        ({"most": 150}, ""),
        ({"most": 149}, "a"),
        ({"most": 139}, "ac"),
        ({"most": 0}, "acd"),
        ({"most": 0, "keep": 3}, "a"),
        ({"most": 110, "older_than": 45 * DAY}, "ac"),
        ({"most": 140, "older_than": 45 * DAY}, "a"),
    ],
)
def test_what_goes(asked: dict[str, Any], expected: str) -> None:
    """The newest that are kept and live ones never go; the oldest go first."""
    gone = chosen(RUNS, SIZES, NOW, **asked)
    assert sorted(run.id for run in gone) == list(expected)
    assert [run.created for run in gone] == sorted(run.created for run in gone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30d", 30 * DAY), ("12h", DAY / 2), ("2w", 14 * DAY), ("1.5", 1.5 * DAY)],
)
def test_ages(text: str, expected: float) -> None:
    """With a unit, or in days."""
    assert age(text) == expected


@pytest.mark.parametrize("text", ["", "d", "30y", "-1d", "1d 2h"])
def test_what_is_no_age(text: str) -> None:
    """Is refused with what was expected."""
    with pytest.raises(ValueError, match="expected an age"):
        age(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5GB", 5 * 10**9), ("300 mb", 3 * 10**8), ("1e9", 10**9), ("2k", 2000), ("7", 7)],
)
def test_sizes(text: str, expected: int) -> None:
    """Decimal units, and back into words."""
    assert settings.byte_count(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "5 XB", "-1", "1.2.3"])
def test_what_is_no_size(text: str) -> None:
    """Is refused."""
    with pytest.raises(ValueError, match="expected a size"):
        settings.byte_count(text)


def test_amounts() -> None:
    """Bytes in words."""
    told = [amount(n) for n in (0, 999, 1234, 12_345, 1.2e6, 5e9, 3e13)]
    assert told == ["0 B", "999 B", "1.2 kB", "12 kB", "1.2 MB", "5 GB", "30 TB"]
