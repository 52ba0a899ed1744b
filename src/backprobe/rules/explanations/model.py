# SPDX-License-Identifier: Apache-2.0
"""What causes in how the network is put together explain."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    grew,
    lacks_class,
    misplaced,
    norms_unused,
    of_a_copy,
    of_layers,
    of_one_number,
    shares_place,
    single,
    while_training,
)
from backprobe.rules.explanations.pair import Explanation, of_cause
from backprobe.rules.explanations.symptoms import NO_SIGNAL, TOO_LARGE

MODEL: tuple[Explanation, ...] = (
    *of_cause(
        "dropout-before-batchnorm",
        {"excessive-dropout": ("one dropout hurts by where it stands", single)},
    ),
    *of_cause(
        "unregistered-parameters",
        {"parameters-not-optimized": ("they are weights and biases of those layers", of_layers)},
    ),
    *of_cause(
        "parameters-not-optimized",
        dict.fromkeys(
            ("overfitting", "train-eval-mismatch", "labels-mismatched"),
            ("what is evaluated is a copy that was never trained", of_a_copy),
        ),
    ),
    *of_cause("single-unit-softmax", {"overfitting": ("one answer fits no row better", always)}),
    *of_cause(
        "batch-mixing",
        dict.fromkeys(
            ("overfitting", "labels-mismatched"), ("a row's answer depends on its batch", always)
        ),
    ),
    *of_cause(
        "wrong-loss",
        {
            "overfitting": ("one class is judged only there", lacks_class),
            **dict.fromkeys(
                (*TOO_LARGE, "nonfinite-gradients"),
                ("the loss is of other numbers than it takes", misplaced),
            ),
        },
    ),
    *of_cause(
        "unused-module",
        dict.fromkeys(
            ("vanishing-gradients", "exploding-gradients", "init-activation-mismatch"),
            ("the norms that were to keep the scale are never called", norms_unused),
        ),
    ),
    *of_cause(
        "batchnorm-small-batch",
        {"exploding-gradients": ("rows that are nearly alike are divided by almost nothing", grew)},
    ),
    *of_cause(
        "single-unit-softmax",
        dict.fromkeys((*NO_SIGNAL, *TOO_LARGE), ("a constant output has no gradient", always)),
    ),
    *of_cause(
        "logits-into-nll",
        {
            **dict.fromkeys(TOO_LARGE, ("the loss has no lower end", always)),
            "dead-relu": ("the loss has no lower end", while_training),
            "vanishing-gradients": ("probabilities at their ends pass nothing on", always),
        },
    ),
    *of_cause(
        "logits-into-bce",
        dict.fromkeys(TOO_LARGE, ("the loss gets the wrong kind of number", always)),
    ),
    *of_cause(
        "output-range-mismatch",
        {
            "dead-relu": ("the output is driven to its end", shares_place),
            "saturated-activations": ("the output is driven to its end", always),
            "vanishing-gradients": ("the output is at its end", always),
            "initial-loss-off": ("the targets are out of reach", always),
            "targets-not-normalized": ("the targets are out of reach", always),
            "learning-rate-too-low": ("the output is at its end", always),
        },
    ),
    *of_cause(
        "fan-ratio",
        dict.fromkeys(
            (
                *NO_SIGNAL,
                *("dead-relu", "saturated-activations", "uninformative-inputs", "detached-graph"),
                "too-few-steps",
            ),
            ("a normalised single number says nothing of the input", of_one_number),
        ),
    ),
    *of_cause(
        "parameters-not-optimized",
        dict.fromkeys(NO_SIGNAL, ("the layers stay random", always)),
    ),
    *of_cause(
        "double-softmax", dict.fromkeys(NO_SIGNAL, ("the gradient is squeezed twice", always))
    ),
    *of_cause("sigmoid-multiclass", dict.fromkeys(NO_SIGNAL, ("the scores are squeezed", always))),
)
