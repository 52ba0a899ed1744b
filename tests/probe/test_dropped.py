# SPDX-License-Identifier: Apache-2.0
"""Gradients that are cleared before a step has used them, and those that are meant to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.probe.conftest import Watch


def loop(clear: bool, passes: int, attack: bool = False) -> tuple[nn.Module, Callable[[], None]]:
    """Eight steps of so many backward passes each."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(8):
            optimizer.zero_grad(set_to_none=passes % 2 == 0)
            for _ in range(passes):
                if clear:
                    optimizer.zero_grad(set_to_none=passes % 2 == 0)
                x = torch.randn(16, 4, requires_grad=attack)
                nn.functional.cross_entropy(model(x), torch.randint(0, 2, (16,))).backward()
            optimizer.step()

    return model, train


@pytest.mark.parametrize("passes", [5, 6])
def test_all_but_the_last_are_cleared(watch: Watch, passes: int) -> None:
    """Told once, cleared to None or to zeros."""
    model, train = loop(True, passes)
    (event,) = watch(train, model).named("dropped-gradients")
    assert event.data["passes"] == passes


@pytest.mark.parametrize(
    ("clear", "passes", "attack"), [(False, 6, False), (True, 1, False), (True, 6, True)]
)
def test_accumulation_single_passes_and_attacks(
    watch: Watch, clear: bool, passes: int, attack: bool
) -> None:
    """None of them drops a gradient that anyone wanted."""
    model, train = loop(clear, passes, attack)
    assert not list(watch(train, model).named("dropped-gradients"))
