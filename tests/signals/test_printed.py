# SPDX-License-Identifier: Apache-2.0
"""The script's own printed metrics, as series over steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backprobe.records import Record, Run, Table
from backprobe.signals.printed import lines, printed_series

EPOCHS = (
    (41, "epoch 1: loss 2.22, test accuracy 41.4%\nepo"),
    (83, "ch 2: loss 0.93, test accuracy 83.1%\n"),
    (90, "\r 10 %|#  |\r100 %|###| val_loss=0.25\ntrain acc: 0.9 | val acc: 0.7"),
)


def test_metrics_over_steps() -> None:
    """Percent become shares, names tell training from evaluation, pieces are joined to lines."""
    series = printed_series(Record(run=Run(id="r"), console=EPOCHS))
    steps, values = series["accuracy", True]
    assert steps.tolist() == [41, 83]
    assert values.round(3).tolist() == [0.414, 0.831]
    assert series["loss", False][1].tolist() == [2.22, 0.93]
    assert series["loss", True][1].tolist() == [0.25]
    assert series["acc", False][1].tolist() == [0.9]
    assert series["acc", True][1].tolist() == [0.7]


def test_lines_of_a_progress_bar() -> None:
    """Of a line that was painted over only the last state counts; an unfinished one is kept."""
    found = lines(Record(run=Run(id="r"), console=EPOCHS))
    assert found[2] == (90, "100 %|###| val_loss=0.25")
    assert found[3] == (90, "train acc: 0.9 | val acc: 0.7")
    assert lines(Record(run=Run(id="r"))) == []


def test_a_score_after_the_last_evaluation_is_of_held_out_rows() -> None:
    """`accuracy=…` as the last line of a script that ends with an evaluation; not before it."""
    steps = Table({"step": np.arange(10.0)})
    ended = Record(
        run=Run("r"),
        steps=steps,
        evaluations=Table({"step": np.array([10.0])}),
        console=((9, "epoch 1 accuracy 0.95\naccuracy=0.70\n"),),
    )
    found = printed_series(ended)
    assert found["accuracy", True][1].tolist() == [0.70]
    assert found["accuracy", False][1].tolist() == [0.95]
    unjudged = replace(ended, evaluations=Table({"step": np.zeros(0)}))
    assert printed_series(unjudged)["accuracy", False][1].tolist() == [0.95, 0.70]


def test_several_in_brackets_are_no_value_of_one_name() -> None:
    """A score a task, a class or a fold; a number that stands alone in brackets is one."""
    text = "acc [0.69, 0.51]\nacc tensor([0.8 0.9])\naccuracy (0.75)\nacc: 0.9 [3 of 10]\n"
    series = printed_series(Record(run=Run(id="r"), console=((9, text),)))
    assert series["acc", False][1].tolist() == [0.9]
    assert series["accuracy", False][1].tolist() == [0.75]
