# SPDX-License-Identifier: Apache-2.0
"""What an attention mask hides of a batch of ids, and what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe.attention import HIDDEN
from backprobe.probe.host import host

MAX_ROWS = 256


def facts(name: str, args: Any, kwargs: dict[str, Any], ids: Tensor | None) -> dict[str, float]:
    """Distinct ids under a padding mask: `masked` (share), `hidden_ids` and `shown_ids`.

    What is shown counts at the places that differ from row to row.

    Arguments:
        name: of the function, one of `attention.FUSED`.
        args: its positional arguments.
        kwargs: its keyword arguments.
        ids: [rows, places] that the network was given, None unknown.

    Returns:
        Nothing where there is no mask of one number a place of each row, or it is not on the host.
    """
    mask = _hidden(name, args, kwargs)
    if mask is None or ids is None or mask.shape != ids.shape or not mask.any() or mask.all():
        return {}
    if not hosts.near(ids):
        return {}
    hidden, values = host(mask[:MAX_ROWS]), host(ids.detach()[:MAX_ROWS])
    varies = (values != values[:1]).any(axis=0)  # a class token at one place tells rows of nothing
    shown = ~hidden & (varies if varies.any() else True)
    return {
        "masked": float(hidden.mean()),
        "hidden_ids": float(np.unique(values[hidden]).size),
        "shown_ids": float(np.unique(values[shown]).size),
    }


def _hidden(name: str, args: Any, kwargs: dict[str, Any]) -> Tensor | None:
    """[rows, places] of booleans: which places no query of the row may look at; None unknown."""
    if name == "multi_head_attention_forward":
        mask = kwargs.get("key_padding_mask")
        masked_true = True
    else:
        mask = kwargs.get("attn_mask", args[3] if len(args) > 3 else None)
        masked_true = False
    if not isinstance(mask, Tensor) or not hosts.near(mask) or type(mask) is not Tensor:
        return None
    with torch.no_grad():
        if mask.dtype == torch.bool:
            mask = mask if masked_true else ~mask
        elif mask.is_floating_point():
            mask = mask < HIDDEN  # what is added to the scores
        else:
            return None
        if mask.dim() == 4 and mask.shape[1] == 1:  # [rows, heads, queries, places]
            mask = mask.all(dim=2).squeeze(1)
        return mask if mask.dim() == 2 else None
