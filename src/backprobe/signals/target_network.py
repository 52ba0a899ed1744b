# SPDX-License-Identifier: Apache-2.0
"""Whether a network learns from a copy of itself, as temporal-difference learning does.

Unit: yes or no. The copy begins bitwise as the trained network, no optimizer holds it, and it runs.
What it answers grows as the network learns, and the loss with it: its height is no yardstick.
"""

from __future__ import annotations

from backprobe.records import Parameter, Record
from backprobe.signals.memo import once


@once
def has_target_network(record: Record) -> bool:
    """Whether some root network is such a copy of one that is trained."""
    return bool(copies(record))


@once
def copies(record: Record) -> dict[int, frozenset[int]]:
    """Roots that no optimizer holds, and those of the trained ones that begin bitwise as they do.

    When a network is first seen is its begin: a copy that was averaged since has none.
    """
    roots = {m.index: m.root for m in record.modules}
    networks: dict[int, list[Parameter]] = {}
    for parameter in record.parameters:
        if parameter.module in roots:
            networks.setdefault(roots[parameter.module], []).append(parameter)
    trained: dict[tuple[object, ...], set[int]] = {}
    kept: dict[int, tuple[object, ...]] = {}
    for root, held in networks.items():
        which = {p.optimizer >= 0 for p in held}
        if len(which) == 1 and all(p.initial for p in held):
            begin = tuple(_beginning(p) for p in held)
            if which.pop():
                trained.setdefault(begin, set()).add(root)
            else:
                kept[root] = begin
    return {root: frozenset(trained[begin]) for root, begin in kept.items() if begin in trained}


def _beginning(parameter: Parameter) -> tuple[object, ...]:
    names = ("mean", "std", "min", "max")
    return parameter.shape, *(parameter.initial.get(name) for name in names)
