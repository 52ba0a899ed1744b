# SPDX-License-Identifier: Apache-2.0
"""Closes a step: its tensors' values, its outputs and its row go to the recorder.

What still is on a device comes later, in the order of the steps (see `transfer`).
"""

from __future__ import annotations

import math
import time
from time import perf_counter
from typing import Any

from numpy import float32, int32
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.outputs import SIGNALS as OUTPUT_SIGNALS
from backprobe.probe.parameters import SIGNALS, ParameterSet
from backprobe.probe.recorder import THREE
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
        state = self.state
        row = {
            "step": float(state.step),
            "time": time.time(),
            "seconds": perf_counter() - state.step_began,
            "loss_index": float(state.loss_index),
            "backwards": float(state.backwards),
            "lr": rate,
            "clip_limit": state.clip_limit,
            "samples": state.samples,
            "carried": carried,
            "optimizer": float(optimizer),
            "training": state.training,
            "observed": float(state.observing),
        }
        squares: list[float] = []
        if parameters is not None:
            self.store(parameters, state.step, squares)
        if state.observing:
            self._outputs()
        count = state.backwards
        measured = {
            "loss": state.loss_sum,
            "clip_norm": state.clip_norm,
            "clip_share": state.clip_share,
            "scale": state.scaling.scale,
            "skipped": state.scaling.skipped,
        }
        late = {name: value for name, value in measured.items() if isinstance(value, Tensor)}
        row |= {name: value for name, value in measured.items() if not isinstance(value, Tensor)}
        if not isinstance(state.loss_sum, Tensor):
            row["loss"] = state.loss_sum / count if count else NAN

        def finish(values: Any = ()) -> None:
            for name, value in zip(late, values, strict=True):
                row[name] = float(value) / count if name == "loss" else float(value)
            row["grad_norm"] = math.sqrt(sum(squares)) if squares else NAN
            state.recorder.steps.append(row)
            if not math.isfinite(row["loss"]) and count:
                state.budget.anomaly()

        if late:
            state.transfers.send(list(late.values()), finish)
        else:
            state.transfers.after(finish)
        state.transfers.poll()

    def light(self, rate: float, optimizer: int) -> bool:
        """Writes the row of a step that was not observed; False where it needs `close`."""
        state = self.state
        loss, clip = state.loss_sum, state.clip_norm
        if isinstance(loss, Tensor) or isinstance(clip, Tensor) or state.transfers.busy:
            return False
        state.recorder.steps.append(
            {
                "step": state.step,
                "time": time.time(),
                "seconds": perf_counter() - state.step_began,
                "loss": loss / state.backwards if state.backwards else NAN,
                "loss_index": state.loss_index,
                "backwards": state.backwards,
                "lr": rate,
                "clip_norm": clip,
                "clip_limit": state.clip_limit,
                "samples": state.samples,
                "optimizer": optimizer,
                "training": state.training,
                "observed": 0.0,
            }
        )
        return True

    def store(
        self, parameters: ParameterSet, step: int, squares: list[float] | None = None
    ) -> None:
        """Keeps one step's values; adds the sums of squared gradients to `squares`."""
        recorder = self.state.recorder
        if parameters.at_once and self.state.scaling.pending is None:
            recorder.matrices["parameters"].append((step, parameters.index, parameters.out.copy()))
            if self.state.histograms:
                counts = parameters.histograms.copy()
                recorder.add_histograms(step, THREE, parameters.index, counts)
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
        outputs = state.recorder.matrices["outputs"]
        state.outputs.take(
            state.transfers,
            lambda index, values: outputs.append((step, index, values)),
            (lambda index, counts: state.recorder.add_histograms(step, 3, index, counts))
            if state.histograms
            else None,
        )
