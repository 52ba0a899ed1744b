# SPDX-License-Identifier: Apache-2.0
"""All that was measured in one process of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records.measured import Event, IntArray, Series, Table
from backprobe.records.network import Module, Operation, Parameter, Place
from backprobe.records.run import Run
from backprobe.records.training import Loss, Optimizer


@dataclass(frozen=True)
class Record:
    """All that was measured in one process of one run: the only input of a rule.

    Arguments:
        run: who and when.
        steps: one row an optimizer step: `step`, `time`, `seconds` (step duration), `loss` (mean
            over its backward passes), `loss_index`, `backwards` (backward passes), `lr` (of the
            first group), `grad_norm` (global, as the optimizer sees it), `clip_norm` (before the
            user's clipping), `clip_limit`, `clip_share` (of the gradients' elements that are not
            zero: what clipping by value cut), `samples` (rows of the first root's batch),
            `carried` (1: the gradients that the last step used were still there when this step's
            backward began), `optimizer`, `scale` (GradScaler), `skipped` (1: it skipped the step
            because a gradient was not finite), `training` (1: the root was in train mode).
        parameters_series: columns are parameters; signals `grad_mean grad_rms grad_min grad_max
            grad_zero grad_nonfinite weight_mean weight_rms weight_min weight_max weight_nonfinite
            update_rms grad_cosine` (see `backprobe.signals`).
        outputs: columns are places; signals `out_mean out_rms out_min out_max out_zero
            out_nonfinite out_batch_std out_saturated out_dead`, and now and then `out_rank
            bn_mean_gap bn_var_ratio out_entropy` (parameters: `adam_lag`; entropy of attention, 1
            where it is even over the keys that a query sees).
        batches: one row a root forward that was looked at: `step`, `evaluation` (0/1), `rows`,
            `mean`, `std`, `min`, `max`, `nonfinite`, `integer`, `checksum`, `distinct` (share of
            different numbers), `common` (share of the commonest one), `model`, `loader`,
            `first_mean` … `first_max` (of what the first weighted layer gets), `whole` (rows of the
            tensor that it is a slice of), and of training batches `target_mean`, `target_std`,
            `target_classes`, `target_checksum`, `accuracy`, `fresh` (0: the tensor of the row
            before, or a part of the same one); of an evaluation `kin` (1: a slice of that too).
        evaluations: one row an evaluation phase that ended: `step`, `time`, `loss`, `accuracy`,
            `batches`, `training` (1: some module was in train mode), `dropped` (1: dropout was on),
            `phases` (1, and those before it that were passed over: of a line that asks a network
            at nearly every step).
        hashes: one row a row of data that was hashed: `step`, `evaluation` (0/1), `input` and
            `target` (64-bit, 0: not known), of a sample of the training batches and of the first
            evaluation batches.
        fragments: one row a row of data that may be a window of a series: `step`, `evaluation`, and
            of the two pieces that stand for it `first`, `second` (24-bit hashes) and `first_at`,
            `second_at` (where they lie in it).
        noise: one row a step whose gradient is the mean of several small batches' (micro-batches,
            ranks of DDP): `step`, `micro` (their number), `rows` (of one of them), `small` and
            `big` (mean squared norm of their gradients, squared norm of the mean, scaled alike);
            `part` is 1 where `big` is of one rank's shards only (FSDP): merged they are added up.
        system: one row every few seconds: `time`, `cpu` (of this process, 1 is one core), `memory`
            (resident bytes), `machine_cpu` (0 to 1), `machine_memory` (0 to 1), `gpu`,
            `gpu_memory` (0 to 1) where there is one.
        history: what the user's `log()` calls gave: key → (step [n], value [n]).
        console: what the script wrote to its standard output, in pieces: the last step that was
            recorded before (-1: none), and the text.
        blind_spots: what could not be seen, in words for the user.
        damage: frames of the log that could not be read, in words.
        rank, world: of this process.
    """

    run: Run
    modules: tuple[Module, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    places: tuple[Place, ...] = ()
    graph: tuple[Operation, ...] = ()
    optimizers: tuple[Optimizer, ...] = ()
    losses: tuple[Loss, ...] = ()
    steps: Table = field(default_factory=Table)
    parameters_series: Series = field(
        default_factory=lambda: Series(np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
    outputs: Series = field(
        default_factory=lambda: Series(np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
    batches: Table = field(default_factory=Table)
    evaluations: Table = field(default_factory=Table)
    hashes: Table = field(default_factory=Table)
    fragments: Table = field(default_factory=Table)
    noise: Table = field(default_factory=Table)
    system: Table = field(default_factory=Table)
    history: Mapping[str, tuple[IntArray, NDArray[Any]]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    console: tuple[tuple[int, str], ...] = ()
    blind_spots: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    rank: int = 0
    world: int = 1

    def module(self, name: str) -> Module | None:
        """The module of that name in the first root, or None."""
        return next((module for module in self.modules if module.name == name), None)

    def named(self, event: str) -> tuple[Event, ...]:
        """Events of that name, in the order they happened."""
        return tuple(found for found in self.events if found.name == event)
