# SPDX-License-Identifier: Apache-2.0
"""Whether attention lets a place of a sequence see the next one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from backprobe.probe import sight

PLACES = 9


def share(name: str, *args: Any, **kwargs: Any) -> float | None:
    """What a call lets its places see."""
    output = getattr(F, name)(*args, **kwargs)
    output = output[0] if isinstance(output, tuple) else output
    call = name, args, kwargs
    assert sight.places(call, output) == PLACES
    found = sight.ahead(call, output)
    return float(found) if isinstance(found, Tensor) else found


def late(diagonal: int) -> Tensor:
    """Where a mask that begins at a diagonal hides."""
    return torch.triu(torch.ones(PLACES, PLACES), diagonal=diagonal).bool()


@pytest.mark.parametrize(("diagonal", "wanted"), [(1, 0.0), (2, 1.0)])
def test_masks(diagonal: int, wanted: float) -> None:
    """Boolean and added ones, of each function, with padding at the end of a row."""
    x = torch.randn(2, 3, PLACES, 4, generator=torch.Generator().manual_seed(0))
    hidden = late(diagonal)
    added = torch.zeros(PLACES, PLACES).masked_fill(hidden, -1e9)
    assert share("scaled_dot_product_attention", x, x, x, attn_mask=~hidden) == wanted
    assert share("scaled_dot_product_attention", x, x, x, attn_mask=added) == wanted
    assert share("softmax", (x @ x.mT).masked_fill(hidden, -torch.inf), dim=-1) == wanted
    padded = ~hidden & (torch.arange(PLACES) < 6)
    assert share("scaled_dot_product_attention", x, x, x, attn_mask=padded) == wanted


def test_without_a_mask() -> None:
    """All is seen, but for what a flag hides."""
    x = torch.randn(2, 3, PLACES, 4)
    assert share("scaled_dot_product_attention", x, x, x) == 1.0
    assert share("scaled_dot_product_attention", x, x, x, is_causal=True) == 0.0
    assert share("softmax", x @ x.mT, dim=-1) == 1.0


def test_a_prefix_that_is_seen_in_full() -> None:
    """Only its places see the next one."""
    x = torch.randn(2, 3, PLACES, 4)
    hidden = late(1)
    hidden[:4, :4] = False
    assert share("scaled_dot_product_attention", x, x, x, attn_mask=~hidden) == 3 / 8


def test_what_is_no_look_at_a_sequence() -> None:
    """Classes, other sequences."""
    scores = torch.randn(5, PLACES)
    assert sight.places(("softmax", (scores,), {"dim": -1}), scores) == 0
    x, y = torch.randn(2, PLACES, 4), torch.randn(2, 5, 4)
    out = F.scaled_dot_product_attention(x, y, y)
    assert sight.places(("scaled_dot_product_attention", (x, y, y), {}), out) == 0
