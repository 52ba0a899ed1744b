# SPDX-License-Identifier: Apache-2.0
"""Squashing activations that sit at their ends."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import imperfect, severity_by_harm
from backprobe.rules.places import is_gate, is_output, place_names
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.progress import progress
from backprobe.signals.series import early
from backprobe.signals.units import SQUASHERS, shares


class SaturatedActivations(AbstractRule):
    """A hidden sigmoid or tanh is at its ends for most inputs, where its derivative is zero.

    ## What it looks for
    The share of a hidden squashing activation's outputs where its derivative is nearly zero (|tanh|
    > 0.97, sigmoid outside [0.015, 0.985]), in the first observed steps or lastingly. Output
    activations and gates are left out: they are meant to decide.

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
        if severity == "note" and not imperfect(state):
            return []
        limit = self.limits.share if severity != "note" else self.limits.harmless
        found = []
        for share in shares(record, "out_saturated", SQUASHERS):
            place = share.place
            value = max(share.early, share.late)
            if value < limit or is_output(record, place) or is_gate(record, place):
                continue
            born = share.first >= self.limits.share
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
            if size == size:
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
                    },
                    treatments=("initialize=he", "standardize-inputs", "swap-activation=relu"),
                )
            )
        return found
