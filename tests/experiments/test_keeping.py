# SPDX-License-Identifier: Apache-2.0
"""Kept: what it puts back, and what it sees that is not as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from backprobe.experiments.keeping import Kept
from tests.experiments.nets import classifier, loader


def _trained() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    model = classifier(norm=True)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(8, 8)).sum().backward()
    optimizer.step()
    return model, optimizer


CHANGES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "weight": lambda model, _o, _l: model[0].weight.data.add_(1e-7),
    "gradient": lambda model, _o, _l: model[0].weight.grad.add_(1.0),
    "no gradient": lambda model, _o, _l: model.zero_grad(set_to_none=True),
    "buffer": lambda model, _o, _l: model[1].running_mean.add_(1e-6),
    "counter": lambda model, _o, _l: model[1].num_batches_tracked.add_(1),
    "mode": lambda model, _o, _l: model.eval(),
    "attribute": lambda model, _o, _l: setattr(model, "note", 3),
    "moment": lambda _m, one, _l: next(iter(one.state.values()))["exp_avg"].add_(1e-6),
    "rate": lambda _m, one, _l: one.param_groups[0].update(lr=5.0),
    "no state": lambda _m, one, _l: one.state.clear(),
    "torch": lambda _m, _o, _l: torch.rand(1),
    "Python": lambda _m, _o, _l: random.random(),
    "numpy": lambda _m, _o, _l: np.random.rand(),
    "loader": lambda _m, _o, batches: next(iter(batches)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_seen_and_undone(name: str) -> None:
    """It is named before the restoration, and gone after it."""
    model, optimizer = _trained()
    batches = loader(generator=torch.Generator().manual_seed(1))
    kept = Kept([model], optimizer, [], batches)
    assert kept.differences() == []
    CHANGES[name](model, optimizer, batches)
    assert len(kept.differences()) >= 1
    kept.restore()
    assert kept.differences() == []


def test_a_nan_is_the_same_as_a_nan() -> None:
    """A model that holds NaN is restored like any other."""
    model, optimizer = _trained()
    with torch.no_grad():
        model.get_parameter("0.weight")[0, 0] = float("nan")
    kept = Kept([model], optimizer)
    assert kept.differences() == []


def test_tensors_are_put_back_in_place() -> None:
    """Who holds a parameter, a gradient or a moment still holds the same."""
    model, optimizer = _trained()
    weight, gradient = model[0].weight, model[0].weight.grad
    moment = next(iter(optimizer.state.values()))["exp_avg"]
    kept = Kept([model], optimizer)
    optimizer.zero_grad(set_to_none=True)
    model(torch.randn(8, 8)).sum().backward()
    optimizer.step()
    kept.restore()
    assert model[0].weight is weight
    assert model[0].weight.grad is gradient
    assert next(iter(optimizer.state.values()))["exp_avg"] is moment
