# SPDX-License-Identifier: Apache-2.0
"""Attention masks are turned round."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

FILLS = ("masked_fill", "masked_fill_")
MASKS = ("attn_mask", "key_padding_mask")


class InvertMask(Treatment):
    """Hides what a mask shows, and shows what it hides, inside models.

    Suits when: a mask may be the wrong way round: True hides in `nn.MultiheadAttention` and
    `masked_fill`, and shows in `scaled_dot_product_attention`. Masks of booleans, and of 0 and
    -inf; a row that would hide everything keeps its mask. Applied to the calls; nothing is left to
    undo.
    """

    NAME = "invert-mask"
    WAITS = "a masked attention, or `masked_fill`, in a model's forward"

    def install(self, points: Points) -> None:
        """Changes the mask of the calls."""
        self.points = points
        self._turned_already: weakref.WeakValueDictionary[int, Tensor] = (
            weakref.WeakValueDictionary()
        )
        points.calls.on(FILLS, self._fill)
        points.calls.on(
            ("scaled_dot_product_attention", "multi_head_attention_forward"), self._attention
        )

    def _fill(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        stack = self.points.stack
        if not stack or len(args) < 2 or not isinstance(args[1], Tensor):
            return proceed(*args, **kwargs)
        if isinstance(stack[-1], nn.MultiheadAttention):  # it makes numbers of booleans so
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, name)
        result = proceed(args[0], _inverted(args[1], hides=True), *args[2:], **kwargs)
        self._turned_already[id(result)] = result
        return result

    def _attention(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        hides = name == "multi_head_attention_forward"
        changed, rest = [*args], dict(kwargs)
        if name == "scaled_dot_product_attention" and len(args) > 3:
            changed[3] = self._turned(args[3], hides)
        for key in MASKS:
            if key in rest:
                rest[key] = self._turned(rest[key], hides)
        return proceed(*changed, **rest)

    def _turned(self, mask: Any, hides: bool) -> Any:
        if not isinstance(mask, Tensor) or self._turned_already.get(id(mask)) is mask:
            return mask
        self.points.report.apply(self.text)
        return _inverted(mask, hides)


def _inverted(mask: Tensor, hides: bool) -> Tensor:
    """The other mask; rows of it that hide everything stay as they were.

    Arguments:
        mask: booleans, or numbers that are added, of which -inf hides.
        hides: whether True hides.
    """
    if mask.dtype != torch.bool:
        zeros = torch.zeros_like(mask)
        other = torch.where(torch.isneginf(mask), zeros, zeros - torch.inf)
        return torch.where(torch.isneginf(other).all(-1, keepdim=True), mask, other)
    empty = ~mask if hides else mask
    return torch.where(empty.all(-1, keepdim=True), mask, ~mask)


build = InvertMask
