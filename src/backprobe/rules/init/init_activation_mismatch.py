# SPDX-License-Identifier: Apache-2.0
"""Initial weights of a size made for another activation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS, leaves_much, severity_by_harm, severity_of_mistake
from backprobe.rules.init.beyond_period import waves
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.forward_graph import lies_behind
from backprobe.signals.init_scale import initial_rms
from backprobe.signals.layers import Layer, layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import Progress, progress
from backprobe.signals.series import first

GAINS = {
    "relu": math.sqrt(2.0),
    "leaky_relu": math.sqrt(2.0 / (1.0 + 0.01**2)),
    "elu": 1.3,
    "gelu": 1.5,
    "silu": 1.6,
    "selu": 1.0,
    "tanh": 5.0 / 3.0,
}
"""Gain that keeps a signal's size: `torch.nn.init.calculate_gain`; of ELU, GELU and SiLU measured
on N(0, 1). Sigmoids shrink a signal whatever the weights: no scale repairs them."""


class InitActivationMismatch(AbstractRule):
    """Weights are of a size that the activation behind them cannot use, layer after layer.

    ## What it looks for
    In a run that learns too little: the initial RMS of the hidden layers' weights against what
    keeps a signal's size through the activation that really follows (He's for ReLU, Glorot's with
    its gain for tanh, LeCun's for SELU), multiplied up over the depth, which is the longest path of
    one signal to the end, not branches side by side, where what arrives at the last layer hardly
    differs from row to row. Also layers between sines (coordinate networks)
    whose arguments begin wider than half a period: there the first gradient, before any update,
    grows from layer to layer towards the input by as many times as the arguments are radians wide.

    ## Why it matters
    PyTorch's default keeps 41 % of a signal through each ReLU layer: harmless over two layers, a
    millionth over sixteen. A sine of arguments that are many periods wide is a random number of
    what comes in: neighbouring points have nothing in common.

    ## Example
    `over 12 relu layers the weights are 0.41 of what keeps a signal's size (He's): 0.00002 of it
    arrives; the output varies by 0.0003 from row to row`

    ## What to try
    - `initialize=he`: by the activation that follows each layer
    - `batchnorm=on`: suits deep stacks
    - U(±sqrt(6 / fan_in) / ω) for the layers between `sin(ω · …)`

    ## When it is wrong
    Residual connections carry the signal past the layers; the output's variation is measured.

    ## References
    - He et al., 1502.01852, section 2.2; Klambauer et al., 1706.02515
    - Sitzmann et al., "Implicit neural representations with periodic activation functions",
      2006.09661, section 3.2
    """

    name = "init-activation-mismatch"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        layers: float = threshold(6, "hidden layers", "the default trains well below that")
        passed: float = threshold(
            0.02, "product of weight RMS / expected", "the default at four layers and more"
        )
        mistake: float = threshold(
            2e-3, "the same product", "next to nothing of the signal arrives"
        )
        decisive: float = threshold(1e-5, "the same product", "twelve layers at the default")
        arrives: float = threshold(
            0.03, "std over the batch of the last output", "default init at five layers: 0.05"
        )

        radians: float = threshold(
            3.0, "std of a sine's argument at the first step", "SIREN's init: 1; half a period"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        if state.hurt < HURTS and not leaves_much(record):
            return []
        return self._beyond_the_period(record, state) or self._shrunk(record, state)

    def _beyond_the_period(self, record: Record, state: Progress) -> list[Finding]:
        """Layers between sines that make arguments of many periods."""
        found = waves(record)
        if found is None or found.radians < self.limits.radians:
            return []
        names = unique(x.name for x in found.layers)
        source = found.layers[0].module.source
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.5, 0.9, beyond(found.radians, self.limits.radians, 10.0), state.hurt
                ),
                message=(
                    f"the initial weights of {listed(names)}{at(source)} are too large for the "
                    f"sines behind them: before any update the gradient grows "
                    f"{figure(found.radians)}-fold from each to the one before it, as the sines' "
                    f"arguments are {figure(found.radians)} radians wide, not 1; "
                    f"{state.in_words()}"
                ),
                where=names,
                source=source,
                steps=seen(record.parameters_series.step[:1]),
                evidence={"radians": found.radians, "layers": len(names)},
            )
        ]

    def _shrunk(self, record: Record, state: Progress) -> list[Finding]:
        """A deep stack of which next to nothing of the signal arrives at its end."""
        ran = [x for x in layers(record) if x.place is not None]
        if len(ran) < self.limits.layers or any(x.normalised for x in ran):
            return []
        loaded = loaded_over(record)
        found = [
            (_ratio(x), x)
            for x in ran[:-1]
            if x.weight.requires_grad and x.weight.index not in loaded
        ]
        off = {x.module.index: ratio for ratio, x in found if 0.1 < ratio < 0.8}
        path = _longest_path(record, [x for _, x in found if x.module.index in off], ran[-1])
        known = [(off[x.module.index], x) for x in path]
        passed = float(np.prod([ratio for ratio, _ in known])) if known else 1.0
        last = ran[-1].place
        arrives = first(record.outputs, "out_batch_std", last.index) if last else math.nan
        if len(known) < self.limits.layers or passed > self.limits.passed:
            return []
        if not arrives <= self.limits.arrives:
            return []
        names = tuple(x.name for _, x in known)
        source = known[0][1].module.source
        kinds = sorted({x.activation.activation for _, x in known if x.activation is not None})
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record)
                if passed <= self.limits.mistake
                else severity_by_harm(state),
                confidence=confidence(
                    0.5, 0.9, beyond(passed, self.limits.passed, self.limits.decisive), state.hurt
                ),
                message=(
                    f"over {len(known)} {' and '.join(kinds)} layers{at(source)} the initial "
                    f"weights are {figure(float(np.median([r for r, _ in known])))} of what keeps "
                    f"a signal's size: {figure(passed)} of it arrives, and the output varies by "
                    f"{figure(arrives)} from row to row; {state.in_words()}"
                ),
                where=names,
                source=source,
                steps=seen(record.parameters_series.step[:1]),
                evidence={"passed": passed, "output_batch_std": arrives, "layers": len(known)},
                treatments=("initialize=he", "batchnorm=on"),
            )
        ]


def _longest_path(record: Record, among: list[Layer], last: Layer) -> list[Layer]:
    """The most of these layers that one signal passes, one after the other, on its way to the last.

    Branches that run side by side do not multiply, and one that nothing takes shrinks nothing.
    """
    paths: list[list[Layer]] = []
    for layer in among:
        if lies_behind(record, layer, last):
            before = [path for path in paths if lies_behind(record, path[-1], layer)]
            paths.append([*max(before, key=len, default=[]), layer])
    return max(paths, key=len, default=[])


def _ratio(layer: Layer) -> float:
    """Weight RMS over what its activation needs; 0 where there is no known need."""
    gain = GAINS.get(layer.activation.activation) if layer.activation is not None else None
    if gain is None or layer.rescaled:
        return 0.0
    ratio = initial_rms(layer.weight) / (gain / math.sqrt(max(layer.fan_in, 1)))
    return ratio if math.isfinite(ratio) else 0.0
