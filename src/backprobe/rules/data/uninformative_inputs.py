# SPDX-License-Identifier: Apache-2.0
"""Inputs that are all alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Operation, Place, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, figure, percent, plural, unique
from backprobe.signals.progress import Progress, progress
from backprobe.signals.rows import drawn_anew, repeats
from backprobe.signals.units import RECTIFIERS
from backprobe.signals.vain import moves_in_vain

PASSED = RECTIFIERS | {"softmax", "log_softmax"}
"""Activations that may be constant for reasons that have rules of their own."""
VARIES = 1e-3
"""Deviation over the rows / size of an output from which it tells rows apart."""


class UninformativeInputs(AbstractRule):
    """The inputs hardly differ from row to row, so no answer can depend on them.

    ## What it looks for
    Features whose deviation over the training rows is nothing beside their size, batches that are
    one number throughout, training rows of which only a handful are distinct while their targets
    differ, or of which most are one and the same input, ids of which nearly all are one and the
    same, and a padding mask that hides all but one. A run that learns stays silent. One that does
    not although nothing else is wrong, and whose loader serves no row twice, is told that what
    changes its inputs may take away too much.

    ## Why it matters
    The best that can be learnt is the mean target. Typical are a wrong column, an integer division
    that gives 0, ids that are all padding, and a normalisation over the wrong axis.

    ## Example
    `64 of 64 input features don't vary over 1,024 training rows`

    ## What to try
    - print a few inputs as the model gets them, and follow them back to the data

    ## When it is wrong
    A network that is fed a constant on purpose (a generator, a fitted curve with its own codes).

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): train an input-independent baseline
    """

    name = "uninformative-inputs"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        features: float = threshold(0.9, "share of the features", "the rest carries little")
        deviation: float = threshold(
            1e-5, "deviation / size of a feature", "float32 resolves 1e-7 of the mean"
        )
        one_id: float = threshold(
            0.8, "share of the commonest id", "padding of half and a word of a quarter of the rest"
        )
        same: float = threshold(
            0.5, "rows that are one and the same input", "categories have no such majority"
        )
        distinct: float = threshold(0.02, "distinct rows / rows", "1 in 50: 20 of 1,000")
        changed: float = threshold(0.8, "distinct inputs with several targets", "nearly all")
        explained: float = threshold(
            0.1, "share of the trivial loss taken away", "what is learnt comes from the inputs"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        if state.state in ("unknown", "short") or state.hurt <= 0.0:
            return []
        if state.explained > self.limits.explained:
            return []
        flat, of, rows = _flat_features(record, self.limits.deviation)
        blank = _blank_batches(record)
        found = repeats(record)
        few = (
            found is not None
            and found.rows >= 200
            and found.distinct <= self.limits.distinct * found.rows
            and found.within >= 0.3
            and found.changed >= self.limits.changed
        )
        blanked = (
            found is not None
            and found.rows >= 200
            and found.commonest >= self.limits.same
            and found.contrary > 1
        )
        if of and flat >= self.limits.features * of:
            what = f"{flat} of {plural(of, 'input feature')} don't vary over {rows:,} training rows"
            strength = between(flat / of, self.limits.features, 1.0)
        elif blank >= 3:
            what = f"all of {plural(blank, 'batch').replace('batchs', 'batches')} "
            what += "hold one and the same number"
            strength = 1.0
        elif blanked and found is not None:
            what = (
                f"{percent(found.commonest)} of {found.rows:,} training rows are one and the same "
                f"input, which has {found.contrary} different targets (blank pictures? numbers "
                "that were rounded to nothing?)"
            )
            strength = between(found.commonest, self.limits.same, 1.0)
        elif few and found is not None:
            what = (
                f"of {found.rows:,} training rows only {found.distinct:,} are distinct, and "
                f"{percent(found.changed)} of these have several targets"
            )
            strength = 0.5
        elif (one := _one_id(record)) >= self.limits.one_id:
            what = (
                f"{percent(one)} of the input ids are one and the same number (words that the "
                "vocabulary does not know, padding)"
            )
            strength = between(one, self.limits.one_id, 1.0)
        elif (masked := _only_padding(record)) is not None:
            return [self._masked(record, state, masked)]
        elif (lost := _lost_at(record)) is not None:
            return [self._inside(state, *lost)]
        else:
            return self._by_exclusion(record, state)
        return [
            Finding(
                rule=self.name,
                severity="error" if state.failed else "warning",
                confidence=confidence(0.7, 0.97, strength, state.hurt),
                message=f"{what}; {state.in_words()}",
                source=None,
                steps=seen(record.batches["step"][[0, -1]]),
                evidence={
                    "constant_features": flat,
                    "features": of,
                    "blank_batches": blank,
                    "common_id": _one_id(record),
                    "distinct_rows": found.distinct if found else None,
                },
            )
        ]

    def _by_exclusion(self, record: Record, state: Progress) -> list[Finding]:
        """What can't be told from targets of other inputs, a note beside `labels-mismatched`.

        Inputs that are augmented or cropped anew in each pass are the first suspect instead.
        """
        step = moves_in_vain(record)
        if step is None:
            return []
        anew = drawn_anew(record)
        what = (
            "no row of the loader comes back as it was, so something changes the inputs in each "
            "pass: does what it leaves still tell the targets (augmentation, crops, erasing)?"
            if anew
            else "if the targets are right, the inputs tell nothing of them: were they cut, "
            "blanked, cropped, or are their words unknown?"
        )
        return [
            Finding(
                rule=self.name,
                severity="warning" if anew else "note",
                confidence=confidence(0.3, 0.7, float(anew)),
                message=(
                    f"{state.in_words()} although each step moves the weights by {figure(step)} of "
                    f"their size, which is healthy; {what}"
                ),
                steps=seen(record.steps["step"][[0, -1]]),
                evidence={"update_ratio": step, "by_exclusion": True, "drawn_anew": anew},
                treatments=("bypass-augmentation",) if anew else (),
            )
        ]

    def _masked(self, record: Record, state: Progress, attention: Operation) -> Finding:
        """The attention may look at one and the same id only."""
        names = unique(m.name for m in record.modules if m.index == attention.module)
        hidden = int(attention.arguments["hidden_ids"])
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.75, 0.97, state.hurt),
            message=(
                f"the padding mask of {names[0] or attention.name}{at(attention.source)} hides "
                f"{hidden} different ids and shows one and the same at every place it leaves: a "
                f"mask with the wrong sense? {state.in_words()}"
            ),
            where=names,
            source=attention.source,
            evidence={"hidden_ids": hidden, "masked": attention.arguments["masked"]},
        )

    def _inside(self, state: Progress, before: Place, after: Place) -> Finding:
        """What varied on its way in is the same for every row from here on."""
        names = unique([after.name])
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.6, 0.9, state.hurt),
            message=(
                f"what {before.name or before.type} gives varies from row to row, what "
                f"{after.name or after.type}{at(after.source)} makes of it does not: between them "
                f"the data is blanked (a mask, a product with zero); {state.in_words()}"
            ),
            where=names,
            source=after.source,
            evidence={"before": before.name, "after": after.name},
        )


def _one_id(record: Record) -> float:
    """Share of the commonest number among the ids of the training batches; 0 for other inputs."""
    table = record.batches
    train = np.asarray(table["evaluation"], np.float64) == 0.0
    whole = np.asarray(table["integer"], np.float64) == 1.0
    common = np.asarray(table["common"], np.float64)[train & whole]
    common = common[np.isfinite(common)]
    return float(np.median(common)) if common.size >= 3 else 0.0


def _only_padding(record: Record) -> Operation | None:
    """An attention whose mask hides several ids and shows a single one."""
    for op in record.graph:
        if op.arguments.get("shown_ids", 2.0) <= 1.0 and op.arguments.get("hidden_ids", 0.0) >= 3.0:
            return op
    return None


def _lost_at(record: Record) -> tuple[Place, Place] | None:
    """The first place whose output is the same for all rows though what feeds it is not, and it.

    Not one that a forward passes several times: its first pass is what was measured, and a
    recurrence begins with the same state for all rows.
    """
    again = {module.index for module in record.modules if module.calls > 1}
    places = {place.index: place for place in record.places}
    flat = {index: _is_flat(record, index) for index in places}
    for place in sorted(record.places, key=lambda p: p.order):
        feeds = [places[i] for i in place.inputs if i in places]
        if (
            place.activation in (*RECTIFIERS, "softmax", "log_softmax")
            or place.module in again
            or not feeds
            or not flat[place.index]
        ):
            continue
        # A signal that fades from layer to layer is not blanked at the last of them.
        if not any(flat[x.index] for x in feeds) and _variation(record, feeds[0].index) >= VARIES:
            return feeds[0], place
    return None


def _variation(record: Record, index: int) -> float:
    """Deviation of an output over the rows, relative to its size; median over the steps."""
    spread = record.outputs.of("out_batch_std", index).astype(np.float64)
    size = record.outputs.of("out_rms", index).astype(np.float64)
    known = np.isfinite(spread) & (size > 0.0)
    return float(np.median(spread[known] / size[known])) if known.any() else 0.0


def _is_flat(record: Record, index: int) -> bool:
    """Whether an output hardly varies over the rows of a batch, from the first step to the last."""
    spread = record.outputs.of("out_batch_std", index).astype(np.float64)
    size = record.outputs.of("out_rms", index).astype(np.float64)
    known = np.isfinite(spread) & np.isfinite(size)
    if int(known.sum()) < 5:
        return False
    return bool(np.all(spread[known] <= 1e-6 * np.maximum(size[known], 1e-6)))


def _flat_features(record: Record, limit: float) -> tuple[int, int, int]:
    """Features that don't vary, features, and the rows that were looked at."""
    for event in record.named("input-features"):
        mean = np.asarray(event.data.get("mean", ()), np.float64)
        deviation = np.asarray(event.data.get("std", ()), np.float64)
        if event.data.get("kind") == "feature" and deviation.size and mean.size == deviation.size:
            flat = deviation <= limit * np.maximum(np.abs(mean), 1e-12)
            return int(flat.sum()), int(deviation.size), int(event.data.get("count", 0))
    return 0, 0, 0


def _blank_batches(record: Record) -> int:
    """Training batches that hold one number throughout; 0 where any does not."""
    table = record.batches
    train = ~(np.asarray(table["evaluation"], np.float64) == 1.0)
    rows = np.asarray(table["rows"], np.float64)
    low, high = (np.asarray(table[k], np.float64) for k in ("min", "max"))
    known = train & np.isfinite(low) & np.isfinite(high) & (rows > 1)
    same = bool(known.any()) and bool(np.all(low[known] == high[known]))
    return int(known.sum()) if same and math.isfinite(float(low[known][0])) else 0
