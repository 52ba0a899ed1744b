# SPDX-License-Identifier: Apache-2.0
"""Closes a step: its tensors' values, its outputs and its row go to the recorder.

What still is on a device comes later, in the order of the steps (see `transfer`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from numpy import float32, int32
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.outputs import SIGNALS as OUTPUT_SIGNALS
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.parameters_late import SIGNALS
from backprobe.probe.recorder import StepRow
from backprobe.probe.scaling import shifted, unscaled
from backprobe.probe.state import NAN, State


class Beat:
    """Writes steps.

    Arguments:
        state: shared with the other parts of the probe.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        state.recorder.signals = {"parameters": SIGNALS, "outputs": OUTPUT_SIGNALS}

    def close(
        self, parameters: ParameterSet | None, rate: float, carried: float, optimizer: int
    ) -> None:
        """Writes the step: its tensors' values, its outputs, its row."""
        state, recorder = self.state, self.state.recorder
        squares: list[float] = []
        if parameters is not None:
            self.store(parameters, state.step, squares)
        if state.observing:
            self._outputs()
        count, scaling = state.backwards, state.scaling
        head = state.step, time.time(), perf_counter() - state.step_began
        lasting = state.loss_index, count, rate, state.clip_limit, state.samples
        tail = carried, optimizer, state.training, state.observing
        told = (state.loss_sum, state.clip_norm, state.clip_share, scaling.scale, scaling.skipped)
        late = [value for value in told if isinstance(value, Tensor)]
        if not late and not state.transfers.waiting:
            loss = told[0] / count if count else NAN
            recorder.steps.append(_row(head, (loss, *told[1:]), lasting, _norm(squares), tail))
            if count and not math.isfinite(loss):
                state.budget.anomaly()
            return

        def finish(values: Any = ()) -> None:
            arrived = iter(values)
            known = [float(next(arrived)) if isinstance(v, Tensor) else v for v in told]
            known[0] = known[0] / count if count else NAN
            recorder.steps.append(_row(head, known, lasting, _norm(squares), tail))
            if count and not math.isfinite(known[0]):
                state.budget.anomaly()

        if late:
            state.transfers.send(late, finish)
        else:
            state.transfers.after(finish)
        state.transfers.poll()

    def store(
        self, parameters: ParameterSet, step: int, squares: list[float] | None = None
    ) -> None:
        """Keeps one step's values; adds the sums of squared gradients to `squares`."""
        recorder = self.state.recorder
        if parameters.at_once and self.state.scaling.pending is None:
            parameters.commit(step, self.state.histograms, recorder.blocks)
            if parameters.squares != parameters.squares:
                self.state.budget.anomaly()
            if squares is not None and parameters.squares != -1.0:
                squares.append(parameters.squares)
            return
        pending = self.state.scaling.unscaling(self.state.transfers)

        def keep(where: NDArray[int32], values: NDArray[float32], sums: float) -> None:
            if (scale := pending()) != 1.0:
                values = unscaled(values, scale)
                sums = sums if sums == -1.0 else sums / (scale * scale)
            recorder.matrices["parameters"].append((step, parameters.index[where], values))
            if sums != sums:
                self.state.budget.anomaly()
            if squares is not None and sums != -1.0:
                squares.append(sums)

        def binned(where: NDArray[int32], counts: NDArray[Any]) -> None:
            gradients = shifted(counts[:, 0], pending())
            for quantity in range(3):
                recorder.add_histograms(
                    step,
                    quantity,
                    parameters.index[where],
                    counts[:, quantity] if quantity else gradients,
                )

        parameters.store(self.state.transfers, keep, binned if self.state.histograms else None)

    def _outputs(self) -> None:
        state = self.state
        step = state.step
        state.outputs.commit(step, state.recorder.blocks)
        if not state.outputs.late:
            return
        waiting = state.recorder.matrices["outputs"]
        state.outputs.send(
            state.transfers,
            lambda index, values: waiting.append((step, index, values)),
            (lambda index, counts: state.recorder.add_histograms(step, 3, index, counts))
            if state.histograms
            else None,
        )


def _norm(squares: list[float]) -> float:
    return math.sqrt(sum(squares)) if squares else NAN


def _row(
    head: tuple[float, float, float],
    told: Sequence[Any],
    lasting: tuple[float, ...],
    norm: float,
    tail: tuple[float, ...],
) -> StepRow:
    """A row of the table of steps, in the order of `STEP_COLUMNS`."""
    loss, clip_norm, clip_share, scale, skipped = told
    index, backwards, rate, clip_limit, samples = lasting
    carried, optimizer, training, observed = tail
    return (
        *head,
        loss,
        index,
        backwards,
        rate,
        norm,
        clip_norm,
        clip_limit,
        clip_share,
        samples,
        carried,
        optimizer,
        scale,
        skipped,
        training,
        observed,
    )
