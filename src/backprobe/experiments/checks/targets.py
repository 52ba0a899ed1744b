# SPDX-License-Identifier: Apache-2.0
"""The targets: classes that are there and balanced, numbers on a scale that a network can give."""

from __future__ import annotations

import torch
from torch import Tensor

from backprobe.experiments.checks.subject import Subject
from backprobe.report.checks import Check

RATIO, SHARE = 7.0, 0.7
"""Commonest over rarest class and share of the commonest: as of the rule class-imbalance."""
DECISIVE = 50.0
"""A ratio at which the rarest class is a fiftieth: it is not learned without weights."""
LEAST_ROWS = 100
SIZE = 10.0
"""|mean| or std of numeric targets: as of the rule targets-not-normalized."""


def balance(subject: Subject) -> list[Check]:
    """No class that drowns the others."""
    y = subject.targets()
    if y is not None and y.is_floating_point() and not _marks(y):
        return []  # numbers: `target-scale` is about them
    if not labels(y):
        return [Check("class-balance", "skipped", message="the targets are no class numbers")]
    assert y is not None
    if len(y) < LEAST_ROWS:
        why = f"{len(y)} rows were seen; {LEAST_ROWS} are needed"
        return [Check("class-balance", "skipped", message=why)]
    counts = torch.bincount(y.reshape(-1).long())
    present = counts[counts > 0]
    if len(present) < 2:
        return [
            Check(
                "class-balance",
                "fail",
                "one class only",
                "two or more",
                f"all of {len(y)} training rows have the target {int(y.reshape(-1)[0])}: there is "
                "nothing to learn. Look at how the rows were chosen, and shuffle.",
            )
        ]
    ratio = float(present.max() / present.min())
    share = float(present.max() / present.sum())
    skewed = ratio > RATIO and share > SHARE and not _weighted(subject)
    return [
        Check(
            "class-balance",
            "warn" if skewed and ratio > DECISIVE else "pass",
            f"ratio {ratio:.3g}, commonest {share:.0%}",
            f"ratio below {DECISIVE:g}",
            f"always answering the commonest class is right {share:.0%} of the time. Weight the "
            "classes by their rarity, or sample them alike, and judge by more than accuracy.",
            {"counts": counts.tolist()[:100]},
        )
    ]


def numbers(subject: Subject) -> list[Check]:
    """Numeric targets near unit scale."""
    y = subject.targets()
    if y is None or not y.is_floating_point() or _marks(y):
        return []
    values = y[torch.isfinite(y)].float()
    if values.numel() < 2:
        return [Check("target-scale", "skipped", message="too few finite targets were seen")]
    mean, std = float(values.mean()), float(values.std())
    if std == 0:
        return [
            Check(
                "target-scale",
                "fail",
                "all alike",
                "values that differ",
                f"every target is {mean:.3g}: there is nothing to learn",
            )
        ]
    large = max(abs(mean), std)
    return [
        Check(
            "target-scale",
            "warn" if large > SIZE else "pass",
            f"mean {mean:.3g}, std {std:.3g}",
            f"|mean| and std below {SIZE:g}",
            "an untrained network answers near 0: errors and gradients have the size of the "
            "targets. Subtract their mean and divide by their standard deviation, and undo it in "
            "what you report.",
        )
    ]


def labels(y: Tensor | None) -> bool:
    """Whether targets are class numbers, one a row."""
    if y is None or y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        return y is not None and y.dtype == torch.bool and y.numel() == len(y)
    return y.numel() == len(y) and int(y.min()) >= 0 and int(y.max()) < 10_000


def _marks(y: Tensor) -> bool:
    """Whether numeric targets are 0 and 1 only."""
    return bool(((y == 0) | (y == 1)).all())


def _weighted(subject: Subject) -> bool:
    criterion = subject.objective.criterion if subject.objective is not None else None
    weights = (getattr(criterion, "weight", None), getattr(criterion, "pos_weight", None))
    return any(isinstance(one, Tensor) for one in weights)
