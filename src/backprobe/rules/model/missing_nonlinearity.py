# SPDX-License-Identifier: Apache-2.0
"""Layers that collapse into one linear map."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import HURTS, leaves_much, severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.discarded import discarded
from backprobe.signals.forward_graph import by_index, takers, upstream
from backprobe.signals.layers import Layer, layers
from backprobe.signals.linearity import LINEAR, NORMS, TRANSPARENT, is_linear
from backprobe.signals.operations import ADDS
from backprobe.signals.progress import progress

JOINS = ADDS | {"cat", "concat", "concatenate", "stack"}
"""Where a skip connection ends."""

GATES = frozenset({"mul", "__mul__", "__rmul__", "mul_"})
"""What weighs one result by another, as a highway does what goes past its layer."""


class MissingNonlinearity(AbstractRule):
    """Layers follow each other with nothing nonlinear between: together they are one linear layer.

    ## What it looks for
    The operations between consecutive layers in the forward really taken. A bottleneck between two
    linear layers (a low-rank factor, an autoencoder's code) is meant and stays silent, and so does
    a layer whose result goes past the next one as well, in a skip connection or through a gate. An
    activation whose result nothing takes (`F.relu(x)` without `x =`) is named.

    ## Why it matters
    A product of matrices is a matrix: depth without nonlinearity adds cost and no expressive power.

    ## Example
    `fc1, fc2, fc3 (net.py:12) follow each other with no activation between: together they are one
    linear layer`

    ## What to try
    - `add-activation=relu`

    ## When it is wrong
    Linear models on purpose: matrix factorisation, probes, deep linear networks in theory.

    ## References
    - Goodfellow et al., "Deep Learning" (2016), 6.1
    """

    name = "missing-nonlinearity"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.5, "bare joins / joins of layers", "a stem or two are common")
        layers: float = threshold(2, "layers in a row", "one layer is a linear model")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the longest row of layers with nothing between."""
        pairs = _bare_pairs(record)
        ran = [layer for layer in layers(record) if layer.place is not None]
        if not pairs or len(ran) < self.limits.layers:
            return []
        state = progress(record)
        joins = len(ran) - 1
        whole = len(pairs) >= joins
        deep = len(pairs) >= self.limits.layers and len(pairs) >= self.limits.share * joins
        severity = severity_of_mistake(record) if deep else severity_by_harm(state)
        if not whole and state.hurt < HURTS and not (deep and leaves_much(record)):
            return []
        if severity == "error":
            severity = "warning"
        if len(pairs) < self.limits.share * joins:
            severity = "note"  # a projection in front of a block is common
        names = unique(name for a, b in pairs for name in (a.name, b.name))
        source = pairs[0][0].module.source
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.4, 0.9, 1.0 if whole else 0.2, state.hurt),
                message=(
                    f"{listed(names)}{at(source)} follow each other with no activation between: "
                    f"together they are one linear layer{_thrown_away(record)}; {state.in_words()}"
                ),
                where=names,
                source=source,
                evidence={"layers": list(names), "whole_network": whole},
                treatments=("add-activation=relu",),
            )
        ]


def _thrown_away(record: Record) -> str:
    """The activations that are called and whose result is not kept, in words; "" for none."""
    lost = discarded(record)
    if not lost:
        return ""
    places = listed(unique(f"`{op.name}`{at(op.source)}" for op in lost))
    return f"; the result of {places} is not kept"


def _bare_pairs(record: Record) -> list[tuple[Layer, Layer]]:
    """Consecutive layers with nothing nonlinear between, bottlenecks left out."""
    by_module = {layer.module.index: layer for layer in layers(record)}
    operations = {op.index: op for op in record.graph}
    # A norm is as good as linear, but where activations are it has its reasons.
    passed = TRANSPARENT | NORMS if is_linear(record) else TRANSPARENT
    found = []
    for op in record.graph:
        layer = by_module.get(op.module)
        if op.name not in LINEAR or layer is None:
            continue
        before = _linear_before(op, operations, passed)
        earlier = by_module.get(before.module) if before is not None else None
        if before is None or earlier is None or earlier is layer:
            continue
        middle = earlier.fan_out
        if middle >= min(earlier.fan_in, layer.fan_out) and not _goes_past(record, before, op):
            found.append((earlier, layer))
    return found


def _goes_past(record: Record, earlier: Operation, later: Operation) -> bool:
    """Whether a result is also added to, set beside, or gated by what a later operation leads to.

    Then no one layer does what both do: the sum needs the earlier one's own result too.
    """
    following = takers(record)
    pending, ways = [earlier.index], set[int]()
    while pending:
        for op in following.get(pending.pop(), ()):
            if op.index not in ways and (op.name in TRANSPARENT or op.name in (*JOINS, *GATES)):
                ways.add(op.index)
                if op.name in TRANSPARENT or op.name in GATES:
                    pending.append(op.index)
    joins = [by_index(record)[i] for i in ways if by_index(record)[i].name in (*JOINS, *GATES)]
    return any(later.index in upstream(record, [op.index]) for op in joins)


def _linear_before(
    op: Operation, operations: dict[int, Operation], passed: frozenset[str]
) -> Operation | None:
    """The linear operation that feeds an operation through linear ones only, or None."""
    made = [i for i in op.inputs if i >= 0]
    while len(made) == 1 and made[0] in operations:
        upstream = operations[made[0]]
        if upstream.name in LINEAR:
            return upstream
        if upstream.name not in passed:
            return None
        made = [i for i in upstream.inputs if i >= 0]
    return None
