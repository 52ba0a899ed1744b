# SPDX-License-Identifier: Apache-2.0
"""More dropout than the network can learn through."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, imperfect, severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, figure, plural, unique
from backprobe.signals.dropped_output import DroppedOutput, dropped_output
from backprobe.signals.in_a_row import trained_before
from backprobe.signals.losses import REGRESSION
from backprobe.signals.progress import Progress, progress

DROPOUT = re.compile(r"(Feature)?(Alpha)?Dropout[123]?d?")
"""Class names of torch's dropouts."""

_Dropout = tuple[float, str, Source | None, int]
"""Probability, module and line of a dropout, and its operation, -1 where it was not captured."""


class ExcessiveDropout(AbstractRule):
    """The dropouts of the network together leave too little of the signal.

    ## What it looks for
    The noise that all dropouts on one way to the output add, Σ p / (1 − p): one of 0.5 adds 1, one
    of 0.8 adds 4; those of heads side by side do not add up. In a run that learns less than it
    could, or whose evaluation loss is well below its training loss; of much noise also in one that
    leaves a third of what there is to be learned. And any dropout that the outputs pass behind the
    last layer.

    ## Why it matters
    Dropout multiplies the signal by a random 0 or 1/(1 − p), whose variance is p/(1 − p). Layers of
    it multiply up until the gradient is mostly noise and the network underfits. An output that is
    dropped is a wrong answer, to which the right ones are bent.

    ## Example
    `4 dropouts (0.5, 0.5, 0.5, 0.8) add 7 times the signal's own variance; one of 0.5 adds 1; the
    loss went from 1.8 to 1.1`

    ## What to try
    - `dropout=0.2`
    - `dropout=off`
    - the last dropout before the last layer, not after it

    ## When it is wrong
    Very wide layers and long trainings bear much.

    ## References
    - Srivastava et al., "Dropout" (2014), section 7.3: 0.5 for hidden, 0.2 for input units
    """

    name = "excessive-dropout"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        noise: float = threshold(3.5, "sum of p/(1-p)", "0.5 twice and 0.25 four times give 3.3")
        much: float = threshold(
            6.0, "sum of p/(1-p)", "0.5 six times: twice what a network of three such layers bears"
        )
        much_left: float = threshold(
            0.7,
            "share of the trivial loss taken away",
            "with that much noise the loss itself tells how far the network is held back",
        )
        decisive: float = threshold(8.0, "sum of p/(1-p)", "0.5 eight times")
        counts: float = threshold(
            0.25, "p of one dropout", "0.1 in each of many residual branches adds nothing up"
        )
        single: float = threshold(
            0.75, "p of one dropout", "three in four units gone; Srivastava: 0.5"
        )
        single_held: float = threshold(
            0.65, "p of one dropout", "the same, in a run that has not learned all it might"
        )
        output: float = threshold(0.05, "p of a dropout of the output", "less is hardly seen")
        gap: float = threshold(
            1.25, "training loss / evaluation loss", "dropout off makes it lower by chance"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: a dropout of the output, or all dropouts."""
        dropped = dropped_output(record)
        if dropped is not None:
            return [self._of_the_output(record, dropped)]
        active = _active(record)
        noise = self._noise(record, active)
        top = max((p for p, *_ in active), default=0.0)
        state = progress(record)
        held_back = imperfect(state) or state.hurt >= HURTS
        alone = self.limits.single_held if held_back else self.limits.single
        if noise < self.limits.noise and top < alone:
            return []
        gap = _gap(record, state)
        much = noise >= self.limits.much and state.explained < self.limits.much_left
        severity = severity_of_mistake(record) if much else severity_by_harm(state)
        if severity == "error":
            severity = "warning"
        if severity == "note" and gap >= self.limits.gap and noise >= self.limits.noise:
            severity = "warning" if gap >= self.limits.gap**2 else "note"
        names = unique(name for p, name, *_ in active if p >= 0.4)
        source = active[0][2]
        aside = noise < 0.99 * sum(p / (1.0 - p) for p, *_ in active if p >= self.limits.counts)
        shown = ", ".join(figure(p) for p, *_ in active[:6]) + ", …" * (len(active) > 6)
        message = (
            f"{plural(len(active), 'dropout')} ({shown}){at(source)} add "
            f"{'up to ' if aside else ''}{figure(noise)} times the signal's own variance, "
            f"one of 0.5 adds 1; {state.in_words()}"
        )
        if gap >= self.limits.gap:
            message += f"; without them the loss is {figure(gap)} times lower (evaluation)"
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.4,
                    0.92,
                    beyond(noise, self.limits.noise, self.limits.decisive),
                    max(state.hurt, between(gap, 1.0, 2.0)),
                ),
                message=message,
                where=names,
                source=source,
                evidence={"noise": noise, "p": [p for p, *_ in active], "loss_gap": gap},
                treatments=("dropout=0.2", "dropout=off"),
            )
        ]

    def _noise(self, record: Record, active: list[_Dropout]) -> float:
        """Sum of p/(1-p) along the way to the output that has most: heads side by side add nothing
        to each other. Of all where some of them were not captured.
        """
        adds = [p / (1.0 - p) if p >= self.limits.counts else 0.0 for p, *_ in active]
        if any(at < 0 for *_, at in active):
            return sum(adds)
        own = {at: noise for (*_, at), noise in zip(active, adds, strict=True)}
        up_to: dict[int, float] = {}
        for op in record.graph:
            before = max((up_to.get(i, 0.0) for i in op.inputs), default=0.0)
            up_to[op.index] = before + own.get(op.index, 0.0)
        return max(up_to.values(), default=0.0)

    def _of_the_output(self, record: Record, found: DroppedOutput) -> Finding:
        """Predictions that are set to zero by chance."""
        state, source, loss = progress(record), found.dropout.source, found.loss
        names = {module.index: module for module in record.modules}
        owner = names.get(found.dropout.module)
        own = owner is not None and DROPOUT.fullmatch(owner.type)
        # A score of zero is a doubt at least; a number that is zero is a wrong answer.
        severity = severity_of_mistake(record)
        numbers = loss.kind in REGRESSION and found.p >= self.limits.output
        gap = _gap(record, state)
        return Finding(
            rule=self.name,
            severity="warning" if numbers or severity == "error" else severity,
            confidence=confidence(
                0.6, 0.95, max(float(numbers), state.hurt), between(found.p, 0.0, 0.25)
            ),
            message=(
                f"the loss{at(loss.source)} gets outputs that have been through a dropout of "
                f"{figure(found.p)}{at(source)}, behind the last layer: so many of the predictions "
                "are zero in training, and the others too large to make up for it; "
                f"{state.in_words()}"
                + (
                    f"; without it the loss is {figure(gap)} times lower (evaluation)"
                    if gap >= self.limits.gap
                    else ""
                )
            ),
            where=unique([owner.name]) if own and owner is not None else output_names(record, loss),
            source=source,
            evidence={"p": [found.p], "output": True, "loss_gap": gap},
            treatments=("dropout=off",),
        )


def _gap(record: Record, state: Progress) -> float:
    """Training loss at the end / evaluation loss at the end; 1 where either is unknown."""
    values = record.evaluations.numbers("loss")
    values = values[np.isfinite(values) & (values > 0.0)]
    if values.size == 0 or state.trend is None or state.trend.last <= 0.0:
        return 1.0
    return float(state.trend.last / values[-1])


def _active(record: Record) -> list[_Dropout]:
    """Each dropout that the training forward passed.

    Of networks that are tried in a row those of the last one.
    """
    found: list[_Dropout] = []
    before = trained_before(record)
    for module in record.modules:
        if module.root in before:
            continue
        p = module.settings.get("p", 0.0)
        if not DROPOUT.fullmatch(module.type) or not module.training or not module.calls:
            continue
        if isinstance(p, float) and 0.0 < p < 1.0:
            runs = [op.index for op in record.graph if op.module == module.index]
            found += [(p, module.name, module.source, at) for at in runs or [-1]]
    names = {module.index: module for module in record.modules}
    for op in record.graph:
        p, owner = op.arguments.get("p", 0.0), names.get(op.module)
        if "dropout" not in op.name or op.arguments.get("training") is False:
            continue
        if owner is not None and (owner.root in before or DROPOUT.fullmatch(owner.type)):
            continue  # another network, or counted as a module
        if isinstance(p, float) and 0.0 < p < 1.0:
            found.append((p, owner.name if owner else "", op.source, op.index))
    return found
