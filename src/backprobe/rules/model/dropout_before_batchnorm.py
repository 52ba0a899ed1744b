# SPDX-License-Identifier: Apache-2.0
"""Dropout whose noise batch norm takes for variance."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.linearity import LINEAR, TRANSPARENT
from backprobe.signals.progress import progress


class DropoutBeforeBatchnorm(AbstractRule):
    """A dropout stands in front of a batch norm with no activation between.

    ## What it looks for
    The operations in front of each batch norm, back to the last activation: a dropout among them.
    Where a layer stands between the two, it averages over many dropped units: at most a note,
    unless more than half of them are dropped.

    ## Why it matters
    Dropout raises the variance in training and not in evaluation. The running variance that batch
    norm learns is then too large, and every evaluation is rescaled wrongly.

    ## Example
    `dropout 0.5 (net.py:14) feeds batch norm bn2 (net.py:15): it learns a variance that evaluation
    does not have; evaluation loss 1.9, training loss 0.4`

    ## What to try
    - `dropout=off`
    - dropout after the last batch norm only

    ## When it is wrong
    Small rates before wide layers shift little.

    ## References
    - Li et al., "Understanding the disharmony between dropout and batch normalization by variance
      shift", 1801.05134
    """

    name = "dropout-before-batchnorm"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        p: float = threshold(0.1, "dropout probability", "variance shift p/(1-p) below a tenth")
        averaged: float = threshold(
            0.5, "dropout probability before a layer", "beyond, the noise exceeds the signal"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all such pairs."""
        operations = {op.index: op for op in record.graph}
        modules = {m.index: m for m in record.modules}
        pairs, grave = [], False
        for op in record.graph:
            dropout, averaged = (
                _dropout_before(op, operations) if op.name == "batch_norm" else (None, False)
            )
            if dropout is None or dropout.arguments.get("training") is False:
                continue
            owner, norm = modules.get(dropout.module), modules.get(op.module)
            p = dropout.arguments.get("p", owner.settings.get("p", 0.5) if owner else 0.5)
            if isinstance(p, float) and p >= self.limits.p:
                pairs.append((p, dropout, owner.name if owner else "", norm.name if norm else ""))
                grave |= not averaged or p > self.limits.averaged
        if not pairs:
            return []
        state = progress(record)
        top = max(p for p, *_ in pairs)
        drops, norms = unique(n for _, _, n, _ in pairs), unique(n for *_, n in pairs)
        source = pairs[0][1].source
        return [
            Finding(
                rule=self.name,
                severity=at_most_warning(severity_by_harm(state)) if grave else "note",
                confidence=confidence(0.5, 0.9, between(top, 0.1, 0.5), state.hurt),
                message=(
                    f"dropout {figure(top)} ({listed(drops)}){at(source)} feeds batch norm "
                    f"{listed(norms)}: it learns a variance that evaluation does not have"
                ),
                where=unique([*drops, *norms]),
                source=source,
                evidence={"p": [p for p, *_ in pairs]},
                treatments=("dropout-after-norm", "dropout=off"),
            )
        ]


def _dropout_before(
    op: Operation, operations: dict[int, Operation]
) -> tuple[Operation | None, bool]:
    """The dropout in front of an operation, or None, and whether a layer's weights lie between.

    Only linear operations may.
    """
    made, averaged = [i for i in op.inputs if i >= 0], False
    while len(made) == 1 and made[0] in operations:
        upstream = operations[made[0]]
        if "dropout" in upstream.name:
            return upstream, averaged
        if upstream.name not in TRANSPARENT and upstream.name not in LINEAR:
            break
        averaged |= upstream.name in LINEAR
        made = [i for i in upstream.inputs if i >= 0]
    return None, False
