# SPDX-License-Identifier: Apache-2.0
"""What an attention mask hides is counted in ids, in every form that a mask comes in."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from backprobe.probe import masks

IDS = torch.tensor([[5, 6, 7, 0, 0], [8, 9, 0, 0, 0]])
PADDED = IDS == 0
LOWEST = torch.finfo(torch.float32).min
CAUSAL = torch.ones(5, 5, dtype=torch.bool).tril()


def added(hidden: Tensor) -> Tensor:
    """The same mask as what is added to the scores."""
    return torch.zeros(hidden.shape).masked_fill(hidden, LOWEST)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("multi_head_attention_forward", {"key_padding_mask": PADDED}),
        ("multi_head_attention_forward", {"key_padding_mask": added(PADDED)}),
        ("scaled_dot_product_attention", {"attn_mask": ~PADDED[:, None, None, :]}),
        ("scaled_dot_product_attention", {"attn_mask": added(PADDED)[:, None, None, :]}),
        ("scaled_dot_product_attention", {"attn_mask": CAUSAL & ~PADDED[:, None, None, :]}),
    ],
)
def test_padding_is_told_from_words(name: str, kwargs: dict[str, Any]) -> None:
    """Five of ten places hold the one padding id; five different words are shown."""
    found = masks.facts(name, (), kwargs, IDS)
    assert found == {"masked": 0.5, "hidden_ids": 1.0, "shown_ids": 5.0}


def test_a_mask_with_the_wrong_sense_shows_one_id() -> None:
    """The words are hidden, and what is left is the padding."""
    kwargs = {"key_padding_mask": ~PADDED}
    found = masks.facts("multi_head_attention_forward", (), kwargs, IDS)
    assert (found["hidden_ids"], found["shown_ids"]) == (5.0, 1.0)


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"attn_mask": CAUSAL},
        {"attn_mask": torch.zeros(2, 1, 5, 5)},
        {"attn_mask": ~PADDED[:, None, None, :3]},
    ],
)
def test_other_masks_say_nothing(kwargs: dict[str, Any]) -> None:
    """None, a causal one, one that hides nothing, and one of other places."""
    assert masks.facts("scaled_dot_product_attention", (), kwargs, IDS) == {}


def test_a_class_token_does_not_count_as_shown() -> None:
    """It stands in the same place of every row, and always takes part."""
    ids = torch.cat([torch.ones(2, 1, dtype=torch.long), IDS], dim=1)
    hidden = ids != 0
    hidden[:, 0] = False
    found = masks.facts("multi_head_attention_forward", (), {"key_padding_mask": hidden}, ids)
    assert (found["hidden_ids"], found["shown_ids"]) == (5.0, 1.0)
