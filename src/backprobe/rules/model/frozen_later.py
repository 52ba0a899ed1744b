# SPDX-License-Identifier: Apache-2.0
"""Layers that learned for a while and were frozen then, with nothing taking over."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.layers import Layer, layers
from backprobe.signals.optimizers import ceased, followed
from backprobe.signals.progress import progress

EARLY = 0.3
"""Share of the run before it: who freezes on purpose lets layers learn for longer first."""
SHARE = 0.05
"""Of the layers' weights: a stray scale is no matter."""


def frozen_later(record: Record, rule: str) -> list[Finding]:
    """Early in the run, in the middle of one phase: the loss and the optimizer stay the same.

    Silent where gradients came and went (layers that take turns), where others begin to learn at
    that time (gradual unfreezing), and of a run that leaves nothing to ask for.
    """
    off = {int(i) for e in record.named("frozen-later") for i in e.data["parameters"]}
    ran = [x for x in layers(record) if x.place is not None]
    ended = {x.weight.index: _ended(record, x) for x in ran if x.weight.index in off}
    found = [x for x in ran if ended.get(x.weight.index, -1) >= 0]
    if not found:
        return []
    since = min(ended[x.weight.index] for x in found)
    count = sum(x.weight.size for x in found)
    state, severity = progress(record), severity_of_mistake(record)
    if severity == "note" or count < SHARE * sum(x.weight.size for x in ran):
        return []
    if followed(record, since) or not _one_phase(record, since):
        return []
    names, source = unique(x.name for x in found), found[0].module.source
    return [
        Finding(
            rule=rule,
            severity=severity,
            confidence=confidence(0.6, 0.92, state.hurt),
            message=(
                f"{listed(names)}{at(source)} learned at first and were frozen before step "
                f"{since}: `requires_grad` is off since, {plural(count, 'weight')} stay as they "
                f"were, and the other layers learn on; {state.in_words()}"
            ),
            where=with_blocks(record, names, [x.name for x in ran]),
            source=source,
            steps=(since, int(record.parameters_series.step[-1])),
            evidence={"layers": list(names), "since": since},
            treatments=("unfreeze",),
        )
    ]


def _ended(record: Record, layer: Layer) -> int:
    """Step from which a weight that had a gradient at every look has none, -1: it is not so."""
    since = ceased(record, layer.weight.index)
    series = record.parameters_series
    had = np.isfinite(series.of("grad_rms", layer.weight.index))
    seen = np.asarray(series.step) < since
    return since if since >= 0 and had[seen].all() else -1


def _one_phase(record: Record, since: int) -> bool:
    """Whether the run went on as before: the same losses, and nothing that began to learn."""
    step = record.steps.numbers("step")
    loss = record.steps.numbers("loss_index")
    if not step.size or since - step[0] > EARLY * (step[-1] - step[0]):
        return False
    before, after = set(loss[step < since]), set(loss[step >= since])
    if before != after:
        return False
    series = record.parameters_series
    grads = np.isfinite(series.values["grad_rms"])
    early = np.asarray(series.step) < since
    return bool((grads[early].any(axis=0) | ~grads[~early].any(axis=0)).all())
