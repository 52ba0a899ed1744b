# SPDX-License-Identifier: Apache-2.0
"""What the hashes of single rows tell: rows that come back, and what they were labelled.

Unit: shares of the hashed rows, 0 to 1. Normal: no evaluation row was ever trained on; a row that
comes back has the target that it had before. Data of few distinct rows (grids, one-hot ids) repeats
by nature: `Repeats.within` measures that inside single batches, where nothing repeats on purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.losses import CLASSES
from backprobe.signals.memo import once

BESIDE = 0.5
"""Share of a phase's rows in the batch of its step from which it is no evaluation."""
ALIKE = 0.02
"""Share by which an evaluation's rows may differ from a training set's: a last batch dropped."""
PASSES = 3.0
"""Passes over the rows from which a sample of the batches holds the same row twice."""
BY_CHANCE = 0.001
"""Stretches as long that are expected of rows in a random order, below which there is no chance."""
PAIRS = 20.0
"""Pairs of the same row that are expected at least before their lack says anything."""

Ids = NDArray[np.uint64]


@dataclass(frozen=True)
class Overlap:
    """Evaluation rows that were trained on.

    Arguments:
        rows: distinct evaluation rows.
        trained: distinct training rows.
        share: of the evaluation rows, those that were served in training.
        phases: steps at which evaluation rows were hashed.
        within: share of evaluation rows that repeat within their own phase (natural repeats).
        scattered: changes between seen and unseen rows along a phase, over those that a random
            order of the same shares would have; 0 where one whole set follows another.
    """

    rows: int
    trained: int
    share: float
    phases: int
    within: float
    scattered: float


@dataclass(frozen=True)
class Repeats:
    """Training rows that came back, and their targets.

    Arguments:
        rows: hashed training rows whose target is known.
        distinct: distinct inputs among them.
        returned: rows whose input was served more than once.
        changed: of the returned inputs, the share that had more than one target.
        within: share of rows that repeat inside their own batch (natural repeats).
        commonest: share of the rows that are the commonest input.
        contrary: targets of that input.
        open: entropy of the targets of that input, over that of all targets: 1 where it tells
            nothing of them.
    """

    rows: int
    distinct: int
    returned: int
    changed: float
    within: float
    commonest: float
    contrary: int
    open: float


@once
def overlap(record: Record) -> Overlap | None:
    """How much of the evaluation was trained on; None where either was not hashed."""
    steps, evaluation, inputs, _ = _columns(record)
    trained = np.unique(inputs[~evaluation & (inputs != 0)])
    known = evaluation & (inputs != 0)
    known &= ~_beside_training(steps, evaluation, inputs)
    known &= ~np.isin(steps, _training_set_judged(record))
    if not known.any() or trained.size == 0:
        return None
    served, at = inputs[known], steps[known]
    distinct = np.unique(served)
    found = np.isin(served, trained)
    return Overlap(
        rows=int(distinct.size),
        trained=int(trained.size),
        share=float(np.isin(distinct, trained).mean()),
        phases=int(np.unique(at).size),
        within=_within(at, served),
        scattered=scattered(found, at),
    )


def scattered(found: NDArray[np.bool_], at: NDArray[np.int64]) -> float:
    """Changes between rows that were found and others, over those of a random order.

    Arguments:
        found: [n], of rows in the order in which they came.
        at: [n], the step of each row's phase; changes from one phase to another don't count.

    Returns:
        0 where the rows of a phase are all of one kind, or one kind follows the other: also where
        of the one set only a part was found, as of training rows that are evaluated beside others.
    """
    changes = expected = 0.0
    for step in np.unique(at):
        part = found[at == step]
        share = float(part.mean())
        changes += 0.0 if _set_apart(part) else float(np.sum(part[1:] != part[:-1]))
        expected += 2.0 * share * (1.0 - share) * max(0, part.size - 1)
    return changes / expected if expected > 0.0 else 0.0


def _set_apart(found: NDArray[np.bool_]) -> bool:
    """Whether a stretch of a phase is without any row that was found, as none is by chance."""
    at = np.flatnonzero(found)
    if at.size == 0:
        return False
    longest = int(np.diff(np.concatenate([[-1], at, [found.size]])).max()) - 1
    return bool(at.size * (1.0 - at.size / found.size) ** longest < BY_CHANCE)


def _training_set_judged(record: Record) -> list[float]:
    """Steps of evaluations of as many rows as a training loader has: its training accuracy."""
    sizes = _loader_sizes(record)
    table = record.evaluations
    return [
        float(step)
        for step, rows in zip(table.numbers("step"), table.numbers("rows"), strict=True)
        if any(size > 0 and abs(rows - size) <= ALIKE * size for size in sizes)
    ]


