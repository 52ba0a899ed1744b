# SPDX-License-Identifier: Apache-2.0
"""The first loss against what a network without an opinion has."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from backprobe.experiments.checks.subject import Subject
from backprobe.experiments.checks.targets import labels
from backprobe.records import Loss
from backprobe.report.checks import Check
from backprobe.signals.initial_loss import ExpectedLoss, expected_initial_loss

RATIO, RATIO_REGRESSION = 1.5, 5.0
"""First loss over the most that a healthy initialisation gives: as of initial-loss-off."""
KINDS = {
    "cross entropy": "cross_entropy",
    "cross_entropy": "cross_entropy",
    "CrossEntropyLoss": "cross_entropy",
    "negative log likelihood": "nll",
    "nll_loss": "nll",
    "NLLLoss": "nll",
    "negative log likelihood of the probabilities": "nll",
    "binary cross entropy": "bce",
    "binary_cross_entropy": "bce",
    "BCELoss": "bce",
    "binary cross entropy with logits": "bce_with_logits",
    "binary_cross_entropy_with_logits": "bce_with_logits",
    "BCEWithLogitsLoss": "bce_with_logits",
    "squared error": "mse",
    "mse_loss": "mse",
    "MSELoss": "mse",
}
"""Name of a criterion → kind of loss."""


def first_loss(subject: Subject) -> list[Check]:
    """The loss of the untrained network."""
    if subject.objective is None:
        return [Check("initial-loss", "skipped", message=subject.no_loss)]
    losses, outputs = [], []
    with subject.fresh("train"), torch.no_grad():
        for given in subject.batches[:8]:
            batch, output = subject.objective.forward(given)
            losses.append(float(subject.objective.loss_of(batch, output)))
            outputs.append(output)
    measured = sum(losses) / len(losses)
    expected = expectation(subject, outputs[0])
    if not math.isfinite(measured):
        return [
            Check(
                "initial-loss",
                "fail",
                measured,
                "a finite number",
                "the untrained network's loss is not finite: look for NaN in the data, logarithms "
                "of 0, and weights that are far too large.",
            )
        ]
    if expected is None:
        return [Check("initial-loss", "pass", measured, "finite", "its kind has no expected value")]
    ratio = measured / max(expected.healthy, 1e-12)
    limit = RATIO_REGRESSION if expected.formula.startswith("variance") else RATIO
    low = 0.5 * expected.ideal if not expected.formula.startswith("variance") else 0.0
    message = (
        f"{expected.formula} is {expected.ideal:.3g}; the network begins with strong, wrong "
        "opinions. Look at the scale of the last layer's weights, the inputs and the targets."
    )
    if measured < low:
        message = (
            f"{expected.formula} is {expected.ideal:.3g}; an untrained network that does better "
            "knows the answer: look whether the target is among the inputs, or weights were loaded."
        )
    bad = ratio > limit or (measured < low and _fresh(subject))
    return [
        Check(
            "initial-loss",
            "warn" if bad else "pass",
            measured,
            (low, limit * expected.healthy),
            message,
            {"formula": expected.formula, "ideal": expected.ideal},
        )
    ]


def expectation(subject: Subject, output: object) -> ExpectedLoss | None:
    """What the first loss should be, or None where its kind has no known answer."""
    objective = subject.objective
    kind = KINDS.get(objective.kind, "") if objective is not None else ""
    criterion = objective.criterion if objective is not None else None
    logits = getattr(output, "logits", output)
    y = subject.targets()
    if not kind or y is None or not isinstance(logits, Tensor):
        return None
    if isinstance(getattr(criterion, "weight", None), Tensor):
        return None
    values = y.float()
    facts = {"mean": float(values.mean()), "std": float(values.std()) if y.numel() > 1 else 0.0}
    classes = logits.shape[1] if logits.dim() > 1 else 0
    if kind in ("cross_entropy", "nll") and not labels(y) and logits.dim() < 3:
        return None
    return expected_initial_loss(
        Loss(
            0,
            kind,
            reduction=str(getattr(criterion, "reduction", "mean")),
            classes=classes,
            target=facts,
            weighted=isinstance(getattr(criterion, "pos_weight", None), Tensor),
        )
    )


def _fresh(subject: Subject) -> bool:
    return subject.optimizer is None or not subject.optimizer.state
