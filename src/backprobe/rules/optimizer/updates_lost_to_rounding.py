# SPDX-License-Identifier: Apache-2.0
"""Updates too small for the weights' number format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.wording import at, figure, listed, percent, unique
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress
from backprobe.signals.series import overall

RESOLUTION = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
"""Half the distance of neighbouring numbers, relative: a smaller change rounds to nothing."""


class UpdatesLostToRounding(AbstractRule):
    """Weights in half precision are moved by less than their format can hold, or not at all.

    ## What it looks for
    Trainable weights of type float16 or bfloat16: the share of their gradient's elements that are
    exactly zero (float16 holds nothing below 6e-8), and whether the weights change at all.

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
            if lost >= self.limits.unchanged or half:
                found.append((layer, lost, zero))
        if not found:
            return []
        layer, lost, zero = max(found, key=lambda item: item[1])
        names = unique(x.name for x, *_ in found)
        dtype = layer.weight.dtype
        what = (
            f"{percent(lost)} of the observed steps leave them as they were"
            if lost >= self.limits.unchanged
            else f"{percent(zero)} of their gradient's elements are zero"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(0.55, 0.95, between(lost, 0.3, 1.0), state.hurt),
                message=(
                    f"the weights of {listed(names)}{at(layer.module.source)} are {dtype} (a "
                    f"change below {figure(RESOLUTION[dtype])} of a number rounds to nothing): "
                    f"{what}; {state.in_words()}"
                ),
                where=names,
                source=layer.module.source,
                steps=seen(series.step[[0, -1]]),
                evidence={"dtype": dtype, "unchanged": lost, "zero_gradient": zero},
                treatments=("scale-lr=10",),
            )
        ]
