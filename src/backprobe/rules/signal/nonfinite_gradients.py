# SPDX-License-Identifier: Apache-2.0
"""Gradients that are NaN or infinite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, figure, listed, module_source, unique
from backprobe.signals.domain import STEEP, steep_in
from backprobe.signals.losses import MainLoss, main_loss

GREW = 10.0
"""Times its first value: a loss that grew so far may have overflowed."""
WIDE = ("float32", "float64")
"""Precisions in which a moderate step does not overflow."""


class NonfiniteGradients(AbstractRule):
    """A gradient holds NaN or infinity while the loss is still finite.

    ## What it looks for
    The share of NaN and infinite elements of each parameter's gradient as the optimizer sees it, at
    steps whose loss is finite. Mixed precision skips such steps: a few are normal there. Where the
    step itself was not observed: weights in single precision that are not finite right after a
    step whose loss was finite and had not grown. With it the function of the loss or of the network
    whose derivative is infinite somewhere.

    ## Why it matters
    sqrt(0), log(0), 0/0 and norms of zero vectors have infinite derivatives although their value is
    fine; one such element makes a whole layer NaN at the next step.

    ## Example
    `the gradient of embed (net.py:10) is not finite at step 12 although the loss is 0.71`

    ## What to try
    - add a small epsilon inside sqrt, log, division and norm
    - `clip-gradients=1.0`: does not help against NaN

    ## When it is wrong
    Optimizers that skip non-finite steps by themselves.

    ## References
    - PyTorch, `torch.autograd.detect_anomaly`
    """

    name = "nonfinite-gradients"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        scaled_share: float = threshold(
            0.05,
            "share of the steps under GradScaler",
            "it halves its scale at each: rare after warm-up",
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the tensors that broke first."""
        series = record.parameters_series
        bad = series.values.get("grad_nonfinite")
        if bad is None:
            return []
        with np.errstate(invalid="ignore"):
            broken = bad > 0.0
        rows = np.flatnonzero(broken.any(axis=1))
        if rows.size == 0:
            return []
        scaled = bool(np.isfinite(record.steps.numbers("scale")).any())
        share = rows.size / len(series.step)
        if scaled and share < self.limits.scaled_share:
            return []
        first = int(series.step[rows[0]])
        main = main_loss(record)
        at_step = main.value[main.step == first]
        loss = float(at_step[0]) if at_step.size else float("nan")
        if not np.isfinite(loss):
            before = _broke_unseen(record, main, first)
            if before is None:
                return []  # the loss broke first, or with it
            first, loss = before
        columns = set(series.index[broken[rows[0]]].tolist())
        parameters = [p for p in record.parameters if p.index in columns]
        modules = {m.index: m.name for m in record.modules}
        names = unique(modules.get(p.module, p.name) for p in parameters)
        source = module_source(record, parameters[0].module) if parameters else None
        steep, line = steep_in(record, main.loss)
        lasting = bool(not np.isfinite(main.value[-1:]).all())
        return [
            Finding(
                rule=self.name,
                severity="error" if lasting else "warning" if rows.size > 1 else "note",
                confidence=confidence(0.6, 0.97, between(share, 0.0, 0.5), float(lasting)),
                message=(
                    f"the gradient of {listed(names)}{at(source)} is not finite at step {first} "
                    f"although the loss is {figure(loss)}"
                    + (f"; the derivative of `{steep}`{at(line)} is infinite " if steep else "")
                    + STEEP.get(steep, "")
                ),
                where=names,
                source=source,
                steps=(first, int(series.step[rows[-1]])),
                evidence={"first_step": first, "share": share, "loss": loss, "steep": steep},
                treatments=("guard-numerics", "skip-nonfinite-steps", "scale-lr=0.1"),
            )
        ]


def _broke_unseen(record: Record, main: MainLoss, observed: int) -> tuple[int, float] | None:
    """The last step of a finite loss, and that loss, where only its gradient can have broken.

    The weights are not finite right after it, and the loss had not grown: no step overflowed.
    """
    told = record.named("loss-broke")
    if told and not told[0].data["parameters"]:
        return None  # the weights were sound when the loss broke
    at = np.flatnonzero(main.step == (int(told[0].data["step"]) if told else observed))
    if at.size == 0 or at[0] == 0 or any(p.dtype not in WIDE for p in record.parameters):
        return None
    before = main.value[: int(at[0])]
    last = float(before[-1])
    if not np.isfinite(last) or np.abs(last) > GREW * np.abs(before[0]):
        return None
    norm = record.steps.numbers("grad_norm")
    norm = norm[record.steps.numbers("step") < observed]
    norm = norm[np.isfinite(norm)]
    if norm.size and norm[-1] > GREW * GREW * np.median(norm):
        return None
    series = record.parameters_series
    row = np.flatnonzero(series.step == observed)
    weights = series.values.get("weight_nonfinite")
    if row.size == 0 or weights is None or not (weights[row[0]] > 0).any():
        return None
    return int(main.step[at[0] - 1]), last
