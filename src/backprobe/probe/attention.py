# SPDX-License-Identifier: Apache-2.0
"""How far attention has narrowed: the entropy of its weights, taken on samples now and then.

Where a softmax is computed its output is read. `F.scaled_dot_product_attention` and
`F.multi_head_attention_forward` never show their weights: those of a few heads and queries are
computed again from the queries, keys and masks that they were given. That takes no random numbers,
keeps nothing, waits for no device and leaves the call's own results alone.

A query's entropy is divided by the log of the number of keys that it may see, so that a causal
mask or padding does not look like sharp attention: 1 is uniform over what is visible, 0 is a single
key (the collapse of Zhai et al. 2023, arXiv:2303.06296). Queries that see one key only say nothing.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Call = tuple[str, tuple[Any, ...], Mapping[str, Any]]
"""A function's name, and what it was called with."""
FUSED = frozenset({"scaled_dot_product_attention", "multi_head_attention_forward"})
"""Functions that compute attention without showing its weights."""
MAX_SCORES = 1 << 16
"""Scores that one look computes: heads times queries times keys."""
MAX_KEYS = 1 << 20
"""Elements of keys that one look reads."""
MAX_HEADS = 16
MAX_QUERIES = 64
HIDDEN = -5e3
"""Scores below are masked: masks add -1e4, -1e9, the least float or infinity, and scores of a
network that is not lost stay within hundreds."""

_SCALED = (
    "query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa",
)  # fmt: skip
SEPARATE = ("q_proj_weight", "k_proj_weight")
_NAMES = {
    "scaled_dot_product_attention": _SCALED,
    "multi_head_attention_forward": tuple(
        inspect.signature(functional.multi_head_attention_forward).parameters
    ),
}


