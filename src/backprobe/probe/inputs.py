# SPDX-License-Identifier: Apache-2.0
"""What the root models are given: which batches are described, in training and in evaluation."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.probe import batches, evaluation
from backprobe.probe import host as hosts
from backprobe.probe.loaders import Loaders
from backprobe.probe.state import State
from backprobe.probe.structure import WRAPPERS

MOST_PREDICTED = 1 << 18
"""Larger outputs are not kept until their backward."""
DENSE_BATCHES = 20
CLOSE_BATCHES = 64
"""Observed batches that are each described where it takes little time: of a short run, whose steps
are observed ever more seldom, the last third would have none else."""
BATCH_EVERY = 16
"""After those one batch in so many observed ones is described."""
LATER = ((512, 64), (2048, 256))
"""After so many observed batches, one in so many: what the data are is known by then."""
TOLD_BY = 64
"""Numbers of a batch that tell it from another one, from all over it: pictures have margins."""
SHARE = 0.0075
"""Of the time since the last one so much may a batch after the first 20 take to describe, about:
where steps take less than a millisecond one in 16 is too many."""
AT_LEAST = 1.15
"""Times the step of the last one by which there is another, whatever it takes: every run has some
of its last third."""
WITH_TARGETS = 2.0
"""What a batch costs to describe with its loss and its targets, over itself; measured."""
CLOSE_PHASES = 64
"""Evaluation phases whose first batches are each described; later ones as often as time allows."""
HASHED_PHASES = 3
HASHED_BATCHES = 16
"""Batches of the first evaluation phases whose rows are hashed."""


class Inputs:
    """Describes batches.

    Arguments:
        state: shared with the other parts of the probe.
        loaders: which batch was served last.
        index: gives the number of a module.
    """

    def __init__(self, state: State, loaders: Loaders, index: Callable[[nn.Module], int]) -> None:
        self.state = state
        self.loaders = loaders
        self._index = index
        self._batches = 0
        self._next = 1
        self._wanted = False
        self._described = self._cost = 0.0
        self._step = 0
        self._judging = self._judging_cost = 0.0
        self._phases = 0
        self._taught: set[int] = set()
        self._first_input: Any = None
        self._features: dict[int, batches.Features] = {}
        self._held: weakref.ref[Tensor] | None = None

    def begin(self) -> None:
        """Forgets the forward before."""
        self._first_input = None
        self._wanted = self._batches + 1 >= self._next and (
            self._batches < DENSE_BATCHES
            or SHARE * (perf_counter() - self._described) >= WITH_TARGETS * self._cost
            or self.state.step >= AT_LEAST * self._step
        )

    def begin_phase(self) -> None:
        """Counts an evaluation phase that begins."""
        self._phases += 1

    @property
    def plain(self) -> bool:
        """Whether the batch that comes next is not described for certain."""
        return self._batches + 1 < self._next

    @property
    def left(self) -> int:
        """How many batches come that are not described for certain."""
        return self._next - self._batches - 1

    def passed(self, batches: int) -> None:
        """Counts such batches."""
        self._batches += batches
        self._first_input, self._wanted = None, False

    @property
    def wants_first(self) -> bool:
        """Whether `first` would do anything in the forward that has begun."""
        return self._wanted

    def first(self, args: Any) -> None:
        """Reads what the first layer with weights is given: an embedding may come before it."""
        if self._wanted:
            x = batches.first_tensor(args, {})
            if x is not None and x.is_floating_point():
                self._first_input = batches.six(x)

    def trained(
        self, module: nn.Module, args: Any, kwargs: Any, output: Any, measuring: bool
    ) -> None:
        """Takes the batch of a root's training forward that has ended."""
        state = self.state
        x = batches.first_tensor(args, kwargs)
        if x is not None:
            state.samples = float(x.shape[0])
        if output is not None:  # else it raised
            again = state.unused.ran(id(module))  # nearly always it is the first since the backward
            state.unused.forward(
                0 if x is None else x.shape[0],
                module.training and (not again or _any_training(module)),
                _numbers(x) if again else None,
                id(module),
            )
        if not measuring:
            if state.light and state.observing:
                self._predicted(output)
            return
        self._batches += 1
        if self._batches < self._next:
            return
        self._next += 1
        while not _due(self._next):
            self._next += 1
        if x is not None and self._wanted:
            began = thread_time()  # on a busy machine the clock would count what others take
            state.guard.run("forgotten", state.forgotten.given, args, kwargs, output)
            state.guard.run("batches", self._describe, module, x, False)
            state.guard.run("lines", self.loaders.trained)
            self._cost = thread_time() - began
            self._described, self._step = perf_counter(), state.step
            self._predicted(output)

    def _predicted(self, output: Any) -> None:
        """Keeps it until the backward: a hand-written error keeps neither prediction nor target."""
        if type(output) is Tensor:
            self.state.predicted = output.detach() if output.numel() <= MOST_PREDICTED else None

    def evaluated(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """Takes the batch of a root's forward in an evaluation phase."""
        state, phase = self.state, self.state.phase
        if phase is None:
            return
        training = _any_training(module)
        if phase.batches and training != phase.training:
            # The statistics of a norm made anew (`update_bn`), and then the evaluation.
            state.end_phase()
            state.begin_phase()
            self.begin_phase()
            phase = state.phase or phase
        phase.batches += 1
        phase.training = training
        phase.graded = phase.graded or batches.grad_enabled()
        if (index := self._index(module)) not in phase.roots:
            phase.roots.add(index)
            state.asked.root(index)
            state.judged.count(index)
            if not state.light:
                state.guard.run("judged", state.judged.look, index, module)
        x = batches.first_tensor(args, kwargs)
        phase.rows += 0 if x is None else x.shape[0]
        kind = state.losses.judged
        target = state.guard.run("loaders", self._target, x)
        state.guard.run("evaluation", evaluation.judge, phase.served, kind, output, target)
        if state.light or self._beside(index):
            return
        hashed = self._phases <= HASHED_PHASES and phase.batches <= HASHED_BATCHES
        if x is not None and hashed:
            state.guard.run("batches", state.keep_rows, x, True, target)
        if x is not None and phase.batches <= 2 and self._affordable():
            began = thread_time()
            state.guard.run("batches", self._describe, module, x, True)
            self._judging, self._judging_cost = perf_counter(), thread_time() - began

    def _beside(self, index: int) -> bool:
        """Whether another network's training batch waits for its loss: the target is being made.

        Describing this one as well would end that one, without its targets.
        """
        batch = self.state.batch
        return (
            batch is not None
            and batch["evaluation"] == 0.0
            and batch["step"] == self.state.step
            and batch["model"] != index
        )

    def _affordable(self) -> bool:
        """Whether an evaluation's batch may be described: a policy is asked at every step."""
        waited = perf_counter() - self._judging
        return self._phases <= CLOSE_PHASES or SHARE * waited >= self._judging_cost

    def _target(self, x: Tensor | None) -> Tensor | None:
        """The target of an evaluation's batch, where a loader served it."""
        return self.loaders.target_beside(x, self.loaders.current in self._taught)

    def _describe(self, module: nn.Module, x: Tensor, evaluation: bool) -> None:
        """Writes down a batch; a training one waits for what its loss tells of its targets."""
        state = self.state
        state.end_batch()
        index = self._index(module)
        row = {
            "step": float(state.step),
            "evaluation": float(evaluation),
            "model": float(index),
            "loader": float(self.loaders.current),
            **batches.facts(x),
        }
        if evaluation:
            row["kin"] = float(self._held is not None and self._held() is _whole(x))
        else:
            row["fresh"] = self._another(x)
        row["whole"] = float(_whole(x).shape[0] if _whole(x).dim() == x.dim() else x.shape[0])
        first = None if evaluation else self._first_input
        readings = {"": batches.six(x)} | ({} if first is None else {"first_": first})
        state.begin_batch(row, readings | batches.late_facts(x))
        state.guard.run("samples", state.samples_kept.take, x, state.step, evaluation)
        if evaluation:
            state.guard.run("samples", state.samples_kept.finish, self._target(x))
            state.end_batch()
            return
        self._taught.add(self.loaders.current)
        state.keep_rows(x, False)
        for name, compared in state.compared.items():
            state.guard.run(name, compared.take, x)
        state.guard.run("mirrors", state.mirrors.begin, x)
        features = self._features.setdefault(index, batches.Features())
        if features.add(x):
            features.tell(
                state.transfers,
                lambda facts: state.recorder.event("input-features", model=index, **facts),
            )

    def _another(self, x: Tensor) -> float:
        """Whether it is not the tensor that was described before, nor a part of the same one."""
        whole = _whole(x)
        known, self._held = self._held, weakref.ref(whole)
        return float("nan") if known is None else float(known() is not whole)


def _whole(x: Tensor) -> Tensor:
    """The tensor that one is a slice of, itself where it is none."""
    return x if x._base is None else x._base


def _due(number: int) -> bool:
    """Whether the training batch of that number, from 1, is described if it takes little time."""
    every = BATCH_EVERY
    for after, rarer in LATER:
        if number > after:
            every = rarer
    return number <= CLOSE_BATCHES or number % every == 0


def _numbers(x: Tensor | None) -> object:
    """What tells a batch from another one; a device is not waited for."""
    if x is None or type(x) is not Tensor or not hosts.near(x):
        return None
    if torch._C._get_tracing_state() is not None:
        return None  # reading it would become a part of the trace
    flat = x.detach().reshape(-1)
    return flat[:: max(1, flat.numel() // TOLD_BY)].tolist()


def _any_training(module: nn.Module) -> bool:
    return any(
        part.training
        for part in module.modules()
        if type(part).__name__ not in WRAPPERS
        and type(part).__name__.startswith(("Dropout", "BatchNorm", "InstanceNorm"))
    )
