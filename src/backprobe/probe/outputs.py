# SPDX-License-Identifier: Apache-2.0
"""Statistics of layer outputs, taken inside the forward hook so that nothing is kept.

A sample of about 16,000 elements an output is read: evenly spaced rows of the batch, and for
convolutions a run of neighbouring positions that moves from step to step. An in-place operation
that comes after can therefore not change what was seen. A place that runs several times a step (a
recurrent cell, micro-batches) is measured at its first run.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import units
from backprobe.probe.activations import RECTIFIERS, SATURATION
from backprobe.probe.blocks import Block, Pattern
from backprobe.probe.kernels import calls, native, through_torch
from backprobe.probe.occasional import effective_rank
from backprobe.probe.parameters import DTYPES
from backprobe.probe.parameters_late import reshaped
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
ROW = 4 * len(SIGNALS)
"""Bytes of a place's signals."""
SAMPLE = 1 << 14
MIN_ROWS = 8
ROOM = 64
"""Blocks have room for a multiple of so many places."""
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
        outputs: whose block the signals and histograms go into.
        row: of this place in it.

    `spec.step` equals `seen` of its outputs where the place was measured in the step that is going
    on.
    """

    __slots__ = (
        "_kernel",
        "_length",
        "_outputs",
        "_shape",
        "_starts",
        "_steps",
        "_sums",
        "_top",
        "_unit_max",
        "at",
        "channels_first",
        "dies",
        "high",
        "late",
        "late_bins",
        "low",
        "offset",
        "place",
        "row",
        "spec",
    )

    def __init__(self, place: Place, channels_first: bool, outputs: Outputs, row: int) -> None:
        self.place = place
        self.channels_first = channels_first
        self.row = row
        self.late: Tensor | None = None
        self.late_bins: Tensor | None = None
        self.low, self.high = SATURATION.get(place.activation, (1.0, -1.0))
        self.dies = place.activation in RECTIFIERS
        self._outputs = outputs
        self.offset = row * ROW
        self.spec = native.Output()
        self.spec.dead = self.dies
        self.spec.low, self.spec.high = self.low, self.high
        self.spec.step = self.spec.asked = self.spec.dimensions = -1
        self.at = ctypes.addressof(self.spec)
        self._shape: torch.Size | None = None
        library = native.quick()
        self._kernel = None if library is None else library.bp_output
        self._unit_max: NDArray[np.float32] | None = None
        self._top: Tensor | None = None

    def measure(self, x: Tensor, histogram: bool) -> None:
        """Reads one output; the first of a step counts."""
        outputs = self._outputs
        self.spec.step = outputs.seen
        if x.shape != self._shape:
            self._plan(x)
        if self.spec.empty:
            return
        kernel = self._kernel
        dtype = DTYPES.get(x.dtype) if x.is_cpu else None
        if kernel is None or dtype is None:
            self._measure_late(x, histogram)
            return
        if not x.is_contiguous():
            x = x.detach().contiguous()
        if self.row >= outputs.width:
            outputs.make_room()
        outputs.touched = True
        if histogram:
            outputs.order.append(self.row)
            kernel(self.at, x.data_ptr(), dtype, outputs.at + self.offset, outputs.sink_at)
        else:
            kernel(self.at, x.data_ptr(), dtype, outputs.at + self.offset, None)

    def _measure_late(self, x: Tensor, histogram: bool) -> None:
        """The same where the results stay on a device for now, or nothing could be compiled."""
        spec = self.spec
        spec.calls += 1
        spec.seen += 1
        sample = self._sample(x)
        sure = spec.seen >= SURE
        self.late = through_torch.nine(sample, self.low, self.high, self._tops(sample), sure)
        if histogram:
            self.late_bins = through_torch.bins(sample, native.BINS)
        self._outputs.late.append(self)
        if spec.seen >= WINDOW:
            spec.seen = 0
            self._top = None

    def units(self, x: Tensor) -> tuple[int, Tensor] | None:
        """Single units of the output just measured: one in so many, and what `units` says."""
        if self.spec.empty:
            return None
        sample = self._sample(x)
        return self._steps[4] * units.every(sample.shape[1]), units.measure(
            sample, self.low, self.high
        )

    def rank(self, x: Tensor) -> Tensor | None:
        """Effective rank of the output that was just measured, see `occasional`."""
        return None if self.spec.empty else effective_rank(self._sample(x))

    def _plan(self, x: Tensor) -> None:
        shape = x.shape
        self._shape = shape
        rows, count, inner = layout(shape, self.channels_first)
        self.spec.empty = rows * count * inner == 0
        fits = len(shape) <= native.MOST_DIMENSIONS
        self.spec.dimensions = len(shape) if fits else -1
        if fits:
            self.spec.shape[: len(shape)] = shape
        if self.spec.empty:
            return
        unit_step = max(1, -(-count * min(rows, MIN_ROWS) // SAMPLE))
        taken_units = -(-count // unit_step)
        per_row = max(1, SAMPLE // (taken_units * min(rows, MIN_ROWS)))
        length = min(inner, per_row, MAX_RUN)
        wanted_rows = max(min(rows, MIN_ROWS), SAMPLE // (taken_units * length))
        row_step = max(1, rows // wanted_rows)
        self._steps = (rows, count, inner, row_step, unit_step)
        self._length, self._starts = length, inner - length + 1
        if self._unit_max is None or len(self._unit_max) != taken_units:
            self._unit_max = np.full(taken_units, -np.inf, np.float32)
            self._sums = np.zeros((2, taken_units), np.float32)
            self.spec.seen = 0
        spec = self.spec
        spec.rows, spec.units, spec.inner, spec.row_step, spec.unit_step = self._steps
        spec.length, spec.starts = length, self._starts
        spec.unit_max = self._unit_max.ctypes.data
        spec.unit_sum = self._sums.ctypes.data
        spec.unit_square = self._sums.ctypes.data + self._sums.strides[0]
        read = taken_units * length * -(-rows // row_step)
        spec.bin_step = max(1, read // BINNED)

    def _sample(self, x: Tensor) -> Tensor:
        rows, count, inner, row_step, unit_step = self._steps
        whole = x.detach().reshape(rows, count, inner)
        start = self.spec.calls * PRIME % self._starts  # another run of positions each time
        return whole[::row_step, ::unit_step, start : start + self._length]

    def _tops(self, sample: Tensor) -> Tensor | None:
        if not self.dies:
            return None
        if self._top is None or self._top.shape[0] != sample.shape[1]:
            self._top = torch.full((sample.shape[1],), -torch.inf, device=sample.device)
        return self._top


class Outputs:
    """The meters of all places, and one row of values a step.

    Arguments:
        width: places that the row that is being filled has room for, 0 before a step's first.
        at, sink_at: where the kernel writes that row and its histograms.
        touched: whether it has.
        calls: told where that is.
        order: the places whose histograms were written, in order.
        late: meters whose results are on a device.
        seen: a number that is another in each step.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.meters: list[Meter] = []
        self.block: Block | None = None
        self.width = 0
        self.at = 0
        self.sink_at = 0
        self.touched = False
        self.calls: calls.Layers | None = None
        self.order: list[int] = []
        self.late: list[Meter] = []
        self._pattern: tuple[list[int], Pattern] | None = None

    @property
    def usual(self) -> tuple[list[int], Pattern] | None:
        """The places whose histograms were written last time, and their pattern."""
        return self._pattern

    def passed(self, steps: int) -> None:
        """Goes on with the row after those of steps that compiled code has committed."""
        self.seen += steps
        self.width = 0
        if self.block is not None and not self.block.full:
            self.make_room()

    @property
    def bytes(self) -> int:
        """Of the row that is being filled."""
        return self.width * ROW

    def add(self, place: Place, channels_first: bool) -> Meter:
        """A meter for a new place."""
        row = len(self.meters)
        meter = Meter(place, channels_first, self, row)
        self.meters.append(meter)
        if self.block is not None and row < len(self.block.index):
            self.block.index[row] = place.index
        return meter

    def make_room(self) -> None:
        """Finds room for the row of a step that begins, or for a place that is new in it."""
        block, begun = self.block, self.width > 0
        if block is None or len(self.meters) > len(block.index) or (not begun and block.full):
            index = np.zeros(-(-len(self.meters) // ROOM) * ROOM, np.int32)
            index[: len(self.meters)] = [meter.place.index for meter in self.meters]
            wider = Block("outputs", index, len(SIGNALS), len(index))
            if block is not None:
                block.closed = True
                if begun:
                    block.move(wider)
            self.block = block = wider
        self.at, self.sink_at, self.width = block.at, block.sink_at, len(block.index)
        if begun and self.calls is not None:
            self.calls.room(self.at, self.width * ROW, self.sink_at)

    def commit(self, step: int, blocks: deque[Block]) -> None:
        """Completes the row of a step, if the compiled kernel measured anything in it.

        Arguments:
            step: its number.
            blocks: where a block is announced to the flush thread.
        """
        self.seen += 1
        self.width = 0
        block = self.block
        if block is None or not self.touched:
            return
        self.touched = False
        if not block.steps:
            blocks.append(block)
        if not self.order:
            block.commit(step, None)
            return
        if self._pattern is None or self._pattern[0] != self.order:
            index = np.array([self.meters[row].place.index for row in self.order], np.int32)
            self._pattern = self.order.copy(), Pattern(np.full(len(index), 3, np.uint8), index)
        self.order.clear()
        block.commit(step, self._pattern[1])

    def send(self, transfers: Transfers, store: Store, binned: Store | None) -> None:
        """Hands on what is on a device since the last call.

        Arguments:
            transfers: brings results of a device to the host.
            store: called with indexes [m] and values [m, 9].
            binned: called with indexes [m] and counts [m, 135], None where none are wanted.
        """
        by_device: dict[torch.device, list[Meter]] = {}
        for meter in self.late:
            if meter.late is not None:
                by_device.setdefault(meter.late.device, []).append(meter)
        self.late = []
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
