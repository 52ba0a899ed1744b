# SPDX-License-Identifier: Apache-2.0
"""Gradient noise scale: the batch size at which noise and signal of the gradient are equal.

Well below it more batch is nearly free progress; well above it more batch is wasted (McCandlish et
al. 2018, arXiv:1812.06162: B_simple = tr(Sigma) / |G|^2). Unit: samples.
"""

from __future__ import annotations

import numpy as np

from backprobe.records import Record


def noise_scale(record: Record) -> float:
    """B_simple in samples, from steps of several small batches; NaN where it can't be told.

    The small batches are micro-batches, ranks, or both. Both estimates are averaged over all
    observed steps before they are divided; a true gradient that is lost in the noise (an estimate
    of its square of at most 0) gives infinity.
    """
    table = record.noise
    if len(table) < 3:
        return float("nan")
    if (table["part"] == 1).any():
        return float("nan")  # one rank's shards: only the ranks together tell
    k, small, big = (table.numbers(name) for name in ("micro", "small", "big"))
    signal = float(np.mean((k * big - small) / (k - 1)))
    noise = float(np.mean((small - big) / (1 - 1 / k)))
    rows = table["rows"] if "rows" in table else record.steps["samples"]
    batch = float(np.nanmedian(rows)) if len(rows) and np.isfinite(rows).any() else 1.0
    if signal <= 0:
        return float("inf")
    return max(0.0, noise) / signal * batch
