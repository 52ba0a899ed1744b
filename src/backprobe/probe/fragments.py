# SPDX-License-Identifier: Apache-2.0
"""Two pieces that stand for a row: windows of one series that overlap hold the same, moved.

A piece is two numbers that follow one another. Of all pieces of a row the one with the least hash
is kept, and where it stands (min-wise sampling: two rows keep the same one as often as their
pieces are the same, Broder 1997, "On the resemblance and containment of documents"). Two hashes
keep two pieces: where both are found in another row, moved by the same distance, the rows are
windows that overlap, and not rows that have a number in common.
"""

from __future__ import annotations

import torch
from torch import Tensor

ROWS = 128
"""Rows of a batch that are looked at: the first ones."""
LEAST, MOST = 12, 1024
"""Numbers of a row: fewer make no window, and more are dear."""
FACTORS = (
    (0x1B873593CC9E2D51, 0x2545F4914F6CDD1D, 0x369DEA0F31A53F85),
    (0x27D4EB2F165667C5, 0x0D1B54A32D192ED3, 0x14650FB0739D0383),
)
"""Odd constants: of a pair's first number, of its second, and of the mix; one row a hash."""


def fragments(x: Tensor) -> Tensor | None:
    """Hash and place of the two kept pieces [n, 4] of a batch's first rows, on its device.

    Arguments:
        x: [n, length] or [n, length, channels], in either order; None is returned for ids,
            pictures, and rows that are too short or too long.
    """
    if type(x) is not Tensor or x.layout != torch.strided or not x.is_floating_point():
        return None
    if x.dim() not in (2, 3) or not LEAST <= x[0:1].numel() <= MOST:
        return None
    with torch.no_grad():
        flat = x.detach()[:ROWS].float().flatten(1) + 0.0  # -0.0 and 0.0 are the same number
        bits = flat.contiguous().view(torch.int32).long()
        flat_pairs = bits[:, 1:] == bits[:, :-1]  # a row of zeros is no piece of another one
        kept = []
        for first, second, mix in FACTORS:
            hashed = bits[:, :-1] * first + bits[:, 1:] * second
            hashed = (hashed ^ (hashed >> 29)) * mix
            short = (hashed >> 32) & 0xFFFFFF  # exact in float32
            kept += list(short.masked_fill_(flat_pairs, 0xFFFFFF).min(dim=1))
        return torch.stack([part.float() for part in kept], dim=1)
