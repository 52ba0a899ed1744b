# SPDX-License-Identifier: Apache-2.0
"""The probe of one process: its parts wired together, begun at the first sign of training."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from threading import get_ident
from time import perf_counter, thread_time
from types import CodeType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from backprobe import settings
from backprobe.probe import asked
from backprobe.probe.backward import Backward
from backprobe.probe.budget import Budget
from backprobe.probe.capture import compiles
from backprobe.probe.environment import torch_facts
from backprobe.probe.followed import Followed
from backprobe.probe.forward import Forward
from backprobe.probe.guard import Guard
from backprobe.probe.heartbeat import Heartbeat
from backprobe.probe.loaders import Loaders
from backprobe.probe.loading import loading, read_again
from backprobe.probe.recorder import HistogramClock, Recorder
from backprobe.probe.scaling import number
from backprobe.probe.state import State
from backprobe.session import Session

PRINTED_STEPS = 10
"""Hooks that are off are put in place after a printed line at most once in so many steps."""

FORESEEN = 3
"""Printed lines after each of which the step is observed in which the next one is to be expected:
an evaluation that nothing else tells of comes right before it."""
LIGHT_STEPS = 3
"""Steps in which a trial's losses are read: of what kind they are, and which tensor the targets."""


class StepsDone(SystemExit):
    """Ends the script cleanly after the wanted number of optimizer steps (exit status 0)."""

    def __init__(self, steps: int) -> None:
        super().__init__(0)
        self.steps = steps


