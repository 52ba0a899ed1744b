# SPDX-License-Identifier: Apache-2.0
"""What was measured, in columns over steps, and what happened once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Series:
    """Signals of many tensors over steps.

    Arguments:
        step: optimizer steps, shape [n], ascending.
        index: which parameter or place each column is, shape [m].
        values: signal name → float32 array [n, m]; NaN where it was not measured.
    """

    step: IntArray
    index: IntArray
    values: Mapping[str, FloatArray] = field(default_factory=dict)

    def of(self, signal: str, index: int) -> FloatArray:
        """Values [n] of one signal of one parameter or place; all NaN where there are none."""
        columns = np.flatnonzero(self.index == index)
        if signal not in self.values or columns.size == 0:
            return np.full(self.step.shape, np.nan, dtype=np.float32)
        return self.values[signal][:, int(columns[0])]

    def __contains__(self, signal: object) -> bool:
        return signal in self.values


@dataclass(frozen=True)
class Table:
    """Named columns of equal length; float columns hold NaN where nothing was measured."""

    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[Any]:
        found = self.columns.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def numbers(self, name: str) -> NDArray[np.float64]:
        """One column [n] as numbers with a point, whatever it is kept as."""
        return np.asarray(self[name], np.float64)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return next((len(column) for column in self.columns.values()), 0)


@dataclass(frozen=True)
class Event:
    """Something that happened once: `name`, when (seconds since the epoch), and its facts."""

    name: str
    time: float
    data: Mapping[str, Any] = field(default_factory=dict)
