# SPDX-License-Identifier: Apache-2.0
"""Softmaxes between hidden layers, where a rectifier belongs: not of an attention, not a gate.

Unit: what the gradient shrinks by on its way through them. A softmax over n units whose inputs are
alike gives 1/n each, and its derivative is 1/n at most: normal is an activation's 0.2 to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from backprobe.records import Finding, Operation, Record, Source
from backprobe.rules.base import seen
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, listed, plural, times, unique
from backprobe.signals.gradient_flow import gradient_flow
from backprobe.signals.layers import Layer, layers
from backprobe.signals.operations import ADDS, DENSE
from backprobe.signals.progress import progress

PASSED = frozenset({"dropout", "flatten", "view", "reshape", "contiguous"})
"""Operations that leave a softmax's numbers what they are."""
WIDE = 4
"""Units below which a third of a gradient still passes."""
_NONE = -1, -1, 0


@dataclass(frozen=True)
class HiddenSoftmax:
    """Softmaxes that hidden layers feed and that hidden layers take.

    Arguments:
        fed: the layers that feed them.
        taker: the layer behind the last one.
        in_a_row: whether a layer that takes one feeds another.
        width: units of the widest.
        shrinkage: gradient of `taker` / that of the first of `fed`, in the first steps.
        source: the line that makes the first softmax, or calls it.
    """

    fed: tuple[Layer, ...]
    taker: Layer
    in_a_row: bool
    width: int
    shrinkage: float
    source: Source | None


def shrunk_by_softmax(record: Record, rule: str, limit: float) -> list[Finding]:
    """At most one finding: the layers whose gradient the softmaxes behind them take away.

    A single one may be meant as shares (topics, a soft choice): there a run that learns is left
    alone.
    """
    found = hidden_softmax(record)
    if found is None or found.shrinkage < limit:
        return []
    state, row = progress(record), found.in_a_row
    severity = severity_of_mistake(record) if row else severity_by_harm(state)
    if not row and severity == "note":
        return []
    names = unique(x.name for x in found.fed)
    return [
        Finding(
            rule=rule,
            severity=severity,
            confidence=confidence(0.55, 0.92, beyond(found.shrinkage, limit, 1e4), state.hurt),
            message=(
                f"a softmax{at(found.source)} follows {listed(names)} inside of the network, not "
                f"at its end: {plural(found.width, 'unit')} share a sum of 1, and the gradient "
                f"shrinks {times(found.shrinkage)} from {found.taker.name} to {names[0]}; a hidden "
                f"layer takes a ReLU; {state.in_words()}"
            ),
            where=names,
            source=found.source,
            steps=seen(record.parameters_series.step[:20]),
            evidence={
                "shrinkage": found.shrinkage,
                "width": found.width,
                "squashing": True,
                "activations": ["softmax"],
            },
        )
    ]


def hidden_softmax(record: Record) -> HiddenSoftmax | None:
    """Softmaxes between hidden layers with what they do to the gradient, None where none are."""
    found = layers(record)
    by_module = {x.module.index: x for x in found}
    pairs = [
        (by_module[before], by_module[after], op, width)
        for op in record.graph
        for before, after, width in [_between(record, op)]
        if before in by_module and after in by_module
    ]
    flow = gradient_flow(record, found) if pairs else None
    if flow is None:
        return None
    grads = {x.module.index: g for x, g in zip(flow.layers, flow.grads, strict=True)}
    first, last = pairs[0][0].module.index, pairs[-1][1].module.index
    low, high = grads.get(first, math.nan), grads.get(last, math.nan)
    if not low > 0.0 or not high > 0.0:
        return None
    return HiddenSoftmax(
        fed=tuple({before.module.index: before for before, *_ in pairs}.values()),
        in_a_row=any(
            taker.module.index == fed.module.index for (_, taker, *_), (fed, *_) in pairwise(pairs)
        ),
        taker=pairs[-1][1],
        width=max(width for *_, width in pairs),
        shrinkage=high / low,
        source=_line(pairs[0][0], pairs[0][2]),
    )


def _between(record: Record, op: Operation) -> tuple[int, int, int]:
    """Modules of the layers before and behind a hidden softmax, and its width; -1 for others."""
    if op.name != "softmax" or len(op.shape) not in (2, 3, 4) or not op.inputs:
        return _NONE
    dim = op.arguments.get("dim")
    axis = 1 if len(op.shape) == 4 or dim in (1, 1 - len(op.shape)) else len(op.shape) - 1
    if dim is None or dim % len(op.shape) != axis or op.shape[axis] < WIDE:
        return _NONE
    by_index = {other.index: other for other in record.graph}
    feed = by_index.get(op.inputs[0])
    if feed is None or feed.name not in DENSE:
        return _NONE
    made, takers = {op.index}, []
    for other in record.graph:
        if not made & set(other.inputs):
            continue
        if other.name in PASSED:
            made.add(other.index)
        elif other.name in DENSE and other.inputs[0] in made:
            takers.append(other)
        else:
            return _NONE  # what multiplies or adds something with it means it as shares
    given = {taker.index for taker in takers}
    if not takers or any(o.name in ADDS and given & set(o.inputs) for o in record.graph):
        return _NONE  # a memory that is read, beside a shortcut
    return feed.module, takers[-1].module, op.shape[axis]


def _line(fed: Layer, op: Operation) -> Source | None:
    made = fed.activation
    return (made.source if made is not None and made.activation == "softmax" else None) or op.source
