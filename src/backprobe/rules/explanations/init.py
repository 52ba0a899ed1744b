# SPDX-License-Identifier: Apache-2.0
"""What causes in the network as initialised explain."""

from __future__ import annotations

from backprobe.rules.explanations.conditions import (
    always,
    by_heart,
    from_birth,
    of_sines,
    shares_place,
)
from backprobe.rules.explanations.pair import Explanation, of_cause
from backprobe.rules.explanations.symptoms import NO_SIGNAL, TOO_LARGE

INIT: tuple[Explanation, ...] = (
    *of_cause(
        "init-activation-mismatch",
        {
            "learning-rate-too-low": ("little signal arrives", always),
            "exploding-gradients": ("each sine multiplies the gradient", of_sines),
            **dict.fromkeys(
                ("labels-mismatched", "overfitting"),
                ("sines that turn round from row to row say nothing of rows between", by_heart),
            ),
        },
    ),
    *of_cause(
        "init-scale-too-large",
        {
            **dict.fromkeys(TOO_LARGE, ("weights that large multiply signal and gradient", always)),
            "saturated-activations": ("what feeds them is too large", from_birth),
            "dead-relu": ("large weights throw units to one side", always),
            "vanishing-gradients": ("activations at their ends pass nothing on", always),
            "learning-rate-too-low": ("a step is small beside weights that large", always),
            "nonfinite-gradients": ("the signal overflows", always),
        },
    ),
    *of_cause(
        "init-scale-too-small",
        {
            **dict.fromkeys(
                NO_SIGNAL, ("small weights pass neither signal nor gradient on", always)
            ),
            "dead-relu": ("beside a signal that small the bias decides", from_birth),
        },
    ),
    *of_cause(
        "symmetric-init",
        {
            "vanishing-gradients": ("equal weights cancel what flows back", always),
            "dead-relu": ("equal units die together", always),
            "saturated-activations": ("equal units saturate together", from_birth),
            "learning-rate-too-low": ("little gradient flows back", always),
            "init-scale-too-small": ("they are one and the same init", shares_place),
        },
    ),
)
