# SPDX-License-Identifier: Apache-2.0
"""What broke at a step that was not observed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backprobe.diagnose import diagnose
from backprobe.records import Record

from .conftest import Recorder

PROGRAM = "nonfinite_gradients/bad_steep.py"


def without(record: Record, steps: list[int]) -> Record:
    """A record whose parameters were not looked at in these steps."""
    series = record.parameters_series
    kept = ~np.isin(series.step, steps)
    values = {name: value[kept] for name, value in series.values.items()}
    return replace(record, parameters_series=replace(series, step=series.step[kept], values=values))


def test_a_gradient_that_broke_unseen_is_inferred_from_the_weights_after_it(
    recorded: Recorder,
) -> None:
    """The finding is the same one, at the same step, that the observed gradient gives."""
    record = recorded(PROGRAM)
    seen = next(f for f in diagnose(record) if f.rule == "nonfinite-gradients")
    first = int(seen.evidence["first_step"])
    found = diagnose(without(record, [first]))
    assert found[0].rule == "nonfinite-gradients"
    assert found[0].evidence["first_step"] == first
    assert found[0].evidence["steep"] == "acos"


def test_weights_that_were_not_looked_at_prove_nothing(recorded: Recorder) -> None:
    """Nor at the loss that broke, nor right after it: nobody knows what broke first."""
    record = recorded(PROGRAM)
    record = replace(record, events=tuple(e for e in record.events if e.name != "loss-broke"))
    last = int(record.steps["step"][-1])
    series = record.parameters_series
    first = next(
        int(f.evidence["first_step"]) for f in diagnose(record) if f.rule == "nonfinite-gradients"
    )
    unseen = [int(step) for step in series.step if first <= step < last - 20]
    assert "nonfinite-gradients" not in [f.rule for f in diagnose(without(record, unseen))]
