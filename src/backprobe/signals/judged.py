# SPDX-License-Identifier: Apache-2.0
"""What runs without gradients: how often, and which parts of a network never learn."""

from __future__ import annotations

import numpy as np

from backprobe.records import Loss, Module, Record
from backprobe.signals.memo import once

LEAST = 8
"""Steps at which a module ran without gradients, fewer of which are evaluations by chance."""
NEARLY_ALL = 0.9
"""Share of the steps at which a network that makes the targets runs."""


def evaluations(record: Record) -> int:
    """How many evaluation phases there were, with those that were passed over."""
    phases = record.evaluations.numbers("phases")
    return int(np.where(np.isfinite(phases), phases, 1.0).sum()) or len(record.evaluations)


@once
def run_without_gradients(record: Record) -> tuple[Module, ...]:
    """The modules that were called as such under `no_grad`, and in no training forward."""
    table = record.batches
    evaluation = table.numbers("evaluation") == 1.0
    models = table.numbers("model")[evaluation]
    called = set(models[np.isfinite(models)].astype(int).tolist())
    called |= {int(event.data["module"]) for event in record.named("judged")}
    return tuple(m for m in record.modules if m.index in called and m.calls == 0)


def share_of_steps(record: Record, module: Module) -> float:
    """Of the steps from its first such run on, those at which a module ran without gradients.

    As such, not as a part of another one. Near 1 that is a part of the training, no evaluation.
    """
    told = [e.data for e in record.named("judged") if int(e.data["module"]) == module.index]
    last = max(told, key=lambda data: int(data["steps"]), default=None)
    if last is None or int(last["steps"]) < LEAST:
        return 0.0
    return float(last["steps"]) / (int(last["step"]) - int(last["first"]) + 1)


def within(module: Module, other: Module) -> bool:
    """Whether a module is another or lies inside of it."""
    if module.root != other.root:
        return False
    return other.name in ("", module.name) or module.name.startswith(other.name + ".")


def makes_targets(record: Record, loss: Loss) -> bool:
    """Whether the trained network, or one of its kind, is asked without gradients at every step.

    A target network of Q-learning, a teacher: what is learnt moves as the network does.
    """
    modules = {m.index: m for m in record.modules}
    trained = modules.get(loss.model)
    told = {int(event.data["module"]) for event in record.named("judged")}
    return trained is not None and any(
        modules[index].type == trained.type and share_of_steps(record, modules[index]) >= NEARLY_ALL
        for index in told & modules.keys()
    )
