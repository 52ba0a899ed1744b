# SPDX-License-Identifier: Apache-2.0
"""What causes in the inputs and targets explain."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    at_or_after,
    before_it,
    by_index,
    by_turns,
    large,
    told,
    while_training,
)
from backprobe.rules.explanations.pair import Explanation, of_cause
from backprobe.rules.explanations.symptoms import NO_SIGNAL, TOO_LARGE

DATA: tuple[Explanation, ...] = (
    *of_cause(
        "unshuffled-data",
        {
            "initial-loss-off": ("the first rows are all of one end", always),
            "learning-rate-too-high": ("each class unteaches the one before", by_turns),
        },
    ),
    *of_cause(
        "constant-batch",
        {
            "overfitting": ("it trains on a few rows only", told),
            "labels-mismatched": ("what is learnt by heart of a few rows holds for them", told),
        },
    ),
    *of_cause(
        "target-equals-input",
        {
            "too-few-steps": ("more steps would teach no more", always),
            **dict.fromkeys(
                ("overfitting", "labels-mismatched"),
                ("what is learnt is to copy", always),
            ),
        },
    ),
    *of_cause(
        "uninformative-inputs",
        {
            **dict.fromkeys(NO_SIGNAL, ("inputs that are all alike pass nothing on", always)),
            "inputs-not-normalized": ("inputs that are all alike have no spread", before_it),
            **dict.fromkeys(
                ("overfitting", "underfitting"),
                ("what is looked up at wrong rows tells little of others", by_index),
            ),
        },
    ),
    *of_cause(
        "inputs-not-normalized",
        {
            **dict.fromkeys(TOO_LARGE, ("inputs that large multiply signal and gradient", large)),
            "saturated-activations": ("the first layer gets inputs that are too large", large),
            "dead-relu": ("large inputs make large steps", large),
            "vanishing-gradients": ("the first layers are at their ends", large),
            "nonfinite-gradients": ("the signal overflows", large),
            "learning-rate-too-low": ("small inputs make small gradients", always),
        },
    ),
    *of_cause(
        "targets-not-normalized",
        {
            **dict.fromkeys(TOO_LARGE, ("the error is as large as the targets", always)),
            "dead-relu": ("large errors make large steps", while_training),
            "saturated-activations": ("large errors make large steps", while_training),
            "nonfinite-gradients": ("the error overflows", always),
            "learning-rate-too-low": ("the way to the targets is long", always),
        },
    ),
    *of_cause(
        "nonfinite-data",
        {
            "nonfinite-loss": ("NaN in, NaN out", at_or_after),
            "nonfinite-gradients": ("NaN in, NaN out", at_or_after),
            "exploding-gradients": ("NaN in, NaN out", at_or_after),
            "learning-rate-too-high": ("NaN in, NaN out", at_or_after),
        },
    ),
)
