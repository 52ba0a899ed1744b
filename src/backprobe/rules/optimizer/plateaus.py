# SPDX-License-Identifier: Apache-2.0
"""Schedules that wait for a plateau of a number that does not say how well the network does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record, Source
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress

LEAST_TOLD = 4
"""Numbers that a schedule is told from which they go one way."""
LEAST_SUMMED = 8
"""Numbers from which they are a sum over the epochs."""
GROWN = 3.0
"""Times the first number by which a sum has grown over those."""


def misled(record: Record) -> tuple[str, Source] | None:
    """Of a schedule that takes getting better for a plateau: in words, and where it is stepped."""
    told = record.named("plateau")
    values = np.asarray([float(event.data["value"]) for event in told])
    values = values[np.isfinite(values)]
    if values.size < LEAST_TOLD:
        return None
    ends = max(1, values.size // 4)
    first, last = float(np.median(values[:ends])), float(np.median(values[-ends:]))
    mode = str(told[0].data["mode"])
    rises = last > first
    score = values.min() >= 0.0 and values.max() <= 100.0 and values.max() >= 1.2 * values.min()
    place = told[0].data
    source = Source(str(place["file"]), int(place["line"]), str(place["text"]))
    trend = progress(record).trend
    better = trend is not None and trend.fell
    if (mode == "min") != rises or not (better and score) or _is_loss(record, values):
        return None
    words = "fall" if mode == "min" else "rise"
    return (
        f"ReduceLROnPlateau{at(source)} waits for its number to {words}, and while the loss fell "
        f"it went from {figure(first)} to {figure(last)}: a score takes mode='max', a loss "
        "mode='min'; ",
        source,
    )


def summed(record: Record) -> tuple[str, Source] | None:
    """Of a schedule that is told a sum over all epochs so far: in words, and where it is stepped.

    What is added is never more than the first number, a loss of its own, and gets less as the loss
    falls. A held-out loss that rises does so after a fall, and faster and faster.
    """
    told = record.named("plateau")
    values = np.asarray([float(event.data["value"]) for event in told])
    if values.size < LEAST_SUMMED or not np.isfinite(values).all() or values[0] <= 0.0:
        return None
    if str(told[0].data["mode"]) != "min" or len({e.data["line"] for e in told}) > 1:
        return None
    added = np.diff(values)
    trend = progress(record).trend
    fell = trend is not None and trend.fell
    ends = max(1, added.size // 4)
    slower = float(np.median(added[-ends:])) <= float(np.median(added[:ends]))
    grew = values[-1] >= GROWN * values[0] and bool((added > 0.0).all())
    if not (fell and grew and slower and added.max() <= 1.5 * values[0]):
        return None
    if _is_loss(record, values):
        return None
    place = told[0].data
    source = Source(str(place["file"]), int(place["line"]), str(place["text"]))
    return (
        f"ReduceLROnPlateau{at(source)} was told {figure(values[0])} first and "
        f"{figure(values[-1])} at the end, more each time, while the loss fell: a sum that is "
        "never set back to 0? It takes that for a plateau without end; ",
        source,
    )


def _is_loss(record: Record, values: NDArray[np.float64]) -> bool:
    """Whether the last number is what an evaluation's loss was."""
    losses = record.evaluations.numbers("loss")
    return bool((np.abs(losses - values[-1]) <= 0.02 * abs(values[-1])).any())
