# SPDX-License-Identifier: Apache-2.0
"""Functions made of steps, and draws: a gradient passes them and is zero behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import observed_steps
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.cuts import makers
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import progress

STEPS = frozenset(
    {"round", "floor", "ceil", "trunc", "fix", "sign", "sgn", "bernoulli", "normal", "poisson"}
)
"""Functions, also in place, that are constant between their jumps, and draws."""
NODES = {f"{name.capitalize()}Backward{k}": name for name in STEPS for k in range(4)}
"""Autograd node → function."""
LOOKS = 5
"""Observed steps at which every gradient has to be zero."""


@dataclass(frozen=True)
class _Flat:
    """A function that lets no gradient pass, and the layers before it.

    Arguments:
        name: of the function.
        source: the line that calls it, where known.
        layers: those whose gradient is exactly zero.
    """

    name: str
    source: Source | None
    layers: tuple[Layer, ...]


def zeroed(record: Record, rule: str) -> list[Finding]:
    """The layers before such a function, whose gradients are all zero."""
    flat = _flat_function(record)
    if flat is None:
        return []
    state = progress(record)
    names = unique(x.name for x in flat.layers)
    steps = len(record.parameters_series.step)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.7, 0.97, between(steps, 5, 30), state.hurt),
            message=(
                f"the derivative of `{flat.name}`{at(flat.source)} is zero everywhere: the "
                f"gradients of {listed(names)} before it are exactly zero at each of "
                f"{plural(steps, 'observed step')}; {state.in_words()}"
            ),
            where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
            source=flat.source,
            steps=observed_steps(record),
            evidence={"layers": list(names), "cut": flat.name, "steps": steps},
        )
    ]


def _flat_function(record: Record) -> _Flat | None:
    """The first such function of which every layer before it has a gradient that is exactly zero.

    One that hands the gradient on all the same (`x + (x.round() - x).detach()`, a function of the
    user's own) leaves none at zero.
    """
    ran = [x for x in layers(record) if x.place is not None and x.weight.requires_grad]
    for op in record.graph:
        if op.name.removesuffix("_") in STEPS and "float" in op.dtype:
            modules = makers(record, op)
            before = [x for x in ran if x.module.index in modules]
            if _all_zero(record, before):
                return _Flat(op.name, op.source, tuple(before))
    for loss in record.losses:
        name = next((NODES[node] for node in loss.chain if node in NODES), "")
        before = [x for x in ran if loss.model < 0 or x.module.root == loss.model]
        if name and _all_zero(record, before):
            return _Flat(name, loss.source, tuple(before))
    return None


def _all_zero(record: Record, found: list[Layer]) -> bool:
    """Whether weights and biases had a gradient at several steps, and it was zero at each."""
    parameters = [p for x in found for p in (x.weight, x.bias) if p is not None]
    for parameter in parameters:
        seen = record.parameters_series.of("grad_rms", parameter.index)
        seen = seen[np.isfinite(seen)]
        if seen.size < LOOKS or np.any(seen != 0.0):
            return False
    return bool(parameters)
