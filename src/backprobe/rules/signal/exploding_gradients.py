# SPDX-License-Identifier: Apache-2.0
"""The gradient grows without bound, with depth or with time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import imperfect, severity_by_harm
from backprobe.rules.wording import at, figure, times, unique, with_blocks
from backprobe.signals.elasticity import elasticity
from backprobe.signals.gradient_flow import gradient_flow
from backprobe.signals.init_scale import RECURRENT
from backprobe.signals.layers import Layer, layers
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import Progress, progress
from backprobe.signals.recurrence import again_by_hand
from backprobe.signals.residual import branch_growth
from backprobe.signals.series import first
from backprobe.signals.trend import debiased_ema, noise_of

Array = NDArray[np.float64]
Steps = NDArray[np.intp]
FEW = 3
"""Optimizers that are parts or phases of a training; more are one, made again and again."""
LASTING = 0.5
"""Share of losses that are not finite from which a run has not got over it."""
JUMP = 5.0
"""Deviations of the loss from which one step's is none by chance."""
USUAL = 10.0
"""Steps after which a loss weighs half in what is usual."""
PASSES = 3
"""A layer that runs more often in one forward is a recurrent one (twice: a siamese network)."""


class ExplodingGradients(AbstractRule):
    """The gradient grows towards the first layers, or from step to step, and the run suffers.

    ## What it looks for
    The largest weight gradient over the last layer's in the first observed steps, and the global
    norm, as the optimizer sees it, over its own first values. A recurrent layer that is passed
    again and again, and a long row of residual blocks, show it in neither: there a first norm far
    above all later ones, a signal that grows a hundredfold with depth, or residual branches whose
    outputs grow tenfold along their row, count while the first loss is far above a constant
    answer's; and in a recurrence that ends in NaN, a first gradient so steep that a thousandth of
    the weights' size is worth the whole loss. It fires only where the run learns too little: spikes
    that clipping catches are normal, and so is a gradient that wakes: small on a plateau, larger
    while the loss falls from it and never jumps.

    ## Why it matters
    A step is proportional to the gradient. One that is a thousand times larger throws the weights
    far from where the gradient meant anything, and the next gradient is larger still.

    ## Example
    `the gradient norm grew 4.1e+17-fold, from 5,300 at step 0 to 2.2e+21 at step 4; the loss went
    from 29,000 to NaN`

    ## What to try
    - `clip-gradients=1.0`: suits recurrent networks and rare spikes
    - `scale-lr=0.1`: suits growth that begins after some steps
    - `initialize=he`: suits gradients that are large from the first step on
    - `standardize-inputs`, `standardize-targets`: suit data in large units

    ## When it is wrong
    Losses that are sums over many rows have large gradients without harm; what counts here is
    growth, not size.

    ## References
    - Pascanu et al., "On the difficulty of training recurrent neural networks", 1211.5063
    - AUTOTRAINER (ICSE 2021): first/last gradient ratio above 70
    """

    name = "exploding-gradients"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        growth_depth: float = threshold(
            70.0, "largest gradient RMS / last layer's", "AUTOTRAINER; healthy: up to 9"
        )
        growth_time: float = threshold(
            100.0, "gradient norm / median of the first five", "healthy runs stay within 10"
        )
        decisive: float = threshold(1e4, "ratio", "beyond both by two orders")
        birth: float = threshold(
            100.0, "first norm / median of the last third", "healthy: 0.3 to 5"
        )
        signal: float = threshold(
            100.0, "largest output RMS / first layer's, at the first forward", "healthy: 0.05 to 5"
        )
        branches: float = threshold(
            10.0, "last / first residual branch's output RMS", "healthy: about 1"
        )
        steep: float = threshold(
            1000.0,
            "gradient norm · weight norm / loss at the first step of a recurrence",
            "recurrent networks that learn: up to 122; all runs: median 4",
        )
        birth_loss: float = threshold(
            10.0, "first loss / a constant answer's", "the outputs begin far too large"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        severity = severity_by_harm(state)
        if severity == "note" and not imperfect(state):
            return []
        step = record.steps.numbers("step")
        norm = record.steps.numbers("grad_norm")
        known = np.flatnonzero(~np.isnan(norm) & (step < _broken_since(record)))
        time_growth, base, peak, peak_step = max(
            (_growth_over_time(norm[own], step[own]) for own in _by_optimizer(record, known)),
            key=lambda found: found[0],
        )
        fall = _fall_since_birth(norm[known])
        flow = gradient_flow(record, layers(record))
        depth_growth = flow.growth if flow is not None else math.nan
        by_time = time_growth >= self.limits.growth_time and not _calm(record, state)
        by_depth = depth_growth >= self.limits.growth_depth
        enlarged = _signal_growth(record)
        again = fall >= self.limits.birth and _recurs(record)
        row = branch_growth(record)
        deep = enlarged >= self.limits.signal or row >= self.limits.branches
        steep = elasticity(record)
        recurs = _recurs(record) or again_by_hand(record, PASSES)
        broken = state.state == "nonfinite" and recurs and steep >= self.limits.steep
        by_birth = broken or (self._begins_high(state) and (again or deep))
        if not (by_time or by_depth or by_birth):
            return []
        where: tuple[str, ...] = ()
        source = None
        if flow is not None:
            top_layer = flow.layers[flow.strongest]
            where, source = unique([top_layer.name]), top_layer.module.source
        if by_birth and deep:
            where = _growing(record)
        elif not by_depth:
            again_and_again = [x for x in layers(record) if _repeats(x)]
            where = unique(x.name for x in again_and_again)
            source = again_and_again[0].module.source if again_and_again else None
        if by_birth and deep:
            message = (
                f"at the first forward the signal grows {times(enlarged)} from the first layer to "
                f"the largest one{at(source)}, and with it the gradient, to a norm of "
                f"{figure(float(norm[known[0]]) if known.size else math.nan)}; {state.in_words()}"
            )
        elif by_time:
            message = (
                f"the gradient norm grew {times(time_growth)}, from {figure(base)} at first to "
                f"{figure(peak)} at step {peak_step}; {state.in_words()}"
            )
        elif broken:
            message = (
                f"the gradient norm begins at {figure(float(norm[0]))}: moving the weights by 1 % "
                f"of their size would change the loss by {figure(steep / 100.0)} times what it is, "
                f"as {where[0] if where else 'a layer'}{at(source)} is passed again and again; "
                f"{state.in_words()}"
            )
        elif by_birth:
            message = (
                f"the gradient norm begins at {figure(float(norm[known[0]]))}, {figure(fall)} "
                f"times what it ends at: {where[0] if where else 'a layer'}{at(source)} is passed "
                f"again and again and enlarges the signal each time; {state.in_words()}"
            )
        else:
            assert flow is not None
            message = (
                f"the gradient of {where[0] if where else 'the first layers'}{at(source)} is "
                f"{figure(depth_growth)} times that of {flow.layers[-1].name}, healthy is below "
                f"10; {state.in_words()}"
            )
        strength = max(
            beyond(time_growth, self.limits.growth_time, self.limits.decisive),
            beyond(depth_growth, self.limits.growth_depth, self.limits.decisive),
            beyond(fall, self.limits.birth, self.limits.decisive) if by_birth and again else 0.0,
            beyond(enlarged, self.limits.signal, 1e6) if by_birth and deep else 0.0,
            beyond(row, self.limits.branches, 1e3) if by_birth else 0.0,
            beyond(steep, self.limits.steep, 1e4) if broken else 0.0,
        )
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.55, 0.97, strength, state.hurt),
                message=message,
                where=where,
                source=source,
                steps=(0, peak_step) if by_time else seen(record.parameters_series.step[:20]),
                evidence={
                    "growth_over_time": _finite(time_growth),
                    "growth_over_depth": _finite(depth_growth),
                    "first_norm": _finite(base),
                    "largest_norm": _finite(peak),
                    "by_time": by_time,
                    "by_depth": by_depth,
                    "by_birth": by_birth,
                },
                treatments=("clip-gradients=1.0", "scale-lr=0.1", "initialize=he"),
            )
        ]

    def _begins_high(self, state: Progress) -> bool:
        if state.baseline is None or state.trend is None:
            return False
        return state.trend.first > self.limits.birth_loss * state.baseline