def of_weights(weights: Tensor, scores: Any = None, dim: Any = -1) -> Tensor | None:
    """Mean entropy of attention weights over that of uniform ones, 0 to 1; NaN: none to judge.

    Arguments:
        weights: [..., queries, keys], a softmax's output.
        scores: its input, which tells what was masked; None where it is not known.
        dim: that it ran over.

    Returns:
        None for fewer than 3 dimensions or 2 keys, or over another dimension than the last: that is
        a classifier's softmax, not attention.
    """
    if not plain(weights) or weights.dim() < 3 or weights.shape[-1] < 2:
        return None
    if dim not in (-1, weights.dim() - 1):
        return None
    keys = weights.shape[-1]
    with torch.no_grad():
        rows = weights.detach().reshape(-1, keys)
        if not len(rows):
            return None
        step = -(-len(rows) * keys // MAX_SCORES)
        while math.gcd(step, len(rows)) > 1:  # else it might meet some heads or queries only
            step += 1
        rows = rows[::step].float()
        visible = torch.full(rows.shape[:1], keys, device=rows.device)
        if plain(scores) and scores.shape == weights.shape:
            visible = (scores.detach().reshape(-1, keys)[::step] > HIDDEN).sum(dim=-1)
        return _mean(torch.special.xlogy(rows, rows).sum(dim=-1).neg(), visible)


def of_softmax(call: Call, output: Tensor) -> Tensor | None:
    """The same of a call of a softmax, and what it put out."""
    given = given_of(call)
    return of_weights(output, given.get("input"), given.get("dim"))


def of_fused(call: Call, output: Tensor) -> Tensor | None:  # noqa: ARG001  # called as `of_softmax` is
    """The same of a call of one of `FUSED`; None where its weights can't be told."""
    given = given_of(call)
    return _scaled(given) if call[0] == "scaled_dot_product_attention" else _multi_head(given)


def given_of(call: Call) -> dict[str, Any]:
    """What a function was called with, by name."""
    name, args, kwargs = call
    names = _NAMES.get(name, ("input", "dim"))
    return dict(zip(names, args, strict=False)) | dict(kwargs)


def _scaled(given: Mapping[str, Any]) -> Tensor | None:
    query, key, mask = given["query"], given["key"], given.get("attn_mask")
    if not plain(query) or not plain(key) or query.dim() not in (3, 4):
        return None
    if key.dim() != query.dim():
        return None
    shared = 1
    if given.get("enable_gqa"):
        shared = query.shape[-3] // max(1, key.shape[-3])
    elif query.shape[:-2] != key.shape[:-2]:
        return None
    with torch.no_grad():
        query, key = query.detach(), key.detach()
        query = query.reshape(-1, *query.shape[-3:])  # [batch, heads, queries, width]
        key = key.reshape(-1, *key.shape[-3:])
        batch, heads, queries, width = query.shape
        keys = key.shape[2]
        if min(batch, heads, queries, width) < 1 or keys < 2 or key.shape[0] != batch:
            return None
        at, head, rows = _sampled(batch, heads, queries, keys, keys * width, query.device)
        with torch.autocast(query.device.type, enabled=False):
            picked = query[at[:, None], head[:, None], rows[None, :]].float()
            scores = picked @ key[at, head // shared].float().transpose(1, 2)
        scale = given.get("scale")
        scores = scores * (1 / math.sqrt(width) if scale is None else scale)
        if mask is not None:
            if not plain(mask):
                return None
            mask = mask.detach().expand(batch, heads, queries, keys)
            mask = mask[at[:, None], head[:, None], rows[None, :]]
            scores = _masked(scores, mask, mask.dtype == torch.bool)
        if given.get("is_causal"):
            later = torch.arange(keys, device=scores.device)[None, :] > rows[:, None]
            scores = scores.masked_fill(later, -torch.inf)
        return _of_scores(scores)


def _multi_head(given: Mapping[str, Any]) -> Tensor | None:
    """Attention with its projections; a key's bias adds the same to all scores of a query."""
    query, key = given["query"], given["key"]
    bias, mask, padding = (
        given.get(name) for name in ("in_proj_bias", "attn_mask", "key_padding_mask")
    )
    separate = given.get("use_separate_proj_weight")
    weights: list[Any] = [given.get(n) for n in (SEPARATE if separate else ("in_proj_weight",))]
    extended = given.get("bias_k") is not None or given.get("add_zero_attn")
    if extended or given.get("static_k") is not None or query.dim() not in (2, 3):
        return None
    if not all(map(plain, (query, key, *weights))) or key.dim() != query.dim():
        return None
    heads = int(given["num_heads"])
    with torch.no_grad():
        query, key = query.detach(), key.detach()
        to_query, to_key = weights if separate else weights[0].detach().chunk(3)[:2]
        if query.dim() == 2:
            query, key = query[:, None], key[:, None]
            padding = None if padding is None else padding[None]
        queries, batch, width = query.shape
        keys = key.shape[0]
        if min(batch, queries) < 1 or keys < 2:
            return None
        size = keys * key.shape[2]
        at, head, rows = _sampled(batch, heads, queries, keys, size, query.device)
        with torch.autocast(query.device.type, enabled=False):
            of_heads = to_query.detach().float().reshape(heads, -1, width)
            asked = query[rows[None, :], at[:, None]].float() @ of_heads[head].transpose(1, 2)
            if bias is not None:
                asked = asked + bias.detach().float().chunk(3)[0].reshape(heads, -1)[head][:, None]
            depth = asked.shape[2]
            of_heads = to_key.detach().float().reshape(heads, depth, -1)
            scores = (asked @ of_heads[head]) @ key[:, at].float().permute(1, 2, 0)
        scores = scores / math.sqrt(depth)
        if mask is not None:
            mask = mask.detach()
            mask = mask if mask.dim() == 2 else mask.reshape(batch, heads, queries, keys)
            mask = mask[rows][None] if mask.dim() == 2 else mask[at[:, None], head[:, None], rows]
            scores = _masked(scores, mask, False)
        if padding is not None:
            scores = _masked(scores, padding.detach()[at][:, None], False)
        return _of_scores(scores)


def _sampled(
    batch: int, heads: int, queries: int, keys: int, size: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the batch [n], a head of each [n], and queries [m] to look at, evenly spread."""
    count = max(1, min(MAX_HEADS, batch * heads, MAX_SCORES // keys, MAX_KEYS // max(1, size)))
    many = max(1, min(MAX_QUERIES, queries, MAX_SCORES // (keys * count)))
    number = torch.arange(count, device=device)
    rows = (torch.arange(many, device=device) * 2 + 1) * queries // (2 * many)
    return (number // heads + number % heads) % batch, number % heads, rows


def _masked(scores: Tensor, mask: Tensor, shows: bool) -> Tensor:
    """Scores with what a mask hides at -inf; a boolean one hides, or `shows`, where it is true."""
    if mask.dtype == torch.bool:
        return scores.masked_fill(~mask if shows else mask, -torch.inf)
    return scores + mask.float()


def _of_scores(scores: Tensor) -> Tensor:
    hidden = scores.masked_fill(scores <= HIDDEN, -torch.inf)
    weights = torch.softmax(hidden, dim=-1)
    return _mean(
        torch.special.xlogy(weights, weights).sum(dim=-1).neg(), (scores > HIDDEN).sum(dim=-1)
    )


def _mean(entropy: Tensor, visible: Tensor) -> Tensor:
    """Mean over the queries that see two keys or more of what they use of the possible entropy."""
    counts = visible >= 2
    share = torch.where(counts, entropy / visible.clamp(min=2).log(), 0.0)
    return share.sum() / counts.sum()


def plain(tensor: Any) -> bool:
    """Whether a tensor holds its numbers itself: no shard, no nested or fake one."""
    return (
        type(tensor) in (Tensor, torch.nn.Parameter)
        and tensor.layout == torch.strided
        and tensor.device.type != "meta"
    )
