# SPDX-License-Identifier: Apache-2.0
"""A loss whose backward reaches no parameter at all."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, plural, unique
from backprobe.signals.layers import layers


def nothing_reached(record: Record, rule: str) -> list[Finding]:
    """Backward passes after which no parameter ever has a gradient."""
    backwards = np.nan_to_num(record.steps.numbers("backwards"))
    count = int(backwards.sum())
    held = [p for p in record.parameters if p.optimizer >= 0 and p.requires_grad]
    if max(count, len(record.steps)) < 10 or not held or not record.optimizers:
        return []
    if any(loss.chain and not loss.output.get("reaches_none") for loss in record.losses):
        return []  # there was a graph: what it gave was taken away before the step
    loss = record.losses[0] if record.losses else None
    source = loss.source or loss.backward_source if loss else None
    names = unique(layer.name for layer in layers(record) if layer.place is not None)
    return [
        Finding(
            rule=rule,
            severity="error",
            confidence=confidence(0.7, 0.95, between(count, 10, 100)),
            message=(
                f"none of {plural(len(held), 'tensor')} that the optimizer holds had a "
                f"gradient at any of {len(record.steps):,} steps{at(source)}: what `backward` "
                "is called on was not computed from them (a number taken out with `item()` or "
                "`detach()` and put into a new tensor?)"
            ),
            where=names,
            source=source,
            steps=whole_run(record),
            evidence={"backward_passes": count, "layers": list(names), "cut": None},
        )
    ]
