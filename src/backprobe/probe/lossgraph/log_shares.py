# SPDX-License-Identifier: Apache-2.0
"""What a CTC loss was given for the log-probabilities of each time's symbols."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.lossgraph.nodes import LOSSES, Readable, loss_below

ROWS = 512
"""Rows that are looked at, evenly spaced."""
SHARE = 0.1
"""Share of the rows that may be nearer to 1 than what is told: what pads is no log-probability."""


def log_shares(terms: list[tuple[Any, float]], readable: Readable) -> Tensor | None:
    """What was given [time, rows, symbols], of one of a loss's summands that is CTC; or None.

    Arguments:
        terms: the summands' nodes, each with its factor.
        readable: whether the saved tensors of a node may be read.
    """
    for term, _ in terms:
        node = loss_below(term)
        if node is not None and LOSSES[node.name()] == "ctc" and readable(node):
            found: Tensor | None = getattr(node, "_saved_log_probs", None)
            return found
    return None


def distance(given: Tensor) -> Tensor:
    """|ln of what a row's symbols add up to|, [1], which nine rows in ten exceed; of shares 0.

    Arguments:
        given: as `log_shares` gives it, of at least one row.
    """
    rows = given.detach().reshape(-1, given.shape[-1])
    rows = rows[:: max(1, len(rows) // ROWS)].float()
    away = torch.logsumexp(rows, -1).abs()
    return away.kthvalue(1 + int(SHARE * (len(away) - 1))).values.reshape(1)
