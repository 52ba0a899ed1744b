# SPDX-License-Identifier: Apache-2.0
"""What a run can do on rows it trains on against rows it does not, on one scale.

Unit: skill. 0 is what the best constant answer gives, 1 is perfect, below 0 is worse than a
constant answer: (accuracy − share of the commonest class) / (1 − that share) for classes, R² for
squared errors. Normal: held-out skill within 0.15 of the training skill. The held-out side is what
the probe computed, else what the script logged, else what it printed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss, Record
from backprobe.signals import metric_names
from backprobe.signals.held_out import held_out, late_looks, majority_share
from backprobe.signals.in_a_row import first_over
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION
from backprobe.signals.memo import once
from backprobe.signals.printed import printed_series
from backprobe.signals.progress import progress
from backprobe.signals.unnamed import unnamed_losses

ACCURACY = ("accuracy", "acc")
SHARES = ("r2",)
OF_CLASSES = ("nll", "ce", "crossentropy")
"""What else scripts call the loss of classes; other losses' names leave their units open."""
FOREIGN = -0.5
"""R² that no evaluation of a run reaches from above where its loss is in the units of training."""


@dataclass(frozen=True)
class Generalisation:
    """Skill on both sides; NaN unknown.

    Arguments:
        train: skill on training rows at the end.
        held: skill on held-out rows at the last evaluation.
        best: the highest skill of all evaluations.
        unit: "accuracy" or "R²": what the skills were made of.
        train_value, held_value: the numbers themselves.
        evaluations: how many evaluations are known.
        source: "evaluated", "logged" or "printed".
        span: what one unit of skill is in the numbers themselves: 1 − share of the commonest class.
    """

    train: float = math.nan
    held: float = math.nan
    best: float = math.nan
    unit: str = ""
    train_value: float = math.nan
    held_value: float = math.nan
    evaluations: int = 0
    source: str = ""
    span: float = 1.0


@once
def generalisation(record: Record) -> Generalisation:
    """Training against held-out skill of a run."""
    loss = progress(record).loss
    if loss is None or _judges_a_copy(record, loss):
        return Generalisation()
    if loss.kind in CLASSES or loss.kind in ("bce", "bce_with_logits"):
        return _by_accuracy(record)
    return _by_variance(record) if loss.kind in REGRESSION else Generalisation()


@once
def told_score(record: Record) -> float:
    """The best of the script's own last scores on held-out data, at most 1; NaN without any."""
    found = [
        float(values[-1])
        for (name, held), (_, values) in printed_series(record).items()
        if held and name in metric_names.UNIT_SCALE and values.size
    ]
    for key, (_, logged) in record.history.items():
        values = np.asarray(logged, np.float64)
        unit = metric_names.metric(key) in metric_names.UNIT_SCALE
        if unit and metric_names.evaluates(key) and values.size:
            found.append(float(values[-1]))
    return max((x for x in found if math.isfinite(x) and x <= 1.0), default=math.nan)


def _judges_a_copy(record: Record, loss: Loss) -> bool:
    """Whether all evaluations were of another network than the trained one: a moving average.

    What that one can do is not what training led to, or not yet.
    """
    evaluation = record.batches.numbers("evaluation") == 1.0
    judged = record.batches.numbers("model")[evaluation]
    if judged.size == 0 or loss.model < 0 or bool((judged == loss.model).any()):
        return False
    root = {module.index: module.root for module in record.modules}
    held = {root.get(p.module) for p in record.parameters if p.optimizer >= 0}
    return not held.intersection(judged[np.isfinite(judged)].astype(int).tolist())


@once
def held_out_losses(record: Record) -> NDArray[np.float64]:
    """The held-out loss over the evaluations [n], of the training loss's kind; empty: unknown."""
    values = _evaluated(record, "loss")
    if values.size:
        return values
    loss = progress(record).loss
    names = ("loss", *OF_CLASSES) if loss is not None and loss.kind in CLASSES else ("loss",)
    for name in names:
        for key, (_, logged) in record.history.items():
            if metric_names.metric(key) == name and metric_names.evaluates(key):
                found = np.asarray(logged, np.float64)
                if np.isfinite(found).any():
                    return found[np.isfinite(found)]
    printed = next((p for name in names if (p := _printed(record, name, True)).size), np.zeros(0))
    found = np.asarray(printed, np.float64)
    found = found if found.size else unnamed_losses(record)
    return found[np.isfinite(found)]


