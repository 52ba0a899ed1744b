# SPDX-License-Identifier: Apache-2.0
"""The size of the network against the data: start small."""

from __future__ import annotations

import math

from torch import nn

from backprobe.experiments.checks.subject import Subject
from backprobe.report.checks import Check
from backprobe.signals.init_scale import default_std, he_std, xavier_std

MOST = 5000.0
"""Parameters a row: a vision transformer on CIFAR-10 has 1,700, a ResNet-18 there 220."""
FRESH = 0.15
"""How near a layer's std lies to a known scheme's where it was drawn by it."""


def size(subject: Subject) -> list[Check]:
    """Trainable parameters in proportion to the rows."""
    parameters = sum(one.numel() for one in subject.trainable())
    if not parameters:
        why = "no parameter is trainable: unfreeze some (requires_grad_(True))"
        return [Check("size", "fail", "0 trainable parameters", "some", why)]
    rows = subject.rows or sum(batch.rows for batch in subject.batches)
    if not rows:
        return [Check("size", "skipped", message="the number of rows is not known")]
    ratio = parameters / rows
    known = "" if subject.rows else " at least"
    # a pretrained network may be far larger than what it is tuned on
    ratio_ok = ratio <= MOST or drawn(subject.model) < 0.5
    return [
        Check(
            "size",
            "pass" if ratio_ok else "warn",
            f"{parameters:,} parameters, {ratio:.3g} a row",
            f"below {MOST:g} a row",
            f"{parameters:,} parameters are drawn anew for{known} {rows} rows: it can learn them "
            "by heart. Start with a network a hundredth of it, and grow it once it learns.",
            {"parameters": parameters, "rows": rows},
        )
    ]


def drawn(model: nn.Module) -> float:
    """Share of the layers whose weights look as freshly drawn by a known scheme."""
    fresh = count = 0
    for module in model.modules():
        if not isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            continue
        weight = module.weight.detach()
        inputs, outputs = nn.init._calculate_fan_in_and_fan_out(weight)
        std = float(weight.std()) if weight.numel() > 1 else 0.0
        schemes = [default_std(inputs), he_std(inputs), xavier_std(inputs, outputs), 0.02]
        schemes.append(1.0 / math.sqrt(inputs))
        fresh += any(abs(std - one) <= FRESH * one for one in schemes)
        count += 1
    return fresh / count if count else 1.0
