# SPDX-License-Identifier: Apache-2.0
"""The gradient shrinks on its way to the first layers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS, severity_by_harm
from backprobe.rules.optimizer.overshoot import fading
from backprobe.rules.signal.hidden_softmax import shrunk_by_softmax
from backprobe.rules.wording import at, figure, listed, times, unique
from backprobe.signals.gradient_flow import (
    GradientFlow,
    activation_factor,
    gradient_flow,
    squashing_chain,
    weight_factor,
)
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import Progress, progress
from backprobe.signals.scores import on_the_way
from backprobe.signals.series import early
from backprobe.signals.updates import NORMAL_HIGH, NORMAL_LOW, ratio_of


class VanishingGradients(AbstractRule):
    """The gradient is orders of magnitude smaller in the first layers than in the last ones.

    ## What it looks for
    The RMS of each weight's gradient over the first observed steps, from the input on. It fires
    where a layer gets many times less than a layer behind it and the run learns too little; a
    network that learns all the same gets at most a note. Also softmaxes between hidden layers (not
    an attention's, not a gate), behind which a layer gets many times what one before them gets.
    Layers that only score what is weighed (attention) are left out: little gradient is their
    nature. So is a layer behind the last batch norm, where all is lost at that norm: what is the
    same for every row has no way through it. A gradient that arrived before the first update, and
    no more after large steps, is the learning rate's doing.

    ## Why it matters
    Each layer passes on sqrt(fan_out · Var w) · rms(f′) of the gradient. A sigmoid's derivative is
    at most 0.25, and PyTorch's default init passes 0.41 a ReLU layer: after a few layers nothing is
    left, the first layers keep their random weights, and the last ones learn from noise.

    ## Example
    `sigmoid activations in conv1, conv2, fc1 (net.py:14) shrink the gradient 2,400-fold from fc2 to
    conv1; at init the first layer moves 0.00003 of its weight per step, normal here is
    0.0018–0.011`

    ## What to try
    - `swap-activation=relu`: suits sigmoid and tanh between hidden layers
    - a ReLU in place of a softmax between hidden layers
    - `initialize=he`: suits deep ReLU stacks with PyTorch's default init
    - `batchnorm=on`: suits stacks of more than ten layers
    - residual connections: the last resort, a change of the architecture

    ## When it is wrong
    Under Adam a small gradient still moves a layer by its learning rate; there the threshold is
    higher. Layers behind a zero-initialised branch get no gradient in the first steps only.

    ## References
    - Glorot & Bengio, "Understanding the difficulty of training deep feedforward networks" (2010)
    - He et al., "Delving deep into rectifiers", 1502.01852
    - AUTOTRAINER (ICSE 2021): first/last gradient ratio below 1e-3
    """

    name = "vanishing-gradients"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        shrinkage: float = threshold(
            50.0, "gradient RMS, last layers / first", "healthy networks of <= 5 layers: 0.3 to 9"
        )
        shrinkage_adaptive: float = threshold(
            300.0, "gradient RMS, last layers / first", "Adam's step does not depend on its scale"
        )
        healthy: float = threshold(
            10.0, "gradient RMS, other layers", "healthy networks of <= 5 layers: 0.3 to 9"
        )
        decisive: float = threshold(
            3000.0, "gradient RMS, last layers / first", "beyond AUTOTRAINER's 1e-3"
        )
        faded: float = threshold(
            10.0, "shrinkage, first steps / very first", "nine of ten healthy runs: below 1.5"
        )
        row: float = threshold(6, "sigmoids in a row", "0.235 to the sixth is a ten-thousandth")
        harmless: float = threshold(
            1e4, "gradient RMS, last layers / first", "worth a note although the run learns"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the stretch of layers that shrinks the gradient."""
        state = progress(record)
        return (
            shrunk_by_softmax(record, self.name, self.limits.shrinkage)
            or self._by_depth(record, state)
            or self._by_time(record, state)
        )

    def _by_time(self, record: Record, state: Progress) -> list[Finding]:
        """A row of squashing activations through which one layer is passed again and again."""
        chain = squashing_chain(record, layers(record))
        if chain is None or chain.length < self.limits.row or state.hurt < HURTS:
            return []
        if chain.shrinkage < self.limits.decisive or not chain.layers:
            return []
        names = unique(layer.name for layer in chain.layers)
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.5, 0.88, beyond(chain.shrinkage, self.limits.decisive, 1e9), state.hurt
                ),
                message=(
                    f"the gradient passes {chain.length} {chain.activation}s in a row"
                    f"{at(chain.source)}, through {listed(names)}: derivatives and initial weights "
                    f"shrink it {times(chain.shrinkage)} on the way; {state.in_words()}"
                ),
                where=names,
                source=chain.source,
                steps=seen(record.parameters_series.step[:20]),
                evidence={
                    "row": chain.length,
                    "predicted_shrinkage": chain.shrinkage,
                    "squashing": True,
                    "activations": [chain.activation],
                },
                treatments=(
                    "swap-activation=tanh",
                    "swap-activation=relu",
                    "initialize=orthogonal",
                ),
            )
        ]

    def _by_depth(self, record: Record, state: Progress) -> list[Finding]:
        flow = gradient_flow(record, on_the_way(record, layers(record)))
        if flow is None or flow.weakest >= flow.reference:
            return []
        severity = severity_by_harm(state)
        adaptive = _adaptive(record)
        limit = self.limits.shrinkage_adaptive if adaptive else self.limits.shrinkage
        if severity == "note":
            limit = self.limits.harmless
        if flow.shrinkage < limit or flow.grads[flow.reference] < limit * _in_front(record, flow):
            return []
        if fading(record) >= self.limits.faded:
            return []  # the weights as initialised let it pass: the first steps wrecked them
        stretch = tuple(flow.layers[x] for x in flow.stretch)
        first, last = flow.layers[flow.weakest], flow.layers[flow.reference]
        squashed = [x for x in stretch if activation_factor(x) < 0.3]
        if not squashed and _offset(record, flow, self.limits.healthy):
            return []  # a norm takes what is common to all rows away: not the depth does
        ratio = _early_ratio(record, first)
        guilty = squashed or list(stretch)
        names = unique(x.name for x in guilty)
        source = _source(guilty[0])
        subject = _subject(squashed, stretch, names)
        message = (
            f"{subject}{at(source)} shrink the gradient {times(flow.shrinkage)} "
            f"from {last.name} to {first.name}; healthy networks of "
            f"{len(flow.layers)} layers: below 10-fold"
        )
        if not math.isnan(ratio):
            message += (
                f"; at init {first.name} moves {figure(ratio)} of its weight per step, "
                f"normal is {figure(NORMAL_LOW)}–{figure(NORMAL_HIGH)}"
            )
        modules = [
            x.activation.name for x in guilty if x.activation and not x.activation.functional
        ]
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.55, 0.95, beyond(flow.shrinkage, limit, self.limits.decisive), state.hurt
                ),
                message=message,
                where=unique([*names, *modules]),
                source=source,
                steps=seen(record.parameters_series.step[:20]),
                evidence={
                    "shrinkage": _finite(flow.shrinkage),
                    "layers": [x.name for x in flow.layers],
                    "gradient_rms": list(flow.grads),
                    "predicted_shrinkage": _predicted(flow),
                    "first_layer_update_ratio": _finite(ratio),
                    "activations": sorted(
                        {x.activation.activation for x in guilty if x.activation}
                    ),
                    "squashing": bool(squashed),
                },
                treatments=(
                    ("swap-activation=relu", "batchnorm=on", "initialize=he")
                    if squashed
                    else ("initialize=he", "batchnorm=on")
                ),
            )
        ]


