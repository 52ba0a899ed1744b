# SPDX-License-Identifier: Apache-2.0
"""Parts that began as copies of trained ones: a teacher, a target network, a momentum encoder.

What follows a trained network by an average of its weights is made by `copy.deepcopy` or loaded
from it, and freezes for that reason (Grill et al., "Bootstrap your own latent", 2006.07733; He et
al., "Momentum contrast", 1911.05722).
"""

from __future__ import annotations

from collections.abc import Iterator

from backprobe.records import Parameter, Record
from backprobe.signals.memo import once

FACTS = ("mean", "std", "min", "max")
"""Of an init, by which it is told to be that of another tensor: drawn anew, none would agree."""


@once
def followers(record: Record) -> frozenset[int]:
    """Numbers of the parameters that began as a trained one's copy, in another branch.

    Another branch has another name at one place, which is no number: `target.0` follows
    `online.0`. Layers of a stack that were cloned from one (`layers.0`, `layers.1`) are parts of
    one network.
    """
    trained: dict[tuple[object, ...], list[Parameter]] = {}
    for p in record.parameters:
        if p.requires_grad and (key := _key(p)) is not None:
            trained.setdefault(key, []).append(p)
    names = {m.index: m.name for m in record.modules}
    roots = {m.index: m.root for m in record.modules}
    found = set[int]()
    for p in record.parameters:
        if p.requires_grad or (key := _key(p)) is None:
            continue
        mine = names.get(p.module, "")
        for other in trained.get(key, ()):
            apart = roots.get(other.module) != roots.get(p.module)
            if apart or _branches(mine, names.get(other.module, "")):
                found.add(p.index)
    return frozenset(found)


def _key(p: Parameter) -> tuple[object, ...] | None:
    values = [p.initial.get(name) for name in FACTS]
    if None in values or not float(p.initial["std"]) > 0.0:
        return None
    return p.shape, *values


def _branches(one: str, other: str) -> bool:
    """Whether two dotted names differ in one part, and by more than a number."""
    apart = list(_apart(one.split("."), other.split(".")))
    return len(apart) == 1 and not all(part.isdigit() for part in apart[0])


def _apart(one: list[str], other: list[str]) -> Iterator[tuple[str, str]]:
    if len(one) != len(other):
        yield ("", "")
        yield ("", "")
        return
    yield from ((a, b) for a, b in zip(one, other, strict=True) if a != b)
