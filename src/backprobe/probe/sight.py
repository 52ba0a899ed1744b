# SPDX-License-Identifier: Apache-2.0
"""Whether attention within a sequence lets a place see the one after it.

A look at a mask, or at the scores that it was added to; nothing is computed where there is none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.attention import HIDDEN, Call, given_of, plain

LEAST = 4
"""Places of a sequence; fewer are heads or channels as well."""
MOST = 1 << 20
"""Scores that one look reads."""


def places(call: Call, output: Tensor) -> int:
    """How many places look at each other in a call, 0 where none do."""
    name = call[0]
    given = given_of(call)
    if not plain(output):
        return 0  # a nested one has no such sizes
    if name == "scaled_dot_product_attention":
        queries, keys = given["query"].shape[-2], given["key"].shape[-2]
    elif name == "multi_head_attention_forward":
        queries, keys = given["query"].shape[0], given["key"].shape[0]
        if given["query"].data_ptr() != given["key"].data_ptr():
            return 0  # of another sequence
    else:
        if output.dim() < 3 or given.get("dim") not in (-1, output.dim() - 1):
            return 0
        queries, keys = output.shape[-2:]
    return int(keys) if queries == keys >= LEAST else 0


def ahead(call: Call, output: Tensor) -> float | Tensor | None:
    """Share of the places that may look at the one right after them, of those that any looks at.

    Returns:
        A tensor of one number where there is a mask; None where its form is not known.
    """
    name = call[0]
    given = given_of(call)
    if name not in ("scaled_dot_product_attention", "multi_head_attention_forward"):
        return _of_scores(given.get("input"), output)
    if name == "scaled_dot_product_attention" and given.get("is_causal"):
        return 0.0
    mask = given.get("attn_mask")
    if mask is None:
        return 1.0
    if not plain(mask) or mask.dim() < 2 or mask.numel() > MOST:
        return None
    with torch.no_grad():
        mask = mask.detach()
        if mask.dtype != torch.bool:
            return _share(mask > HIDDEN)
        return _share(mask if name == "scaled_dot_product_attention" else ~mask)


def _of_scores(scores: Any, weights: Tensor) -> Tensor | None:
    """Where the scores are not known, a weight of exactly 0 is taken for a hidden one."""
    if not plain(weights):
        return None
    known = plain(scores) and scores.shape == weights.shape
    with torch.no_grad():
        seen: Tensor = scores.detach() if known else weights.detach()
        seen = seen.reshape(-1, *seen.shape[-2:])
        seen = seen[: max(1, MOST // seen[0].numel())]
        return _share(seen > HIDDEN if known else seen > 0)


def _share(seen: Tensor) -> Tensor | None:
    if seen.shape[-1] < LEAST or seen.shape[-2] not in (1, seen.shape[-1]):
        return None
    counts = seen.any(dim=-2)[..., 1:]
    right = seen.expand(*seen.shape[:-2], seen.shape[-1], seen.shape[-1]).diagonal(1, -2, -1)
    return (right & counts).sum().float() / counts.sum().clamp(min=1)
