# SPDX-License-Identifier: Apache-2.0
"""What causes in the optimizer and in the loop around it explain."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    after_some_steps,
    always,
    grew,
    in_a_closure,
    never_normed,
    normed_behind,
    while_training,
)
from backprobe.rules.explanations.pair import Explanation, of_cause
from backprobe.rules.explanations.symptoms import NO_SIGNAL

TRAINING: tuple[Explanation, ...] = (
    *of_cause(
        "missing-zero-grad",
        dict.fromkeys(
            ("saturated-activations", "initial-loss-off", "dead-relu"),
            ("the first step already overshoots", in_a_closure),
        ),
    ),
    *of_cause(
        "eval-mode-training",
        {
            "inputs-not-normalized": ("the batch norm behind would scale them", normed_behind),
            **dict.fromkeys(
                ("exploding-gradients", "nonfinite-loss", "nonfinite-gradients", "dead-relu"),
                ("batch norms that were to keep the scale do not", never_normed),
            ),
        },
    ),
    *of_cause(
        "updates-lost-to-rounding",
        dict.fromkeys(
            ("learning-rate-too-low", "missing-optimizer-step"),
            ("what the steps add is rounded away", always),
        ),
    ),
    *of_cause("learning-rate-too-low", {"too-few-steps": ("each step is small", always)}),
    *of_cause(
        "momentum-too-high",
        {
            "exploding-gradients": ("the weights shoot past the minimum", grew),
            "nonfinite-loss": ("the weights shoot past the minimum", after_some_steps),
            "nonfinite-gradients": ("the weights shoot past the minimum", after_some_steps),
            "dead-relu": ("the steps add up", while_training),
            "saturated-activations": ("the steps add up", while_training),
            "vanishing-gradients": ("units at their ends pass nothing on", always),
        },
    ),
    *of_cause(
        "missing-zero-grad",
        {
            "learning-rate-too-high": ("the step follows the sum of all gradients", always),
            "exploding-gradients": ("the sum of all gradients grows", grew),
            "nonfinite-loss": ("the sum of all gradients grows", grew),
            "dead-relu": ("ever larger steps kill units", while_training),
            "saturated-activations": ("ever larger steps", while_training),
        },
    ),
    *of_cause(
        "learning-rate-too-high",
        {
            "exploding-gradients": ("each step overshoots further", grew),
            "nonfinite-loss": ("each step overshoots further", after_some_steps),
            "nonfinite-gradients": ("each step overshoots further", after_some_steps),
            "dead-relu": ("large steps kill units", always),
            "saturated-activations": ("large steps push units to their ends", while_training),
            "vanishing-gradients": ("units at their ends pass nothing on", always),
        },
    ),
    *of_cause(
        "gradient-clipping-too-tight",
        {"learning-rate-too-low": ("each step is cut to a fraction", always)},
    ),
    *of_cause("scheduler-misuse", {"learning-rate-too-low": ("the schedule made it so", always)}),
    *of_cause(
        "weight-decay-too-high",
        {
            **dict.fromkeys(NO_SIGNAL, ("weights that shrink pass nothing on", always)),
            "learning-rate-too-high": ("weights that shrink make units die", always),
            "dead-relu": ("weights that shrink leave the biases alone", always),
        },
    ),
    *of_cause(
        "missing-optimizer-step",
        dict.fromkeys((*NO_SIGNAL, "learning-rate-too-high"), ("nothing is trained", always)),
    ),
    *of_cause("batch-size-too-large", {"too-few-steps": ("an epoch has few steps", always)}),
)
