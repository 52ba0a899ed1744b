# SPDX-License-Identifier: Apache-2.0
"""What `backward` is called on: the loss's value and kind, and gradients nobody cleared."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprobe.probe import lossgraph, sites
from backprobe.probe.capture import COMPILED, compiles
from backprobe.probe.loaders import Loaders
from backprobe.probe.state import State

FULL_READS = 20
"""Backward passes whose graph is always read; later ones only where the batch is described too:
what a loss is does not change, and its targets are a sample anyway."""
LIGHT_READS = 3
"""The same in a light trial, once it is known which tensor of a batch is the target."""
RENEWALS, FEW_READS = 8, 2
"""Further optimizers with which as many are read again, and how many with each after those: some
scripts make one for each input."""

_NOTHING: tuple[dict[str, float], Tensor | None, bool] = {}, None, False


class Backward:
    """Sees each backward pass before and after it runs.

    Arguments:
        state: shared with the other parts of the probe.
        loaders: learns from the loss which tensor of a batch is the target.
        on_begin: called before each backward: has anyone cleared the gradients?
        as_usual: does the same where that is all there is to do, before and after; whether it did.
        value: gives the number that a loss holds, None where it is not on the host.
        on_done: called after each backward.

    `reads`: backward passes that were looked at, but for the nearly free ones.
    """

    def __init__(
        self,
        state: State,
        loaders: Loaders,
        on_begin: Callable[[Tensor, FrameType], None],
        as_usual: Callable[[], bool],
        value: Callable[[Tensor], float | None],
        on_done: Callable[[], None],
    ) -> None:
        self.state = state
        self.loaders = loaders
        self._on_begin = on_begin
        self._as_usual = as_usual
        self._value = value
        self._on_done = on_done
        self.reads = 0
        self._full = FULL_READS
        self._renewed = self._renewals = 0
        self._index = -1
        self._scale = 1.0
        self._scales: dict[int, float] = {}
        self._folded: dict[int, float] = {}
        self._line: tuple[CodeType | None, int] = (None, 0)

    def before(self, loss: Any) -> bool:
        """Called with the tensor(s) that a backward pass begins at, as given to `backward`.

        Returns:
            Whether there is nothing to do after it but to say that it has ended.
        """
        state = self.state
        if not state.in_backward:
            if type(loss) is Tensor and loss.requires_grad:
                if not (state.settled and get_ident() == state.thread) and not state.settle():
                    return False
                if state.doze:
                    state.in_backward = True
                    return state.stepped
                if (  # the only loss so far: its value is all that is taken, nearly free
                    self.reads > self._full
                    and state.batch is None
                    and state.phase is None
                    and state.unused.forwards < 2
                    and state.stepped
                    and not state.scaling.seen
                    and state.losses.alone
                    and (not state.observing or self._as_before(sys._getframe(2)))
                ):
                    began = perf_counter()
                    value = self._value(loss)
                    if value is not None:
                        return self._taken(loss, value / self._scale, began)
            self._begin(loss)
        return False

    def renew(self) -> None:
        """Another optimizer begins to step: what goes back may be another loss from now on."""
        if self.reads > self._full and self.state.backwards:
            self.state.loss_index = -1  # of this step nobody knows
        self.state.losses.renew()
        self._renewals += 1
        if self.reads:
            reads = FULL_READS if self._renewals <= RENEWALS else FEW_READS
            self._full = max(self._full, self.reads + reads)
            self._renewed = self.reads + reads

    def _taken(self, loss: Tensor, value: float, began: float) -> bool:
        """Takes the value of the only loss; whether nothing is to be done after its backward."""
        state = self.state
        state.in_backward = done = True
        if state.observing:
            done = bool(state.guard.run("heartbeat", self._as_usual))
            if not done:
                state.guard.run("heartbeat", self._on_begin, loss, sys._getframe(2))
        if state.unused.forwards:
            state.unused.after_one()
        state.backwards += 1
        state.loss_index = self._index if "losses" not in state.guard.broken else -1
        state.criterion_site = None
        state.loss_sum += value
        if value - value != 0.0:  # not finite
            state.broke()
        if state.observing:
            state.budget.spent += perf_counter() - began
        return done

    @property
    def known(self) -> tuple[CodeType, int, int, float] | None:
        """Code and line that call `backward` on the only loss, its number and scale; else None."""
        (code, line), only = self._line, self.only()
        return None if code is None or only is None else (code, line, *only)

    def only(self) -> tuple[int, float] | None:
        """Number and scale of the only loss there has been, where its graph is read no more."""
        if self.reads > self._full and self.state.losses.alone:
            return (self._index, self._scale) if "losses" not in self.state.guard.broken else None
        return None

    def _as_before(self, frame: FrameType) -> bool:
        """Whether the line that calls `backward` is the user's own that was last read."""
        code, line = self._line
        return code is frame.f_code and line == frame.f_lineno and not self.state.guard.broken

    def _begin(self, loss: Any) -> None:
        state = self.state
        if isinstance(loss, (tuple, list)):
            loss = loss[0] if loss else None
        if not isinstance(loss, Tensor) or loss.grad_fn is None:
            return
        if not (state.settled and get_ident() == state.thread) and not state.settle():
            return
        state.in_backward = True
        if state.doze:
            return
        began = perf_counter()
        state.guard.run("backward", self._before, loss, sites.outside(sys._getframe(2)))
        state.budget.spent += perf_counter() - began

    def after(self) -> None:
        """Called when a backward pass has run, or failed."""
        state = self.state
        if not state.in_backward or get_ident() != state.thread:
            return
        state.in_backward = False
        if state.stepped and not state.observing:
            return
        began = perf_counter()
        state.guard.run("heartbeat", self._on_done)
        state.budget.spent += perf_counter() - began

    def _before(self, loss: Tensor, frame: FrameType) -> None:
        state = self.state
        if state.budget.started is None:
            state.budget.start()
        state.guard.run("heartbeat", self._on_begin, loss, frame)
        if state.phase is not None and torch.is_grad_enabled():
            if state.phase.graded:  # a forward in eval mode that is trained on is no evaluation
                state.mode_trusted = False
                state.training = 0.0
            state.drop_phase()  # else it was a teacher's, asked beside the network that is trained
        state.guard.run("evaluation", self._unused)
        state.backwards += 1
        if compiles():
            state.blind_spot(COMPILED)
        facts: dict[str, float] = {}
        target: Tensor | None = None
        self.reads += 1
        known = state.losses.index_at(frame)
        own = sites.distance(frame.f_code.co_filename) == 0
        self._line = (frame.f_code if own else None), frame.f_lineno
        turns = state.losses.takes_turns(frame)
        again = self.reads <= self._full or state.batch is not None or (turns and state.observing)
        if again or known is None:
            facts, target, made = state.guard.run("losses", self._read, loss, frame) or _NOTHING
            if target is not None:
                state.guard.run("loaders", self.loaders.find_target, target, not made)
                if made:  # of rounding: the same row's is another one next time
                    target = state.guard.run("loaders", self.loaders.target)
            if state.light and self.reads >= LIGHT_READS and not self.loaders.seeking:
                self._full = 0
        elif turns:  # which one it is, nobody knows
            self._index, self._scale = -1, 1.0
        else:  # several losses may take turns
            self._index, self._scale = known, self._scales.get(known, 1.0)
        if known is not None and state.scaling.seen:  # the scale moves from step to step
            self._scale = lossgraph.factor(loss.grad_fn, state.packed.readable)
            self._scale *= self._folded.get(known, 1)
        by_scaler = state.scaling.of(loss) if state.scaling.seen else None
        if (
            by_scaler is not None
            and by_scaler.device.type == "cpu"
            and not state.packed.readable(loss.grad_fn)
        ):
            self._scale = float(by_scaler)
        state.loss_index = self._index
        state.criterion_site = None
        if loss.numel() != 1:
            state.loss_sum = math.nan
        elif loss.is_cpu:
            value = loss.item() / self._scale
            state.loss_sum += value
            if not math.isfinite(value):
                state.broke()
        else:  # its value stays on the device until the step's results are fetched
            now = loss.detach().reshape(()).float() / self._scale
            if by_scaler is not None and by_scaler.device == now.device:
                now = now / by_scaler
            state.loss_sum = now + state.loss_sum
        state.end_batch(target, facts)

    def _unused(self) -> None:
        """Tells of forwards that this backward is not of."""
        found = self.state.unused.backward(self.state.step)
        if found is not None:
            self.state.recorder.tables["evaluations"].append(found.row())

    def _read(self, loss: Tensor, frame: FrameType) -> tuple[dict[str, float], Tensor | None, bool]:
        """Reads the loss's graph: facts of the batch's targets, the targets, whether we made them.

        Those of a hand-written difference are the prediction less what is left of it.
        """
        state = self.state
        self._index, self._scale, facts = state.losses.read(
            loss,
            frame,
            state.packed.readable,
            state.root,
            state.criterion_site,
            state.predicted,
            self.reads <= self._renewed,
        )
        self._scales[self._index] = self._scale
        if state.packed.told:
            state.blind_spot(
                "saved-tensor hooks (checkpointing, offloading): targets are not read off the loss"
            )
        reading = state.losses.readings.pop(self._index)
        self._folded[self._index] = reading.folded
        asked, rows = reading.extra.get("asked"), state.batch_rows
        if asked is not None and reading.extra["asked_axis"] == 1:
            state.guard.run("totals", state.totals.take, asked)
        if asked is not None and isinstance(rows, np.ndarray) and state.batch_step == state.step:
            state.guard.run("shares", state.shares.take, rows, asked)
        if state.batch_step == state.step and "difference" not in reading.extra:
            given = reading.target, reading.output, state.batch_count
            state.guard.run("mirrors", state.mirrors.take, *given)
        if "mixed" in reading.extra:
            state.guard.run("mixtures", state.mixtures.take, *reading.extra.pop("mixed"))
        return facts, reading.target, "difference" in reading.extra
