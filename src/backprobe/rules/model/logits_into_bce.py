# SPDX-License-Identifier: Apache-2.0
"""Binary cross entropy fed the wrong kind of number."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.outputs import output_names, output_place
from backprobe.rules.wording import at
from backprobe.signals.baseline import number
from backprobe.signals.progress import progress


class LogitsIntoBce(AbstractRule):
    """`BCELoss` gets unbounded scores, or `BCEWithLogitsLoss` gets probabilities.

    ## What it looks for
    What comes before the binary cross entropy on the autograd graph: a sigmoid before the loss that
    applies its own, or no sigmoid before the loss that needs one.

    ## Why it matters
    A sigmoid of a sigmoid lies between 0.5 and 0.73: the loss of a negative row cannot fall below
    ln 2, and every row is called positive. Unbounded scores in `BCELoss` are clamped or refused.

    ## Example
    `sigmoid at head.2 (net.py:24) in front of BCEWithLogitsLoss, which applies its own: a negative
    row costs at least 0.69`

    ## What to try
    - `drop-output-activation`: give `BCEWithLogitsLoss` the raw score
    - `swap-loss=bce-with-logits`: suits `BCELoss` without a sigmoid

    ## When it is wrong
    Scores that are probabilities by construction (a clamp, a softmax, a product of probabilities).

    ## References
    - PyTorch, `torch.nn.BCEWithLogitsLoss`
    """

    name = "logits-into-bce"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        slack: float = threshold(
            1e-6, "distance beyond [0, 1]", "float32 rounding of a probability"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            twice = loss.kind == "bce_with_logits" and loss.before[:1] in (
                ("sigmoid",),
                ("softmax",),
            )
            low, high = number(loss.output, "min"), number(loss.output, "max")
            # A clamp hides raw scores, but not that no squashing function made them.
            squashed = {"sigmoid", "softmax", "exp", "log", "hardtanh", "tanh"} & set(loss.before)
            outside = (low is not None and low < -self.limits.slack) or (
                high is not None and high > 1.0 + self.limits.slack
            )
            bare = loss.kind == "bce" and not squashed and (outside or "clamp" in loss.before)
            bare = bare or (loss.kind == "bce" and loss.before[:1] == ("relu",))
            if not twice and not bare:
                continue
            state = progress(record)
            kind = loss.before[0] if loss.before else ""
            where, source = output_names(record, loss), loss.source
            if twice:
                where, source = output_place(record, loss, kind)
            message = (
                f"{kind}{at(source)} in front of BCEWithLogitsLoss, which applies its own: "
                "a negative row costs at least 0.69, and every row is called positive"
                if twice
                else f"BCELoss{at(loss.source)} gets scores that no sigmoid has bounded to [0, 1]"
            )
            found.append(
                Finding(
                    rule=self.name,
                    severity="error" if state.failed else "warning",
                    confidence=confidence(0.7, 0.99, 1.0 if twice or outside else 0.5, state.hurt),
                    message=message,
                    where=where,
                    source=source or loss.source,
                    evidence={"before": list(loss.before), "output_min": low, "output_max": high},
                    treatments=("drop-output-activation",)
                    if twice
                    else ("swap-loss=bce-with-logits",),
                )
            )
        return found
