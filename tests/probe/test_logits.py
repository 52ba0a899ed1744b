# SPDX-License-Identifier: Apache-2.0
"""Statistics of a network's predictions are those of the predictions, whatever the loss keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from tests.probe.settings import Watch

LOSSES: dict[str, tuple[Callable[[], nn.Module], Callable[[Tensor], Tensor], int]] = {
    "cross entropy": (
        lambda: nn.Linear(8, 5),
        lambda out: F.cross_entropy(out, torch.arange(16) % 5),
        1,
    ),
    "cross entropy by hand": (
        lambda: nn.Linear(8, 5),
        lambda out: -F.log_softmax(out, -1)[torch.arange(16), torch.arange(16) % 5].mean(),
        1,
    ),
    "of sequences": (
        lambda: nn.Sequential(nn.Unflatten(1, (2, 4)), nn.Conv1d(2, 5, 1)),
        lambda out: F.cross_entropy(out, (torch.arange(64) % 5).view(16, 4)),
        1,
    ),
    "of pictures": (
        lambda: nn.Sequential(nn.Unflatten(1, (2, 2, 2)), nn.Conv2d(2, 5, 1)),
        lambda out: F.cross_entropy(out, (torch.arange(64) % 5).view(16, 2, 2)),
        1,
    ),
    "of tokens": (
        lambda: nn.Sequential(nn.Unflatten(1, (2, 4)), nn.Linear(4, 5)),
        lambda out: F.cross_entropy(out.view(-1, 5), torch.arange(32) % 5),
        2,
    ),
    "binary": (
        lambda: nn.Linear(8, 5),
        lambda out: F.binary_cross_entropy_with_logits(out, (out.detach() > 0).float()),
        1,
    ),
    "squared error": (
        lambda: nn.Linear(8, 5),
        lambda out: F.mse_loss(out, torch.zeros(16, 5)),
        1,
    ),
}  # fmt: skip
"""Loss → network, the loss of what it puts out, and which of its dimensions are the classes."""


@pytest.mark.parametrize("name", LOSSES)
def test_predictions(watch: Watch, name: str) -> None:
    """Mean, spread, extremes and sums by row of the first; those of the logits at each step."""
    make, loss_of, dim = LOSSES[name]
    torch.manual_seed(0)
    net = make()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    seen: list[Tensor] = []

    def train() -> None:
        for _ in range(4):
            out = net(torch.randn(16, 8))
            seen.append(out.detach().clone())
            optimizer.zero_grad()
            loss_of(out).backward()
            optimizer.step()

    record = watch(train, net)
    facts: Any = record.losses[0].output
    logs = record.losses[0].kind == "cross_entropy"
    assert bool(facts.get("log_probabilities")) == logs
    first = seen[0].double().movedim(dim, -1).reshape(-1, 5)
    if logs:
        first = first.log_softmax(-1)
    expected = {
        "mean": first.mean(),
        "std": first.std(unbiased=False),
        "min": first.min(),
        "max": first.max(),
        "row_std": first.std(dim=1, unbiased=False).mean(),
        "row_sum": first.sum(1).mean(),
        "row_sum_std": first.sum(1).std(unbiased=False),
    }
    for key, value in expected.items():
        assert facts[key] == pytest.approx(float(value), rel=1e-5, abs=1e-6), key
    head = record.places[-1].index
    for signal, direct in {
        "out_mean": [out.mean() for out in seen],
        "out_rms": [out.square().mean().sqrt() for out in seen],
        "out_min": [out.min() for out in seen],
        "out_max": [out.max() for out in seen],
    }.items():
        assert np.allclose(record.outputs.of(signal, head), direct, rtol=1e-4, atol=1e-5), signal
