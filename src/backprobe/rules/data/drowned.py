# SPDX-License-Identifier: Apache-2.0
"""Training inputs that drown in something that the other rows do not have: noise in other units."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import seen
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import apart, figure
from backprobe.signals.generalisation import generalisation
from backprobe.signals.progress import progress

BETTER = 0.25
"""Skill on other rows, less that on training rows; dropout and augmentation make less of it."""
LITTLE = 0.5
"""Skill on training rows: augmented ones are learnt too."""
SPREAD = 2.0
"""Times the deviation of every evaluation batch that each training batch has."""
LEAST = 5
"""Training batches; fewer say little of how they vary."""


def drowned(record: Record, rule: str) -> Finding | None:
    """A run that learns little of rows that spread far wider than those it does well on."""
    state, both = progress(record), generalisation(record)
    if state.loss is None or state.hurt < HURTS:
        return None
    if not (both.held - both.train >= BETTER and both.train <= LITTLE):
        return None
    table = record.batches
    usable = table.numbers("model") == float(state.loss.model)
    usable &= table.numbers("integer") == 0.0
    evaluation = table.numbers("evaluation") == 1.0
    std = table.numbers("std")
    train, judged = std[usable & ~evaluation], std[usable & evaluation]
    if train.size < LEAST or judged.size == 0 or not judged.max() > 0.0:
        return None
    spread = float(train.min() / judged.max())
    if not spread >= SPREAD:
        return None
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence(
            0.6, 0.9, beyond(spread, SPREAD, 8.0), min(1.0, both.held - both.train)
        ),
        message=(
            f"training inputs have std {figure(float(np.median(train)))}, evaluation inputs "
            f"{figure(float(np.median(judged)))}; {apart(both)}: what is trained on drowns in "
            "something that the others do not have; is noise added in other units than the data's?"
        ),
        steps=seen(table.numbers("step")[usable][[0, -1]]),
        evidence={"spread": spread, "held": both.held, "train": both.train},
    )
