# SPDX-License-Identifier: Apache-2.0
"""Updates too small for the weights' number format."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, observed_steps, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.wording import at, figure, listed, percent, unique
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import progress
from backprobe.signals.series import overall

RESOLUTION = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
"""Half the distance of neighbouring numbers, relative: a smaller change rounds to nothing."""


class UpdatesLostToRounding(AbstractRule):
    """Weights in half precision are moved by less than their format can hold, or not at all.

    ## What it looks for
    Trainable weights of type float16 or bfloat16: the share of their gradient's elements that are
    exactly zero (float16 holds nothing below 6e-8), whether the weights change at all, and how far
    one step of an Adam moves them, which is its rate.

    ## Why it matters
    Near 1 the next bfloat16 number is 0.4 % away. An update of 0.1 % rounds to nothing, at every
    step anew, and a small gradient in float16 becomes zero before the optimizer sees it.

    ## Example
    `the weights of fc1, fc2 are bfloat16 (one part in 256): 82 % of the steps leave them as they
    were`

    ## What to try
    - keep the weights in float32 and use `torch.autocast` for the forward
    - a `GradScaler` for float16
    - `scale-lr=10`: suits bfloat16 without a float32 copy

    ## When it is wrong
    Optimizers that keep a float32 copy of their own, or round stochastically.

    ## References
    - Micikevicius et al., "Mixed precision training", 1710.03740, sections 3.1 and 3.2
    """

    name = "updates-lost-to-rounding"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        unchanged: float = threshold(0.5, "share of the observed steps", "half of them are lost")
        zero: float = threshold(
            0.6, "share of zero gradient elements", "healthy ReLU networks: at most 0.4"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers that lose their updates."""
        state = progress(record)
        series = record.parameters_series
        found = []
        for layer in layers(record):
            weight = layer.weight
            if weight.dtype not in RESOLUTION or not weight.requires_grad or weight.optimizer < 0:
                continue
            update = series.of("update_rms", weight.index)
            update = update[np.isfinite(update)]
            lost = float((update == 0.0).mean()) if update.size >= 5 else 0.0
            zero = overall(series, "grad_zero", weight.index)
            half = weight.dtype == "float16" and zero >= self.limits.zero
            step = _relative_step(record, layer)
            below = step < RESOLUTION[weight.dtype] / 2
            if lost >= self.limits.unchanged or half or below:
                found.append((layer, lost, zero, step))
        if not found:
            return []
        layer, lost, zero, step = max(found, key=lambda item: (item[1], -item[3]))
        names = unique(x.name for x, *_ in found)
        dtype = layer.weight.dtype
        what = (
            f"{percent(lost)} of the observed steps leave them as they were"
            if lost >= self.limits.unchanged
            else f"{percent(zero)} of their gradient's elements are zero"
            if zero >= self.limits.zero
            else f"a step of the optimizer is {figure(step)} of their size, which moves only the "
            "smallest of them"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.55,
                    0.95,
                    max(between(lost, 0.3, 1.0), beyond(step, RESOLUTION[dtype] / 2, 1e-4)),
                    state.hurt,
                ),
                message=(
                    f"the weights of {listed(names)}{at(layer.module.source)} are {dtype} (a "
                    f"change below {figure(RESOLUTION[dtype])} of a number rounds to nothing): "
                    f"{what}; {state.in_words()}"
                ),
                where=names,
                source=layer.module.source,
                steps=observed_steps(record),
                evidence={
                    "dtype": dtype,
                    "unchanged": lost,
                    "zero_gradient": zero,
                    "relative_step": step if math.isfinite(step) else None,
                },
                treatments=("scale-lr=10",),
            )
        ]


def _relative_step(record: Record, layer: Layer) -> float:
    """Rate / RMS of the weights under an Adam, whose steps are about the rate; ∞ where unknown.

    Source: Kingma & Ba, "Adam", 1412.6980, section 2.1.
    """
    optimizer = record.optimizers[layer.weight.optimizer]
    size = overall(record.parameters_series, "weight_rms", layer.weight.index)
    if not optimizer.type.startswith(("Adam", "NAdam", "RAdam", "Lion")) or not size > 0.0:
        return math.inf
    rates = [float(group.get("lr") or 0.0) for group in optimizer.groups]
    rate = max(rates, default=0.0)
    return rate / size if rate > 0.0 else math.inf
