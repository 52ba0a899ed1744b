# SPDX-License-Identifier: Apache-2.0
"""Squashing activations that sit at their ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import imperfect, leaves_much, severity_by_harm
from backprobe.rules.places import is_gate, is_output, place_names
from backprobe.rules.wording import at, figure, percent, unique
from backprobe.signals.progress import progress
from backprobe.signals.series import early, late
from backprobe.signals.units import SQUASHERS, shares

BENDS = {"tanh": math.atanh(0.97), "sigmoid": math.log(0.985 / 0.015)}
"""Inputs beyond which an activation counts as saturated."""


class SaturatedActivations(AbstractRule):
    """A hidden sigmoid or tanh is at its ends for most inputs, where its derivative is zero.

    ## What it looks for
    The share of a hidden squashing activation's outputs where its derivative is nearly zero (|tanh|
    > 0.97, sigmoid outside [0.015, 0.985]), in the first observed steps or lastingly. Output
    activations and gates are left out: they are meant to decide. A run that learns well gets a note
    where most of a layer is so from the first step to the last. More of it than numbers of the size
    that the layer before gives could be tells of a factor in between (the frequency of a sine
    network that is left in the layer, say).

    ## Why it matters
    Where the derivative is zero no gradient passes, so what lies before the layer cannot learn, and
    the layer cannot move out of its ends either.

    ## Example
    `99 % of the outputs of fc1's tanh (net.py:21) are saturated (|tanh| > 0.97) at the first steps;
    normal is below 20 %; what feeds it has an RMS of 41`

    ## What to try
    - `initialize=he`: suits weights that are too large
    - `standardize-inputs`: suits inputs in large units
    - `swap-activation=relu`: suits both

    ## When it is wrong
    Binary codes and hashing networks saturate on purpose.

    ## References
    - Glorot & Bengio (2010), section 3
    - Karpathy, "makemore, part 3: activations, gradients, BatchNorm" (2022)
    """

    name = "saturated-activations"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.3, "fraction of outputs", "makemore part 3: warn above 20 %")
        harmless: float = threshold(0.5, "fraction of outputs", "a note although the run learns")
        decisive: float = threshold(0.8, "fraction of outputs", "most of the layer")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a saturated activation."""
        state = progress(record)
        severity = severity_by_harm(state)
        limit = self.limits.share if severity != "note" else self.limits.harmless
        well = severity == "note" and not imperfect(state) and not leaves_much(record)
        found = []
        for share in shares(record, "out_saturated", SQUASHERS):
            place = share.place
            value = max(share.early, share.late)
            if value < limit or is_output(record, place) or is_gate(record, place):
                continue
            born = share.first >= self.limits.share
            # What a good end hides is worth a note where it was so from the first step to the last.
            if well and min(share.first, share.early, share.late) < self.limits.decisive:
                continue
            names = place_names(record, place)
            size = max(
                (early(record.outputs, "out_rms", index) for index in place.inputs),
                default=float("nan"),
            )
            message = (
                f"{percent(value)} of the outputs of {names[0] if names else place.type}'s "
                f"{place.activation}{at(place.source)} are saturated "
                f"{'at the first steps' if born else 'after training'}; normal is below 20 %"
            )
            alone = len(place.inputs) == 1
            between_them = alone and share.early > _most_beyond(place.activation, size)
            if between_them:
                if place.functional:  # in the forward of the module that calls it
                    names = unique([place.name])
                message += (
                    f"; what the layer before it gives has an RMS of {figure(size)}, which can't "
                    "do that: something lies between the two (a factor?)"
                )
            elif not born:  # what saturates it now, not what it began with
                size = max(
                    (late(record.outputs, "out_rms", index) for index in place.inputs),
                    default=float("nan"),
                )
            if not between_them and size == size:
                message += f"; what feeds it has an RMS of {figure(size)}, normal is about 1"
            found.append(
                Finding(
                    rule=self.name,
                    severity=severity,
                    confidence=confidence(
                        0.5,
                        0.92,
                        between(value, self.limits.share, self.limits.decisive),
                        state.hurt,
                    ),
                    message=message,
                    where=names,
                    source=place.source,
                    steps=seen(record.outputs.step[:20] if born else record.outputs.step[-10:]),
                    evidence={
                        "saturated": value,
                        "early": share.early,
                        "late": share.late,
                        "born": born,
                        "input_rms": size if size == size else None,
                        "factor_between": between_them,
                    },
                    treatments=("initialize=he", "standardize-inputs", "swap-activation=relu"),
                )
            )
        return found


def _most_beyond(activation: str, rms: float) -> float:
    """The largest share of numbers of an RMS that can lie beyond an activation's bends (Chebyshev).

    1 where the activation's are not known, or the RMS is not.
    """
    bend = BENDS.get(activation, 0.0)
    return min(1.0, (rms / bend) ** 2) if bend > 0.0 and math.isfinite(rms) else 1.0
