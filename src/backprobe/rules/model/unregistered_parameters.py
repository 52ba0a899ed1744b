# SPDX-License-Identifier: Apache-2.0
"""Layers that the model does not know it has."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Operation, Parameter, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.model.lone_parameters import parameters_in_a_list
from backprobe.rules.wording import at, plural
from backprobe.signals.linearity import LINEAR
from backprobe.signals.progress import progress

RECURRENT = frozenset(
    f"{kind}{cell}" for kind in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell")
)
USERS = LINEAR | RECURRENT | {"embedding"}
"""Operations that take weights."""


class UnregisteredParameters(AbstractRule):
    """Layers in a plain list run and get gradients, but belong to no module and no optimizer.

    ## What it looks for
    Trainable weights that the backward pass reaches, that a layer's operation in the captured
    forward uses, and that neither a watched module nor an optimizer holds. And every
    `nn.Parameter` that a module of the model keeps in a list, a dict or an object of its own, that
    has a gradient, is in no optimizer and is never moved, whatever operation takes it.

    ## Why it matters
    `parameters()`, `.to(device)` and `state_dict()` find modules only where they are attributes or
    in a `ModuleList`. Layers in a plain list are never trained, moved or saved.

    ## Example
    `16 weights of 4 layers called at net.py:19 belong to no module of the model and to no
    optimizer: they keep their random values`

    ## What to try
    - `nn.ModuleList` or `nn.ModuleDict` instead of the list or dict

    ## When it is wrong
    Networks of another part of the program that are meant to stay as they are, but want no gradient
    either.

    ## References
    - PyTorch, `torch.nn.ModuleList`
    """

    name = "unregistered-parameters"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        weights: float = threshold(1, "weights", "one layer is enough")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all such layers."""
        strays = [
            p
            for p in record.parameters
            if p.module < 0 and p.optimizer < 0 and p.requires_grad and len(p.shape) >= 2
        ]
        if not record.optimizers or not record.modules:
            return []
        calls = [op for op in record.graph if op.name in USERS and op.module < 0]
        used = [(p, op) for p in strays if (op := _user(p, calls)) is not None]
        if len(used) < self.limits.weights:
            return parameters_in_a_list(record, self.name)
        state = progress(record)
        source = used[0][1].source
        count = sum(p.size for p, _ in used)
        return [
            Finding(
                rule=self.name,
                severity=at_least_warning(severity_by_harm(state)),
                confidence=confidence(0.8, 0.98, between(len(used), 1, 4), state.hurt),
                message=(
                    f"{plural(len(used), 'layer')} called{at(source)} belong to no module of "
                    "the model "
                    f"and to no optimizer: their {plural(count, 'weight')} keep their random values"
                ),
                source=source,
                treatments=("optimize-all",),
                evidence={"layers": len(used), "weights": count},
            )
        ]


def _user(parameter: Parameter, calls: list[Operation]) -> Operation | None:
    """The operation that takes this tensor as a weight, by its shape, or None."""
    return next((op for op in calls if parameter.shape in op.input_shapes[1:]), None)
