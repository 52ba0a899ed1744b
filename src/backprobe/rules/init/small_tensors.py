# SPDX-License-Identifier: Apache-2.0
"""Tensors of no module that begin so small that nothing comes through them.

Which layer follows which is not known of them, nor which of a matrix's two sides is the input: a
matrix is held against the smaller of the two He stds. Nor is what goes around them: what shows that
no signal takes another path is that they are hardly moved while some other tensor is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Parameter, Record
from backprobe.signals.init_scale import DEFAULT_SCALE, he_std, initial_rms
from backprobe.signals.layers import fans, layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import progress
from backprobe.signals.series import overall

STEPS = 50
"""Optimizer steps; a plateau of a few dozen is normal."""
FADED = 1e-4
"""Update of the matrices / that of the tensor that moves most; of a default init 0.01 to 0.3."""


@dataclass(frozen=True)
class SmallTensors:
    """Matrices that let nothing through.

    Arguments:
        weights: the matrices.
        ratios: RMS of each over the smaller He std.
        passed: product over them of what is left of a default's signal.
        faded: their median update over the largest of any tensor.
    """

    weights: tuple[Parameter, ...]
    ratios: tuple[float, ...]
    passed: float
    faded: float


def small_tensors(record: Record, least: float) -> SmallTensors | None:
    """Those of a network that is stuck and has no layers that are known, else None.

    Arguments:
        record: of the run.
        least: RMS over He's std up to which one is small.
    """
    state = progress(record)
    if state.state != "stuck" or state.steps < STEPS or layers(record):
        return None
    loaded = loaded_over(record)
    ratios = {
        p.index: initial_rms(p) / he_std(max(fans(p.shape)))
        for p in record.parameters
        if p.module < 0 and p.requires_grad and len(p.shape) >= 2 and min(p.shape[:2]) > 1
    }
    found = [
        p
        for p in record.parameters
        if 0.0 < ratios.get(p.index, math.nan) <= least and p.index not in loaded
    ]
    if len(found) < 3:  # one of them is the last, which may be small
        return None
    small = tuple(ratios[p.index] for p in found)
    moved = {
        p.index: overall(record.parameters_series, "update_rms", p.index) for p in record.parameters
    }
    most = float(np.nanmax([0.0, *moved.values()]))
    faded = float(np.median([moved[p.index] for p in found])) / most if most > 0.0 else math.nan
    if not faded <= FADED:
        return None
    hidden = sorted(small)[:-1]
    passed = math.prod(min(1.0, ratio / DEFAULT_SCALE) for ratio in hidden)
    return SmallTensors(tuple(found), small, passed, faded)
