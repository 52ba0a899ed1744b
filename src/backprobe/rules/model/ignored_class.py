# SPDX-License-Identifier: Apache-2.0
"""A class of the data that the loss is told to ignore."""

from __future__ import annotations

import math

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, percent
from backprobe.signals.baseline import number
from backprobe.signals.generalisation import generalisation, told_score
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import progress

MOST_CLASSES = 100
"""More are words, whose padding is ignored."""
LEAST = 0.05
"""Share of the rows that are ignored: fewer are flaws of the data."""
NEAR = 0.3
"""How near the held-out accuracy is to that of a network which never gives the ignored class, as a
share of these rows: two standard deviations of a few hundred rows."""


def ignored_class(record: Record, rule: str, loss: Loss) -> Finding | None:
    """Rows that never count, as `ignore_index` is the class that they are of.

    Rows without a label yet may be coded so too. They are no rows of an evaluation: what tells is a
    held-out accuracy that lacks just the share of the ignored rows.
    """
    index, ignored = number(loss.target, "ignore_index"), number(loss.target, "ignored")
    if index is None or ignored is None or loss.kind not in CLASSES or loss.terms > 1:
        return None
    if not 0 <= index < loss.classes <= MOST_CLASSES or not LEAST <= ignored < 1.0 - LEAST:
        return None
    if not _a_row_each(record, loss):
        return None
    both = generalisation(record)
    held = told_score(record)
    held = both.held_value if math.isnan(held) and both.unit == "accuracy" else held
    train = both.train_value if both.unit == "accuracy" else math.nan
    lacks = bool(abs(held - train * (1.0 - ignored)) <= NEAR * ignored)
    message = (
        f"the loss{at(loss.source)} ignores class {index:.0f}, and {percent(ignored)} of the rows "
        "are of it: they never count, and it is never told"
    )
    if lacks:
        message += (
            f"; the training accuracy of the others is {percent(train)}, that of held-out rows "
            f"{percent(held)}, which lacks just these"
        )
    else:
        message += f"; {progress(record).in_words()}"
    return Finding(
        rule=rule,
        severity="warning" if lacks else "note",
        confidence=confidence(0.4, 0.95, float(lacks), between(ignored, LEAST, 0.3)),
        message=message,
        where=output_names(record, loss),
        source=loss.source,
        steps=whole_run(record),
        evidence={"ignore_index": int(index), "ignored": ignored, "lacks_class": lacks},
    )


def _a_row_each(record: Record, loss: Loss) -> bool:
    """Whether a row has one target: no tokens, whose padding is ignored, and no pixels."""
    rows = record.steps.numbers("samples")
    rows = rows[np.isfinite(rows) & (rows > 0.0)]
    single = len(loss.target_shape) == 1 and rows.size > 0
    return bool(single and loss.target_shape[0] == rows[0])
