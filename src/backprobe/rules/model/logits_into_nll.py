# SPDX-License-Identifier: Apache-2.0
"""A loss of log-probabilities fed something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import confidence
from backprobe.rules.outputs import output_names, output_place
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import number
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import progress


class LogitsIntoNll(AbstractRule):
    """`NLLLoss`, `KLDivLoss` or `CTCLoss` gets raw scores or probabilities, not their logarithms.

    ## What it looks for
    What comes before the negative log-likelihood, or before the divergence from a second
    distribution, on the autograd graph: no log-softmax, no log of a softmax, or a log-softmax over
    another dimension than that of the classes. A divergence of two distributions is never below 0:
    one that is confirms it. Of a CTC loss what the symbols of each time add up to: whatever made
    them, log-probabilities add up to 1.

    ## Why it matters
    `NLLLoss` only picks the target's number and negates it. Raw scores make a loss without a lower
    end, which the network drives to minus infinity; probabilities make −p, whose gradient is
    weakest where the answer is worst. CTC's gradient is computed as if they added up to 1, so a run
    may learn behind a loss that means nothing.

    ## Example
    `NLLLoss (train.py:40) gets raw scores: its loss is -14.2 and has no lower end`

    ## What to try
    - `swap-loss=cross-entropy`: takes raw scores
    - a log-softmax as the last layer, over the classes: `dim=1` of pictures
    - `F.log_softmax` for the first argument of `KLDivLoss`, `F.softmax` for the second

    ## When it is wrong
    Log-probabilities that come from something else than a softmax (flows, HMMs).

    ## References
    - PyTorch, `torch.nn.NLLLoss`: the input is expected to contain log-probabilities
    - PyTorch, `torch.nn.KLDivLoss`: expects the argument input in the log-space
    """

    name = "logits-into-nll"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        highest: float = threshold(
            1e-3, "largest log-probability", "a log-probability is at most 0"
        )
        total: float = threshold(
            0.1, "|ln of what a row adds up to|", "1e-6; rounded to 16 bits 0.01; raw scores: ln C"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            before = loss.before
            if loss.kind == "kl_div":
                found += self._divergence(record, loss)
            if (number(loss.output, "log_total") or 0.0) > self.limits.total:
                found.append(self._of_times(record, loss))
            if "softmax_dim" in loss.output:
                found.append(self._other_dimension(record, loss))
            if loss.kind != "nll" or before[:1] in (("log_softmax",), ("log_sigmoid",), ("log",)):
                continue
            state = progress(record)
            probabilities = before[:1] == ("softmax",)
            top, low = number(loss.output, "max"), number(loss.output, "min")
            loss_below_zero = state.trend is not None and state.trend.best < 0.0
            # Numbers above 0 are no log-probabilities; all below 0 they may be.
            proper = top is not None and top <= self.limits.highest
            if proper and not probabilities and not loss_below_zero:
                continue
            where, source = output_names(record, loss), None
            if probabilities:
                where, source = output_place(record, loss, "softmax")
            given = "probabilities" if probabilities else "raw scores"
            message = f"NLLLoss{at(loss.source)} gets {given} where it expects log-probabilities"
            if state.trend is not None and state.trend.best < 0.0:
                message += f": its loss is {figure(state.trend.last)}"
                message += ", and -1 is its end" if probabilities else " and has no lower end"
            found.append(
                Finding(
                    rule=self.name,
                    severity="error",
                    confidence=confidence(
                        0.75, 0.99, 1.0 if probabilities else 0.6, float(loss_below_zero)
                    ),
                    message=message,
                    where=where,
                    source=source or loss.source,
                    evidence={
                        "before": list(before),
                        "output_max": top,
                        "output_min": low,
                        "loss_below_zero": loss_below_zero,
                    },
                    treatments=("swap-loss=cross-entropy",),
                )
            )
        return found

    def _other_dimension(self, record: Record, loss: Loss) -> Finding:
        """A log-softmax along a picture's width, or along time: the classes do not compete."""
        dim, classes = int(loss.output["softmax_dim"]), int(loss.output["classes_dim"])
        long = {i: loss.output_shape[i] for i in (dim, classes) if i < len(loss.output_shape)}
        where, source = output_place(record, loss, "log_softmax")
        return Finding(
            rule=self.name,
            severity="error",
            confidence=confidence(0.9, 0.99, 1.0),
            message=(
                f"the log-softmax{at(source)} before the loss{at(loss.source)} runs over dimension "
                f"{dim} ({long.get(dim, 0)} long), the classes are dimension {classes} "
                f"({long.get(classes, 0)} long): their probabilities do not add up to 1, and no "
                f"class competes with another; dim={classes}"
            ),
            where=where,
            source=source or loss.source,
            steps=whole_run(record),
            evidence={"softmax_dim": dim, "classes_dim": classes},
        )

    def _of_times(self, record: Record, loss: Loss) -> Finding:
        """`CTCLoss`: what it gets for the symbols of a time adds up to anything but 1."""
        away, last = float(loss.output["log_total"]), loss.before[:1]
        given = "probabilities" if last == ("softmax",) else "raw scores"
        if last == ("log_softmax",):
            given = "a log-softmax over another axis than the symbols'"
        state = progress(record)
        below = state.trend is not None and state.trend.best < 0.0
        message = (
            f"CTCLoss{at(loss.source)} gets {given} where it expects log-probabilities of the "
            f"symbols: the logarithm of what they add up to should be 0 and is {figure(away)} or "
            "more away from it in nine times of ten; `log_softmax(-1)` of the scores comes first"
        )
        if below and state.trend is not None:
            message += f"; its loss is {figure(state.trend.last)} and has no lower end"
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.9, 0.99, float(below)),
            message=message,
            where=output_names(record, loss),
            source=loss.source,
            steps=whole_run(record),
            evidence={"before": list(loss.before), "log_total": away, "loss_below_zero": below},
        )

    def _divergence(self, record: Record, loss: Loss) -> list[Finding]:
        """`KLDivLoss`: probabilities for their logarithms, or scores and a loss that shows it."""
        last = loss.before[:1]
        main = main_loss(record)
        own = main.loss is not None and main.loss.index == loss.index
        values = main.value[np.isfinite(main.value)] if own else np.zeros(0)
        below = bool(values.size) and float(np.median(values)) < -self.limits.highest
        if last not in (("softmax",), ("sigmoid",)) and not (below and not last):
            return []
        given = "raw scores" if not last else "probabilities"
        where, source = output_names(record, loss), None
        if last:
            where, source = output_place(record, loss, last[0])
        message = f"KLDivLoss{at(loss.source)} gets {given} where it expects log-probabilities"
        if below:
            message += f": its loss is {figure(float(values[-1]))}, a divergence is never below 0"
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.75, 0.99, float(below)),
                message=message,
                where=where,
                source=source or loss.source,
                evidence={"before": list(loss.before), "loss_below_zero": below},
            )
        ]
