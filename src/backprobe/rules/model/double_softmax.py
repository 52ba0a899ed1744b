# SPDX-License-Identifier: Apache-2.0
"""A softmax in front of a loss that takes one itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Loss, Record, Source
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.outputs import last_activation, output_place
from backprobe.rules.places import is_output, place_names
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress
from backprobe.signals.series import first


class DoubleSoftmax(AbstractRule):
    """The network's softmax feeds `CrossEntropyLoss`, which applies its own.

    ## What it looks for
    A softmax between the model's last layer and a cross entropy, read off the autograd graph, and
    one whose result any term of any loss normalises as scores over the same axis: a policy's
    `Categorical(logits=...)`, a `log_softmax` that rows are picked from or weighed. A log-softmax
    there is harmless: log-softmax of log-softmax is itself.

    ## Why it matters
    The second softmax sees numbers in [0, 1] only. The loss cannot fall below ln(1 + (C − 1)/e),
    and the gradient is squeezed twice: learning is slow and the probabilities stay flat. A policy
    can't give any action more than e/(e + C − 1).

    ## Example
    `softmax (net.py:24) in front of cross entropy, which applies its own: the loss cannot fall
    below 1.46, a guess costs 2.30; the gradient of confident answers vanishes`

    ## What to try
    - `drop-output-activation`: give the loss the raw scores
    - `Categorical(probs=...)` for what a softmax gave

    ## When it is wrong
    Never found wrong where the graph could be read. Attention weights are not output softmaxes.

    ## References
    - PyTorch, `torch.nn.CrossEntropyLoss`: "the input is expected to contain the unnormalized
      logits"
    - PyTorch, `torch.distributions.Categorical`: the arguments `probs` and `logits`
    """

    name = "double-softmax"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        slack: float = threshold(
            1e-5, "distance of an output beyond [0, 1]", "float32 rounding of a probability"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            if loss.kind != "cross_entropy" or loss.classes == 1 or not _softmax_before(loss):
                if loss.output.get("twice_over"):
                    found.append(self._twice(record, loss, int(loss.output["twice_over"])))
                continue
            state = progress(record)
            where, source = output_place(record, loss, "softmax")
            message = f"softmax{at(source)} in front of cross entropy, which applies its own"
            floor = None
            if loss.classes > 1:
                floor = math.log(1.0 + (loss.classes - 1) / math.e)
                message += (
                    f": the loss cannot fall below {figure(floor)} (a guess costs "
                    f"{figure(math.log(loss.classes))}), and the gradient is squeezed twice"
                )
            confirmed = self._in_unit_range(record, loss)
            found.append(
                Finding(
                    rule=self.name,
                    severity="error" if state.failed else "warning",
                    confidence=confidence(0.93, 0.99, 1.0 if confirmed else 0.0, state.hurt),
                    message=message,
                    where=where,
                    source=source,
                    evidence={
                        "before": list(loss.before),
                        "classes": loss.classes,
                        "lowest_possible_loss": floor,
                        "probabilities_seen": confirmed,
                    },
                    treatments=("drop-output-activation",),
                )
            )
        return found

    def _twice(self, record: Record, loss: Loss, classes: int) -> Finding:
        """Shares that a term of a loss takes for scores."""
        state = progress(record)
        where, source = _place_of_shares(record, loss, classes)
        most = math.e / (math.e + classes - 1)
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.93, 0.98, state.hurt),
            message=(
                f"what the softmax{at(source)} gives is taken for scores{at(loss.source)} and "
                f"normalised once more: none of {classes} classes or actions can get more than "
                f"{figure(most)} of the probability, and the gradient is squeezed twice"
            ),
            where=where,
            source=source,
            evidence={"classes": classes, "highest_possible_probability": most},
        )

    def _in_unit_range(self, record: Record, loss: Loss) -> bool:
        """Whether the measured output of the softmax confirms what the graph says."""
        place = last_activation(record, loss, "softmax")
        if place is None:
            return False
        low = first(record.outputs, "out_min", place.index)
        high = first(record.outputs, "out_max", place.index)
        return low >= -self.limits.slack and high <= 1.0 + self.limits.slack


def _place_of_shares(
    record: Record, loss: Loss, classes: int
) -> tuple[tuple[str, ...], Source | None]:
    """Of the last softmax over so many: the loss's model may be another, such as a critic."""
    fits = [p for p in record.places if p.activation == "softmax" and classes in p.shape[1:]]
    place = max(fits, key=lambda p: (is_output(record, p), p.order), default=None)
    if place is None:
        return output_place(record, loss, "softmax")
    return place_names(record, place), place.source or loss.source


def _softmax_before(loss: Loss) -> bool:
    """A plain softmax nearest the loss: one further in (a mixture's weights) is another matter."""
    before = list(loss.before)
    if before[:1] == ["log_softmax"]:
        before = before[1:]
    return before[:1] == ["softmax"]
