# SPDX-License-Identifier: Apache-2.0
"""Layers that were all put in place after the optimizer had taken their predecessors."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import HURTS, severity_by_harm
from backprobe.rules.wording import at, listed, unique, with_blocks
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress

UNREACHED = 4
"""Observed steps in a row without any gradient."""
LONG = 20
"""Steps that they span."""


def all_replaced(record: Record, rule: str) -> list[Finding]:
    """Steps of an optimizer none of whose tensors a backward reaches any more, as each did."""
    since = _ceased(record)
    state = progress(record)
    if since < 0 or state.hurt < HURTS:
        return []
    ran = [x for x in layers(record) if x.place is not None and x.weight.optimizer >= 0]
    names = unique(layer.name for layer in ran)
    source = record.optimizers[0].source if record.optimizers else None
    last = int(record.parameters_series.step[-1])
    return [
        Finding(
            rule=rule,
            severity=severity_by_harm(state),
            confidence=confidence(0.6, 0.92, between(last - since, LONG, 200), state.hurt),
            message=(
                f"from step {since} on no backward reaches any tensor that the optimizer"
                f"{at(source)} holds: the {listed(names)} that run since are others than those, "
                f"and in no optimizer; {state.in_words()}"
            ),
            where=with_blocks(record, names, list(names)),
            source=source,
            steps=(since, last),
            evidence={"since": since, "layers": list(names)},
            treatments=("optimize-all",),
        )
    ]


def _ceased(record: Record) -> int:
    """Step from which nothing that the optimizers hold has a gradient any more, -1: it has."""
    series = record.parameters_series
    grads = series.values.get("grad_rms")
    holders = {p.optimizer for p in record.parameters if p.optimizer >= 0}
    if grads is None or not holders:
        return -1
    reached = np.flatnonzero(np.isfinite(grads).any(axis=1))
    if reached.size < UNREACHED or len(series.step) - 1 - reached[-1] < UNREACHED:
        return -1
    since = int(series.step[reached[-1] + 1])
    later = record.steps.numbers("step") >= since
    which = record.steps.numbers("optimizer")[later]
    backwards = record.steps.numbers("backwards")[later]
    loss = record.steps.numbers("loss")[later]
    others = set(which[np.isfinite(which)].astype(int).tolist()) - holders
    if others or later.sum() < LONG or not np.isfinite(loss).all():
        return -1
    return since if (backwards >= 1).all() else -1
