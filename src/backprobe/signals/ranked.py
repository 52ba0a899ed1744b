# SPDX-License-Identifier: Apache-2.0
"""How often the script says that pairs are in the right order: AUC of the ROC curve, concordance.

Unit: share of pairs, 0 to 1; chance is 0.5 whatever the classes' shares. Normal: 0.5 to 1. Below
0.35 again and again the order itself was learnt, the other way round: who knows nothing is at 0.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from backprobe.records import Record
from backprobe.signals.memo import once
from backprobe.signals.metric_names import EVALUATION, TRAINING
from backprobe.signals.printed import lines

TURNED = 0.35
"""Most of the last values: two pairs of three are in the wrong order."""
TOLD = 3
"""Least number of values that say so: one may be that of a network at birth, or of few rows."""
_NAME = r"c[-_ ]?index|concordance(?:[-_ ]index)?|(?:roc[-_ ]?)?auc|auc[-_ ]?roc|auroc"
_SCORE = re.compile(
    rf"(?:\b|_)({_NAME})[\"']?\s*[:=]?\s*(\d*\.\d+|\d+(?:\.\d+)?)(\s?%)?(?![\w.])", re.IGNORECASE
)
_KEY = re.compile(rf"(?:.*[^a-z])?({_NAME})", re.IGNORECASE)
_WHOSE = EVALUATION | TRAINING | frozenset("final best epoch loss mean macro".split())


class Turned(NamedTuple):
    """A score that is far below chance.

    Arguments:
        name: as the script writes it.
        last: its last value.
        told: how often it was told.
    """

    name: str
    last: float
    told: int


@once
def turned_round(record: Record) -> Turned | None:
    """The score that was told so often and ends far below chance, where none does better."""
    series: dict[tuple[str, str], list[float]] = {}
    for whose, name, value in _told(record):
        if 0.0 <= value <= 1.0:
            series.setdefault((whose, name), []).append(value)
    if not series or max(values[-1] for values in series.values()) > TURNED:
        return None
    (_, name), values = max(series.items(), key=lambda item: len(item[1]))
    if len(values) < TOLD or max(values[-TOLD:]) > TURNED:
        return None
    return Turned(name, values[-1], len(values))


def _told(record: Record) -> Iterator[tuple[str, str, float]]:
    """What comes before the name, the name, the value: of printed lines and of what was logged."""
    for _, line in lines(record):
        for match in _SCORE.finditer(line):
            before = re.findall(r"[a-z]+", line[: match.start()].lower())[-1:]
            # Another word may make another score of it: the area under a curve of deletions.
            if not before or before[0] in _WHOSE:
                percent = 100.0 if match.group(3) else 1.0
                yield "".join(before), match.group(1), float(match.group(2)) / percent
    for key, (_, values) in record.history.items():
        name = _KEY.fullmatch(key)
        if name is not None:
            for value in np.asarray(values, np.float64):
                yield key, name.group(1), float(value)
