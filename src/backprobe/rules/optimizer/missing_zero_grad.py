# SPDX-License-Identifier: Apache-2.0
"""Gradients of past steps that are never cleared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Optimizer, Record
from backprobe.rules.base import AbstractRule, seen, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, percent, plural, unique
from backprobe.signals.progress import Progress, progress


class MissingZeroGrad(AbstractRule):
    """Each step adds its gradient to those that the steps before it have already used.

    ## What it looks for
    Whether the gradients that the last optimizer step used are still there when the next step's
    backward begins. Accumulation over several backward passes before a step is not meant: there the
    gradients are cleared after the step. Of several optimizers each one is asked, also where one
    backward is for all of them. And whether each pass of an L-BFGS closure finds those of
    the pass before: it is called many times a step.

    ## Why it matters
    The optimizer follows the sum of all past gradients: the effective step grows with time, points
    where the loss was falling long ago, and overshoots to and fro.

    ## Example
    `97 % of 1,040 steps added to gradients that an earlier step had already used (train.py:58):
    nothing clears them between steps`

    ## What to try
    - `zero-grad`: `optimizer.zero_grad()` before each backward, in a closure as well

    ## When it is wrong
    Optimizers written to keep and reuse `.grad` on purpose.

    ## References
    - PyTorch tutorial, "Zeroing out gradients in PyTorch"
    """

    name = "missing-zero-grad"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.25, "fraction of steps", "clearing once in four steps is already another algorithm"
        )
        steps: float = threshold(3, "steps", "fewer can be a warm-up of the user's")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding an optimizer."""
        carried = record.steps.numbers("carried")
        which = record.steps.numbers("optimizer")
        step = record.steps.numbers("step")
        backwards = np.nan_to_num(record.steps.numbers("backwards"))
        found = []
        state = progress(record)
        for optimizer in record.optimizers or (None,):
            # Only where a backward was seen can it be told what was there before it.
            rows = ~np.isnan(carried) & (backwards > 0)
            if optimizer is not None and len(record.optimizers) > 1:
                rows &= which == optimizer.index
            more, kept, last = _further(record, optimizer)
            count = int(rows.sum()) + more
            if count < self.limits.steps:
                continue
            share = (float(carried[rows].sum()) + kept) / count
            if share < self.limits.share:
                continue
            source = optimizer.step_source if optimizer is not None else None
            at_steps = np.append(step[rows][carried[rows] > 0], last)
            found.append(
                Finding(
                    rule=self.name,
                    severity="error" if state.failed else "warning",
                    confidence=confidence(
                        0.8, 0.99, between(share, self.limits.share, 0.9), between(count, 3, 30)
                    ),
                    message=(
                        f"{percent(share)} of {plural(count, 'step')} added to gradients that an "
                        f"earlier step had already used{at(source)}: nothing clears them between "
                        "steps, so each step follows the sum of all past ones"
                    ),
                    where=_of(record, optimizer) if len(record.optimizers) > 1 else (),
                    source=source,
                    steps=seen(at_steps[[0, -1]]),
                    evidence={"share": share, "steps": count},
                    treatments=("zero-grad",),
                )
            )
        return found or self._closure(record, state)

    def _closure(self, record: Record, state: Progress) -> list[Finding]:
        """A closure of L-BFGS each pass of which adds to the one before."""
        optimizer = next((x for x in record.optimizers if "LBFGS" in x.type.upper()), None)
        if optimizer is None or not list(record.named("closure-kept")):
            return []
        source = record.losses[0].backward_source if record.losses else optimizer.step_source
        return [
            Finding(
                rule=self.name,
                severity="error" if state.failed else "warning",
                confidence=0.95,
                message=(
                    f"each pass of the closure{at(source)} adds to the gradient of the pass before "
                    f"it: {optimizer.type} calls it many times a step, and nothing clears the "
                    f"gradients inside of it; {state.in_words()}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"closure": True},
            )
        ]


def _further(record: Record, optimizer: Optimizer | None) -> tuple[int, int, list[float]]:
    """Steps of an optimizer on a backward that another one had stepped on before it.

    Returns:
        How many were measured, how many of them found gradients that an earlier step had used, and
        the last one's number, if any.
    """
    index = optimizer.index if optimizer is not None else -1
    told = [e.data for e in record.named("further-steps") if int(e.data["optimizer"]) == index]
    last = max(told, key=lambda data: int(data["steps"]), default=None)
    if last is None:
        return 0, 0, []
    return int(last["steps"]), int(last["kept"]), [float(last["step"])]


def _of(record: Record, optimizer: Optimizer | None) -> tuple[str, ...]:
    """The modules whose tensors an optimizer holds."""
    modules = {module.index: module.name for module in record.modules}
    held = [p for p in record.parameters if optimizer and p.optimizer == optimizer.index]
    return unique(modules[p.module] for p in held if p.module in modules)
