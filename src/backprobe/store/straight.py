# SPDX-License-Identifier: Apache-2.0
"""Where the blocks of a stream lie in its log, for as long as they simply follow each other.

Then a column is what the blocks hold of it, one after the other, and can be read from the log
alone, without the rest of it.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from backprobe.store.frames import Frame

LEAST_BYTES = 1 << 15
"""Blocks that are smaller than this on average are not worth a look each."""


class Straight:
    """Follows the blocks of one stream.

    Arguments:
        matrix: whether its columns are signals [steps, tensors] over `step` and `index`.
    """

    def __init__(self, matrix: bool) -> None:
        self.matrix = matrix
        self.bodies = array("q")
        """Where the columns of each block begin in the log."""
        self.counts = array("q")
        """Rows of each block."""
        self.bytes = 0
        self.holds = True
        self.layout: list[tuple[str, str, tuple[int, ...]]] = []
        """Name, dtype and shape of a row of each column, in the order of their bytes."""
        self._index: NDArray[np.integer] | None = None
        self._last = -(1 << 63)

    def add(self, frame: Frame, base: int) -> None:
        """Takes a block of a log piece that begins at `base`."""
        if not self.holds:
            return
        layout = [(name, a.dtype.str, a.shape[1:]) for name, a in frame.columns.items()]
        self.layout = self.layout or layout
        rows = len(next((a for name, a in frame.columns.items() if name != "index"), ()))
        self.bodies.append(base + frame.body)
        self.counts.append(rows)
        self.bytes += frame.end - frame.body
        self.holds = (
            layout == self.layout
            and rows > 0
            and self.bytes >= LEAST_BYTES * len(self.counts)
            and (not self.matrix or self._follows(frame))
        )

    def _follows(self, frame: Frame) -> bool:
        """Whether the steps of a matrix go on, and its tensors are the same, ascending."""
        step, index = frame.columns["step"], frame.columns["index"]
        known, last = self._index, self._last
        self._index, self._last = (index.copy() if known is None else known), int(step[-1])
        signals = [dtype for name, dtype, _ in self.layout if name not in ("step", "index")]
        return (
            bool(step[0] > last and (np.diff(step) > 0).all() and (np.diff(index) > 0).all())
            and (known is None or np.array_equal(known, index))
            and step.dtype == index.dtype == np.dtype(np.int64)
            and set(signals) <= {"<f4"}
        )
