# SPDX-License-Identifier: Apache-2.0
"""What is told of one loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class LossReading:
    """What one backward root is. `node` is the loss proper, for its saved tensors."""

    kind: str = "custom"
    chain: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    reduction: str = ""
    scale: float = 1.0
    loss_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    target: Tensor | None = None
    output: Tensor | None = None
    log_probabilities: Tensor | None = None
    class_dim: int = -1
    ignore_index: int | None = None
    weighted: bool = False
    terms: int = 1
    summands: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
