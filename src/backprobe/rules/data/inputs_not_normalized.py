# SPDX-License-Identifier: Apache-2.0
"""Inputs in units that the first layer cannot cope with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.data.ids_as_numbers import ids_as_numbers
from backprobe.rules.harm import HURTS, imperfect, severity_by_harm, severity_of_mistake
from backprobe.rules.places import normed_behind
from backprobe.rules.wording import at, figure, percent, unique
from backprobe.signals.init_scale import RECURRENT, initial_rms
from backprobe.signals.input_scale import InputScale, input_scale
from backprobe.signals.layers import NORMS, Layer, layers
from backprobe.signals.progress import progress
from backprobe.signals.raw_takers import takes_raw
from backprobe.signals.series import first


class InputsNotNormalized(AbstractRule):
    """The inputs are far from unit scale, or their features are on very different scales.

    ## What it looks for
    Mean, std and the features' spread of the training batches, where the first layer takes them as
    they are; and features whose means are far larger than what sets the rows apart. A normalisation
    in front, a model of ids alone, or one that scales its inputs itself stay silent; a run that
    learns gets at most a note. Beside an embedding, numbers count that the forward lays next to
    its rows, or gives to a layer of their own, as they are. And ids of a sequence that a recurrent
    layer reads as one number each, where as many ids are the classes to predict.

    ## Why it matters
    Initialisations and learning rates are made for inputs of about mean 0 and std 1. Inputs of size
    R make the first outputs and gradients R times larger, and one feature that is a thousand times
    another is the only one that counts.

    ## Example
    `the inputs have mean 61 and std 118 (min 0, max 1,680), and the largest feature varies 300
    times as much as the middle one; fc1 (net.py:9) takes them as they are`

    ## What to try
    - `standardize-inputs`: (x − mean) / std, from the training set, feature by feature
    - `nn.Embedding` for ids

    ## When it is wrong
    Binary and one-hot features, images in [0, 1] and tree-like inputs need no scaling.

    ## References
    - LeCun et al., "Efficient BackProp" (1998), 4.3
    """

    name = "inputs-not-normalized"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rms: float = threshold(5.0, "RMS of the inputs", "unit scale: 1; images in [0, 1]: 0.6")
        rms_decisive: float = threshold(50.0, "RMS of the inputs", "bytes have 130")
        rms_small: float = threshold(0.06, "RMS of the inputs", "the first outputs are all bias")
        spread: float = threshold(50.0, "largest feature std / median", "on one scale: below 10")
        alike: float = threshold(
            0.95, "mean square of the features' means / that of all", "in [0, 1]: 0.5 to 0.8"
        )
        harmless: float = threshold(20.0, "RMS of the inputs", "a note although the run learns")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        scale, layer = input_scale(record), _first_layer(record)
        ids = None if layer is None else ids_as_numbers(record, self.name, layer)
        if ids is not None:
            return [ids]
        layer = layer or takes_raw(record, scale)
        if scale is None or scale.integer or math.isnan(scale.rms):
            return []
        if layer is None or self._scaled_inside(record, layer, scale):
            return []
        state = progress(record)
        far = scale.rms >= self.limits.rms_decisive
        alike = scale.alike >= self.limits.alike
        severity = severity_of_mistake(record) if far or alike else severity_by_harm(state)
        held_back = state.hurt >= HURTS or imperfect(state)
        large = scale.rms >= (self.limits.rms if held_back else self.limits.harmless)
        small = 0.0 < scale.rms <= self.limits.rms_small and held_back
        uneven = scale.spread >= self.limits.spread and scale.rms >= 1.0 and held_back
        if not (large or small or uneven or (alike and held_back)):
            return []
        source = layer.module.source
        message = (
            f"the inputs have mean {figure(scale.mean)} and std {figure(scale.std)} "
            f"(min {figure(scale.low)}, max {figure(scale.high)}), normal is about 0 and 1"
        )
        if not math.isnan(scale.spread) and scale.spread >= 10.0:
            times = figure(scale.spread)
            message += f"; the largest feature varies {times} times as much as the middle one"
        if alike:
            message += (
                f"; {percent(scale.alike)} of their mean square is the same in every row, so that "
                "the rows hardly differ"
            )
        message += f"; {layer.name}{at(source)} takes them as they are"
        strength = max(
            beyond(scale.rms, self.limits.rms, self.limits.rms_decisive),
            beyond(scale.rms, self.limits.rms_small, self.limits.rms_small / 10) if small else 0.0,
            beyond(scale.spread, self.limits.spread, 1000.0),
            between(scale.alike, self.limits.alike, 1.0) if alike else 0.0,
        )
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.45, 0.93, strength, state.hurt),
                message=message,
                where=unique([layer.name]),
                source=source,
                evidence={
                    "mean": scale.mean,
                    "std": scale.std,
                    "min": scale.low,
                    "max": scale.high,
                    "feature_spread": scale.spread if math.isfinite(scale.spread) else None,
                    "alike": scale.alike if math.isfinite(scale.alike) else None,
                    "first_layer": layer.name,
                    "small": small,
                    "normed_behind": layer.place is not None and normed_behind(record, layer.place),
                },
                treatments=("standardize-inputs",),
            )
        ]

    def _scaled_inside(self, record: Record, layer: Layer, scale: InputScale) -> bool:
        """Whether the first layer's output is far from what these inputs would give."""
        if layer.place is None or layer.module.type in RECURRENT:
            return False  # its output is bounded, whatever it gets
        measured = first(record.outputs, "out_rms", layer.place.index)
        predicted = scale.rms * initial_rms(layer.weight) * math.sqrt(layer.fan_in)
        # Features that cancel or add up stay within a factor of five.
        return measured == measured and predicted > 0.0 and measured * 5.0 < predicted


def _first_layer(record: Record) -> Layer | None:
    """The first layer, or None where a normalisation or an embedding comes before it."""
    found = next((x for x in layers(record) if x.place is not None), None)
    if found is None or found.place is None:
        return None
    for place in record.places:
        kind = place.type
        if place.order < found.place.order and (kind in NORMS or kind.startswith("Embedding")):
            return None
    return found
