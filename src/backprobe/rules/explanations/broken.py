# SPDX-License-Identifier: Apache-2.0
"""Causes each of which alone keeps a network from learning, and what that explains."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    by_exclusion,
    not_of_one_number,
)
from backprobe.rules.explanations.pair import Explanation, of_symptoms

BROKEN = (
    "init-scale-too-large",
    "init-scale-too-small",
    "symmetric-init",
    "inputs-not-normalized",
    "targets-not-normalized",
    "nonfinite-data",
    "uninformative-inputs",
    "nonfinite-gradients",
    "nonfinite-loss",
    "dead-relu",
    "saturated-activations",
    "vanishing-gradients",
    "exploding-gradients",
    "missing-zero-grad",
    "missing-optimizer-step",
    "learning-rate-too-high",
    "momentum-too-high",
    "gradient-clipping-too-tight",
    "weight-decay-too-high",
    "scheduler-misuse",
    "parameters-not-optimized",
    "unregistered-parameters",
    "frozen-parameters",
    "detached-graph",
    "batch-mixing",
    "target-broadcast",
    "double-softmax",
    "logits-into-nll",
    "logits-into-bce",
    "sigmoid-multiclass",
    "single-unit-softmax",
    "output-range-mismatch",
    "wrong-loss",
    "eval-mode-training",
    "constant-batch",
    "excessive-dropout",
    "updates-lost-to-rounding",
)
"""Causes that keep a network from learning, whatever its data holds."""
_LAST_RESORT = (
    *BROKEN,
    "unused-module",
    "unintended-weight-sharing",
    "batchnorm-small-batch",
    "batchnorm-statistics-stale",
    "train-eval-mismatch",
    "learning-rate-too-low",
    "class-imbalance",
    "missing-nonlinearity",
    "fan-ratio",
    "batch-size-too-small",
    "batch-size-too-large",
    "too-few-steps",
    "unshuffled-data",
    "init-activation-mismatch",
    "initial-loss-off",
    "loss-reduction-mismatch",
)
_WHY = "it alone keeps a network from learning"

ALONE: tuple[Explanation, ...] = (
    *of_symptoms(
        ("labels-mismatched", "uninformative-inputs", "too-few-steps"),
        _LAST_RESORT,
        _WHY,
        by_exclusion,
    ),
    *of_symptoms(
        ("uninformative-inputs",),
        ("labels-mismatched",),
        "the targets were seen to change, so the inputs are not to blame",
        by_exclusion,
    ),
    *of_symptoms(
        ("class-imbalance", "too-few-steps", "batch-size-too-large"),
        BROKEN,
        _WHY,
        always,
    ),
    *of_symptoms(("fan-ratio",), BROKEN, _WHY, not_of_one_number),
)
