# SPDX-License-Identifier: Apache-2.0
"""Pieces that stand for rows: windows that overlap keep the same ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backprobe.probe.fragments import fragments

SERIES = torch.randn(400, generator=torch.Generator().manual_seed(0))


def kept(x: Tensor) -> Tensor:
    """What stands for the rows."""
    found = fragments(x)
    assert found is not None
    return found


def test_windows_that_overlap_keep_the_same_pieces() -> None:
    """As often as they share their numbers, and moved by one distance."""
    windows = SERIES.unfold(0, 24, 1)
    pieces = kept(windows[:64])
    same = (pieces[1:, 0] == pieces[:-1, 0]) & (pieces[1:, 2] == pieces[:-1, 2])
    assert same.float().mean() > 0.7
    assert (pieces[1:, 1][same] - pieces[:-1, 1][same] == -1).all()
    assert (pieces[1:, 3][same] - pieces[:-1, 3][same] == -1).all()


def test_channels_behind_are_moved_together() -> None:
    """A window [length, channels] is moved by as many numbers as there are channels."""
    pieces = kept(SERIES.reshape(-1, 4).unfold(0, 8, 1).transpose(1, 2)[:64])
    same = (pieces[1:, 0] == pieces[:-1, 0]) & (pieces[1:, 2] == pieces[:-1, 2])
    assert same.float().mean() > 0.3
    assert (pieces[1:, 1][same] - pieces[:-1, 1][same] == -4).all()


def test_rows_of_their_own_keep_their_own() -> None:
    """Hashes are exact in float32 and do not meet by chance."""
    pieces = kept(torch.randn(128, 32, generator=torch.Generator().manual_seed(1)))
    assert len(pieces[:, 0].unique()) == 128
    assert ((pieces >= 0) & (pieces < 1 << 24) & (pieces == pieces.round())).all()


@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(8, 32, dtype=torch.long),
        torch.randn(8, 1, 28, 28),
        torch.randn(8, 4),
        torch.randn(8, 4096),
        torch.randn(0, 32),
        torch.randn(32),
        torch.randn(8, 32).to_sparse(),
    ],
    ids=["ids", "pictures", "short", "long", "empty", "one row", "sparse"],
)
def test_what_is_no_window_is_left_out(x: Tensor) -> None:
    """None, and no error."""
    assert fragments(x) is None
