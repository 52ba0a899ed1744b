# SPDX-License-Identifier: Apache-2.0
"""Losses of the answers 1 and -1: a target that is neither is told once, with its line."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from tests.probe.conftest import Watch


@pytest.mark.parametrize(("code", "told"), [(0.0, 1), (-1.0, 0)])
@pytest.mark.parametrize("loss", ["cosine", "ranking", "hinge"])
def test_other_answers_are_told_once(watch: Watch, loss: str, code: float, told: int) -> None:
    """Two steps with the code in half of the rows."""
    net = nn.Linear(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    target = torch.tensor([1.0, code, 1.0, code])

    def error(x: Tensor) -> Tensor:
        if loss == "cosine":
            return nn.CosineEmbeddingLoss()(net(x), net(x + 1), target)
        if loss == "ranking":
            return F.margin_ranking_loss(net(x)[:, 0], net(x)[:, 1], target=target)
        return F.hinge_embedding_loss(net(x)[:, 0], target)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            error(torch.randn(4, 3)).backward()
            optimizer.step()

    record = watch(train, net)
    found = [event.data for event in record.named("loss-codes")]
    assert len(found) == told
    if found:
        assert (found[0]["share"], found[0]["low"], found[0]["high"]) == (0.5, 0.0, 1.0)
        assert str(found[0]["file"]).endswith("test_codes.py")
    assert not record.named("failure")