class Probe:
    """All collectors of one process.

    Arguments:
        session: whose log they write to.
        budget: share of the time that watching may cost; None observes every step.
        every: steps between two histograms for the charts, None for the default clock.
        stop_after: optimizer steps after which the script is ended, None for never.
    """

    def __init__(
        self,
        session: Session,
        budget: float | None = 0.02,
        every: int | None = None,
        stop_after: int | None = None,
    ) -> None:
        self.session = session
        self.stop_after = stop_after
        recorder = Recorder(session.writer)
        self.guard = Guard(self._failed)
        trial = settings.trial()
        light = trial is not None and trial.light
        only = LIGHT_STEPS if light else None
        sampling = Budget(budget, session.world > 1, only)
        self.state = State(recorder, self.guard, sampling, HistogramClock(every), light)
        self.loaders = Loaders(recorder.event, self.state.lines, self.guard, lambda: self.wake())
        self.forward = Forward(self.state, self.loaders)
        self.heartbeat = Heartbeat(
            self.state,
            self._stepped if stop_after is not None else None,
            lambda: self.backward.only(),
        )
        self.quick_loss = self.heartbeat.unobserved.loss
        self.forward.resume = self.heartbeat.resume
        self.backward = Backward(
            self.state,
            self.loaders,
            self.heartbeat.passes.before,
            self.heartbeat.passes.as_usual,
            self.heartbeat.unobserved.value,
            self.heartbeat.passes.after,
        )
        self.heartbeat.renewed = self.backward.renew
        self.followed = Followed(self.state, self.forward, self.backward, self.heartbeat)
        self.followed_loss = self.followed.loss
        self.handles: list[Any] = []
        self._flushed = 0.0
        self._woken = 0
        self._foreseen = 0
        self._pre_hook: Any = None
        recorder.event("environment", torch=dict(torch_facts()))
        self.state.budget.next()
        session.add_source(self._drain)
        session.before_end(self.finish)
        session.on_line(self.printed)

    def attach(self) -> None:
        """Puts the global hooks in place."""
        if self.handles:
            return
        self.state.budget.go_on()
        asked.current = self.state.asked
        self.forward.install()
        self.state.switch = self._switch
        self.state.woken = not self.state.observing
        self._pre_hook = register_optimizer_step_pre_hook(self.heartbeat.before_step)
        self.heartbeat.hooked = True
        self.handles = [register_optimizer_step_post_hook(self.heartbeat.after_step)]

    @property
    def attached(self) -> bool:
        """Whether the hooks are in place."""
        return bool(self.handles)

    def detach(self) -> None:
        """Takes them away again; models and optimizers are as they were."""
        self.heartbeat.unobserved.catch_up(ends=True)
        self.followed.catch_up(ends=True)
        self.state.budget.pause()
        self.state.switch = asked.current = None
        self.state.named_losses.end()
        self.forward.remove()
        if self._pre_hook is not None:
            self._pre_hook.remove()
            self._pre_hook = None
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def _switch(self, observing: bool) -> None:
        """Takes off what only waits while a step is not observed."""
        self.forward.switch(observing)
        if observing or not self.heartbeat.spare or compiles():
            if self._pre_hook is None:
                self._pre_hook = register_optimizer_step_pre_hook(self.heartbeat.before_step)
        elif self._pre_hook is not None:
            self._pre_hook.remove()
            self._pre_hook = None
        self.heartbeat.hooked = self._pre_hook is not None

    def finish(self) -> None:
        """Ends all that is open and writes what watching cost."""
        self.detach()
        self.guard.run("heartbeat", self.heartbeat.finish)
        self.guard.run("evaluation", self.state.end_phase)
        self.guard.run("evaluation", self.state.asked.finish, self.state.step)
        self.guard.run("evaluation", self._unused)
        self.guard.run("batches", self.state.end_batch)
        self._blind_spots()
        self._drain()
        self.state.recorder.event("cost", **self.state.budget.cost())

    def _unused(self) -> None:
        """Tells of forwards after the last step, where the script was not cut off in its loop."""
        found = self.state.unused.end(self.state.step)
        if found is not None and self.session.exit_code == 0:
            self.state.recorder.tables["evaluations"].append(found.row())

    def printed(self) -> None:
        """A line of the script's own, as scripts write before or after an evaluation."""
        state = self.state
        state.catch_up()
        if (
            self.handles
            and get_ident() == state.thread
            and state.step - self._woken >= PRINTED_STEPS
            and not self.heartbeat.stepping
        ):
            if self._foreseen < FORESEEN:
                self._foreseen += 1
                state.budget.expect(state.step - self._woken)
            self._woken = state.step
            self.guard.run("forward", self.forward.wake)

    def asks(self, code: CodeType, at: int) -> None:
        """A line that is not passed over turns gradients off, or evaluation mode on.

        Arguments:
            code, at: the instruction that does.
        """
        waited, state = not self.forward.hooks, self.state
        woken = self.wake() and not state.running()
        if get_ident() != state.thread or self.heartbeat.stepping:
            return
        if woken:
            state.asked.looks(code, at, state.step, waited)
        else:
            state.asked.inside(code, at, state.step)

    def wake(self) -> bool:
        """An evaluation may be about to begin; not told from within an optimizer's step.

        Whether module hooks are in place then.
        """
        self.state.catch_up()
        if self.heartbeat.stepping:
            self.heartbeat.begin_matters = True
            return False
        return self.forward.wake()

    def evaluation_begins(self, code: CodeType, line: int) -> None:
        """Losses that are called from now on may be those of an evaluation.

        Arguments:
            code, line: of the user's block without gradients.
        """
        state = self.state
        if state.step > 0 and get_ident() == state.thread and not self.heartbeat.stepping:
            state.named_losses.prepare((code, line))

    def loaded(self, module: nn.Module, state: Mapping[str, Any]) -> None:
        """Reads the inits of parameters again that were numbered before they were loaded."""
        if not self.state.settled:
            read_again(self.state.structure, module.parameters())
        elif self.state.mine():
            set_back, structure = self.state.set_back, self.state.structure
            self.guard.run("set back", set_back.loaded, module, state, structure, self.state.step)

    def clipped(self, norm: Any, limit: Any) -> None:
        """Takes the unclipped norm that the user's own clipping computed, and its limit."""
        self.state.clip_limit = float(limit)
        norm = getattr(norm, "_local_tensor", norm)  # reading a DTensor would be a collective
        on_device = isinstance(norm, Tensor) and norm.device.type != "cpu"
        self.state.clip_norm = norm.detach().float() if on_device else float(norm)

    def clipped_values(self, parameters: list[Tensor], limit: Any) -> None:
        """Measures what the user's own clipping by value is about to cut."""
        self.state.clip_limit = float(limit)
        if not self.state.observing:
            return
        began = perf_counter()
        # A DTensor's own arithmetic could talk to other ranks: this rank's shard does not.
        shards: list[Tensor | None] = [getattr(p.grad, "_local_tensor", p.grad) for p in parameters]
        given = [shard.detach() for shard in shards if shard is not None]
        gradients = [g.coalesce().values() if g.is_sparse else g for g in given]
        if sum(g.numel() for g in gradients):
            cut = torch.stack([(g.abs() > self.state.clip_limit).sum() for g in gradients]).sum()
            # Rows of an embedding that the batch does not hold have no gradient to be cut.
            held = torch.stack([(g != 0).sum() for g in gradients]).sum()
            norms = torch.stack([torch.linalg.vector_norm(g.float()) for g in gradients])
            self.state.clip_share = number(cut / held.clamp(min=1))
            self.state.clip_norm = number(torch.linalg.vector_norm(norms))
        self.state.budget.spent += perf_counter() - began

    def _blind_spots(self) -> None:
        state = self.state
        if not state.structure.modules:
            state.blind_spot("no module was called: layers are not known by name")
        if state.step == 0 and state.loss_index < 0:
            apart = any("torch.func" in spot for spot in state.blind)
            state.blind_spot(f"no backward pass ran{'' if apart else ': nothing was trained'}")
        elif not len(self.heartbeat.optimizers):
            state.blind_spot("no optimizer stepped: each backward was taken for a step")
        if self.loaders.current < 0:
            state.blind_spot("no DataLoader was used: how batches are drawn is not known")
        if any(module.type == "FullyShardedDataParallel" for module in state.structure.modules):
            state.blind_spot(
                "FullyShardedDataParallel (FSDP1): gradients and weights are those of one rank's "
                "shards; those of `fully_shard` are merged"
            )
        for entry in state.losses.entries:
            if entry.kind == "custom":
                where = entry.source or "the loss"
                state.blind_spot(f"{where}: a loss of its own kind; what it should be is not known")

    def _drain(self) -> None:
        # All that the session's own thread does is counted, the status line and the meter too.
        began = self._flushed if self.session.flushing else thread_time()
        recorder = self.state.recorder
        for facts in self.guard.run("loading", loading.take, self.state.structure) or ():
            recorder.event("loaded", **facts)
        self.guard.run("structure", self.state.flush_structure)
        self.guard.run("recorder", recorder.drain)
        if not self.guard.works("recorder"):  # what can't be written must not pile up
            recorder.discard()
        now = thread_time()
        self.state.budget.background += now - began
        if self.session.flushing:
            self._flushed = now

    def _stepped(self, steps: int) -> None:
        if self.stop_after is not None and steps >= self.stop_after:
            raise StepsDone(steps)

    def _failed(self, collector: str, error: BaseException) -> None:
        text = "".join(traceback.format_exception(error))[-4000:]
        self.state.recorder.event("failure", collector=collector, error=repr(error), trace=text)
        self.state.blind_spot(f"the {collector} collector failed ({error!r}) and is off")
        if collector == "heartbeat":
            self.state.recorder.held = False  # nobody else would let the rest be written
        if os.environ.get("BACKPROBE_DEBUG"):
            self.session.say(text)
