# SPDX-License-Identifier: Apache-2.0
"""Statistics of layer outputs, taken inside the forward hook so that nothing is kept.

A sample of about 16,000 elements an output is read: evenly spaced rows of the batch, and for
convolutions a run of neighbouring positions that moves from step to step. An in-place operation
that comes after can therefore not change what was seen. A place that runs several times a step (a
recurrent cell, micro-batches) is measured at its first run.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.activations import RECTIFIERS, SATURATION
from backprobe.probe.kernels import native, through_torch
from backprobe.probe.occasional import effective_rank
from backprobe.probe.parameters import DTYPES, reshaped
from backprobe.probe.transfer import Transfers
from backprobe.records import Place

SIGNALS = (
    "out_mean",
    "out_rms",
    "out_min",
    "out_max",
    "out_zero",
    "out_nonfinite",
    "out_batch_std",
    "out_saturated",
    "out_dead",
)
SAMPLE = 1 << 14
MIN_ROWS = 8
ROWS = 256
"""Places whose results lie in one block of memory."""
MAX_RUN = 4096
PRIME = 7919
BINNED = 512
"""About so many elements of an output go into its histogram: a bin that holds half of them is off
by 4 % of itself (one standard deviation)."""
WINDOW = 32
"""Observed steps over which a unit must stay silent to count as dead; then it is asked afresh."""
SURE = 10
"""Observed steps of a window before a dead share is given: a unit may be silent on one batch."""


Store = Callable[[NDArray[np.int32], NDArray[Any]], None]


class Meter:
    """Measures the output of one place.

    Arguments:
        place: which.
        channels_first: whether dimension 1 holds the units (convolutions), else the last.
        out: where its signals [9] are written.
        histogram: where its counts [135] are written.
    """

    def __init__(
        self,
        place: Place,
        channels_first: bool,
        out: NDArray[np.float32] | None = None,
        histogram: NDArray[np.uint32] | None = None,
    ) -> None:
        self.place = place
        self.channels_first = channels_first
        self.done = False
        self.late: Tensor | None = None
        self.late_bins: Tensor | None = None
        self.out = np.full(len(SIGNALS), np.nan, np.float32) if out is None else out
        self.histogram = np.zeros(native.BINS, np.uint32) if histogram is None else histogram
        self.low, self.high = SATURATION.get(place.activation, (1.0, -1.0))
        self.dies = place.activation in RECTIFIERS
        self._seen = 0
        self._calls = 0
        self._start = 0
        self._shape: torch.Size | None = None
        self._library = native.library()
        self._unit_max: NDArray[np.float32] | None = None
        self._top: Tensor | None = None

    def measure(self, x: Tensor, histogram: bool) -> None:
        """Reads one output; the first of a step counts."""
        self.done = True
        if x.shape != self._shape:
            self._plan(x)
        if self._empty:
            return
        if histogram:
            self.histogram[:] = 0
        self._calls += 1
        self._start = self._calls * PRIME % self._starts  # another run of positions each time
        if self._library is not None and x.device.type == "cpu" and x.dtype in DTYPES:
            if not x.is_contiguous():
                x = x.detach().contiguous()
            self._spec.data = x.data_ptr()
            self._spec.dtype = DTYPES[x.dtype]
            self._spec.start = self._start
            self._spec.histogram = self._histogram_at if histogram else None
            self._library.bp_output(self._at)
        else:
            sample = self._sample(x)
            sure = self._seen + 1 >= SURE
            self.late = through_torch.nine(sample, self.low, self.high, self._tops(sample), sure)
            if histogram:
                self.late_bins = through_torch.bins(sample, native.BINS)
        self._age()

    def rank(self, x: Tensor) -> Tensor | None:
        """Effective rank of the output that was just measured, see `occasional`."""
        return None if self._empty else effective_rank(self._sample(x))

    def _age(self) -> None:
        if not self.dies:
            return
        self._seen += 1
        if self._seen < SURE:
            self.out[8] = np.nan
        if self._seen >= WINDOW:
            self._seen = 0
            if self._unit_max is not None:
                self._unit_max[:] = -np.inf
            self._top = None

    def _plan(self, x: Tensor) -> None:
        shape = x.shape
        self._shape = shape
        rows, units, inner = layout(shape, self.channels_first)
        self._empty = rows * units * inner == 0
        if self._empty:
            return
        unit_step = max(1, -(-units * min(rows, MIN_ROWS) // SAMPLE))
        taken_units = -(-units // unit_step)
        per_row = max(1, SAMPLE // (taken_units * min(rows, MIN_ROWS)))
        length = min(inner, per_row, MAX_RUN)
        wanted_rows = max(min(rows, MIN_ROWS), SAMPLE // (taken_units * length))
        row_step = max(1, rows // wanted_rows)
        self._steps = (rows, units, inner, row_step, unit_step)
        self._length, self._starts = length, inner - length + 1
        if self._unit_max is None or len(self._unit_max) != taken_units:
            self._unit_max = np.full(taken_units, -np.inf, np.float32)
            self._sums = np.zeros((2, taken_units), np.float32)
            self._seen = 0
        spec = native.Output()
        spec.rows, spec.units, spec.inner, spec.row_step, spec.unit_step = self._steps
        spec.length = length
        spec.dead = self.dies
        spec.low, spec.high = self.low, self.high
        spec.unit_max = self._unit_max.ctypes.data
        spec.unit_sum = self._sums.ctypes.data
        spec.unit_square = self._sums.ctypes.data + self._sums.strides[0]
        spec.out = self.out.ctypes.data
        read = taken_units * length * -(-rows // row_step)
        spec.bin_step = max(1, read // BINNED)
        self._histogram_at = self.histogram.ctypes.data
        self._spec = spec
        self._at = ctypes.addressof(spec)

    def _sample(self, x: Tensor) -> Tensor:
        rows, units, inner, row_step, unit_step = self._steps
        whole = x.detach().reshape(rows, units, inner)
        return whole[::row_step, ::unit_step, self._start : self._start + self._length]

    def _tops(self, sample: Tensor) -> Tensor | None:
        if not self.dies:
            return None
        if self._top is None or self._top.shape[0] != sample.shape[1]:
            self._top = torch.full((sample.shape[1],), -torch.inf, device=sample.device)
        return self._top


class Outputs:
    """The meters of all places, and one row of values a step."""

    def __init__(self) -> None:
        self.meters: list[Meter] = []
        self._indexes: list[NDArray[np.int32]] = []
        self._values: list[NDArray[np.float32]] = []
        self._counts: list[NDArray[np.uint32]] = []

    def add(self, place: Place, channels_first: bool) -> Meter:
        """A meter for a new place; the kernel writes into blocks that never move."""
        row = len(self.meters) % ROWS
        if row == 0:
            self._indexes.append(np.zeros(ROWS, np.int32))
            self._values.append(np.full((ROWS, len(SIGNALS)), np.nan, np.float32))
            self._counts.append(np.zeros((ROWS, native.BINS), np.uint32))
        self._indexes[-1][row] = place.index
        meter = Meter(place, channels_first, self._values[-1][row], self._counts[-1][row])
        self.meters.append(meter)
        return meter

    def take(self, transfers: Transfers, store: Store, binned: Store | None) -> None:
        """Hands on what was measured since the last call.

        Arguments:
            transfers: brings results of a device to the host.
            store: called with indexes [m] and values [m, 9].
            binned: called with indexes [m] and counts [m, 135], None where none are wanted.
        """
        done = [meter for meter in self.meters if meter.done]
        count = len(done)
        if 0 < count == len(self.meters) <= ROWS and all(m.late is None for m in done):
            for meter in done:
                meter.done = False
            index = self._indexes[0][:count]
            store(index, self._values[0][:count].copy())
            if binned is not None:
                binned(index, self._counts[0][:count].copy())
            return
        for block, start in enumerate(range(0, len(self.meters), ROWS)):
            rows = [
                k
                for k, meter in enumerate(self.meters[start : start + ROWS])
                if meter.done and meter.late is None
            ]
            if rows:
                store(self._indexes[block][rows], self._values[block][rows])
                if binned is not None:
                    binned(self._indexes[block][rows], self._counts[block][rows])
        by_device: dict[torch.device, list[Meter]] = {}
        for meter in done:
            if meter.late is not None:
                by_device.setdefault(meter.late.device, []).append(meter)
            meter.done = False
        for late in by_device.values():
            index = np.array([meter.place.index for meter in late], np.int32)
            values = [meter.late for meter in late if meter.late is not None]
            counts = [meter.late_bins for meter in late if meter.late_bins is not None]
            transfers.send(values, partial(reshaped, store, index, (len(index), len(SIGNALS))))
            if binned is not None and len(counts) == len(late):
                shape = len(index), native.BINS
                transfers.send(counts, partial(reshaped, binned, index, shape))
            for meter in late:
                meter.late = meter.late_bins = None


def layout(shape: torch.Size, channels_first: bool) -> tuple[int, int, int]:
    """Rows, units and positions of an output.

    Arguments:
        shape: of the output, batch first.
        channels_first: whether dimension 1 is the units.
    """
    if len(shape) == 0:
        return 1, 1, 1
    if channels_first and len(shape) >= 3:
        return shape[0], shape[1], int(np.prod(shape[2:]))
    if len(shape) == 1:
        return shape[0], 1, 1
    return int(np.prod(shape[:-1])), shape[-1], 1
