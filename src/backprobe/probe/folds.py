# SPDX-License-Identifier: Apache-2.0
"""How many different ids are left of those that a remainder folds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.host import near

FOLDS = frozenset({"remainder", "fmod", "__mod__", "__and__", "bitwise_and"})
MOST = 1 << 16
"""Ids that are counted; more are cut."""


def facts(name: str, tensors: list[Tensor], output: Tensor) -> dict[str, Any]:
    """`distinct_in` and `distinct_out` of whole numbers on the host; nothing of anything else."""
    if name not in FOLDS or not tensors or not near(output) or not near(tensors[0]):
        return {}
    given = tensors[0]
    if given.shape != output.shape or given.dtype == torch.bool or not output.numel():
        return {}
    if given.is_floating_point() or output.is_floating_point() or output.dtype == torch.bool:
        return {}
    before, after = (len(torch.unique(x.detach().reshape(-1)[:MOST])) for x in (given, output))
    return {"distinct_in": before, "distinct_out": after}
