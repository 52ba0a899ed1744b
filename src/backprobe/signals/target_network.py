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
    roots = {m.index: m.root for m in record.modules}
    networks: dict[int, list[Parameter]] = {}
    for parameter in record.parameters:
        if parameter.module in roots:
            networks.setdefault(roots[parameter.module], []).append(parameter)
    beginnings: dict[bool, set[tuple[object, ...]]] = {False: set(), True: set()}
    for held in networks.values():
        trained = {p.optimizer >= 0 for p in held}
        if len(trained) == 1 and all(p.initial for p in held):
            beginnings[trained.pop()].add(tuple(_beginning(p) for p in held))
    return bool(beginnings[False] & beginnings[True])


def _beginning(parameter: Parameter) -> tuple[object, ...]:
    names = ("mean", "std", "min", "max")
    return parameter.shape, *(parameter.initial.get(name) for name in names)
