# SPDX-License-Identifier: Apache-2.0
"""The layer that takes the numbers a model is fed as they are, beside embeddings of its ids."""

from __future__ import annotations

import math

import numpy as np

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index
from backprobe.signals.input_scale import InputScale
from backprobe.signals.layers import Layer, layers

JOINS = frozenset({"cat", "concat", "concatenate", "hstack"})
SAME = frozenset({"to", "float", "contiguous", "clone", "detach"})
"""Functions that give the numbers that they get."""
LAYERS = frozenset({"linear"})
ALIKE = 3.0
"""What two looks at the same inputs agree to, at least."""


def takes_raw(record: Record, scale: InputScale | None) -> Layer | None:
    """The first layer whose operation gets a tensor [rows, features] that nothing made, or None.

    Itself, or laid beside others; with as many features as the inputs were seen to have, of the
    same size, so that it is them. What a normalisation or any arithmetic comes before is made.
    """
    event = next((e for e in record.named("input-features")), None)
    if scale is None or event is None or event.data.get("kind") != "feature":
        return None
    mean, std = (np.asarray(event.data.get(k, ()), np.float64) for k in ("mean", "std"))
    if mean.shape != std.shape or not mean.size:
        return None
    rms = math.sqrt(float(np.nanmean(mean**2 + std**2)))
    if not scale.rms / ALIKE <= rms <= scale.rms * ALIKE:
        return None
    ran = {x.module.index: x for x in layers(record) if x.place is not None}
    for op in record.graph:
        if op.name in LAYERS and op.module in ran and _raw(record, op, 0, mean.size):
            return ran[op.module]
    return None


def _raw(record: Record, op: Operation, which: int, features: int) -> bool:
    """Whether an operand of an operation is that tensor, or has it as a part."""
    if which >= min(len(op.inputs), len(op.input_shapes)):
        return False
    maker, shape = by_index(record).get(op.inputs[which]), op.input_shapes[which]
    if maker is None:
        return bool(shape) and shape[-1] == features
    if maker.name in JOINS:
        return any(_raw(record, maker, k, features) for k in range(len(maker.inputs)))
    return maker.name in SAME and _raw(record, maker, 0, features)
