# SPDX-License-Identifier: Apache-2.0
"""An observed step like the one before, followed without the interpreter from its forward on.

Where one root runs, one loss that is known goes back and the only optimizer steps, compiled code
(`kernels/followed.c`) does what the hooks do, and Python closes the step. What Python holds of the
step is old meanwhile, and `catch_up` makes it new, as that of `Unobserved` does.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

from backprobe.probe.backward import Backward
from backprobe.probe.capture import compiles
from backprobe.probe.forward import Forward
from backprobe.probe.heartbeat import Heartbeat
from backprobe.probe.kernels import calls
from backprobe.probe.state import State

MOST_PAUSED = 63
"""Steps that are not followed, at most, after several of which each came out otherwise."""
WAITING, FORWARD, RAN, LOST, STEPPING = 1, 2, 3, 4, 5  # as in `followed.c`

_Ended = tuple[float, float, float, float]


class Followed:
    """Follows such steps.

    Arguments:
        state: shared with the other parts of the probe.
        forward, backward, heartbeat: who do the same where a step is not followed.
    """

    def __init__(
        self, state: State, forward: Forward, backward: Backward, heartbeat: Heartbeat
    ) -> None:
        self.state = state
        self._forward = forward
        self._backward = backward
        self._heartbeat = heartbeat
        self._calls: calls.Followed | None = forward.followed
        self._key: Any = None
        self._root: Any = None
        self._root_id = 0
        self._pause = self._rest = 0
        if self._calls is not None:
            forward.catch_up = self.catch_up
            heartbeat.follow(self.arm, self.close, self._calls)
            state.recorder.flush.append(self._calls.flush)
            self._others, state.catch_up = state.catch_up, self._catch_up_all

    @property
    def loss(self) -> Callable[[Any], bool] | None:
        """Whether the backward pass that begins at a tensor is followed."""
        return None if self._calls is None else self._calls.loss

    @property
    def waits(self) -> bool:
        """Whether steps are followed: module hooks are in place then, whatever else comes."""
        return self._calls is not None and self._calls.waits()

    def _catch_up_all(self) -> None:
        self._others()
        self.catch_up()

    def arm(self) -> None:
        """Has the step that begins followed, where nothing but the usual is due in it."""
        if self._rest:
            self._rest -= 1
            return
        state, forward, heartbeat = self.state, self._forward, self._heartbeat
        outputs, watched = state.outputs, heartbeat.only
        if (
            self._calls is None
            or watched is None
            or not state.observing
            or state.occasion
            or state.unit_look
            or state.batch is not None
            or state.phase is not None
            or state.unused.forwards
            or state.transfers.waiting
            or outputs.late
            or not outputs.meters
            or state.guard.broken
            or not state.scaling.idle
            or state.structure.replicas > 1
            or not heartbeat.plain
            or not forward.plain
            or compiles()
        ):
            return
        parameters, block = watched.parameters, watched.parameters.block
        if block is None or block.full or parameters.reading is None:
            return
        if not self._learned(watched.index, parameters.reading):
            return
        if not outputs.width:
            outputs.make_room()
        held, usual, only = outputs.block, outputs.usual, self._backward.only()
        if held is None or held.full or only is None or usual is None:
            return
        histograms = state.histograms
        whole = block.steps and held.steps and heartbeat.silent and state.every_step
        self._calls.arm(
            (
                outputs.seen,
                outputs.bytes,
                state.step,
                min(forward.alike, state.till_occasion) - 1 if whole else 0,
                state.step_began,
                state.unit_clock.until,
                only[0],
                watched.index,
                held.open_to(usual[1] if histograms else None),
                block.open_to(parameters.pattern if histograms else None),
                outputs.order,
                usual[0],
            )
        )

    def _learned(self, index: int, reading: calls.Reading) -> bool:
        """Whether compiled code knows what lasts from step to step."""
        forward, backward, heartbeat = self._forward, self._backward, self._heartbeat
        settings = heartbeat.settings_of(index)
        key = (forward.hooks, settings, reading, forward.usual, backward.known)
        if key == self._key:
            return True
        root, optimizer, hooks, known = forward.usual(), heartbeat.sole(), forward.hooks, key[4]
        layers = forward.layer_calls
        if root is None or optimizer is None or settings is None or known is None:
            return False
        if self._calls is None or layers is None or len(hooks) != 2:
            return False
        code, line, _, scale = known
        before, after = hooks
        self._root = weakref.ref(root, self._gone)
        self._root_id = id(root)
        self._calls.learn(
            (
                id(root),
                id(optimizer),
                before.hooks_dict_ref(),
                before.id,
                forward.hook_before,
                after.hooks_dict_ref(),
                after.id,
                forward.hook_after,
                layers.hook,
                layers.begin,
                layers.end,
                reading.read,
                reading.changed,
                reading.gone,
                reading.same,
                settings,
                code,
                line,
                scale,
            )
        )
        self._key = key
        return True

    def _gone(self, _: Any) -> None:
        try:
            self.catch_up()  # another module may lie at its address next
        except TypeError:  # at the interpreter's own end
            pass

    def close(self, optimizer: Any, ended: _Ended) -> None:
        """Closes a step that was followed to its end.

        Arguments:
            optimizer: that has stepped.
            ended: loss, squares of the gradients, rows of the batch, seconds.
        """
        began = perf_counter()
        state = self.state
        try:
            self._closed()
            loss, squares, state.samples, seconds = ended
            state.outputs.touched = True
            self._forward.ran_as_usual()
            state.unused.alone(self._root_id, 1)
            self._lost(loss)
            self._heartbeat.close_as_usual(optimizer, squares)
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            state.guard.failed("heartbeat", error)
        self._pause = 0
        self.arm()
        state.budget.spent += seconds + perf_counter() - began

    def _closed(self) -> int:
        """Counts the steps that compiled code has closed."""
        taken = None if self._calls is None else self._calls.taken()
        if taken is None:
            return 0
        steps, began, seconds = taken
        state = self.state
        state.step += steps
        state.step_began = began
        state.budget.observed_too(steps, seconds)
        state.outputs.passed(steps)
        state.unused.alone(self._root_id, steps)
        self._forward.ran_as_usual(steps)
        self._heartbeat.closed(steps)
        return steps

    def _lost(self, loss: float) -> None:
        state = self.state
        state.backwards, state.loss_sum = 1, loss
        state.loss_index, state.criterion_site = self._key[4][2], None

    def catch_up(self, ends: bool = False) -> None:
        """Takes over from compiled code, however far the step has come.

        Arguments:
            ends: whether nothing follows; else only the thread that is followed does.
        """
        if self._calls is not None and (ends or get_ident() == self.state.thread):
            try:
                closed, begun = self._closed(), self._calls.end()
                if begun is not None and (begun[0] != WAITING or not closed):
                    self._pause = self._rest = min(MOST_PAUSED, 2 * self._pause + 1)
                if begun is not None and begun[0] != WAITING:
                    self._take_over(*begun)
            except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
                self.state.guard.failed("heartbeat", error)

    def _take_over(
        self, stage: int, loss: float, squares: float, samples: float, seconds: float, frame: int
    ) -> None:
        state = self.state
        state.budget.spent += seconds
        self._forward.take_over(self._root_id, self._root() if stage == FORWARD else None)
        if stage == FORWARD:
            return
        state.samples = samples
        state.outputs.touched = True
        self._forward.ran_as_usual()
        state.unused.forward(int(samples), True, None, self._root_id)
        if stage == RAN:
            return
        state.unused.after_one()
        self._lost(loss)
        self._heartbeat.take_over(squares if stage == STEPPING else None, frame)
