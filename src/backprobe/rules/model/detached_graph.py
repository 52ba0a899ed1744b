# SPDX-License-Identifier: Apache-2.0
"""Layers that run but that no gradient reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.places import upstream
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress

CUTS = frozenset({"detach", "detach_", "numpy", "argmax", "data", "tolist", "round", "sign"})
"""Operations that no gradient passes."""


class DetachedGraph(AbstractRule):
    """A trainable layer runs and feeds the loss, but its gradient never arrives.

    ## What it looks for
    Layers that run, that the optimizer holds and whose output trained layers consume, but that had
    no gradient at any observed step.

    ## Why it matters
    A `detach()`, a `no_grad` block, an `argmax` or a trip through numpy cuts the graph: everything
    before the cut keeps its random weights, and the rest learns on top of them.

    ## Example
    `encoder.0, encoder.2 (net.py:12) run but never get a gradient (200 observed steps); the graph
    is cut at `detach` (net.py:30)`

    ## What to try
    - keep tensors as tensors between the layers and the loss; remove `detach`, `no_grad`, `.data`

    ## When it is wrong
    A stop-gradient that the method asks for (targets of BYOL, a critic's features); auxiliary
    outputs that go unused.

    ## References
    - PyTorch notes, "Autograd mechanics": locally disabling gradient computation
    """

    name = "detached-graph"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(
            3, "observed steps without a gradient", "the first backward may be partial"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers before the cut."""
        series = record.parameters_series
        grads = series.values.get("grad_rms")
        if grads is None or len(series.step) < self.limits.steps:
            return []
        touched = set(series.index[np.isfinite(grads).any(axis=0)].tolist())
        measured = set(series.index.tolist())
        if not touched:
            return []
        trained = {
            layer.place.index
            for layer in layers(record)
            if layer.place is not None and layer.weight.index in touched
        }
        # What no trained layer consumes is an output that went unused, not a cut.
        consumed = {
            index for p in record.places if p.index in trained for index in upstream(record, p)
        }
        guilty = [
            layer
            for layer in layers(record)
            if layer.weight.requires_grad
            and layer.weight.index in measured
            and layer.weight.index not in touched
            and layer.place is not None
            and layer.place.index in consumed
        ]
        cut = next((op for op in record.graph if op.name in CUTS), None)
        if not guilty:
            return []
        state = progress(record)
        names = unique(layer.name for layer in guilty)
        source = cut.source if cut is not None else guilty[0].module.source
        message = (
            f"{listed(names)}{at(guilty[0].module.source)} run but never get a gradient "
            f"({plural(len(series.step), 'observed step')})"
        )
        message += f"; the graph is cut at `{cut.name}`{at(cut.source)}" if cut is not None else ""
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.55,
                    0.97,
                    1.0 if cut is not None else 0.3,
                    between(len(series.step), 3, 30),
                    state.hurt,
                ),
                message=message,
                where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
                source=source,
                treatments=("ignore-detach",),
                steps=seen(series.step[[0, -1]]),
                evidence={
                    "layers": list(names),
                    "cut": _named(cut),
                    "steps": len(series.step),
                },
            )
        ]


def _named(operation: Operation | None) -> str | None:
    return None if operation is None else operation.name
