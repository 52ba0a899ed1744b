# SPDX-License-Identifier: Apache-2.0
"""Initial weights that blow the signal up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.init.table_product import table_product
from backprobe.rules.init.tied_table import tied_table
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.init_scale import he_std, initial_rms, scale_against_he
from backprobe.signals.layers import Layer, layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import progress
from backprobe.signals.series import first
from backprobe.signals.units import SQUASHERS, shares

NEVER = -1000.0
"""A log share that is 0 in any number format."""
ONE_SIDED = 0.01
"""The largest weight beside the most negative one: around 0 a draw is about as large both ways."""


class InitScaleTooLarge(AbstractRule):
    """A layer's initial weights are many times larger than what keeps a signal's size.

    ## What it looks for
    The RMS of each trainable layer's initial weights against He's std for its fan-in. Layers whose
    output is normalised before it is used are left out: their scale does not matter. So are tables
    that are added to a signal (positions), or that forbid by -10,000 what never happens, and what
    is bent before it meets a signal (logarithms of a spread or a decay), and weights that their
    module multiplies by a number first (an equalized learning rate). And embeddings at the std of 1
    that they have, where the first loss is off: one whose rows are the output layer's weights as
    well, or two whose rows' products are the answers, if the measured spread of the first answers
    is that of such products.

    ## Why it matters
    Each such layer multiplies the signal: outputs, loss and gradients begin orders of magnitude too
    large, activations saturate or die, and a step that is small beside the weights changes nothing.

    ## Example
    `the initial weights of conv1, conv2, fc1 (net.py:12) have RMS 100, 1,400 times He's 0.07 for
    this fan-in; the output begins at 2.1e+12`

    ## What to try
    - `initialize=he`
    - `nn.init.normal_(table.weight, std=0.05)` for embeddings whose products are the answers

    ## When it is wrong
    Random features (fixed or trained) on purpose, and first layers of coordinate networks (SIREN).

    ## References
    - He et al., 1502.01852; Glorot & Bengio (2010)
    """

    name = "init-scale-too-large"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(
            4.0,
            "weight RMS / He's std",
            "default 0.41, Xavier <= 1, tanh gain 1.67, orthogonal <= 1",
        )
        stacked: float = threshold(
            1.8,
            "weight RMS / He's std",
            "the tanh gain is 1.67; in several layers it multiplies up",
        )
        stacked_growth: float = threshold(
            10.0, "product of such layers' ratios", "the output begins ten times too large"
        )
        output: float = threshold(10.0, "RMS of the last output", "healthy: about 1")
        decisive: float = threshold(
            20.0, "weight RMS / He's std", "the signal grows tenfold a layer"
        )
        saturating: float = threshold(
            2.5, "weight RMS / He's std", "the tanh gain is 1.67; together with saturation"
        )
        saturated: float = threshold(0.3, "share of a layer's outputs", "healthy: below 0.1")
        mistake: float = threshold(
            30.0, "product of the layers' ratios", "no scheme of any activation comes near it"
        )
        harmless: float = threshold(4.0, "weight RMS / He's std", "a note although the run learns")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers that are too large."""
        state = progress(record)
        severity = severity_by_harm(state)
        limit = self.limits.harmless if severity == "note" else self.limits.ratio
        loaded = loaded_over(record)
        found = [
            (scale_against_he(layer), layer)
            for layer in layers(record)
            if layer.weight.requires_grad
            and layer.weight.index not in loaded
            and not layer.normalised
            and not _forbids(layer)
        ]
        guilty = [(ratio, layer) for ratio, layer in found if ratio >= limit]
        output = _first_output(record, [layer for _, layer in found])
        stack = [(ratio, layer) for ratio, layer in found if ratio >= self.limits.stacked]
        growth = math.prod(ratio for ratio, _ in stack)
        blown = output >= self.limits.output and growth >= self.limits.stacked_growth
        if len(stack) > len(guilty) and blown:
            # Each layer alone would pass; together, and measured at the output, they do not.
            guilty = stack
        ends = _saturated_at_first(record, self.limits.saturated)
        guilty += [
            (ratio, layer)
            for ratio, layer in found
            if (ratio, layer) not in guilty
            and ratio >= self.limits.saturating
            and layer.activation is not None
            and layer.activation.index in ends
        ]
        if not guilty:
            return tied_table(record, self.name) or table_product(record, self.name)
        if math.prod(ratio for ratio, _ in guilty) >= self.limits.mistake:
            severity = severity_of_mistake(record)
        ratio, worst = max(guilty, key=lambda item: item[0])
        names = unique(layer.name for _, layer in guilty)
        source = guilty[0][1].module.source
        rms = initial_rms(worst.weight)
        whose = listed(names) if len(names) > 1 else worst.name
        message = (
            f"the initial weights of {whose}{at(source)} have an RMS of {figure(rms)}, "
            f"{figure(ratio)} times what keeps a signal's size (He's "
            f"{figure(he_std(worst.fan_in))} for {worst.fan_in:,} inputs"
            f"{'' if len(names) == 1 else ' of ' + worst.name})"
        )
        if output == output:
            message += f"; the last output begins at RMS {figure(output)}, normal is about 1"
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.5,
                    0.97,
                    max(
                        beyond(ratio, self.limits.ratio, self.limits.decisive),
                        beyond(growth, self.limits.stacked_growth, 1000.0),
                    ),
                    state.hurt,
                ),
                message=message,
                where=names,
                source=source,
                steps=seen(record.parameters_series.step[:1]),
                evidence={
                    "layers": list(names),
                    "ratios": [r for r, _ in guilty],
                    "rms": rms,
                    "he": he_std(worst.fan_in),
                    "output_rms": output if math.isfinite(output) else None,
                },
                treatments=("initialize=he",),
            )
        ]


def _forbids(layer: Layer) -> bool:
    """Whether some of the weights are log shares of what never happens, and the others are small.

    A CRF's table of transitions is added to scores; -10,000 stands for minus infinity in it.
    """
    low, high = layer.weight.initial.get("min"), layer.weight.initial.get("max")
    return low is not None and high is not None and low <= NEVER and high <= low * -ONE_SIDED


def _saturated_at_first(record: Record, limit: float) -> set[int]:
    """Indexes of the activations that began with so many outputs at their ends."""
    return {x.place.index for x in shares(record, "out_saturated", SQUASHERS) if x.first >= limit}


def _first_output(record: Record, chain: list[Layer]) -> float:
    """RMS of the last layer's output at the first observed step; NaN unknown."""
    last = max((x for x in chain if x.place), key=lambda x: x.order, default=None)
    if last is None or last.place is None:
        return math.nan
    return first(record.outputs, "out_rms", last.place.index)
