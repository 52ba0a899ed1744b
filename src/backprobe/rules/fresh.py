# SPDX-License-Identifier: Apache-2.0
"""Whether a layer's weights look freshly initialised: the mark of what was never trained."""

from __future__ import annotations

import math

from backprobe.records import Parameter
from backprobe.signals.init_scale import expected_std, he_std, initial_rms, xavier_std
from backprobe.signals.layers import Layer

TOLERANCE = 0.04
"""A sample of n weights has a std within 1/sqrt(2n) of its distribution's: 4 % at 300 weights."""
LEAST_DRAWN = 200
"""Entries from which a draw's range and deviation tell what it was drawn from."""


def looks_fresh(layer: Layer) -> bool:
    """Whether the weights' RMS is that of a standard initialisation of this layer.

    Trained weights have moved: their RMS agrees with none of them but by chance.
    """
    rms = initial_rms(layer.weight)
    if math.isnan(rms):
        return False
    tolerance = max(TOLERANCE, 3.0 / math.sqrt(2.0 * max(layer.weight.size, 1)))
    known = (
        expected_std(layer),
        he_std(layer.fan_in),
        he_std(layer.fan_out),
        xavier_std(layer.fan_in, layer.fan_out),
        xavier_std(layer.fan_in, layer.fan_out, 5.0 / 3.0),
        0.02,  # GPT-2, BERT
    )
    return any(abs(rms / std - 1.0) < tolerance for std in known)


def looks_drawn(table: Parameter) -> bool:
    """Whether an embedding's entries are evenly drawn: of a uniform range, or of a normal.

    Vectors that were learned have heavier tails: of a uniform draw the largest entry is √3 of the
    standard deviation, of n normal ones about √(2 ln n) − ln(4π ln n) / 2√(2 ln n) of it (David &
    Nagaraja, "Order statistics", 2003, 10.5).
    """
    facts = table.initial
    mean, std = float(facts.get("mean", math.nan)), float(facts.get("std", math.nan))
    ends = float(facts.get("max", math.nan)), -float(facts.get("min", math.nan))
    if not std > 0.0 or table.size < LEAST_DRAWN or abs(mean) > 5.0 * std / math.sqrt(table.size):
        return False
    uniform = all(abs(end / (math.sqrt(3.0) * std) - 1.0) < TOLERANCE for end in ends)
    root = math.sqrt(2.0 * math.log(table.size))
    largest = std * (root - math.log(2.0 * math.pi * root * root) / (2.0 * root))
    return uniform or all(0.85 < end / largest < 1.25 for end in ends)
