# SPDX-License-Identifier: Apache-2.0
"""An observed step like the one before, in short: what nearly every one of them is.

Where the only optimizer steps as it did, with the tensors and settings that it had, after one or
more losses on the host, what `Heartbeat` does is done here at once. A step of a small network takes
no longer than the calls that are spared. Anything else is left to `Heartbeat`.
"""

from __future__ import annotations

import math
import time
from time import perf_counter
from typing import Any

from torch import Tensor

from backprobe.probe.optimizer_settings import OptimizerSettings
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.state import NAN, State


class Usual:
    """Reads the tensors of such a step and closes it.

    Arguments:
        state: shared with the other parts of the probe.
        settings: of the optimizers.
    """

    def __init__(self, state: State, settings: OptimizerSettings) -> None:
        self.state = state
        self._settings = settings
        self._backwards = 0

    def begins(self, optimizer: Any, index: int, parameters: ParameterSet) -> bool:
        """Whether a step that begins is like the one before; its tensors were read then.

        Arguments:
            optimizer: whose.
            index: its number in the record.
            parameters: its tensors.
        """
        state, reading, facts = self.state, parameters.reading, vars(optimizer)
        settings = self._settings.last.get(index)
        if (
            reading is None
            or settings is None
            or state.occasion
            or state.guard.broken
            or state.scaling.seen
            or state.scaling.pending is not None
            or "grad_scale" in facts
            or "found_inf" in facts
            or not reading.same(facts["param_groups"], settings)
        ):
            return False
        self._backwards = state.backwards
        return parameters.read_at_once(state.histograms, False)

    def ends(self, optimizer: Any, index: int, parameters: ParameterSet, cleared: bool) -> bool:
        """Whether the step has ended as it should; its row is written then, and the next begun.

        Arguments:
            optimizer: whose.
            index: its number in the record.
            parameters: its tensors.
            cleared: whether their gradients were since its last step.
        """
        state = self.state
        loss, count, outputs = state.loss_sum, state.backwards, state.outputs
        if (
            not count
            or count != self._backwards
            or isinstance(loss, Tensor)
            or isinstance(state.clip_norm, Tensor)
            or isinstance(state.clip_share, Tensor)
            or outputs.late
            or state.transfers.waiting
            or state.phase is not None
            or state.guard.broken
        ):
            return False
        try:
            parameters.after(state.histograms)
        except Exception as error:  # noqa: BLE001  # the steps go on without them
            state.guard.failed("parameters", error)
            return False
        self.close(optimizer, index, parameters, loss / count, cleared)
        return True

    def begun(self) -> None:
        """A step has begun otherwise whose end is told here."""
        self._backwards = self.state.backwards

    def close(
        self, optimizer: Any, index: int, parameters: ParameterSet, loss: float, cleared: bool
    ) -> None:
        """Writes the row of a step that was read whole, and begins the next.

        Arguments:
            optimizer: whose step it is.
            index: its number in the record.
            parameters: its tensors.
            loss: of the step.
            cleared: whether their gradients were since its last step.
        """
        state = self.state
        step, recorder, budget = state.step, state.recorder, state.budget
        parameters.commit(step, state.histograms, recorder.blocks)
        state.outputs.commit(step, recorder.blocks)
        squares = parameters.squares
        if loss - loss != 0.0 or squares != squares:  # one is not finite
            budget.anomaly()
        row: tuple[Any, ...] = (
            step,
            time.time(),
            perf_counter() - state.step_began,
            loss,
            state.loss_index,
            state.backwards,
            float(optimizer.param_groups[0].get("lr", NAN)),
            NAN if squares == -1.0 else math.sqrt(squares),
            state.clip_norm,
            state.clip_limit,
            state.clip_share,
            state.samples,
            0.0 if cleared else 1.0,
            index,
            NAN,
            NAN,
            state.training,
            True,
        )
        recorder.steps.append(row)
        state.begin_step()
