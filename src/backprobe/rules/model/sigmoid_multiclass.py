# SPDX-License-Identifier: Apache-2.0
"""Independent sigmoids where one class of many is right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.outputs import output_place
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import number
from backprobe.signals.losses import BINARY
from backprobe.signals.progress import progress


class SigmoidMulticlass(AbstractRule):
    """One class of many is right, but the outputs are independent sigmoids.

    ## What it looks for
    A sigmoid in front of cross entropy, or a binary cross entropy over three or more outputs whose
    targets hold exactly one 1 a row.

    ## Why it matters
    Sigmoids in front of cross entropy leave its softmax numbers in [0, 1]: the loss cannot fall
    below ln(1 + (C − 1)/e). Binary losses on one-hot rows spend C − 1 of C terms on easy zeros.

    ## Example
    `sigmoid at out (net.py:20) in front of cross entropy: the loss cannot fall below 1.46, a guess
    costs 2.30`

    ## What to try
    - `drop-output-activation`: suits a sigmoid in front of cross entropy
    - `swap-loss=cross-entropy`: suits binary cross entropy on one-hot targets

    ## When it is wrong
    Rows with several right classes (multi-label) are meant to have sigmoids; detectors with focal
    loss too.

    ## References
    - Bishop, "Pattern Recognition and Machine Learning" (2006), 4.3.4
    """

    name = "sigmoid-multiclass"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        classes: float = threshold(3, "outputs", "two sigmoids are a matter of taste")
        one_hot: float = threshold(
            1e-5, "deviation of the targets' mean from 1/C", "float rounding"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            squashed = loss.kind == "cross_entropy" and loss.before[:1] == ("sigmoid",)
            binary = loss.kind in BINARY and self._one_hot(loss)
            if not squashed and not binary:
                continue
            state = progress(record)
            where, source = output_place(record, loss, "sigmoid")
            if squashed:
                floor = math.log(1.0 + max(loss.classes - 1, 1) / math.e)
                message = (
                    f"sigmoid{at(source)} in front of cross entropy: its softmax sees numbers in "
                    f"[0, 1] only, so the loss cannot fall below {figure(floor)}"
                )
            else:
                message = (
                    f"the targets hold exactly one 1 among {loss.target_shape[-1]} a row, but each "
                    f"output is judged by a binary loss of its own{at(loss.source)}; "
                    f"{state.in_words()}"
                )
            found.append(
                Finding(
                    rule=self.name,
                    severity=("error" if state.failed else "warning")
                    if squashed
                    else severity_by_harm(state),
                    confidence=confidence(0.6, 0.98, 1.0 if squashed else 0.2, state.hurt),
                    message=message,
                    where=where,
                    source=source or loss.source,
                    evidence={
                        "before": list(loss.before),
                        "classes": loss.classes or loss.target_shape[-1],
                        "target_mean": number(loss.target, "mean"),
                    },
                    treatments=("drop-output-activation",)
                    if squashed
                    else ("swap-loss=cross-entropy",),
                )
            )
        return found

    def _one_hot(self, loss: Loss) -> bool:
        shape, mean = loss.target_shape, number(loss.target, "mean")
        if len(shape) != 2 or shape[1] < self.limits.classes or mean is None:
            return False
        whole = number(loss.target, "min") == 0.0 and number(loss.target, "max") == 1.0
        return whole and abs(mean * shape[1] - 1.0) < self.limits.one_hot * shape[1]
