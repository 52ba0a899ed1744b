# SPDX-License-Identifier: Apache-2.0
"""How the gradient changes on its way from the output to the first layer.

Unit: RMS of the first layers' weight gradient / that of the later ones, over the first observed
steps. Normal: 0.1 to 3 in networks of up to five layers (measured, median 0.9). A twelve-layer
ReLU network with PyTorch's default init has 8e-5, with He's init 0.26; twelve tanh layers 2.5e-3.
What an init and its activations predict: each layer passes sqrt(fan_out · Var w) · rms(f′) of the
gradient on (Glorot & Bengio 2010; He et al. 2015).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from backprobe.records import Record, Source
from backprobe.signals.forward_graph import lies_behind
from backprobe.signals.init_scale import initial_rms
from backprobe.signals.layers import Layer
from backprobe.signals.series import EARLY, early

DERIVATIVE_RMS = {
    "sigmoid": 0.235,
    "hardsigmoid": 0.167,
    "tanh": 0.68,
    "softsign": 0.48,
    "relu": 0.71,
    "relu6": 0.71,
    "leaky_relu": 0.71,
    "elu": 0.83,
    "selu": 1.07,
    "gelu": 0.67,
    "silu": 0.61,
    "softplus": 0.55,
    "mish": 0.66,
}
"""RMS of the derivative over a unit normal input (numerically integrated, two digits)."""


@dataclass(frozen=True)
class GradientFlow:
    """Gradient sizes by depth.

    Arguments:
        layers: those whose gradient was seen, from the input on.
        grads: RMS of each one's weight gradient, median over the first observed steps.
        behind: positions of the later layers that each one's output goes on to. A network of two
            branches runs them one after the other, and no gradient flows from one to the other.
    """

    layers: tuple[Layer, ...]
    grads: tuple[float, ...]
    behind: tuple[tuple[int, ...], ...]

    @property
    def weakest(self) -> int:
        """Position of the smallest gradient."""
        return int(np.argmin(self.grads))

    @property
    def reference(self) -> int:
        """Position of the largest gradient behind the weakest one (towards the output)."""
        start = self.weakest
        return max((start, *self.behind[start]), key=lambda position: self.grads[position])

    @property
    def stretch(self) -> tuple[int, ...]:
        """Positions from the weakest layer on that lie in front of the reference."""
        start, end = self.weakest, self.reference
        between = (x for x in self.behind[start] if end in self.behind[x])
        return (start, *between) if end > start else ()

    @property
    def shrinkage(self) -> float:
        """Largest gradient behind the weakest layer / that layer's; inf where it is zero."""
        low, high = self.grads[self.weakest], self.grads[self.reference]
        return high / low if low > 0.0 else (math.inf if high > 0.0 else 1.0)

    @property
    def growth(self) -> float:
        """Largest gradient in front of the last layer / the last layer's."""
        last = self.grads[-1]
        return self.grads[self.strongest] / last if last > 0.0 else math.nan

    @property
    def strongest(self) -> int:
        """Position of the largest gradient on the way to the last layer, which counts too."""
        end = len(self.layers) - 1
        way = [x for x in range(end) if end in self.behind[x]]
        return max((*way, end), key=lambda position: self.grads[position])


def gradient_flow(
    record: Record, found: tuple[Layer, ...], count: int = EARLY
) -> GradientFlow | None:
    """Gradient sizes of the trainable layers that ran, or None with fewer than two.

    `count` is of how many first observed steps; 1: before any update.

    With several models it is the one with most layers: no gradient flows along a list of both. A
    weight without any, beside another of its module that has some, is left out: what it gets says
    nothing of the depth (the weights between time steps, of which one is read).
    """
    roots = Counter(layer.module.root for layer in found if layer.place is not None)
    root = roots.most_common(1)[0][0] if roots else -1
    kept: list[Layer] = []
    grads: list[float] = []
    for layer in found:
        if not layer.weight.requires_grad or layer.place is None:
            continue
        if layer.module.root != root:
            continue
        value = early(record.parameters_series, "grad_rms", layer.weight.index, count)
        if math.isfinite(value):
            kept.append(layer)
            grads.append(value)
    alive = {x.module.index for x, grad in zip(kept, grads, strict=True) if grad > 0.0}
    both = [(x, g) for x, g in zip(kept, grads, strict=True) if g or x.module.index not in alive]
    if len(both) < 2:
        return None
    chosen = tuple(x for x, _ in both)
    behind = tuple(
        tuple(
            later
            for later in range(first + 1, len(chosen))
            if lies_behind(record, chosen[first], chosen[later])
        )
        for first in range(len(chosen))
    )
    return GradientFlow(chosen, tuple(grad for _, grad in both), behind)


def activation_factor(layer: Layer) -> float:
    """What the layer's activation alone passes on of a gradient; 1 where there is none."""
    kind = layer.activation.activation if layer.activation else ""
    return DERIVATIVE_RMS.get(kind, 1.0)


def weight_factor(layer: Layer) -> float:
    """What the layer's initial weights alone pass on of a gradient; NaN where unknown."""
    rms = initial_rms(layer.weight)
    # A convolution's input unit feeds fan_out outputs; strides and pooling are left out.
    return math.sqrt(layer.fan_out) * rms


@dataclass(frozen=True)
class Chain:
    """The longest row of squashing activations that the gradient passes one after another.

    Arguments:
        length: how many there are.
        layers: the layers that feed them.
        activation: canonical name of the most frequent one.
        shrinkage: what the init and the activations predict for the whole row, from its end to its
            beginning.
        source: the line of the activation.
    """

    length: int
    layers: tuple[Layer, ...]
    activation: str
    shrinkage: float
    source: Source | None


def squashing_chain(record: Record, found: tuple[Layer, ...]) -> Chain | None:
    """The longest row of sigmoids or the like in the forward really taken, or None.

    A recurrent cell passes the same layer again and again, so no layer's gradient shows what is
    lost on the way: the row itself must be counted.
    """
    by_module = {layer.module.index: layer for layer in found}
    best: dict[int, tuple[float, int, tuple[int, ...]]] = {}
    last = -1
    for op in record.graph:
        before = [best[i] for i in op.inputs if i in best]
        loss, length, passed = max(before, key=lambda item: item[1], default=(0.0, 0, ()))
        kind = op.name.rstrip("_")
        layer = by_module.get(op.module)
        if kind in SQUASHING:
            loss, length = loss - math.log(DERIVATIVE_RMS[kind]), length + 1
            last = op.index if last < 0 or length > best[last][1] else last
        elif kind in ("linear", "conv1d", "conv2d") and layer is not None and length > 0:
            factor = weight_factor(layer)
            if factor > 0.0 and math.isfinite(factor):
                loss -= math.log(factor)
        if layer is not None and layer.module.index not in passed:
            passed = (*passed, layer.module.index)
        best[op.index] = (loss, length, passed)
    if last < 0:
        return None
    loss, length, passed = best[last]
    op = next(op for op in record.graph if op.index == last)
    layers_passed = tuple(by_module[m] for m in passed)
    return Chain(length, layers_passed, op.name.rstrip("_"), math.exp(min(loss, 700.0)), op.source)


SQUASHING = frozenset({"sigmoid", "hardsigmoid"})
"""Activations whose derivative is at most a quarter wherever they are."""
