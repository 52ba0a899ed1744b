# SPDX-License-Identifier: Apache-2.0
"""A convolution of one channel between wide ones of a classifier."""

from __future__ import annotations

import math

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, unique
from backprobe.signals.detour import goes_round
from backprobe.signals.layers import layers
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import progress

SHARE = 0.5
"""Numbers of the channel / of the network's input: with as many it may be a picture of its own,
as a denoiser or a mask before a classifier makes."""


def one_channel(record: Record, rule: str, wide: float) -> list[Finding]:
    """The first such layer.

    Dense layers may follow one channel (a value head's): only one that convolutions widen again is
    told. Not one that reads the input itself, nor one that what it gets goes around as well.

    Arguments:
        record: of a run.
        rule: name of the rule that tells of it.
        wide: least number of channels before it, and half of that of those behind.
    """
    state, severity = progress(record), severity_of_mistake(record)
    if state.loss is None or state.loss.kind not in CLASSES or severity == "note":
        return []
    given = next((op for op in record.graph if op.name.startswith("conv")), None)
    for layer in layers(record)[:-1]:
        if not layer.module.type.startswith("Conv") or "Transpose" in layer.module.type:
            continue
        mine = next((op for op in record.graph if op.module == layer.module.index), None)
        if mine is None or given is None or mine.index == given.index or len(mine.shape) < 3:
            continue
        before, after = mine.input_shapes[0][1], _behind(record, mine)
        numbers = math.prod(mine.shape[1:]) / max(1, math.prod(given.input_shapes[0][1:]))
        if mine.shape[1] != 1 or before < wide or numbers > SHARE or not after:
            continue
        if any(not op.name.startswith("conv") or op.input_shapes[0][1:2] != (1,) for op in after):
            continue
        channels = sum(op.shape[1] for op in after)
        if channels < wide / 2 or goes_round(record, layer.module):
            continue
        names = {m.index: m.name for m in record.modules}
        return [
            Finding(
                rule=rule,
                severity=severity,
                confidence=confidence(0.45, 0.85, state.hurt, beyond(before, wide, 500)),
                message=(
                    f"{layer.name}{at(layer.module.source)} puts {before} channels into one, which "
                    f"{names.get(after[0].module, 'another')} spreads over {channels} again; "
                    f"{state.in_words()}"
                ),
                where=unique([layer.name, *(names[op.module] for op in after)]),
                source=layer.module.source,
                treatments=("width=4",),
                steps=whole_run(record),
                evidence={"units": 1, "fan_in": before},
            )
        ]
    return []


def _behind(record: Record, start: Operation) -> list[Operation]:
    """The next operations of modules that have weights, on each way from one."""
    weighted = {m.index for m in record.modules if m.settings.get("has_weight")}
    reached, found = {start.index}, []
    for op in record.graph:
        if op.index > start.index and reached & set(op.inputs):
            if op.module in weighted and "norm" not in op.name:
                found.append(op)
            else:
                reached.add(op.index)
    return found
