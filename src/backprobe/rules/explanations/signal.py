# SPDX-License-Identifier: Apache-2.0
"""What causes in activations and gradients on their way through the network explain."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    at_birth,
    at_or_after,
    born_at_its_place,
    cuts_off,
    from_the_first_step,
    overflowed,
    while_training,
)
from backprobe.rules.explanations.pair import Explanation, of_cause

SIGNAL: tuple[Explanation, ...] = (
    *of_cause(
        "nonfinite-gradients",
        {
            "nonfinite-loss": ("the next step makes weights NaN", at_or_after),
            "learning-rate-too-high": ("weights are NaN after one step", from_the_first_step),
            "dead-relu": ("weights are NaN after one step", from_the_first_step),
            "exploding-gradients": ("the gradient overflows", always),
        },
    ),
    *of_cause(
        "dead-relu",
        {
            "vanishing-gradients": ("no gradient passes dead units", always),
            "learning-rate-too-low": ("no rate moves what gets no gradient", cuts_off),
        },
    ),
    *of_cause(
        "saturated-activations",
        {"vanishing-gradients": ("a saturated activation's derivative is zero", born_at_its_place)},
    ),
    *of_cause(
        "exploding-gradients",
        {
            "nonfinite-loss": ("the steps overflow", overflowed),
            "initial-loss-off": ("the signal is as large as the gradient", at_birth),
            "learning-rate-too-high": ("no step is small beside such a gradient", at_birth),
            "nonfinite-gradients": ("the gradient overflows", at_birth),
            "dead-relu": ("the steps kill units", while_training),
        },
    ),
    *of_cause(
        "vanishing-gradients",
        {
            "learning-rate-too-low": ("little gradient arrives", always),
            "saturated-activations": ("only the last layers move, to their ends", while_training),
        },
    ),
)
