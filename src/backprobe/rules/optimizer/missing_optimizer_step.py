# SPDX-License-Identifier: Apache-2.0
"""Gradients that nobody uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure, plural, unique
from backprobe.signals.layers import layers
from backprobe.signals.optimizers import holds_strangers
from backprobe.signals.progress import progress


class MissingOptimizerStep(AbstractRule):
    """`backward` runs again and again, and no parameter ever changes.

    ## What it looks for
    Backward passes without any optimizer step after them and without any other change of the
    parameters; or steps whose update is exactly zero although gradients and the learning rate are
    not; or one of several optimizers that never steps although its tensors, which no other one
    holds, get gradients; or gradients of many batches that are cleared one after the other, of
    which a step uses the last alone.

    ## Why it matters
    Nothing is trained. The loss wanders with the batches and ends where it began.

    ## Example
    `400 backward passes (train.py:40) and no optimizer step: no parameter has changed`

    ## What to try
    - `step-optimizer`: call `optimizer.step()` after `backward`

    ## When it is wrong
    Scripts that only want gradients: attribution, adversarial examples, a check of gradients.

    ## References
    - PyTorch tutorial, "Optimizing model parameters"
    """

    name = "missing-optimizer-step"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        waited: float = threshold(
            60, "steps of another optimizer", "a generator may wait for its critic"
        )
        passes: float = threshold(10, "backward passes", "an attribution needs one or a few")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        backwards = record.steps.numbers("backwards")
        count = int(np.nansum(backwards)) if backwards.size else 0
        if count < self.limits.passes:
            return []
        update = record.parameters_series.values.get("update_rms")
        moved = update is not None and bool((np.nan_to_num(update) > 0.0).any() or _broken(record))
        stepped = bool(record.optimizers)
        if moved:
            return self._idle(record) or self._dropped(record, count)
        if stepped and update is None:
            return []
        lr = np.nan_to_num(record.steps.numbers("lr"))
        if stepped and not (lr > 0.0).any():
            return []  # a learning rate of zero is the schedule's fault
        grads = record.parameters_series.values.get("grad_rms")
        if stepped and (grads is None or not (np.nan_to_num(grads) > 0.0).any()):
            never = grads is None or not np.isfinite(grads).any()
            return self._cleared(record, count) if never else []  # a gradient of 0 moves nothing
        if stepped and len(record.parameters_series.step) < 3:
            return []
        loss = record.losses[0] if record.losses else None
        source = loss.backward_source if loss else None
        message = (
            f"{plural(count, 'backward pass').replace('passs', 'passes')}{at(source)} and "
            f"{'steps that change nothing' if stepped else 'no optimizer step'}: "
            "no parameter has changed"
        )
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.7, 0.98, between(count, self.limits.passes, 100)),
                message=message,
                source=source,
                steps=whole_run(record),
                evidence={"backward_passes": count, "optimizer_steps": stepped},
                treatments=("step-optimizer",),
            )
        ]

    def _idle(self, record: Record) -> list[Finding]:
        """One of several optimizers that is never stepped."""
        stepped = {(x.type, x.source) for x in record.optimizers}
        by_index = {p.index: p for p in record.parameters}
        modules = {m.index: m for m in record.modules}
        for event in record.named("idle-optimizer"):
            place = event.data
            source = Source(str(place["file"]), int(place["line"]), str(place["text"]))
            held = [by_index[k] for k in place["parameters"] if k in by_index]
            waited = len(record.steps) >= self.limits.waited
            taken = any(p.optimizer >= 0 for p in held) or (place["type"], source) in stepped
            if not held or taken or not waited:
                continue
            names = unique(modules[p.module].name for p in held if p.module in modules)
            return [
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(
                        0.65, 0.95, between(len(record.steps), self.limits.waited, 400)
                    ),
                    message=(
                        f"the {place['type']}{at(source)} was never stepped in "
                        f"{plural(len(record.steps), 'step')} of another optimizer: "
                        f"{plural(len(held), 'tensor')} get gradients and keep their initial "
                        f"values; is its `step()` missing? {progress(record).in_words()}"
                    ),
                    where=names,
                    source=source,
                    steps=whole_run(record),
                    evidence={"tensors": len(held), "optimizer": place["type"]},
                )
            ]
        return []

    def _dropped(self, record: Record, count: int) -> list[Finding]:
        """Steps that use the last of many backward passes: the others' gradients were cleared."""
        events = list(record.named("dropped-gradients"))
        steps = len(record.steps)
        if not events or count < self.limits.passes or not steps:
            return []
        passes = float(np.nanmedian(record.steps.numbers("backwards")))
        source = record.optimizers[0].step_source if record.optimizers else None
        loss = record.losses[0] if record.losses else None
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record),
                confidence=confidence(0.7, 0.95, between(passes, 3.0, 20.0)),
                message=(
                    f"{figure(passes)} backward passes a step"
                    f"{at(loss.backward_source if loss else None)}, and the gradients of all but "
                    f"the last are cleared before the step{at(source)} can use them: does "
                    "`step()` stand outside of the loop that clears them? "
                    f"{progress(record).in_words()}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"backward_passes": count, "passes_a_step": passes},
                treatments=("step-optimizer",),
            )
        ]

    def _cleared(self, record: Record, count: int) -> list[Finding]:
        """Steps that find no gradient although a loss was sent back: it was cleared in between."""
        whole = (x for x in record.losses if x.chain and not x.output.get("reaches_none"))
        loss = next(whole, None)
        held = [p for p in record.parameters if p.optimizer >= 0 and p.requires_grad]
        if loss is None or not held or len(record.steps) < self.limits.passes:
            return []
        ran = {x.place.index for x in layers(record) if x.place is not None}
        if not ran or holds_strangers(record):
            return []
        source = record.optimizers[0].step_source
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.6, 0.9, between(count, self.limits.passes, 100)),
                message=(
                    f"{count:,} backward passes{at(loss.backward_source)}, but the optimizer's "
                    f"step{at(source)} never finds a gradient: it is cleared between the two, and "
                    "no parameter has changed"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"backward_passes": count, "optimizer_steps": True, "cleared": True},
                treatments=("step-optimizer",),
            )
        ]


def _broken(record: Record) -> bool:
    """Whether weights became NaN or infinite: something stepped."""
    bad = record.parameters_series.values.get("weight_nonfinite")
    return bad is not None and bool((np.nan_to_num(bad) > 0.0).any())
