# SPDX-License-Identifier: Apache-2.0
"""Rows of `log()`, in as they arrive; columns of numbers, out: a few bytes a number."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = tuple[int, float, Mapping[str, Any]]
"""Step, seconds since the epoch, and values."""


class History:
    """Collects rows.

    Arguments:
        whole: whether the rows themselves are kept, each with all its values, as `rows`; else only
            what most readers want: the numbers by key, and apart from them what is no number.
    """

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.rows: list[Row] = []
        self.steps = array("q")
        self.times = array("d")
        self.told: dict[int, dict[str, Any]] = {}
        """Number of a row → its values that are no numbers."""
        self.columns: dict[str, tuple[array[int], array[float]]] = {}
        """Key → step and value of each row that has a number of it."""
        self.open: tuple[int, int, dict[str, Any]] = (-1, -1, {})
        """Number that the script gave the row which may still grow, its place, and its values."""

    def add(self, header: Mapping[str, Any]) -> None:
        """Takes what one call of `log()` wrote.

        Raises:
            KeyError, TypeError, ValueError: it makes no sense.
        """
        step, row, values = header["step"], header.get("row", -1), header["values"]
        if type(step) is not int or abs(step) >= 2**63:
            step = max(-(2**63), min(2**63 - 1, int(step)))
        if type(values) is not dict or type(row) is not int:
            raise TypeError("no row")
        now = float(header["time"])
        known, place, before = self.open
        if row >= 0 and row == known:
            self.steps[place], self.times[place] = step, now
            whole = {**before, **values}
        else:
            place, before, whole = len(self.steps), {}, values
            self.steps.append(step)
            self.times.append(now)
        if row >= 0:
            self.open = (row, place, whole)
        if self.whole:
            self.rows[place : place + 1] = [(step, now, whole)]
        for key, value in values.items():
            kind = type(value)
            if kind is int:
                value = _float(value)
            elif kind is not float:
                self.told.setdefault(place, {})[key] = value
                continue
            if key in before and place in self.told:
                self.told[place].pop(key, None)
            self._number(key, step, value, key in before)

    def _number(self, key: str, step: int, value: float, again: bool) -> None:
        found = self.columns.get(key)
        if found is None:
            found = self.columns[key] = (array("q"), array("d"))
        steps, column = found
        if again and steps and steps[-1] == step:
            column[-1] = value
        else:
            steps.append(step)
            column.append(value)

    @classmethod
    def of(
        cls,
        clock: Mapping[str, NDArray[Any]],
        numbers: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]],
        told: dict[int, dict[str, Any]],
        open_row: tuple[int, int, dict[str, Any]],
    ) -> History:
        """The history of which these are the parts; without the rows themselves."""
        found = cls(whole=False)
        found.steps, found.times = (
            array("q", clock["step"].tobytes()),
            array("d", clock["time"].tobytes()),
        )
        for key in numbers:
            steps, values = numbers[key]
            found.columns[key] = (array("q", steps.tobytes()), array("d", values.tobytes()))
        found.told, found.open = told, open_row
        return found

    def clock(self) -> Mapping[str, NDArray[Any]]:
        """`step` and `time` of each row, in the order in which they came."""
        return {"step": np.array(self.steps, np.int64), "time": np.array(self.times, np.float64)}

    def numbers(self) -> Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Step and value of each number, by key."""
        return {
            key: (np.array(steps, np.int64), np.array(values, np.float64))
            for key, (steps, values) in self.columns.items()
        }


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer that no float64 holds
        return math.inf if value > 0 else -math.inf
