# SPDX-License-Identifier: Apache-2.0
"""Rows are known again by their hash, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe.probe import hashes
from backprobe.records import Record


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.uint8]
)
def test_equal_rows_have_equal_hashes(dtype: torch.dtype) -> None:
    """Whatever the dtype and the row's length, a permuted batch has the permuted hashes."""
    x = (torch.rand(40, 3, 5) * 100).to(dtype)
    x[7] = x[21]
    order = torch.randperm(40)
    found, permuted = hashes.rows(x), hashes.rows(x[order])
    assert found is not None
    assert permuted is not None
    assert (permuted == found[order.numpy()]).all()
    assert found[7] == found[21]


def test_different_rows_do_not_collide() -> None:
    """100,000 random rows, and 50,000 consecutive class ids, give as many numbers."""
    x = torch.rand(100_000, 4, generator=torch.Generator().manual_seed(0))
    ids = torch.arange(50_000)
    for tensor in (x, ids):
        parts = [hashes.rows(tensor[k : k + 256]) for k in range(0, len(tensor), 256)]
        assert len(np.unique(np.concatenate(parts))) == len(tensor)  # type: ignore[arg-type]


def test_a_layout_of_its_own_hashes_as_any_other() -> None:
    """A transposed batch is the batch that it shows."""
    tensor = torch.randn(9, 8).t()[1:]
    found, expected = hashes.rows(tensor), hashes.rows(tensor.contiguous())
    assert found is not None
    assert expected is not None
    assert found.tolist() == expected.tolist()


def test_what_cannot_be_read_is_left_out() -> None:
    """A scalar, an empty batch and a sparse tensor have no rows to hash."""
    assert hashes.rows(torch.tensor(1.0)) is None
    assert hashes.rows(torch.zeros(0, 3)) is None
    assert hashes.rows(torch.eye(3).to_sparse()) is None


def test_overlap_shows_in_the_record(watch: Callable[..., Record]) -> None:
    """Rows served in training are found again among the evaluation's, with their targets."""
    torch.manual_seed(0)
    x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
    train = DataLoader(TensorDataset(x[:64], y[:64]), batch_size=16, shuffle=True)
    test = DataLoader(TensorDataset(x[48:], y[48:]), batch_size=16)
    net = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def run() -> None:
        for xb, yb in train:
            optimizer.zero_grad()
            F.cross_entropy(net(xb), yb).backward()
            optimizer.step()
        with torch.no_grad():
            for xb, _ in test:
                net(xb)

    record = watch(run, net)
    seen = record.hashes
    training = seen["evaluation"] == 0
    assert training.sum() == 64
    assert (~training).sum() == 48
    assert len(np.intersect1d(seen["input"][training], seen["input"][~training])) == 16
    assert len(np.unique(seen["target"][training])) == 3
    assert (seen["target"] != 0).all()
    assert set(np.unique(seen["target"][~training])) <= set(np.unique(seen["target"][training]))
