# SPDX-License-Identifier: Apache-2.0
"""Rectified units that are zero for every input."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record, Severity
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import imperfect, severity_by_harm, severity_of_mistake
from backprobe.rules.places import bypassed, feeding, place_names, upstream
from backprobe.rules.wording import at, percent
from backprobe.signals.progress import progress
from backprobe.signals.units import RECTIFIERS, UnitShares, shares


class DeadRelu(AbstractRule):
    """Most units of a ReLU layer are zero for every row, batch after batch.

    ## What it looks for
    The share of a rectifier's units (channels) that were zero for every row of the batch, at each
    of the last ten observed steps. Half zeros among a layer's outputs are normal; units that no
    input wakes are not.

    ## Why it matters
    A dead unit's derivative is zero for every input, so its weights never change again. A whole
    dead layer cuts the network: what lies before it gets no gradient at all.

    ## Example
    `97 % of the units of fc1's relu (net.py:21) are zero for every input over the last 10 observed
    steps, 3 % at the first step; normal is below 10 %`

    ## What to try
    - `scale-lr=0.1`: suits units that died during training
    - `initialize=he`: suits units that were born dead
    - `swap-activation=leaky_relu`: suits both, and hides their cause
    - `standardize-inputs`: suits inputs far from zero

    ## When it is wrong
    A batch of a few rows leaves sparse units silent by chance: it must hold at every observed step.
    Wide layers with rare features have many such units and learn well.

    ## References
    - Lu et al., "Dying ReLU and initialization", 1903.06733
    - Sokar et al., "The dormant neuron phenomenon", 2302.12902
    - cs231n notes: up to 40 % dead with too high a learning rate
    """

    name = "dead-relu"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.5,
            "fraction of units",
            "measured: 0.6 % (at most 21 %) at the best lr, 50 % at 10x it",
        )
        whole: float = threshold(0.95, "fraction of units", "a layer that passes nothing on")
        harmless: float = threshold(
            0.8, "fraction of units", "worth a note although the run learns"
        )
        steps: float = threshold(3, "observed steps", "fewer can be chance")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a rectifier that is mostly dead."""
        state = progress(record)
        severity = severity_by_harm(state)
        harmless = severity == "note" and not imperfect(state)
        limit = self.limits.harmless if harmless else self.limits.share
        found = []
        cut: set[int] = set()
        for share in shares(record, "out_dead", RECTIFIERS):
            behind = bool(cut & upstream(record, share.place))
            if share.lasting >= self.limits.whole:
                cut.add(share.place.index)
            # Behind a dead layer every unit is constant: that is the dead layer's doing.
            if not behind and share.observed >= self.limits.steps and share.lasting >= limit:
                whole = share.lasting >= self.limits.whole
                grave = severity_of_mistake(record) if whole else severity
                found.append(self._finding(record, share, grave, state.hurt))
        return found

    def _finding(
        self, record: Record, share: UnitShares, severity: Severity, hurt: float
    ) -> Finding:
        place = share.place
        born = share.first >= self.limits.share
        names = place_names(record, place)
        subject = names[0] if names else place.type
        whole = share.lasting >= self.limits.whole
        message = (
            f"{percent(share.lasting)} of the units of {subject}'s {place.activation}"
            f"{at(place.source)} are zero for every input at each of the last "
            f"{min(10, share.observed)} observed steps"
        )
        message += (
            ", and were so at the first"
            if born
            else f", {percent(share.first)} at the first: they died while training"
        )
        message += "; no gradient passes it" if whole else "; normal is below 10 %"
        return Finding(
            rule=self.name,
            severity=severity,
            confidence=confidence(0.5, 0.97, between(share.lasting, 0.4, 1.0), hurt),
            message=message,
            where=names,
            source=place.source,
            steps=seen(record.outputs.step[-10:]),
            evidence={
                "dead": share.lasting,
                "dead_at_first": share.first,
                "born_dead": born,
                "whole_layer": whole,
                "bypassed": bypassed(record, place),
                "observed": share.observed,
                "feeds": list(feeding(record, place)),
            },
            treatments=(
                ("initialize=he", "standardize-inputs", "swap-activation=leaky_relu")
                if born
                else ("scale-lr=0.1", "swap-activation=leaky_relu")
            ),
        )