def _in_front(record: Record, flow: GradientFlow) -> float:
    """Largest gradient RMS of what ran before the weakest layer: it did pass that layer's depth.

    The scores of an attention get little gradient while they are even, and embeddings before them
    get plenty: nothing vanishes on the way.
    """
    weakest = flow.layers[flow.weakest]
    order = {place.module: place.order for place in record.places if not place.functional}
    limit = order.get(weakest.module.index, -1)
    root = weakest.module.root
    roots = {m.index: m.root for m in record.modules}
    found = [
        early(record.parameters_series, "grad_rms", p.index)
        for p in record.parameters
        if roots.get(p.module) == root and order.get(p.module, limit) < limit
    ]
    return max((value for value in found if math.isfinite(value)), default=0.0)


def _offset(record: Record, flow: GradientFlow, healthy: float) -> bool:
    """Whether all that is lost is lost at the batch norm before the layer that gets most.

    Where the targets lie far from what a fresh network answers (one class in a hundred pixels), a
    layer behind the last batch norm gets mostly what is the same for every row, and more than all
    else together. That has no way through a batch norm, however well the layers pass the rest.
    """
    order = {place.module: place.order for place in record.places if not place.functional}
    before, behind = (flow.layers[flow.reference - k].module.index for k in (1, 0))
    norms = {m.index for m in record.modules if m.type.startswith(("BatchNorm", "SyncBatchNorm"))}
    between = any(
        order.get(before, math.inf) < order[norm] < order.get(behind, -1)
        for norm in norms & order.keys()
    )
    rest = max(flow.grads[flow.weakest : flow.reference])
    return between and rest < healthy * flow.grads[flow.weakest]


def _adaptive(record: Record) -> bool:
    return any("Ada" in o.type or "RMSprop" in o.type for o in record.optimizers)


def _early_ratio(record: Record, layer: Layer) -> float:
    values = ratio_of(record, layer.weight.index)
    known = values[values == values][:20]
    return float(sorted(known)[len(known) // 2]) if known.size else math.nan


def _subject(squashed: list[Layer], stretch: tuple[Layer, ...], names: tuple[str, ...]) -> str:
    if squashed:
        kinds = {x.activation.activation for x in squashed if x.activation}
        return f"{' and '.join(sorted(kinds))} activations in {listed(names)}"
    kinds = {x.activation.activation for x in stretch if x.activation}
    activation = " and ".join(sorted(kinds)) or "linear"
    return f"the initial weights of the {activation} layers {listed(names)}"


def _source(layer: Layer) -> Source | None:
    return (layer.activation.source if layer.activation else None) or layer.module.source


def _predicted(flow: GradientFlow) -> float | None:
    """What this init and these activations predict between the weakest and the reference layer."""
    total = 1.0
    way = flow.stretch
    for position, following in zip(way, (*way[1:], flow.reference), strict=True):
        total *= activation_factor(flow.layers[position])
        total *= weight_factor(flow.layers[following])
    return 1.0 / total if total > 0.0 and math.isfinite(total) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
