# SPDX-License-Identifier: Apache-2.0
"""Ids that a layer takes as one number each, where the same ids are what is to be predicted."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure, unique
from backprobe.signals.layers import Layer
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import progress

LEAST = 8
"""Different ids; fewer may be grades."""
RECURRENT = ("RNN", "LSTM", "GRU")


def ids_as_numbers(record: Record, rule: str, layer: Layer) -> Finding | None:
    """Whether a recurrent layer reads each id as one feature, unscaled.

    The classes are as many as the ids that come in: what is told is what is given.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        layer: the first one, no embedding before it.
    """
    loss = progress(record).loss
    if loss is None or loss.kind not in CLASSES or loss.classes < LEAST:
        return None
    if layer.module.type not in RECURRENT or layer.module.settings.get("input_size") != 1:
        return None
    if any(op.name in ("embedding", "one_hot") for op in record.graph):
        return None
    table = record.batches
    own = table.numbers("evaluation") == 0.0
    name = "first_" if "first_max" in table else ""
    low, high = (table.numbers(name + k)[own] for k in ("min", "max"))
    low, high = low[np.isfinite(low)], high[np.isfinite(high)]
    if low.size == 0 or not (low == np.rint(low)).all() or not (high == np.rint(high)).all():
        return None
    if low.min() < 0.0 or low.min() > 1.0 or not 0 <= loss.classes - 1 - high.max() <= 1:
        return None
    source = layer.module.source
    return Finding(
        rule=rule,
        severity=severity_of_mistake(record),
        confidence=confidence(0.6, 0.9, between(loss.classes, LEAST, 30)),
        message=(
            f"{layer.name}{at(source)} reads each id, {figure(float(low.min()))} to "
            f"{figure(float(high.max()))}, as one number, and the same {loss.classes} ids are the "
            "classes to predict: to it id 3 lies between 2 and 4, and large ids drive it to its "
            "ends; an embedding, or one-hot rows, gives each id its own place"
        ),
        where=unique([layer.name]),
        source=source,
        steps=whole_run(record),
        evidence={"classes": loss.classes, "max": float(high.max()), "ids": True},
    )
