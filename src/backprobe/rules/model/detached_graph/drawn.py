# SPDX-License-Identifier: Apache-2.0
"""A code that is drawn without a gradient between an encoder and what rebuilds its input.

Unlike a policy's action, of which a probability is trained, a code has no other way to learn from
what is made of it: such an encoder follows the other terms of its loss only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import observed_steps
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import progress

DRAWS = frozenset({"normal", "bernoulli", "multinomial", "poisson"})


def drawn(record: Record, rule: str) -> list[Finding]:
    """The layers before the first such draw whose results reach what follows by no other way."""
    for draw in record.graph:
        if draw.name != "normal" or "float" not in draw.dtype:
            continue
        before, after = _sides(record, draw)
        if not before or not after or not all(_learns(record, x) for x in (before[-1], *after)):
            continue
        names, state = unique(x.name for x in before), progress(record)
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record),
                confidence=confidence(0.6, 0.9, state.hurt),
                message=(
                    f"`{draw.name}`{at(draw.source)} draws numbers that no gradient passes: "
                    f"{listed(names)} learn nothing of what {after[0].name} makes of them, only "
                    "of other terms of the loss; a draw that lets it pass is "
                    "`mean + std * torch.randn_like(std)` (`rsample()`)"
                ),
                where=names,
                source=draw.source,
                steps=observed_steps(record),
                evidence={"layers": list(names), "cut": draw.name},
            )
        ]
    return []


def _sides(record: Record, draw: Operation) -> tuple[list[Layer], list[Layer]]:
    """The encoder's layers that only the draw joins to the decoder's, and the decoder's.

    Both empty where what follows rebuilds nothing of the input's size, where it gets the input
    itself, where it is drawn of again (a Gibbs chain) or the same layers (a recurrence), or where
    the draw is compared with what it was drawn from (the probability of a score-function estimate).
    """
    entry = _size(record.graph[0].input_shapes[:1])
    forth, made_of = _linked(record, [draw.index], set())
    rebuilt = any(op.index in forth and _size([op.shape]) == entry for op in record.graph)
    encoder = [x for x in layers(record) if _runs(record, x, made_of)]
    decoder = [x for x in layers(record) if _runs(record, x, forth) and x not in encoder]
    chained = any(op.index in forth and op.name in DRAWS for op in record.graph)
    if not rebuilt or chained or not encoder or not decoder:
        return [], []
    ends = [op.index for op in record.graph if any(op.module == x.module.index for x in decoder)]
    _, around = _linked(record, ends, {draw.index})
    pre = [op for op in record.graph if op.index in around and op.index < draw.index]
    into = [op for op in record.graph if op.index in around and op.index in forth]
    whole = [
        shape for op in into for i, shape in zip(op.inputs, op.input_shapes, strict=False) if i < 0
    ]
    if any(_size([shape]) == entry for shape in [*whole, *(op.shape for op in pre)]):
        return [], []
    if _compared(record, draw, made_of):
        return [], []
    return [x for x in encoder if not _runs(record, x, around)], decoder


def _linked(record: Record, start: Iterable[int], without: set[int]) -> tuple[set[int], set[int]]:
    """Operations made of these, and those that they were made of, without passing some."""
    forth, back = set(start), set(start)
    for op in record.graph:
        if op.index not in without and forth & set(op.inputs):
            forth.add(op.index)
    for op in reversed(record.graph):
        if op.index in back and op.index not in without:
            back |= {i for i in op.inputs if i >= 0 and i not in without}
    return forth - set(start), back - set(start)


def _compared(record: Record, draw: Operation, made_of: set[int]) -> bool:
    """Whether the drawn numbers meet what they were drawn from, before any layer takes them."""
    taught = {x.module.index for x in layers(record)}
    as_drawn = {draw.index}
    for op in record.graph:
        if op.index > draw.index and as_drawn & set(op.inputs) and op.module not in taught:
            if set(op.inputs) & made_of:
                return True
            as_drawn.add(op.index)
    return False


def _runs(record: Record, layer: Layer, among: set[int]) -> bool:
    """Whether a trainable layer runs as one of these operations."""
    if not layer.weight.requires_grad or layer.place is None:
        return False
    return any(op.index in among and op.module == layer.module.index for op in record.graph)


def _learns(record: Record, layer: Layer) -> bool:
    seen = record.parameters_series.of("grad_rms", layer.weight.index)
    return bool(np.nanmax(seen, initial=0.0) > 0.0)


def _size(shapes: Iterable[tuple[int, ...]]) -> int:
    """Numbers in the first tensor of these; -1 without one."""
    return next((math.prod(shape) for shape in shapes), -1)
