# SPDX-License-Identifier: Apache-2.0
"""The loss that a network should begin with, before it has learned anything.

Unit: that of the loss. An output with standard deviation s around a uniform answer costs
ln C + s²/2 (measured for s <= 1: C = 10, s = 1 gives +18.6 %, s = 2 +64 %); a healthy default
initialisation has s < 1. Binary: ln 2 + s²/8. Squared error: variance of the targets + squared
difference of the means + variance of the outputs.
Source: cs231n notes, "Neural Networks part 3", sanity checks; second-order expansion of
log-sum-exp around equal logits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Loss
from backprobe.signals.baseline import is_relative, number

HEALTHY_LOGIT_STD = 1.0
"""Default initialisations give logits of std 0.1 to 1 on unit-scale features."""


@dataclass(frozen=True)
class ExpectedLoss:
    """What the first loss should be.

    Arguments:
        ideal: with an answer that carries no opinion.
        healthy: the most that a healthy initialisation gives.
        formula: how `ideal` comes about, in words.
    """

    ideal: float
    healthy: float
    formula: str


def expected_initial_loss(loss: Loss | None) -> ExpectedLoss | None:
    """What the first loss should be, or None where the kind of loss has no known answer."""
    if loss is None or loss.reduction == "sum" or loss.terms > 1 or is_relative(loss):
        return None
    if loss.output.get("rows_weighted"):
        return None
    bent = loss.output.get("rooted")
    if bent and (bent != "mean" or loss.kind != "mse"):
        return None
    half = 0.5 * HEALTHY_LOGIT_STD**2
    if loss.kind in ("cross_entropy", "nll") and loss.classes > 1:
        ideal = math.log(loss.classes)
        return ExpectedLoss(ideal, ideal + half, f"ln {loss.classes}")
    if loss.kind in ("bce", "bce_with_logits") and not loss.weighted:
        return ExpectedLoss(math.log(2.0), math.log(2.0) + half / 4.0, "ln 2")
    mean, std = number(loss.target, "mean"), number(loss.target, "std")
    if (
        loss.kind == "mse"
        and not loss.weighted
        and std is not None
        and mean is not None
        and std > 0.0
    ):
        # An output of mean 0 and of the targets' own spread is still healthy.
        if bent:
            return ExpectedLoss(std, math.sqrt(2.0) * std, "standard deviation of the targets")
        return ExpectedLoss(std * std, 2.0 * std * std, "variance of the targets")
    return None
