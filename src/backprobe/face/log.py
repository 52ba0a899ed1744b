# SPDX-License-Identifier: Apache-2.0
"""`log`: which step and row a call belongs to, and its way into the record.

Every call is written before it returns, also one that does not yet commit: a killed process loses
none. Calls that belong to one row carry one row number, and the reader puts them together.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from backprobe.face.define_metric import Metrics
from backprobe.face.notices import Notices
from backprobe.face.summary import Summary
from backprobe.store.writer import LogWriter

_row_numbers = itertools.count()
"""Of this process: two runs that share a log (under `backprobe run`) never share a row."""


class History:
    """The rows of a run, as `log` makes them.

    The counter is W&B's: without `step`, a call commits and the step rises by one, unless
    `commit=False`. With `step` beyond the counter the pending row is closed and the counter moves
    there; with the same step the call joins the pending row; neither commits unless
    `commit=True`. A step below the counter, which W&B drops, is kept as a row of its own; and a
    loop that counted from the start again does not overwrite the pending row when it gets there.

    Arguments:
        writer: where rows go; None keeps only the summary.
        summary: takes the values of every call.
        convert: makes JSON-ready what is no plain number or text, from (key, value, step).
        notices: where the first late step is told.
        step: the step to begin at.
    """

    def __init__(
        self,
        writer: LogWriter | None,
        summary: Summary,
        convert: Callable[[str, Any, int], Any],
        notices: Notices,
        step: int = 0,
    ) -> None:
        self.step = step
        self.writer = writer
        self._summary = summary
        self._metrics: Metrics = summary._metrics
        self._convert = convert
        self._notices = notices
        self._row = next(_row_numbers)
        self._keys: set[str] = set()  # of the pending row
        self._went_back = False  # a late step came since the pending row was begun
        self._latest: dict[str, Any] = {}
        self._lock = threading.RLock()

    def log(self, data: Mapping[str, Any], step: Any = None, commit: bool | None = None) -> None:
        """Writes one call.

        Raises:
            TypeError: `data` is no mapping, a key is no string, or `step` no whole number.
        """
        if not isinstance(data, Mapping):
            raise TypeError(
                f"log() expects a dict of names and values, such as {{'loss': 0.5}}; "
                f"got {type(data).__name__}: {data!r:.80}"
            )
        with self._lock:
            at = self.step if step is None else self._move(step)
            values: dict[str, Any] = {}
            for key, value in data.items():
                kind = type(value)
                if type(key) is str and (kind is float or kind is int):
                    values[key] = value
                else:
                    self._add(values, key, value, at)
            if self._metrics:
                self._synchronise(values)
            late = at < self.step
            if values:
                if self._went_back and not late and not self._keys.isdisjoint(values):
                    self._next_row()
                if self.writer is not None:
                    self.writer.row(at, values, time.time(), -1 if late else self._row)
                self._summary._logged(values)
            if late:
                self._went_back = True
            elif step is None if commit is None else commit:
                self.step += 1
                self._next_row()
            else:
                self._keys.update(values)

    def _next_row(self) -> None:
        self._row = next(_row_numbers)
        self._keys.clear()
        self._went_back = False

    def _add(self, values: dict[str, Any], key: Any, value: Any, step: int) -> None:
        if not isinstance(key, str):
            raise TypeError(
                f"log() expects strings as keys; got {key!r} of type {type(key).__name__} "
                f"(its value is {value!r:.60})"
            )
        if isinstance(value, Mapping):
            if not value:
                return
            for inner, item in value.items():
                self._add(values, f"{key}.{inner}", item, step)
        else:
            values[str(key)] = self._convert(str(key), value, step)

    def _move(self, step: Any) -> int:
        """The step that was asked for, with the counter moved there where it lies ahead."""
        at = whole(step)
        if at > self.step:
            self.step = at
            self._next_row()
        elif at < self.step:
            self._notices.once(
                "late step",
                f"log(step={at}) came after step {self.step} had begun; such rows are kept in the "
                "order of their arrival (W&B drops them)",
            )
        return at

    def _synchronise(self, values: dict[str, Any]) -> None:
        """Adds the last value of a step metric to a row whose metrics are plotted over it."""
        for name in self._metrics.axes:
            if name in values:
                self._latest[name] = values[name]
        for key in list(values):
            metric = self._metrics.of(key)
            axis = metric.step_metric if metric is not None and metric.step_sync else None
            if axis is not None and axis not in values and axis in self._latest:
                values[axis] = self._latest[axis]


def whole(step: Any) -> int:
    """A step as an integer, of an int or anything that holds one whole number.

    Raises:
        TypeError: it is none.
    """
    if type(step) is int:
        return step
    try:
        number = step.item() if callable(getattr(step, "item", None)) else step
        rounded = int(number)
        if rounded == number and not isinstance(number, str | bytes):
            return rounded
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass
    raise TypeError(f"log(step={step!r}): expected a whole number, got {type(step).__name__}")
