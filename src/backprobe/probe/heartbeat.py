# SPDX-License-Identifier: Apache-2.0
"""The optimizer's step is the beat: parameters, gradients and updates are read around it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

import torch

from backprobe.probe import at_end, idle, sites
from backprobe.probe.attributes import Attributes
from backprobe.probe.backward_passes import BackwardPasses
from backprobe.probe.beat import Beat
from backprobe.probe.kernels import calls
from backprobe.probe.loading import steps_done
from backprobe.probe.opaque import OWN_FRAMES, opaque, skipped, untraced
from backprobe.probe.optimizer_settings import OptimizerSettings
from backprobe.probe.optimizers import Optimizers
from backprobe.probe.scaling import supported
from backprobe.probe.state import NAN, State
from backprobe.probe.unheard import no, nothing
from backprobe.probe.unheld import Unheld
from backprobe.probe.unobserved import Unobserved
from backprobe.probe.unstepped import Unstepped
from backprobe.probe.usual import Usual
from backprobe.probe.watched import Beats, Watched

_compiling = torch.compiler.is_compiling


class Heartbeat:
    """Follows the optimizers' steps.

    Arguments:
        state: shared with the other parts of the probe.
        on_step: called with the number of steps done, after each, or None.
        loss: of a backward pass, where it is all there is to know of it (see `Unobserved`).
        hooked: whether the pre-hook is in place.
        begin_matters: whether a step calls what must not be taken for something else.
        passes: what is asked around each backward pass.
        before_step: the global optimizer pre-step hook.
        renewed: called when another optimizer than the first takes its first step.
    """

    def __init__(
        self,
        state: State,
        on_step: Callable[[int], None] | None,
        loss: Callable[[], tuple[int, float] | None],
    ) -> None:
        self.state = state
        self._on_step = on_step or nothing
        self._silent = on_step is None
        self.hooked = True
        self._after_seen = opaque(self._after_step)
        self.begin_matters = False
        self._known = Optimizers(state)
        self.optimizers = self._known.entries
        self._watched = self._known.watched
        self._closing = Beat(state)
        self._unstepped = Unstepped(state, self._closing)
        self._beats = Beats()
        self.passes = BackwardPasses(state, self._known, self._beats, self._unstepped)
        self.unobserved = Unobserved(state, self._closing, self._beats, loss)
        self._quick_step = self.unobserved.step
        self._unobserved = False
        self._only: Watched | None = None
        self._sole: Callable[[], Any] = nothing
        self._frame = 0
        self._settings = OptimizerSettings(state.recorder)
        self._usual = Usual(state, self._settings)
        self._attributes = Attributes(state)
        self._unheld = Unheld()
        state.attributes = self._look_again
        self._as_usual = False
        self._arm: Callable[[], None] = nothing
        self.renewed: Callable[[], None] = nothing
        self._close: Callable[[Any, Any], None] = nothing
        self._begins: Callable[[Any], bool] = no
        self._ended: Callable[[Any], Any] = nothing
        before_seen = opaque(self._before_step)

        def before_step(optimizer: Any, *_: Any) -> None:
            if not self._begins(optimizer):
                state.catch_up()
                before_seen(optimizer)

        self.before_step = untraced(before_step)

    def follow(
        self,
        arm: Callable[[], None],
        close: Callable[[Any, Any], None],
        compiled: calls.Followed,
    ) -> None:
        """Lets compiled code follow observed steps.

        Arguments:
            arm: called after each of them that it did not follow.
            close: called with the optimizer and what `ended` gave of one that it followed.
            compiled: what follows them.
        """
        self._arm, self._close = arm, close
        self._begins, self._ended = compiled.steps, compiled.ended

    def _before_step(self, optimizer: Any) -> None:
        state = self.state
        if _compiling() or (get_ident() != state.thread and not state.mine()):
            return
        if self._beats.inside is None and optimizer is self._sole():
            if state.observing:
                if self._begins_as_usual(optimizer):
                    self._beats.inside = optimizer
                    self._frame = id(sys._getframe(1 + OWN_FRAMES))
                    return
            elif state.doze or state.scaling.idle:
                self._beats.inside = optimizer
                self._unobserved = True
                return
        frame = sites.outside(sys._getframe(1))
        if self._beats.inside is not None and sites.runs(frame.f_back, self._frame):
            self.begin_matters = True
            return  # `super().step()`; else the step before ended by an exception of its own
        self._frame = id(frame)
        began = perf_counter()
        self._beats.inside = optimizer
        state.guard.run("heartbeat", self._before, optimizer)
        state.budget.spent += perf_counter() - began

    def after_step(self, optimizer: Any, *_: Any) -> None:
        """Global optimizer post-step hook."""
        quick = self._quick_step
        if quick is not None and quick(optimizer):
            return
        ended = self._ended(optimizer)
        if ended is not None:
            if ended is not True:
                self._close(optimizer, ended)
                if not self._silent:
                    self._on_step(self._beats.done)
            return
        self.state.catch_up()
        if _compiling() or self.hooked:
            self._after_seen(optimizer)
            return
        state = self.state
        if get_ident() != state.thread and not state.mine():
            return
        if state.doze or optimizer is not self._sole() or state.scaling.seen:
            self._after_unseen(optimizer)
            return
        self._beats.fired += 1
        self._take_unobserved(optimizer)
        if not self._silent:
            self._on_step(self._beats.done)

    def _after_step(self, optimizer: Any) -> None:
        """After a step whose begin was seen."""
        if self._beats.inside is not optimizer:
            return
        self._beats.inside = None
        self._beats.fired += 1
        if self._unobserved:
            self._unobserved = False
            state = self.state
            if state.doze:
                self._beats.done += 1
                state.pass_by()
            else:
                self._take_unobserved(optimizer)
            self._on_step(self._beats.done)
            return
        began = perf_counter()
        if not self._as_usual or not self._ends_as_usual(optimizer):
            self.state.guard.run("heartbeat", self._after, optimizer)
        self._as_usual = False
        self.state.budget.spent += perf_counter() - began
        self._on_step(self._beats.done)

    def _take_unobserved(self, optimizer: Any) -> None:
        watched = self._only
        if watched is not None and "heartbeat" not in self.state.guard.broken:
            self.unobserved.take(optimizer, watched, self._silent and not self.hooked)

    def _begins_as_usual(self, optimizer: Any) -> bool:
        watched, state = self._only, self.state
        if watched is None or self._beats.done < idle.BEATS or self._beats.accumulates:
            return False
        if state.structure.replicas > 1 or self.passes.listening:
            return False
        began = perf_counter()
        try:
            self._as_usual = self._usual.begins(optimizer, watched.index, watched.parameters)
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            state.guard.failed("parameters", error)
        self._beats.backwards_before = state.backwards
        state.budget.spent += perf_counter() - began
        watched.measured = self._as_usual
        return self._as_usual

    def _ends_as_usual(self, optimizer: Any) -> bool:
        watched = self._only
        if watched is None:
            return False
        backwards = self.state.backwards
        try:
            if not self._usual.ends(optimizer, watched.index, watched.parameters, watched.cleared):
                return False
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            self.state.guard.failed("heartbeat", error)
        self._beats.accumulates = backwards > 1
        self._count(watched)
        if not self._beats.accumulates:
            self._arm()
        return True

    def _count(self, watched: Watched, steps: int = 1) -> None:
        self._beats.done += steps
        self._beats.closed_by = watched.index
        watched.cleared = False
        watched.steps += steps

    def closed(self, steps: int) -> None:
        """Counts steps of the only optimizer that compiled code has closed."""
        if self._only is not None:
            self._beats.fired += steps
            self._count(self._only, steps)

    @property
    def silent(self) -> bool:
        """Whether nobody is told of each step."""
        return self._silent

    @property
    def only(self) -> Watched | None:
        """The only optimizer."""
        return self._only

    @property
    def sole(self) -> Callable[[], Any]:
        """Gives it, while it lives."""
        return self._sole

    @property
    def plain(self) -> bool:
        """Whether a step is of one batch, and enough of them were seen to know."""
        beats = self._beats.done
        return beats >= idle.BEATS and not self._beats.accumulates and not self.passes.listening

    def settings_of(self, optimizer: int) -> list[dict[str, Any]] | None:
        """What its groups were set to when last looked at, see `OptimizerSettings`."""
        return self._settings.last.get(optimizer)

    def close_as_usual(self, optimizer: Any, squares: float) -> None:
        """Closes a step of the only optimizer that was followed.

        Arguments:
            optimizer: which.
            squares: sum of the squares of its gradients.
        """
        watched, state = self._only, self.state
        if watched is None:
            return
        self._beats.fired += 1
        watched.parameters.squares = squares
        state.training, watched.measured = 1.0, True
        self._usual.close(optimizer, watched.index, watched.parameters, float(state.loss_sum), True)
        self._count(watched)

    def take_over(self, squares: float | None, frame: int) -> None:
        """Goes on with a step that was followed through its backward.

        Arguments:
            squares: sum of the squares of the gradients, where the optimizer's step had begun.
            frame: of that step.
        """
        watched, optimizer = self._only, self._sole()
        if watched is None:
            return
        watched.cleared = True
        if squares is not None:
            watched.parameters.squares = squares
            watched.measured = self._as_usual = True
            self._beats.inside, self._frame = optimizer, frame
            self._beats.backwards_before = self.state.backwards
            self._usual.begun()

    def _after_unseen(self, optimizer: Any) -> None:
        """After a step whose begin was not seen, of which nothing is recorded or not only that."""
        self._beats.fired += 1
        if optimizer is self._sole() and self.state.doze:
            self._beats.done += 1
            self.state.pass_by()
        else:
            self.state.guard.run("heartbeat", self._skip_into, optimizer)
        if not self._silent:
            self._on_step(self._beats.done)

    def _skip_into(self, optimizer: Any) -> None:
        self._before(optimizer)
        self._after(optimizer)

    @property
    def spare(self) -> bool:
        """Whether steps that are not observed can do without a hook at their begin."""
        scaling = self.state.scaling
        return (
            self._only is not None
            and not self.begin_matters
            and not scaling.seen
            and scaling.pending is None
        )

    def scaler_steps(self, scaler: Any, optimizer: Any, step: Callable[[], Any]) -> Any:
        """Runs a GradScaler's step; one that it skips, because of a gradient, is a beat too."""
        guard = self.state.guard
        if not supported(scaler) or self._beats.inside is not None:
            return step()
        guard.run("scaler", self.state.scaling.stepping, scaler)
        fired = self._beats.fired
        result = step()
        if fired == self._beats.fired and isinstance(optimizer, torch.optim.Optimizer):
            began = perf_counter()
            guard.run("heartbeat", self._skipped, optimizer)
            self.state.budget.spent += perf_counter() - began
            self._on_step(self._beats.done)
        return result

    def _skipped(self, optimizer: Any) -> None:
        self.state.scaling.skipped = 1.0
        self._skip_into(optimizer)

    @property
    def stepping(self) -> bool:
        """Whether an optimizer's step is running."""
        return self._beats.inside is not None

    def _before(self, optimizer: Any) -> None:
        state = self.state
        watched = self._known.known(optimizer)
        if watched is None:
            watched = self._add(optimizer)
        if self._beats.done == 0:
            self._unstepped.take_back()
            self.resume(optimizer)
        state.scaling.given(optimizer)
        watched.measured = state.observing and not state.light
        if watched.measured:
            self._measured(watched, watched.parameters.before)
            settings, groups = self._settings, optimizer.param_groups
            if settings.moved(watched.index, groups):
                state.guard.run("settings", settings.look, state.step, watched.index, groups)
            if state.occasion:
                state.guard.run("second moment", self._lags, watched, optimizer)
        self._beats.backwards_before = state.backwards

    def _measured(self, watched: Watched, read: Callable[[bool], None]) -> None:
        """Reads the tensors; where that fails the steps go on without them."""
        guard = self.state.guard
        guard.run("parameters", read, self.state.histograms)
        watched.measured = watched.measured and guard.works("parameters")

    def _after(self, optimizer: Any) -> None:
        state = self.state
        watched = self._watched[id(optimizer)]
        if watched.measured:
            if state.backwards > self._beats.backwards_before:  # a closure ran the backward
                self._measured(watched, watched.parameters.gradients)
            self._measured(watched, watched.parameters.after)
        if state.backwards == 0 and self._beats.done and self._beats.closed_by != watched.index:
            self._extra(watched)  # a second optimizer for the same backward
        else:
            self._beat(watched, optimizer)
        watched.cleared = watched.asked = watched.unsure = False
        watched.since = state.step
        watched.steps += 1
        self._beats.closed_by = watched.index

    def _lags(self, watched: Watched, optimizer: Any) -> None:
        for index, lag in watched.parameters.lags(optimizer):
            self.state.signal("parameters", "adam_lag", index, lag)

    def _beat(self, watched: Watched, optimizer: Any) -> None:
        state = self.state
        self._beats.done += 1
        carried = NAN
        if watched.steps and watched.measured and not watched.unsure:
            carried = 0.0 if watched.cleared else 1.0
        self.passes.tell()
        self._closing.close(
            watched.parameters if watched.measured else None,
            rate=float(optimizer.param_groups[0].get("lr", NAN)),
            carried=carried,
            optimizer=watched.index,
        )
        if self._beats.done == idle.BEATS:
            found = state.guard.run("idle", idle.optimizers, state.structure, self._watched)
            for facts in found or ():
                state.recorder.event("idle-optimizer", **facts)
            state.guard.run("lone parameters", self._unstepped.lone.look)
        state.begin_step()

    def _extra(self, watched: Watched) -> None:
        """A further optimizer's part of the step that was just closed: it has no row of its own."""
        step = self.state.step - 1
        if watched.measured:
            self._closing.store(watched.parameters, step)
        if watched.asked and watched.steps and not watched.unsure:
            watched.further += 1
            watched.further_kept += not watched.cleared
            if watched.further & (watched.further - 1) == 0:  # the 1st, 2nd, 4th, 8th…
                self.state.recorder.event(
                    "further-steps",
                    optimizer=watched.index,
                    steps=watched.further,
                    kept=watched.further_kept,
                    step=step,
                )
        self.state.scaling.begin_step()

    def _add(self, optimizer: Any) -> Watched:
        more = len(self.optimizers)
        watched = self._known.add(optimizer)
        if more and watched.index == more:
            self.renewed()
        self._only = self._known.only
        self._sole = watched.reference if self._only is not None else nothing
        self._attributes.look()
        return watched

    def _look_again(self) -> None:
        """What is looked for ever more seldom, so that it costs nothing."""
        state = self.state
        self._attributes.look_again()
        if not state.light:
            state.guard.run("unheld", self._unheld.look, state.structure, state.step)

    def resume(self, optimizer: Any) -> None:
        """Lets the steps go on from those that an optimizer brought with it, before the first."""
        done = steps_done(optimizer) if self.state.step == 0 else 0
        if done:
            self.state.step = done
            self.state.recorder.event("resumed", step=done, optimizer=type(optimizer).__name__)

    def finish(self) -> None:
        """Closes what is open and waits for what a device still holds."""
        if not self.state.stepped:
            self._unstepped.finish()
        self._attributes.look(last=True)
        at_end.tell(self.state, self._known, self._unheld, self._unstepped.lone)
        self.state.transfers.wait()
        self.state.recorder.held = False


skipped(Heartbeat.after_step.__code__)
