# SPDX-License-Identifier: Apache-2.0
"""Predictions and targets of different shapes, silently broadcast."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.wording import at
from backprobe.signals.losses import REGRESSION
from backprobe.signals.progress import progress

Shape = tuple[int, ...]


class TargetBroadcast(AbstractRule):
    """An (N, 1) prediction meets an (N,) target, and the loss averages N × N differences.

    ## What it looks for
    The shape of what the loss reduces against the shape of the prediction, for squared and absolute
    errors, built in or written by hand, also where it is one of several terms (a critic's).
    Differences of a network's outputs among themselves (pairwise losses) are left out. Also terms
    of each row, (N, 1) and (N,), that are multiplied, divided, or of which the lesser is picked,
    before the mean: weights of rows that spread their losses to N × N products, a policy's ratios
    (N,) times advantages (N, 1), clipped or not, a likelihood's rates of each row under `exp` with
    times of each row.
    A sum of two such terms is left out: its mean is the same. And quantile levels that weigh all
    differences of a row's predictions and its targets, but lie along the targets.

    ## Why it matters
    Every prediction is compared with every target of the batch. The best answer is then the
    targets' mean for every input: the loss falls to their variance and stays there. The mean of all
    products of losses and weights is the mean loss times the mean weight: weights weigh nothing,
    and advantages, whose mean is zero, teach nothing. Predictions that share all levels all learn
    the same quantile.

    ## Example
    `the loss compares each of 64 predictions with each of 64 targets: (64, 1) against (64,) makes
    (64, 64) differences (train.py:42); the best answer to that is the mean`

    ## What to try
    - `align-shapes`: squeeze the prediction or unsqueeze the target

    ## When it is wrong
    Kernel and pairwise losses that compare all with all on purpose, between two networks.

    ## References
    - PyTorch, `torch.nn.MSELoss`: the warning about a target size that differs from the input size
    """

    name = "target-broadcast"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(2, "rows", "one row compares with itself")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            if "spread_rows" in loss.output:
                found.append(self._weighted(record, loss))
                continue
            if "levels_of" in loss.output:
                found.append(self._levels(record, loss))
                continue
            if loss.output.get("compared_axes") == 0:
                continue  # rows are compared with each other on purpose, as in an energy distance
            compared = _first(loss)
            beside = compared is None
            if compared is None and "compared_rows" in loss.output:
                compared = _summand(loss)
            if compared is None or compared[1][-1] < self.limits.rows:
                continue
            given, made = compared
            rows = made[-1]
            state = progress(record)
            other = (rows,) if len(given) == 2 else (rows, 1)
            found.append(
                Finding(
                    rule=self.name,
                    severity="warning" if state.healthy or beside else "error",
                    confidence=confidence(0.85, 0.99, 1.0, state.hurt),
                    message=(
                        f"{'a term of the loss' if beside else 'the loss'} compares each of {rows} "
                        f"predictions with each of {rows} targets: "
                        f"{given} against {other} makes {made} differences{at(loss.source)}; "
                        "the best answer to that is the targets' mean"
                    ),
                    source=loss.source,
                    evidence={
                        "output_shape": list(given),
                        "loss_shape": list(made),
                        "target_shape": list(loss.target_shape),
                    },
                    treatments=("align-shapes",),
                )
            )
        return found

    def _weighted(self, record: Record, loss: Loss) -> Finding:
        """Terms of each row and a factor of each row, every one with every one."""
        state, rows = progress(record), int(loss.output["spread_rows"])
        flat, column = (rows,), (rows, 1)
        given, other = (column, flat) if loss.output["spread_axes"] == 2 else (flat, column)
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.85, 0.97, state.hurt),
            message=(
                f"the terms of {rows} rows, {given}, meet a factor of each row, {other}, and make "
                f"{(rows, rows)} products{at(loss.source)}, each row's with the factors of all: no "
                f"row is weighed by its own; {state.in_words()}"
            ),
            source=loss.source,
            evidence={"row_losses": list(given), "factors": list(other)},
        )

    def _levels(self, record: Record, loss: Loss) -> Finding:
        """Levels of quantiles that lie along the targets, not along the predictions."""
        state, axis = progress(record), int(loss.output["levels_axis"])
        made = tuple(int(n) for n in loss.output["levels_of"])
        targets, quantiles = made[axis - 1], made[2 - axis]
        shape = f"(1, {quantiles}, 1)" if axis == 2 else f"(1, 1, {quantiles})"
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.9, 0.97, state.hurt),
            message=(
                f"of (rows, {made[0]}, {made[1]}) differences of {quantiles} predictions and "
                f"{targets} targets{at(loss.source)} each target has a quantile level of its own, "
                "and all predictions share it: a level belongs to the prediction that it is the "
                f"level of, so that each prediction learns another one; levels of shape {shape} do"
            ),
            source=loss.source,
            evidence={"differences": list(made), "axis_of_levels": axis},
        )


def _first(loss: Loss) -> tuple[Shape, Shape] | None:
    """Shapes of the prediction and of what the first term compares, where that grew; else None."""
    made, given = loss.loss_shape, loss.output_shape
    if loss.kind not in REGRESSION or not made or not given:
        return None
    rows = given[0]
    if given == made and _expanded(loss.chain):
        given = (rows, 1)  # what was stretched to the shape of all differences
    grew = math.prod(made) > math.prod(given) and made[-2:] == (rows, rows)
    return (given, made) if grew and not _among_outputs(loss.chain) else None


def _summand(loss: Loss) -> tuple[Shape, Shape]:
    """The same of the first summand in which a result of each row met what was given of all."""
    rows = int(loss.output["compared_rows"])
    return (rows, 1) if loss.output["compared_axes"] == 2 else (rows,), (rows, rows)


def _expanded(chain: tuple[str, ...]) -> bool:
    """Whether the prediction was stretched right before the difference, as `nn.L1Loss` does."""
    for position, name in enumerate(chain):
        if name.startswith("SubBackward"):
            return any(n.startswith("Expand") for n in chain[position + 1 : position + 2])
    return False


def _among_outputs(chain: tuple[str, ...]) -> bool:
    """Whether the prediction was given a new axis right before the difference: all with all."""
    for position, name in enumerate(chain):
        if name.startswith("SubBackward"):
            return any(n.startswith("Unsqueeze") for n in chain[position + 1 : position + 2])
    return False
