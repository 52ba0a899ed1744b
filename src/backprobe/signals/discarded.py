# SPDX-License-Identifier: Apache-2.0
"""Activations whose result nothing takes: called as a statement, without an assignment.

Unit: operations of the forward really taken. Normal: none. A result that is changed in place is
taken by what comes next, since it is the same tensor.
"""

from __future__ import annotations

from backprobe.records import Operation, Record
from backprobe.signals.memo import once

ACTIVATIONS = frozenset(
    "relu leaky_relu elu selu gelu silu mish sigmoid tanh softplus hardtanh relu6 prelu".split()
)


@once
def discarded(record: Record) -> tuple[Operation, ...]:
    """The activations of a forward that no later operation takes, the last one left out."""
    taken = {index for op in record.graph for index in op.inputs}
    last = max((op.index for op in record.graph), default=-1)
    return tuple(
        op
        for op in record.graph
        if op.name in ACTIVATIONS and op.index not in taken and op.index != last
    )