def _broken_since(record: Record) -> float:
    """Step from which most losses are not finite: what grows then is no cause of it."""
    main = main_loss(record)
    bad = ~np.isfinite(main.value)
    since = int(np.argmax(bad))
    return float(main.step[since]) if bad.any() and bad[since:].mean() >= LASTING else math.inf


def _calm(record: Record, state: Progress) -> bool:
    """Whether the loss fell and never jumped: what grew threw nothing."""
    value, trend = main_loss(record).value, state.trend
    if trend is None or not trend.fell or not np.isfinite(value).all():
        return False
    if trend.last - trend.best > trend.margin:
        return False
    noise = max(noise_of(part) for part in np.array_split(value, 3))  # a plateau has little
    return bool((value[1:] - debiased_ema(value, USUAL)[:-1]).max() <= JUMP * noise)


def _by_optimizer(record: Record, known: Steps) -> list[Steps]:
    """Positions of some steps, those of each optimizer apart where there are a few.

    A generator's gradient is no grown one of its critic, nor that of a second phase of the first's.
    With many, made anew again and again, it is one training.
    """
    which = record.steps.numbers("optimizer")[known]
    several = np.unique(which[np.isfinite(which)])
    if not 1 < several.size <= FEW:
        return [known]
    return [known[which == one] for one in several]


