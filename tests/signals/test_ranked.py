# SPDX-License-Identifier: Apache-2.0
"""Scores of an order that are far below chance, and scores that only look it."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.records import Record, Run
from backprobe.signals.ranked import turned_round


def printed(*texts: str) -> Record:
    """A run that has printed these lines."""
    return Record(run=Run("r"), console=tuple((k, f"{t}\n") for k, t in enumerate(texts)))


@pytest.mark.parametrize(
    "line", ["epoch 5 train c-index 0.2{}", "val_auc=0.1{}", "{{'roc_auc': 0.2{}}}", "AUC: 12.{} %"]
)
def test_far_below_chance(line: str) -> None:
    """Three times are enough, in any writing."""
    assert turned_round(printed(*(line.format(k) for k in range(3)))) is not None
    assert turned_round(printed(*(line.format(k) for k in range(2)))) is None


@pytest.mark.parametrize(
    "line",
    [
        "train auc 0.9{0} val auc 0.2{0}",
        "deletion auc 0.1{}",
        "auc 0.4{}",
        "auc 2{}",
        "auprc 0.1{}",
        "auc improves 0.1{}",
    ],
)
def test_what_is_no_order_turned_round(line: str) -> None:
    """A network that knows its training rows overfits; another area has another chance value."""
    assert turned_round(printed(*(line.format(k) for k in range(5)))) is None


def test_what_is_logged_counts_too() -> None:
    """By its key."""
    steps = np.arange(4)
    record = Record(run=Run("r"), history={"val/AUROC": (steps, np.full(4, 0.2))})
    assert turned_round(record) is not None
