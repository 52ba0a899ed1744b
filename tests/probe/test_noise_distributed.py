# SPDX-License-Identifier: Apache-2.0
"""The gradient noise scale of DDP and FSDP2 ranks, against one that is computed directly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it

from backprobe.signals.noise_scale import noise_scale
from backprobe.store import catalog
from backprobe.store.reader import RunReader
from tests.probe import noisy_training
from tests.probe.conftest import Ranks
from tests.probe.noisy_training import POPULATION, ROWS, STEPS

pytestmark = pytest.mark.slow


def gradient(rows: torch.Tensor) -> torch.Tensor:
    """The whole gradient of the mean loss of those rows, as one vector."""
    net, x, y = noisy_training.problem()
    loss = F.cross_entropy(net(x[rows]), y[rows])
    return torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(net.parameters()))])


def true_noise_scale() -> float:
    """Trace of the covariance of a row's gradient over the squared norm of their mean."""
    each = torch.stack([gradient(torch.tensor([row])) for row in range(POPULATION)]).double()
    mean = each.mean(dim=0)
    return float((each - mean).square().sum() / POPULATION / mean.square().sum())


@pytest.mark.parametrize(
    ("way", "micro"), [("ddp", 1), ("ddp", 2), ("fsdp", 1), ("fsdp", 2), ("hsdp", 1)]
)
def test_ranks_are_small_batches(
    tmp_path: Path, store_directory: Path, ranks: Ranks, way: str, micro: int
) -> None:
    """Squares of local and averaged gradients are exact, and so their ratio is the true one."""
    _, said = ranks(tmp_path, [str(Path(noisy_training.__file__)), str(micro), way], "1")
    reader = RunReader(catalog.find(store_directory))
    reader.refresh()
    records = reader.records()
    assert [record.rank for record in records] == [0, 1], said[-2000:]
    assert all(record.named("failure") == () for record in records)
    local = [
        torch.stack([gradient(rows) for rows in noisy_training.drawn(rank)[: STEPS * micro]])
        for rank in range(2)
    ]
    averaged = torch.stack(local).mean(dim=0).reshape(STEPS, micro, -1).mean(dim=1)
    big = averaged.square().sum(dim=1).numpy() / micro**2  # the losses were divided by `micro`
    for record, gradients in zip(records, local, strict=True):
        # One step in four after the first 32; the first is over before its optimizer is known.
        at = record.noise["step"].astype(int)
        assert len(at) >= 32
        small = gradients.square().sum(dim=1).reshape(STEPS, micro).mean(dim=1).numpy() / micro**2
        assert (record.noise["micro"] == 2 * micro).all()
        assert (record.noise["rows"] == ROWS).all()
        assert np.allclose(record.noise["small"], small[at], rtol=1e-4)
        if way == "ddp":
            assert np.allclose(record.noise["big"], big[at], rtol=1e-4)
        else:  # a shard's: no rank tells alone
            assert (record.noise["big"] < big[at]).all()
            assert np.isnan(noise_scale(record))
    merged = reader.record()
    at = merged.noise["step"].astype(int)
    assert np.allclose(merged.noise["big"], big[at], rtol=1e-4)
    assert len(at) == sum(len(record.noise) for record in records) / (1 if way == "ddp" else 2)
    assert noise_scale(merged) == pytest.approx(true_noise_scale(), rel=0.25)
