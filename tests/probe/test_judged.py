# SPDX-License-Identifier: Apache-2.0
"""Networks that are asked without gradients: how often, and whether they move."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn

from tests.probe.settings import Watch

STEPS = 60


@pytest.mark.parametrize("moves_at", [None, 30])
def test_a_copy_that_never_moves_is_told(watch: Watch, moves_at: int | None) -> None:
    """And one that moves once is not, nor is the trained network itself."""

    def train() -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        kept = copy.deepcopy(net).requires_grad_(False)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
        for step in range(STEPS):
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
            if step == moves_at:
                kept.load_state_dict(net.state_dict())
            if step % 5 == 4:
                with torch.no_grad():
                    kept(x)
                    net(x)

    record = watch(train)
    told = {int(e.data["module"]): e.data for e in record.named("judged-kept")}
    roots = [m.index for m in record.modules if m.parent < 0]
    assert len(roots) == 2
    if moves_at is not None:
        assert told == {}
        return
    (facts,) = told.values()
    assert facts["module"] == roots[1]
    assert facts["looks"] > 3
    assert (facts["first"], facts["step"]) == (5, 55)