def _growth_over_time(norm: Array, step: Array) -> tuple[float, float, float, int]:
    """Growth of the norm to its peak, the base before it, the peak and its step."""
    if norm.size < 3 or not np.isfinite(norm[0]):
        return 1.0, math.nan, math.nan, 0
    top = int(np.argmax(norm))
    before = norm[: min(top, 5)]
    if before.size == 0:
        return 1.0, float(norm[0]), float(norm[0]), int(step[0])
    base = min(float(np.median(before)), float(norm[0]))
    growth = float(norm[top]) / base if base > 0.0 else 1.0
    return growth, base, float(norm[top]), int(step[top])


def _fall_since_birth(norm: Array) -> float:
    """First norm / median of the last third; 1 where too few are known."""
    late = norm[-max(1, norm.size // 3) :]
    late = late[np.isfinite(late)]
    if norm.size < 30 or late.size == 0 or not np.isfinite(norm[0]):
        return 1.0
    usual = float(np.median(late))
    return float(norm[0]) / usual if usual > 0.0 else 1.0


def _signal_growth(record: Record) -> float:
    """Largest over first layer's output RMS at the first forward; 1 where unknown."""
    sizes = [
        first(record.outputs, "out_rms", layer.place.index)
        for layer in layers(record)
        if layer.place is not None
    ]
    known = [size for size in sizes if math.isfinite(size) and size > 0.0]
    return max(known) / known[0] if len(known) >= 2 else 1.0


def _growing(record: Record) -> tuple[str, ...]:
    """The layers along which the signal grows: up to the largest output, led by their blocks."""
    ran = [layer for layer in layers(record) if layer.place is not None]
    sizes = [first(record.outputs, "out_rms", x.place.index) for x in ran if x.place]
    top = int(np.nanargmax(sizes)) if np.isfinite(sizes).any() else -1
    return with_blocks(record, unique(x.name for x in ran[1 : top + 1]), [x.name for x in ran])


def _recurs(record: Record) -> bool:
    """Whether some layer is passed again and again in one forward."""
    return any(_repeats(layer) for layer in layers(record))


def _repeats(layer: Layer) -> bool:
    return layer.module.type in RECURRENT or layer.module.calls > PASSES


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
