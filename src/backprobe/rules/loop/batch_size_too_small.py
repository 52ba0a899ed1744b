# SPDX-License-Identifier: Apache-2.0
"""Batches so small that a step follows noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, imperfect
from backprobe.rules.wording import at, figure, plural
from backprobe.signals.lines import line_of
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import Progress, progress
from backprobe.signals.rows import repeats


class BatchSizeTooSmall(AbstractRule):
    """Each step sees one to four rows, and its gradient is mostly their noise.

    ## What it looks for
    A cross entropy over the rows of the batch itself, of which there are two to four (in-batch
    negatives). Or rows a step, where the loader has many more and nothing is accumulated, in a run
    that learns too little, whose loss jumps from step to step by as much as there is to learn and
    whose successive gradients have nothing in common.

    ## Why it matters
    Steps that follow single rows undo each other unless the rate is very small.

    ## Example
    `each step takes 1 row of 2,000; the loss varies by 0.9 from step to step around 1.1`

    ## What to try
    - `batch-size=32`
    - `scale-lr=0.1`: where memory allows no larger batch

    ## When it is wrong
    Rows that are whole sequences, images with a loss per pixel, or graphs hold many samples each.

    ## References
    - McCandlish et al., "An empirical model of large-batch training", 1812.06162
    - Chen et al., "A simple framework for contrastive learning", 2002.05709: 256 rows and more
    """

    name = "batch-size-too-small"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(4, "rows a step", "batches of 8 and more average noise")
        tiny: float = threshold(2, "rows a step", "no average at all")
        available: float = threshold(100, "rows of the data", "there were more to take")
        noise: float = threshold(0.3, "std of the loss / constant answer's", "batch of 32: 0.1")
        cosine: float = threshold(0.05, "cosine of successive gradients", "best lr: 0.13")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        contrasted = self._negatives(record)
        if contrasted:
            return contrasted
        state = progress(record)
        trend = state.trend
        if trend is None or state.baseline is None or state.loss is None:
            return []
        bad = ("learning", "stuck", "diverged", "nonfinite")
        if state.state not in bad and not imperfect(state):
            return []
        rows = record.steps.numbers("samples")
        rows = rows[np.isfinite(rows)]
        size = float(np.median(rows)) if rows.size else math.nan
        whole = _available(record, state)
        passes = record.steps.numbers("backwards")
        accumulated = bool(np.nanmax(passes, initial=1.0) > 1.0)
        labels = math.prod(state.loss.target_shape) if state.loss.target_shape else size
        if not size <= self.limits.rows or whole < self.limits.available or accumulated:
            return []
        if labels > 2.0 * self.limits.rows:
            return []
        noise = trend.noise / state.baseline
        values = record.parameters_series.values.get("grad_cosine")
        known = values is not None and bool(np.isfinite(values).any())
        cosine = float(np.nanmedian(values)) if known and values is not None else math.nan
        tiny = size <= self.limits.tiny and state.hurt >= HURTS
        if not tiny and (noise < self.limits.noise or cosine > self.limits.cosine):
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning" if state.hurt >= HURTS else "note",
                confidence=confidence(
                    0.45,
                    0.85,
                    beyond(size, self.limits.rows * 2.0, 1.0),
                    between(noise, self.limits.noise, 1.5),
                    state.hurt,
                ),
                message=(
                    f"each step takes {plural(int(size), 'row')} of {whole:,}; the loss varies by "
                    f"{figure(trend.noise)} from step to step; {state.in_words()}"
                ),
                source=line_of(record, "batches"),
                steps=whole_run(record),
                evidence={"rows": size, "rows_available": whole, "noise": noise},
                treatments=("batch-size=32", "accumulate=8", "scale-lr=0.1"),
            )
        ]

    def _negatives(self, record: Record) -> list[Finding]:
        """Rows that are told apart from the others of their batch, where it has hardly any."""
        for loss in record.losses:
            rows, square = loss.classes, loss.output_shape[:2] == (loss.classes, loss.classes)
            if loss.kind not in CLASSES or not square or not 2 <= rows <= self.limits.rows:
                continue
            seen_classes = record.batches.numbers("target_classes")
            seen_classes = seen_classes[np.isfinite(seen_classes)]
            if seen_classes.size < 5 or not bool((seen_classes == rows).all()):
                continue  # classes that are as many as the rows by chance
            return [
                Finding(
                    rule=self.name,
                    severity="warning",
                    confidence=confidence(0.55, 0.85, beyond(rows, self.limits.rows * 2.0, 2.0)),
                    message=(
                        f"the loss{at(loss.source)} tells each row from the others of its batch, "
                        f"and a batch has {rows}: {plural(rows - 1, 'other')}, which is soon told "
                        "apart; hundreds are usual"
                    ),
                    source=loss.source,
                    steps=whole_run(record),
                    evidence={"rows": rows, "negatives": rows - 1},
                    treatments=("batch-size=64",),
                )
            ]
        return []


def _available(record: Record, state: Progress) -> int:
    """Rows of the data: what a loader tells, else a lower bound from what was served.

    Where each hashed row was served once only, the steps of one epoch were never enough to begin
    anew.
    """
    told = max((int(e.data.get("rows", -1)) for e in record.named("loader")), default=-1)
    if told >= 0:
        return told
    found = repeats(record)
    rows = np.asarray(record.hashes["input"]) if len(record.hashes) else np.zeros(0)
    evaluated = np.nanmax(record.evaluations.numbers("rows"), initial=0.0)
    distinct = int(np.unique(rows).size) if found is not None else 0
    return max(int(evaluated), min(state.steps, 100) if distinct >= 20 else 0, distinct)
