# SPDX-License-Identifier: Apache-2.0
"""Copies of one model that are no longer the same model."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.wording import figure, listed, unique


class RanksDriftedApart(AbstractRule):
    """Processes that train copies of one model hold different weights.

    ## What it looks for
    Mean and RMS of each replicated weight, rank by rank, at the same step. Shards and parameters
    that only one rank has are left out.

    ## Why it matters
    Each process trains a model of its own on its part of the data; what is saved is one of them.
    Typical are a model that was not wrapped, a forward that bypasses the wrapper, other seeds
    without a broadcast, and parameters that only some ranks use.

    ## Example
    `from step 3 on ranks 0 and 1 hold different weights in fc1.weight, fc2.weight (by 0.04 of their
    size): their gradients are not averaged`

    ## What to try
    - call the wrapped model, not its `module`, in every forward that trains
    - build the model under one seed, or let DistributedDataParallel broadcast it
    - all-reduce the gradients before `step()` in a loop of your own

    ## When it is wrong
    Ensembles, population training and local SGD keep other weights on purpose.

    ## References
    - PyTorch, "Distributed Data Parallel": internal design
    """

    name = "ranks-drifted-apart"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        difference: float = threshold(
            1e-3, "relative difference of a weight's size", "other orders of adding differ by 1e-6"
        )
        decisive: float = threshold(0.1, "the same", "another model")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        for event in record.named("ranks-apart"):
            names = [str(name) for name in event.data.get("parameters", ())]
            ranks = [int(rank) for rank in event.data.get("ranks", ())]
            difference = float(event.data.get("difference", 0.0))
            step = int(event.data.get("step", 0))
            if difference < self.limits.difference or len(ranks) < 2:
                continue
            owners = {p.name: p.module for p in record.parameters}
            modules = {m.index: m.name for m in record.modules}
            return [
                Finding(
                    rule=self.name,
                    severity="error",
                    confidence=confidence(
                        0.7,
                        0.97,
                        beyond(difference, self.limits.difference, self.limits.decisive),
                    ),
                    message=(
                        f"from step {step} on ranks {ranks[0]} and {ranks[1]} hold different "
                        f"weights in {listed(names)} (by {figure(difference)} of their size): "
                        "their gradients are not averaged, or they began apart"
                    ),
                    where=unique(modules.get(owners.get(name, -1), "") for name in names),
                    steps=(step, step),
                    evidence={"ranks": ranks, "difference": difference, "parameters": names},
                )
            ]
        return []
