# SPDX-License-Identifier: Apache-2.0
"""What is told of one loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class LossReading:
    """What one backward root is.

    `roles` tells which argument was given what belongs to another one, see `records.Loss`.
    Of a sum that counts as a mean `folded` is what it is over: part of the scale no longer.
    """

    kind: str = "custom"
    chain: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    reduction: str = ""
    scale: float = 1.0
    folded: float = 1.0
    loss_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    target: Tensor | None = None
    output: Tensor | None = None
    log_probabilities: Tensor | None = None
    class_dim: int = -1
    ignore_index: int | None = None
    weighted: bool = False
    class_weights: Tensor | None = None
    terms: int = 1
    summands: tuple[dict[str, Any], ...] = ()
    roles: str = ""
    bend: float = 1.0
    extra: dict[str, Any] = field(default_factory=dict)
