# SPDX-License-Identifier: Apache-2.0
"""The loss is NaN or infinite."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, figure, listed, percent, unique
from backprobe.signals.domain import UNDEFINED, negative_outputs, undefined_in
from backprobe.signals.losses import main_loss


class NonfiniteLoss(AbstractRule):
    """The loss became NaN or infinite, and from then on every weight is.

    ## What it looks for
    Steps whose loss is NaN or infinite; the first of them, the last finite value before it, and the
    first layer whose output or gradient was not finite. Where all outputs are finite, the function
    of the loss that has no value for some of them: the logarithm or root of a negative number.

    ## Why it matters
    A NaN in the loss is a NaN in every gradient, and after one step in every weight. Nothing that
    the run does afterwards means anything.

    ## Example
    `the loss is NaN from step 5 on (train.py:31), after 1.1e+34 at step 4; the first output that is
    not finite is fc1's`

    ## What to try
    - `scale-lr=0.1`: suits a loss that grew before it broke
    - `drop-nonfinite-rows`: suits a NaN at the first steps, with finite weights
    - `clip-gradients=1.0`: suits single spikes
    - a softplus or an exponential on an output whose logarithm or root is taken

    ## When it is wrong
    Mixed precision skips steps whose gradients overflow; the loss itself stays finite there.

    ## References
    - IEEE 754; PyTorch, "Numerical accuracy"
    """

    name = "nonfinite-loss"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        lasting: float = threshold(
            0.5,
            "share of the steps after the first bad one",
            "a blip that the run outlives is less",
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        main = main_loss(record)
        bad = ~np.isfinite(main.value)
        if not bad.any():
            return []
        first = int(np.argmax(bad))
        share = float(bad[first:].mean())
        lasting = share >= self.limits.lasting
        before = main.value[:first]
        kind = "NaN" if math.isnan(float(main.value[first])) else "infinite"
        source = main.loss.source if main.loss else None
        step = int(main.step[first])
        message = f"the loss{at(source)} is {kind} "
        message += f"from step {step} on" if lasting else f"at step {step} and recovers"
        if not lasting and bad.sum() > 1:
            message = (
                f"the loss{at(source)} is {kind} in {percent(share)} of the steps from {step} on"
            )
        if before.size:
            message += f", after {figure(float(before[-1]))} at step {int(main.step[first - 1])}"
        else:
            message += ", before anything was learned"
        place = _first_bad_output(record)
        if place:
            message += f"; the first output that is not finite is {place}'s"
        cause = _undefined(record, main.loss, step) if not place and kind == "NaN" else None
        if cause is not None:
            message += f"; {cause.words}"
        grew = bool(before.size >= 2 and abs(before[-1]) > 10.0 * abs(before[0]))
        return [
            Finding(
                rule=self.name,
                severity="error" if lasting else "warning" if bad.sum() > 2 else "note",
                confidence=confidence(0.6, 0.99, between(share, 0.0, 0.9)),
                message=message,
                where=unique([place]) if cause is None else cause.where,
                source=source,
                steps=(step, int(main.step[-1] if lasting else main.step[np.flatnonzero(bad)[-1]])),
                evidence={
                    "first_step": step,
                    "share_after": share,
                    "last_finite": float(before[-1]) if before.size else None,
                    "grew_before": grew,
                    "value": kind,
                    "undefined": cause.function if cause else None,
                },
                treatments=(
                    ("scale-lr=0.1", "clip-gradients=1.0", "standardize-inputs", "guard-numerics")
                    if grew
                    else (
                        "guard-numerics",
                        "drop-nonfinite-rows",
                        "scale-lr=0.1",
                        "clip-gradients=1.0",
                    )
                ),
            )
        ]


@dataclass(frozen=True)
class _Undefined:
    function: str
    words: str
    where: tuple[str, ...]


def _undefined(record: Record, loss: Loss | None, step: int) -> _Undefined | None:
    """The function of the loss that gets numbers for which it has no value."""
    function = undefined_in(loss)
    if not function:
        return None
    places = negative_outputs(record, function, step)
    names = unique(place.name for place in places)
    words = f"every output is finite, and `{function}` {UNDEFINED[function]} is NaN"
    if names:
        words += f": what {listed(names)} {'gives' if len(names) == 1 else 'give'} goes below zero"
    return _Undefined(function, words, names)


def _first_bad_output(record: Record) -> str:
    """Name of the first place, in the order of execution, at the first step where one is bad."""
    values = record.outputs.values.get("out_nonfinite")
    if values is None:
        return ""
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((values > 0).any(axis=1))
    if rows.size == 0:
        return ""
    columns = set(record.outputs.index[values[rows[0]] > 0].tolist())
    hit = sorted((p for p in record.places if p.index in columns), key=lambda p: p.order)
    return hit[0].name if hit else ""
