# SPDX-License-Identifier: Apache-2.0
"""Sines whose arguments begin many periods wide.

What enters a sine layer of n inputs is ω · w · sin(…), of std ω · rms(w) · sqrt(n / 2). A gradient
is multiplied by the same number on its way back through the layer, where the arguments are wide. So
the gradients of two neighbouring layers tell how many radians wide they begin, whatever ω is. Of
SIREN's init it is 1 (Sitzmann et al., 2006.09661, section 3.2), of PyTorch's default at ω = 30 it
is 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import end_of, takers
from backprobe.signals.layers import Layer, layers
from backprobe.signals.operations import DENSE
from backprobe.signals.series import first

SINES = frozenset({"sin", "sin_", "cos", "cos_"})


@dataclass(frozen=True)
class Waves:
    """Layers that feed a sine and get what a sine gives.

    Arguments:
        layers: those, from the input on.
        radians: how wide their arguments begin, the median over them.
    """

    layers: tuple[Layer, ...]
    radians: float


def waves(record: Record) -> Waves | None:
    """The hidden sine layers, or None with fewer than two or where no gradient was seen.

    The first sine's layer is left out: its frequencies are chosen for the data.
    """
    hidden = _sine_layers(record)[1:]
    known = [first(record.parameters_series, "grad_rms", layer.weight.index) for layer in hidden]
    ratios = [a / b for a, b in pairwise(known) if b > 0.0]
    if not ratios or not np.isfinite(ratios).all():
        return None
    return Waves(tuple(hidden), float(np.median(ratios)))


def _sine_layers(record: Record) -> list[Layer]:
    """Trainable layers of one model whose result goes into a sine, by itself or scaled."""
    found: list[Layer] = []
    for layer in layers(record):
        end = end_of(record, layer)
        if end is None or not layer.weight.requires_grad or not _into_sine(record, end):
            continue
        if not found or found[0].module.root == layer.module.root:
            found.append(layer)
    return found


def _into_sine(record: Record, end: Operation) -> bool:
    op = end
    while len(following := takers(record).get(op.index, [])) == 1:
        taker = following[0]
        if taker.name in SINES:
            return True
        if taker.name in DENSE or any(i >= 0 and i != op.index for i in taker.inputs):
            return False
        op = taker
    return False
