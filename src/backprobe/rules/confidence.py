# SPDX-License-Identifier: Apache-2.0
"""Confidence from the strength of the evidence: never a constant per rule.

A rule maps how far a measured number lies beyond what is normal to [0, 1] and combines the
strengths of independent pieces of evidence.
"""

from __future__ import annotations

import math

CERTAIN = 0.99
"""No finding is surer than this: the record itself may be incomplete."""


def beyond(value: float, threshold: float, decisive: float) -> float:
    """Strength 0 at the threshold, 1 at the decisive value, logarithmic between.

    Works in both directions: a decisive value below the threshold means that low is bad.
    An infinite value beyond the threshold is decisive; NaN has no strength.
    """
    if math.isnan(value) or threshold <= 0.0 or decisive <= 0.0 or threshold == decisive:
        return 0.0
    if value <= 0.0:
        return 1.0 if decisive < threshold else 0.0
    if math.isinf(value):
        return 1.0 if decisive > threshold else 0.0
    share = math.log(value / threshold) / math.log(decisive / threshold)
    return min(1.0, max(0.0, share))


def between(value: float, threshold: float, decisive: float) -> float:
    """As `beyond`, linear: for fractions and differences."""
    if math.isnan(value) or threshold == decisive:
        return 0.0
    return min(1.0, max(0.0, (value - threshold) / (decisive - threshold)))


def confidence(low: float, high: float, *strengths: float) -> float:
    """`low` with no evidence beyond the thresholds, `high` with all of it; the mean between.

    Arguments:
        low: confidence at the threshold.
        high: confidence where every piece of evidence is decisive.
        strengths: 0 to 1 each.
    """
    mean = sum(strengths) / len(strengths) if strengths else 0.0
    return round(min(CERTAIN, low + (high - low) * mean), 3)
