# SPDX-License-Identifier: Apache-2.0
"""Convolutions whose channels a loss takes as rows, read off the graph of computed losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import lossgraph

ROWS = 5


def told(loss: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], bool] | None:
    """The shapes before and after the view, and whether rows are picked; None where there is none.

    Arguments:
        loss: a scalar.
    """
    found = lossgraph.read(loss.grad_fn, lambda _: True)
    lossgraph.read_once(loss.grad_fn, found, lambda _: True)
    cut = [found.extra.get(name) for name in ("cut_from", "cut_to", "cut_picked")]
    return None if cut[0] is None else (tuple(cut[0]), tuple(cut[1] or ()), bool(cut[2]))


def made(width: int = 8) -> Tensor:
    """[5, 8, 8, width] of a convolution."""
    return nn.Conv2d(3, 8, 3, padding=1)(torch.randn(ROWS, 3, 8, width))


def test_boxes_that_are_only_viewed() -> None:
    """As they are, behind an activation, picked, or beside another summand."""
    boxes = torch.randn(ROWS, 128, 4)
    cut = ((ROWS, 8, 8, 8), (ROWS, 128, 4), False)
    assert told(F.smooth_l1_loss(made().view(ROWS, -1, 4), boxes)) == cut
    there = boxes[..., 0] > 0
    given = made().sigmoid().reshape(ROWS, -1, 4)
    assert told(F.smooth_l1_loss(given[there], boxes[there])) == (*cut[:2], True)
    classes = F.cross_entropy(made().mean((2, 3)), torch.arange(ROWS))
    assert told(classes + 2 * F.mse_loss(made().view(ROWS, -1, 4), boxes)) == cut


def test_scores_of_places() -> None:
    """Laid flat as they lie."""
    classes = torch.arange(ROWS * 56) % 8
    cut = ((ROWS, 8, 8, 7), (ROWS * 56, 8), False)
    assert told(F.cross_entropy(made(7).view(-1, 8), classes)) == cut


def test_what_keeps_its_axes_whole() -> None:
    """Channels that were moved, maps laid flat, and what a layer makes of them."""
    boxes = torch.randn(ROWS, 128, 4)
    moved = made().permute(0, 2, 3, 1)
    assert told(F.smooth_l1_loss(moved.reshape(ROWS, -1, 4), boxes)) is None
    assert told(F.mse_loss(made().flatten(1), torch.randn(ROWS, 512))) is None
    assert told(F.mse_loss(made().view(ROWS, 8, 64), torch.randn(ROWS, 8, 64))) is None
    assert told(F.mse_loss(made().view(ROWS, 64, 8), torch.randn(ROWS, 64, 8))) is None
    laid = nn.Linear(512, 512)(made().flatten(1)).view(ROWS, -1, 4)
    assert told(F.smooth_l1_loss(laid, boxes)) is None
