# SPDX-License-Identifier: Apache-2.0
"""Train and eval mode: after some training the two must nearly agree on what was trained on."""

from __future__ import annotations

import math

import torch
from torch import nn

from backprobe.experiments.checks.subject import Subject
from backprobe.experiments.checks.training import adam, train
from backprobe.report.checks import Check

STEPS = 80
"""Running statistics with momentum 0.1 have forgotten their start after 50 steps."""
RATIO = 4.0
"""Eval loss over train loss; and beyond the first loss, it is worse than untrained."""


def modes(subject: Subject) -> list[Check]:
    """The loss of training batches in eval mode against that in train mode."""
    name = "train-eval"
    if subject.objective is None:
        return [Check(name, "skipped", message=subject.no_loss)]
    differs = [m for m in subject.model.modules() if isinstance(m, nn.modules.batchnorm._NormBase)]
    drops = [m for m in subject.model.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]
    if not differs and not drops:
        return [Check(name, "pass", "no module has two modes", "like losses in both")]
    if not subject.trainable():
        return [Check(name, "skipped", message="no parameter is trainable")]
    seconds = 0.2 * max(0.0, subject.seconds_left)
    with subject.fresh("train") as model:
        course = train(subject, subject.batches, adam(1e-3), STEPS, seconds)
        if len(course.losses) < 30 or not math.isfinite(course.losses[-1]):
            why = f"{len(course.losses)} steps were made"
            return [Check(name, "skipped", message=why)]
        trained: list[float] = []
        evaluated: list[float] = []
        with torch.no_grad():
            for mode, found in ((True, trained), (False, evaluated)):
                for module in model.modules():
                    if isinstance(module, (*_kinds(),)):
                        module.training = mode
                for given in subject.batches[:8]:
                    batch, output = subject.objective.forward(given)
                    found.append(float(subject.objective.loss_of(batch, output)))
    train_loss, eval_loss = sum(trained) / len(trained), sum(evaluated) / len(evaluated)
    bad = eval_loss > RATIO * abs(train_loss) and eval_loss > 1.2 * abs(course.losses[0])
    what = "batch norm" if differs else "dropout"
    return [
        Check(
            name,
            "warn" if bad else "pass",
            f"loss {train_loss:.3g} in train mode, {eval_loss:.3g} in eval mode",
            "alike",
            f"after {len(course.losses)} steps the same rows are far worse in eval mode: the "
            f"running statistics of {what} are not those of the batches. Batches may be too small "
            "or of one class each; GroupNorm has no such statistics.",
        )
    ]


def _kinds() -> tuple[type[nn.Module], ...]:
    return nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd
