# SPDX-License-Identifier: Apache-2.0
"""A bias that batch norm takes away again."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.operations import DENSE


class BiasBeforeBatchnorm(AbstractRule):
    """A layer with a bias feeds a batch norm, which subtracts the mean and so the bias.

    ## What it looks for
    Linear and convolution layers with a bias whose output goes straight into a batch norm.

    ## Why it matters
    The bias has no effect and no gradient; batch norm has its own shift. It costs memory and a
    little time, nothing else.

    ## Example
    `conv1, conv2 (net.py:12) have a bias that the batch norm behind them takes away`

    ## What to try
    - `bias=False` in the layer

    ## When it is wrong
    Never harmful, so never more than a note.

    ## References
    - Ioffe & Szegedy, "Batch Normalization", 1502.03167, section 3.2
    """

    name = "bias-before-batchnorm"
    severity = "note"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        layers: float = threshold(1, "layers", "one is enough to say so")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all such layers."""
        modules = {m.index: m for m in record.modules}
        operations = {op.index: op for op in record.graph}
        guilty = []
        for op in record.graph:
            before = operations.get(op.inputs[0]) if op.name == "batch_norm" and op.inputs else None
            layer = modules.get(before.module) if before is not None else None
            if before is None or layer is None or before.name not in DENSE:
                continue
            if layer.settings.get("has_bias") is True:
                guilty.append(layer)
        if len(guilty) < self.limits.layers:
            return []
        names = unique(m.name for m in guilty)
        return [
            Finding(
                rule=self.name,
                severity="note",
                confidence=confidence(0.9, 0.99, 1.0),
                message=(
                    f"{listed(names)}{at(guilty[0].source)} "
                    f"{'has' if len(names) == 1 else 'have'} a "
                    "bias that the batch norm behind takes away: no effect, no gradient"
                ),
                where=names,
                source=guilty[0].source,
                evidence={"layers": list(names)},
            )
        ]
