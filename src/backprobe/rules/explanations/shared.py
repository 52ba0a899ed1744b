# SPDX-License-Identifier: Apache-2.0
"""Symptoms that causes of several families explain, each for one reason."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    from_birth,
    infinite_at_once,
    inside,
    norms_unused,
)
from backprobe.rules.explanations.pair import Explanation, of_symptoms

_WRONG_NUMBERS = (
    "uninformative-inputs",
    "wrong-loss",
    "target-broadcast",
    "detached-graph",
    "batch-mixing",
    "eval-mode-training",
    "excessive-dropout",
    "batchnorm-small-batch",
    "batch-size-too-small",
    "momentum-too-high",
    "symmetric-init",
)
_OTHER_SCALE = ("train-eval-mismatch", "batchnorm-statistics-stale")

SHARED: tuple[Explanation, ...] = (
    *of_symptoms(
        ("learning-rate-too-high", "initial-loss-off"),
        _WRONG_NUMBERS,
        "what is trained on has wrong numbers",
        always,
    ),
    *of_symptoms(
        ("initial-loss-off",),
        ("nonfinite-loss",),
        "no loss is finite from the start",
        infinite_at_once,
    ),
    *of_symptoms(
        ("learning-rate-too-low",),
        ("eval-mode-training",),
        "fresh batch norms that are not used leave the gradient small",
        norms_unused,
    ),
    *of_symptoms(
        ("overfitting",),
        (
            "labels-mismatched",
            "train-mode-eval",
            "unshuffled-data",
            "batchnorm-small-batch",
            *_OTHER_SCALE,
        ),
        "it alone sets training and evaluation apart",
        always,
    ),
    *of_symptoms(
        ("labels-mismatched",),
        (*_OTHER_SCALE, "train-mode-eval"),
        "held-out rows are judged otherwise",
        always,
    ),
    *of_symptoms(
        ("init-activation-mismatch",),
        ("init-scale-too-small", "init-scale-too-large", "symmetric-init"),
        "the weights are off by far more",
        always,
    ),
    *of_symptoms(
        ("init-activation-mismatch",),
        (
            "double-softmax",
            "logits-into-bce",
            "logits-into-nll",
            "single-unit-softmax",
            "target-broadcast",
            "missing-optimizer-step",
            "gradient-clipping-too-tight",
        ),
        "nothing is learnt whatever arrives",
        always,
    ),
    *of_symptoms(
        ("uninformative-inputs",),
        (
            "init-scale-too-small",
            "symmetric-init",
            "saturated-activations",
            "dead-relu",
            "weight-decay-too-high",
            "inputs-not-normalized",
        ),
        "the layers themselves lose the data",
        inside,
    ),
    *of_symptoms(
        ("dead-relu",),
        (
            "detached-graph",
            "parameters-not-optimized",
            "frozen-parameters",
            "unregistered-parameters",
        ),
        "the layers before them stay random",
        from_birth,
    ),
)
