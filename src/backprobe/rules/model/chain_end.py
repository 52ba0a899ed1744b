# SPDX-License-Identifier: Apache-2.0
"""What the last of several equal parts has no use for: it would hand on, and none comes after it.

The last block's rest of a doubly residual stack, the last layer's edges of a graph network, the
last residual branch beside the skips of a WaveNet.
"""

from __future__ import annotations

from collections.abc import Iterator

from backprobe.records import Module, Record
from backprobe.signals.cuts import makers
from backprobe.signals.layers import Layer, layers


def ends_chain(record: Record, module: Module, touched: set[int]) -> bool:
    """Whether a part's like in an equal unit is trained and feeds this one's unit.

    The unit has to be trained, too: of a layer that stands for itself nobody knows that it was to
    hand anything on. Heads side by side feed none of each other.

    Arguments:
        record: of the run.
        module: the part that no gradient reaches.
        touched: indexes of the parameters that had a gradient.
    """
    trained = {x.module.name: x for x in layers(record) if x.weight.index in touched}
    for name, like in trained.items():
        for unit in _units(record, module.name, name, set(trained)):
            if any(_feeds(record, like, trained[mate]) for mate in unit - {module.name}):
                return True
    return False


def _units(record: Record, name: str, like: str, trained: set[str]) -> Iterator[set[str]]:
    """Trained layers of the unit of a name, if the other name is that of its like elsewhere."""
    mine, others = name.split("."), like.split(".")
    differ = [k for k, (a, b) in enumerate(zip(mine, others, strict=False)) if a != b]
    if len(mine) != len(others) or len(differ) != 1:
        return
    at = differ[0]
    types = {m.name: m.type for m in record.modules}
    unit = ".".join(mine[: at + 1])
    if at + 1 < len(mine) and types.get(unit) == types.get(".".join(others[: at + 1])):
        yield {other for other in trained if other.startswith(f"{unit}.")}
    number, theirs = _number(mine[at]), _number(others[at])
    if number and theirs and mine[at].replace(number, theirs) == others[at]:
        yield {other for other in trained if _counterparts(other, number, theirs) & trained}


def _number(part: str) -> str:
    """The number that a part of a name is or ends with; empty where it has none."""
    return part[len(part.rstrip("0123456789")) :]


def _counterparts(name: str, number: str, theirs: str) -> set[str]:
    """The names that a layer of one number would have with another number in its place."""
    parts = name.split(".")
    return {
        ".".join([*parts[:k], part[: len(part) - len(number)] + theirs, *parts[k + 1 :]])
        for k, part in enumerate(parts)
        if _number(part) == number
    }


def _feeds(record: Record, layer: Layer, other: Layer) -> bool:
    """Whether a layer's result is among what another one's is made of."""
    ran = [op for op in record.graph if op.module == other.module.index]
    return any(layer.module.index in makers(record, op) for op in ran)
