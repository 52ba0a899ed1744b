# SPDX-License-Identifier: Apache-2.0
"""The rule that compares ranks, on records of two processes that really trained."""

from __future__ import annotations

from dataclasses import replace

from backprobe.diagnose import diagnose
from backprobe.store.merge import merge

from .conftest import Recorder


def test_ranks_that_train_on_their_own_are_told(recorded: Recorder) -> None:
    """Two processes whose weights differ are named, with the layers; two equal ones are not."""
    first = recorded("learning_rate_too_low/bad.py")
    same = merge([replace(first, rank=0, world=2), replace(first, rank=1, world=2)])
    assert "ranks-drifted-apart" not in {f.rule for f in diagnose(same)}

    series = first.parameters_series
    moved = {
        name: values * 1.05 if name == "weight_rms" else values
        for name, values in series.values.items()
    }
    other = replace(first, rank=1, world=2, parameters_series=replace(series, values=moved))
    apart = merge([replace(first, rank=0, world=2), other])
    found = [f for f in diagnose(apart) if f.rule == "ranks-drifted-apart"]
    assert len(found) == 1
    assert found[0].where
    assert found[0].evidence["ranks"] == [0, 1]
