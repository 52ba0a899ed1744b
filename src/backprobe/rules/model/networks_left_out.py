# SPDX-License-Identifier: Apache-2.0
"""A whole network before the trained one, or on top of its parts, that no optimizer holds."""

from __future__ import annotations

import math

from backprobe.records import Finding, Parameter, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.fresh import looks_drawn, looks_fresh
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, plural
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress

Shape = tuple[int, ...]


def networks_left_out(record: Record, rule: str) -> list[Finding]:
    """At most one finding: random networks with a gradient, whose results a trained one takes.

    Or that have parts of a trained one, as a head on top of a body that was trained before. One
    that runs after the trained one only judges it (features of a picture, a critic). One that is
    given all that the trained one is given may be what that is to copy.
    """
    modules = {m.index: m for m in record.modules}
    trained = {modules[p.module].root for p in record.parameters if _held(p)}
    events = record.named("unheld-networks")
    told = [facts for e in events for facts in e.data["networks"]]
    left = [
        (modules[facts["model"]], facts)
        for facts in told
        if facts["model"] in modules
        and _random(record, int(facts["model"]))
        and (
            _shares(record, int(facts["model"]))
            or any(
                root > facts["model"] and _given(record, root) - _given(record, int(facts["model"]))
                for root in trained
            )
        )
    ]
    # One that an optimizer holds which never steps is told of as such.
    if not left or not record.optimizers or record.named("idle-optimizer"):
        return []
    names = [network.type for network, _ in left]
    verb = "has" if len(left) == 1 else "have"
    count = sum(int(facts["elements"]) for _, facts in left)
    held = sum(p.size for p in record.parameters if _held(p))
    alone = all(_shares(record, network.index) for network, _ in left)
    state, source = progress(record), record.optimizers[-1 if alone else 0].source
    what = (
        "only parts that it shares with another network learn"
        if alone
        else "what follows learns on top of random weights"
    )
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.6, 0.93, between(count / (count + held), 0.0, 0.5), state.hurt),
            message=(
                f"{listed(names)}{at(left[0][0].source)} {verb} a gradient at each step, and none "
                f"of {plural(count, 'own parameter' if alone else 'parameter')} is in an optimizer"
                f"{at(source)}: {what}; {state.in_words()}"
            ),
            where=(),
            source=source,
            evidence={"networks": names, "parameters": count},
        )
    ]


def _held(parameter: Parameter) -> bool:
    return parameter.optimizer >= 0 and parameter.module >= 0


def _shares(record: Record, root: int) -> bool:
    """Whether an optimizer holds a parameter of it that is another network's as well."""
    inside = {i for m in record.modules if m.root == root for i in m.parameters}
    return any(p.index in inside and _held(p) for p in record.parameters)


def _random(record: Record, root: int) -> bool:
    """Whether all weights of a network look as they were drawn: its layers', else its tables'.

    How far apart the few numbers of a small table lie says little where layers say much.
    """
    known = [looks_fresh(x) for x in layers(record) if x.module.root == root]
    if not known:
        inside = {m.index for m in record.modules if m.root == root and m.type == "Embedding"}
        known = [looks_drawn(p) for p in record.parameters if p.module in inside]
    return bool(known) and all(known)


def _given(record: Record, root: int) -> set[Shape]:
    """Shapes of what a network's operations take and none of them made, but for its parameters."""
    inside = {m.index for m in record.modules if m.root == root}
    own = {p.shape for p in record.parameters if p.module in inside}
    return {
        shape
        for op in record.graph
        if op.module in inside
        for index, shape in zip(op.inputs, op.input_shapes, strict=False)
        if index == -1 and shape not in own and math.prod(shape) > 1
    }
