# SPDX-License-Identifier: Apache-2.0
"""Steps that are not observed, of the only optimizer: their rows, nearly free.

Most steps of a small network are these. Where one is like the one before, compiled code follows
those that come (`kernels/unobserved.c`), until something else is to be seen: what Python holds of
steps and budget is old meanwhile, and `catch_up` makes it new. Whoever reads or changes it must
call that before; `entry.current` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from threading import get_ident
from time import perf_counter
from typing import Any

from torch import Tensor

from backprobe.probe.beat import Beat
from backprobe.probe.budget import ALWAYS_TOLD, MOST_PASSED
from backprobe.probe.capture import compiles
from backprobe.probe.kernels import calls
from backprobe.probe.recorder import UNOBSERVED_COLUMNS
from backprobe.probe.state import NAN, State
from backprobe.probe.watched import Beats, Watched

INTERPRETED = 4.0
"""What a step that is not observed costs in all (its backward, both hooks, the functions of torch
that are wrapped for good), over the part that is timed; measured on a small network, against a
process that was never watched."""
COMPILED = 20.0
"""The same where compiled code follows it, of which less is timed."""
DOZED = 0.4
"""What a step costs of which nothing is recorded, over one of which the row is; measured so too."""
PLAIN = 3
"""Steps in a row of which nothing but the row was written, before compiled code takes over."""


class Unobserved:
    """Follows such steps.

    Arguments:
        state: shared with the other parts of the probe.
        closing: what closes a step.
        beats: which steps were taken.
        loss: gives the number of the only loss and the factor that it is scaled by, None where
            that is not all there is to know of a backward pass.
    """

    def __init__(
        self,
        state: State,
        closing: Beat,
        beats: Beats,
        loss: Callable[[], tuple[int, float] | None],
    ) -> None:
        self.state = state
        self._closing = closing
        self._beats = beats
        self._loss = loss
        self._calls = calls.unobserved(partial(state.recorder.add_steps, len(UNOBSERVED_COLUMNS)))
        self._watched: Watched | None = None
        self._index = -1
        self._plain = 0
        state.catch_up = self.catch_up
        if self._calls is not None:
            state.recorder.flush.append(self._calls.flush)

    @property
    def loss(self) -> Callable[[Any], bool] | None:
        """Whether compiled code follows the backward pass that begins at a tensor."""
        return None if self._calls is None else self._calls.loss

    @property
    def step(self) -> Callable[[Any], bool] | None:
        """Whether compiled code has followed the step of an optimizer."""
        return None if self._calls is None else self._calls.step

    def value(self, loss: Tensor) -> float | None:
        """The number that a loss holds whose gradient may be asked for, None if it is not here."""
        if self._calls is not None:
            return self._calls.value(loss)
        if loss.requires_grad and loss.is_cpu and loss.numel() == 1:
            return loss.item()
        return None

    def take(self, optimizer: Any, watched: Watched, alone: bool) -> None:
        """Writes the step of the only optimizer that has just ended, and begins the next.

        All in one place, without a call that can be spared: a call costs more than what it does.

        Arguments:
            optimizer: whose.
            watched: what is known of it.
            alone: whether nothing else needs to be told of the steps that come.
        """
        state, budget = self.state, self.state.budget
        try:
            now = perf_counter()
            taken = now - state.step_began
            watched.cleared = watched.measured = False
            watched.steps += 1
            self._beats.done += 1
            self._beats.closed_by = index = watched.index
            rate = float(optimizer.param_groups[0].get("lr", NAN))
            loss, count = state.loss_sum, state.backwards
            plain = 0
            if (
                isinstance(loss, Tensor)
                or state.clip_limit == state.clip_limit
                or state.phase is not None
                or state.transfers.waiting
            ):
                self._closing.close(None, rate=rate, carried=NAN, optimizer=index)
                state.begin_step()
            else:
                state.recorder.steps.append(
                    (
                        state.step,
                        now,
                        taken,
                        loss / count if count else NAN,
                        state.loss_index,
                        count,
                        rate,
                        state.samples,
                        index,
                        state.training,
                    )
                )
                share, steps = budget.share, budget.steps + 1
                if (  # as `Budget.wants`
                    share is None
                    or budget.aligned
                    or budget.burst
                    or steps >= budget.sure
                    or budget.spent - budget.paid <= share * (now - budget.since)
                ):
                    state.begin_step()
                else:
                    budget.steps = steps
                    state.step += 1
                    state.loss_sum, state.loss_index, state.backwards = 0.0, -1, 0
                    state.samples = state.training = NAN
                    state.step_began = now
                    if state.woken:
                        state.sleep()
                    plain = self._plain + 1
            self._plain = plain
            cost = INTERPRETED * (perf_counter() - now)
            budget.spent += cost
            if plain > PLAIN and alone and rate == rate and self._hand_over(optimizer, watched):
                return
            if budget.steps > ALWAYS_TOLD:
                state.doze = budget.passes(cost, taken)
                budget.spent += DOZED * state.doze * cost
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            state.guard.failed("heartbeat", error)

    def _hand_over(self, optimizer: Any, watched: Watched) -> bool:
        """Has compiled code follow the steps that come, if nothing else is to be seen of them."""
        state, budget, compiled = self.state, self.state.budget, self._calls
        if compiled is None or budget.share is None or state.guard.broken or compiles():
            return False
        if state.batch is not None or state.unused.forwards or not state.scaling.idle:
            return False
        loss = self._loss()
        if loss is None:
            return False
        index, scale = loss
        self._watched, self._index = watched, index
        compiled.begin(
            optimizer,
            (
                state.step,
                budget.steps,
                state.step_began,
                scale,
                index,
                watched.index,
                budget.share,
                budget.spent,
                budget.paid,
                budget.since,
                math.ceil(budget.sure),
                ALWAYS_TOLD,
                MOST_PASSED,
                COMPILED,
                DOZED,
            ),
        )
        return True

    def catch_up(self, ends: bool = False) -> None:
        """Takes over from compiled code.

        Arguments:
            ends: whether nothing follows; else only the thread that is followed does.
        """
        if self._calls is None or not (ends or get_ident() == self.state.thread):
            return
        found = self._calls.end()
        watched = self._watched
        if found is None or watched is None:
            return
        state, budget, beats = self.state, self.state.budget, self._beats
        steps, state.step_began, state.loss_sum, state.backwards, state.doze, budget.spent = found
        self._plain = 0
        if state.backwards:
            state.loss_index = self._index
        state.step += steps
        budget.steps += steps
        beats.done += steps
        beats.fired += steps
        watched.steps += steps