def _by_accuracy(record: Record) -> Generalisation:
    known, prior = held_out(record), majority_share(record)
    values, source = _evaluated(record, "accuracy"), "evaluated"
    if values.size == 0:
        values, source = _told(record, ACCURACY, held=True)
    train = known.train_accuracy
    if not late_looks(record):
        train = math.nan  # the batches that were looked at are of the beginning
    if math.isnan(train):
        printed, _ = _told(record, ACCURACY, held=False)
        train = float(printed[-1]) if printed.size else math.nan
    if values.size == 0 or not 0.0 < prior < 1.0:
        return Generalisation(
            train=(train - prior) / (1.0 - prior) if prior < 1.0 else math.nan,
            unit="accuracy",
            train_value=train,
        )
    skill = (values - prior) / (1.0 - prior)
    return Generalisation(
        (train - prior) / (1.0 - prior),
        float(skill[-1]),
        float(skill.max()),
        "accuracy",
        train,
        float(values[-1]),
        int(values.size),
        source,
        1.0 - prior,
    )


def may_tell_rows(record: Record, both: Generalisation) -> bool:
    """Whether a script's own accuracy may be that of whole rows, of which each answer was judged.

    So it may be where a row has several answers of yes or no.
    """
    loss = progress(record).loss
    several = loss is not None and loss.kind in BINARY and math.prod(loss.target_shape[1:]) > 1
    return several and both.unit == "accuracy" and both.source != "evaluated"


def _by_variance(record: Record) -> Generalisation:
    state = progress(record)
    train, source = state.explained, "evaluated"
    values = np.zeros(0)
    if state.loss is not None and state.loss.kind == "mse" and state.baseline:
        values = 1.0 - _evaluated(record, "loss") / state.baseline
    if values.size == 0:
        values, source = _told(record, SHARES, held=True)
    if values.size == 0 and state.loss is not None and state.loss.kind == "mse" and state.baseline:
        values, source = 1.0 - held_out_losses(record) / state.baseline, "told by the script"
    # A script may tell its loss in other units than it trains on: then it is no share of anything.
    foreign = source.startswith("told") and values.size > 0 and values.max() < FOREIGN
    if state.baseline is None or values.size == 0 or foreign:
        return Generalisation(train=train, unit="R²", train_value=train)
    return Generalisation(
        train,
        float(values[-1]),
        float(values.max()),
        "R²",
        train,
        float(values[-1]),
        int(values.size),
        source,
    )


def _evaluated(record: Record, name: str) -> NDArray[np.float64]:
    values = record.evaluations.numbers(name)
    values = values[~(record.evaluations.numbers("step") <= first_over(record))]
    values = values[np.isfinite(values)]
    loss = progress(record).loss
    rooted = name == "loss" and loss is not None and loss.output.get("rooted") == "mean"
    return np.sqrt(values) if rooted else values  # the evaluations have the mean itself


def _printed(record: Record, name: str, held: bool) -> NDArray[np.float64]:
    """What was printed under a name; of two trainings in a row by the second, if it printed any."""
    steps, values = printed_series(record).get((name, held), (np.zeros(0, np.int64), np.zeros(0)))
    late = steps > first_over(record)
    return np.asarray(values[late] if late.any() else values, np.float64)


def _told(record: Record, names: tuple[str, ...], held: bool) -> tuple[NDArray[np.float64], str]:
    """What the script logged or printed under one of these names, and which of the two."""
    for key, (_, values) in record.history.items():
        if metric_names.metric(key) in names and metric_names.evaluates(key) == held:
            found = _shares(np.asarray(values, np.float64))
            if found.size:
                return found, "logged"
    for name in names:
        found = _shares(_printed(record, name, held))
        if found.size:
            return found, "printed"
    return np.zeros(0), ""


def _shares(
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The values as shares; those that were told in percent are divided."""
    found = values[np.isfinite(values)]
    if found.size and found.max() > 1.5:
        found = found / 100.0
    return found[found <= 1.0]