def _loader_sizes(record: Record) -> list[int]:
    """Rows of the data sets whose loaders batches were trained on came from."""
    training = record.batches.numbers("evaluation") == 0.0
    used = set(record.batches.numbers("loader")[training].tolist())
    return [
        int(event.data.get("rows") or -1)
        for event in record.named("loader")
        if float(event.data.get("index", -1)) in used
    ]


@once
def repeats(record: Record) -> Repeats | None:
    """What became of training rows that came back; None where no targets of theirs were hashed."""
    steps, evaluation, inputs, targets = _columns(record)
    known = ~evaluation & (inputs != 0) & (targets != 0)
    if not known.any() or _spread_targets(record):
        return None
    rows, labels = inputs[known], targets[known]
    distinct, position, counts = np.unique(rows, return_inverse=True, return_counts=True)
    pairs = np.unique(np.stack([position.astype(np.uint64), labels]), axis=1)
    kinds = np.bincount(pairs[0].astype(np.int64), minlength=distinct.size)
    back = counts > 1
    all_targets = _entropy(labels)
    return Repeats(
        rows=int(rows.size),
        distinct=int(distinct.size),
        returned=int(counts[back].sum()),
        changed=float((kinds[back] > 1).mean()) if back.any() else 0.0,
        within=_within(steps[known], rows),
        commonest=float(counts.max() / rows.size),
        contrary=int(kinds[np.argmax(counts)]),
        open=_entropy(labels[position == np.argmax(counts)]) / all_targets if all_targets else 0.0,
    )


def _spread_targets(record: Record) -> bool:
    """Whether a loss compares each prediction with the targets of the whole batch, (N, 1) and (N,).

    A row of the targets is the batch then, and is another one whenever the row comes back.
    """
    return any(
        loss.output_shape != loss.target_shape
        and loss.kind not in CLASSES
        and math.prod(loss.target_shape) > math.prod(loss.output_shape)
        for loss in record.losses
    )


def from_loader(record: Record) -> bool:
    """Whether what is trained on comes from a loader, not from what an agent meets, say."""
    return bool(_loader_sizes(record))


@once
def drawn_anew(record: Record) -> bool:
    """Whether a loader serves each row anew: rows that should have come back never did.

    Of m rows taken at random from many passes over N rows, m²/2N pairs are of the same row (the
    birthday problem).
    """
    found = repeats(record)
    sizes = _loader_sizes(record)
    step = record.steps.numbers("step")  # of those that were recorded
    samples = record.steps.numbers("samples")
    samples = samples[np.isfinite(samples)]
    served = (np.ptp(step) + 1.0) * float(np.median(samples)) if samples.size else 0.0
    if found is None or not sizes or min(sizes) < 1 or served < PASSES * max(sizes):
        return False
    pairs = found.rows**2 / (2.0 * max(sizes))
    return pairs >= PAIRS and found.returned <= 0.02 * pairs


def training_rows(record: Record) -> tuple[NDArray[np.float64], Ids]:
    """Step and hash of each hashed training row."""
    steps, evaluation, inputs, _ = _columns(record)
    known = ~evaluation & (inputs != 0)
    return steps[known], inputs[known]


def _columns(record: Record) -> tuple[NDArray[np.float64], NDArray[np.bool_], Ids, Ids]:
    table = record.hashes
    if len(table) == 0:
        empty = np.zeros(0, np.uint64)
        return np.zeros(0), np.zeros(0, np.bool_), empty, empty
    return (
        table.numbers("step"),
        table.numbers("evaluation") == 1.0,
        np.asarray(table["input"]).astype(np.uint64),
        np.asarray(table["target"]).astype(np.uint64),
    )


def _beside_training(
    steps: NDArray[np.float64], evaluation: NDArray[np.bool_], inputs: Ids
) -> NDArray[np.bool_]:
    """Rows that a second network (a teacher, a target network) got in the very step they trained.

    That is no evaluation: most rows of the phase are of the batch that is trained on beside it.
    """
    found = np.zeros(steps.size, np.bool_)
    for step in np.unique(steps[evaluation]):
        phase = evaluation & (steps == step)
        batch = inputs[~evaluation & (np.abs(steps - step) <= 1)]
        if np.isin(inputs[phase], batch).mean() >= BESIDE:
            found |= phase
    return found


def _entropy(labels: Ids) -> float:
    """Of the shares of equal labels, in nats."""
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / labels.size
    return float(-(shares * np.log(shares)).sum())


def _within(steps: NDArray[np.float64], rows: Ids) -> float:
    """Share of rows that repeat an earlier one of the same step."""
    if rows.size == 0:
        return 0.0
    order = np.lexsort((rows, steps))
    same = (np.diff(steps[order]) == 0) & (rows[order][1:] == rows[order][:-1])
    return float(same.sum()) / rows.size
