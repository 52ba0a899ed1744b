# SPDX-License-Identifier: Apache-2.0
"""One record of all ranks: what is merged how, and ranks that drifted apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprobe.records import Event, Parameter, Record, Run, Series, Table
from backprobe.store.merge import merge

SHARDS = np.random.default_rng(0).normal(size=(2, 3, 5)) * [[[1.0]], [[4.0]]]
"""Gradients [rank, step, element] of a parameter of ten elements, half of them on each rank."""


def series(values: Any, step: Any = (0, 1, 2)) -> Series:
    """The statistics of one parameter [step, element] as a rank records them."""
    values = np.asarray(values)
    statistics = {
        "mean": values.mean(1),
        "rms": np.sqrt((values**2).mean(1)),
        "min": values.min(1),
        "max": values.max(1),
        "nonfinite": np.zeros(len(values)),
    }
    signals = {
        f"{kind}_{name}": found[:, None].astype(np.float32)
        for kind in ("grad", "weight")
        for name, found in statistics.items()
    }
    return Series(np.asarray(step), np.zeros(1, np.int64), signals)


def rank(number: int, found: Series, local: int = -1, **more: Any) -> Record:
    """A rank's record with one parameter `w` of ten elements and three steps."""
    steps = {
        "step": np.arange(3),
        "time": np.arange(3) + 100.0,
        "loss": np.array([1.0, 2.0, 3.0]) + number,
        "samples": np.full(3, 2.0 + number),
        "seconds": np.full(3, 1.0 + number),
        "grad_norm": np.ones(3),
    }
    parameter = Parameter(0, "w", -1, (10,), local=local)
    record = Record(
        Run("r"), parameters=(parameter,), steps=Table(steps), parameters_series=found, rank=number,
        world=2,
    )  # fmt: skip
    return replace(record, **more)


def test_shards_merge_into_the_whole() -> None:
    """RMS by mean of squares, extremes by extremes, the norm anew, the loss by rows."""
    whole = np.concatenate([SHARDS[0], SHARDS[1]], axis=1)
    merged = merge([rank(0, series(SHARDS[0]), 5), rank(1, series(SHARDS[1]), 5)])
    expected = series(whole)
    for name, values in expected.values.items():
        assert np.allclose(merged.parameters_series.values[name], values, rtol=1e-5), name
    assert np.allclose(merged.steps["grad_norm"], np.sqrt((whole**2).sum(1)), rtol=1e-5)
    assert np.allclose(merged.steps["loss"], np.array([1, 2, 3]) + 3 / 5)
    assert merged.steps["samples"].tolist() == [5, 5, 5]
    assert merged.steps["seconds"].tolist() == [2, 2, 2]
    assert not merged.named("ranks-apart")


def test_uneven_and_empty_shards() -> None:
    """A rank that holds three of ten elements counts as three, one that holds none not at all."""
    values = np.concatenate([SHARDS[0], SHARDS[1]], axis=1)
    nothing = series(np.full((3, 1), np.nan))
    records = [
        rank(0, series(values[:, :3]), 3),
        rank(1, series(values[:, 3:]), 7),
        rank(2, nothing, 0),
    ]
    merged = merge(records).parameters_series
    assert np.allclose(merged.values["grad_rms"], series(values).values["grad_rms"], rtol=1e-5)
    assert np.allclose(merged.values["grad_min"], series(values).values["grad_min"], rtol=1e-5)


def test_a_step_that_one_rank_did_not_observe_has_no_value() -> None:
    """A part of a tensor is not taken for the whole of it."""
    records = [rank(0, series(SHARDS[0]), 5), rank(1, series(SHARDS[1][:2], (0, 1)), 5)]
    merged = merge(records).parameters_series
    assert np.isnan(merged.values["grad_rms"][:, 0]).tolist() == [False, False, True]


def test_inits_of_shards() -> None:
    """The init of the whole follows from those of its shards; equal rows everywhere stay one."""
    shards = [
        {"mean": 1.0, "std": 1.0, "min": 0.0, "max": 2.0, "zeros": 0.5, "rows": 3.0,
         "distinct_rows": 1.0},
        {"mean": 1.0, "std": 1.0, "min": 0.0, "max": 2.0, "zeros": 0.0, "rows": 2.0,
         "distinct_rows": 1.0},
    ]  # fmt: skip
    records = [
        rank(n, series(SHARDS[n]), local, parameters=(
            Parameter(0, "w", -1, (10,), local=local, initial=shards[n]),
        ))
        for n, local in ((0, 6), (1, 4))
    ]  # fmt: skip
    initial = merge(records).parameters[0].initial
    assert initial["zeros"] == pytest.approx(0.3)
    assert (initial["rows"], initial["distinct_rows"], initial["std"]) == (5, 1, 1)


def test_replicas_are_the_lowest_ranks() -> None:
    """What every rank holds whole is not averaged: it is the same tensor."""
    merged = merge([rank(1, series(SHARDS[0])), rank(0, series(SHARDS[0]))])
    assert merged.rank == 0
    assert merged.parameters_series.values["grad_rms"].tolist() == (
        series(SHARDS[0]).values["grad_rms"].tolist()
    )
    assert merged.steps["grad_norm"].tolist() == [1, 1, 1]


def test_ranks_apart() -> None:
    """Replicas that differ are an event with the first step, the ranks and the weights."""
    drifted = SHARDS[0].copy()
    drifted[1:] *= 1.01
    merged = merge([rank(0, series(SHARDS[0])), rank(1, series(drifted))])
    (event,) = merged.named("ranks-apart")
    assert event.data["step"] == 1
    assert (event.data["ranks"], event.data["parameters"]) == ([0, 1], ["w"])
    assert 0.005 < event.data["difference"] < 0.015
    assert event.time == 101


def test_a_rank_that_ended_early() -> None:
    """Its steps count as far as they go, and one that left nothing is a blind spot."""
    short = rank(1, series(SHARDS[1][:1], (0,)), steps=Table({
        "step": np.arange(1), "time": np.zeros(1), "loss": np.array([5.0]),
        "samples": np.array([3.0]),
    }))  # fmt: skip
    merged = merge([replace(rank(0, series(SHARDS[0])), world=3), short])
    assert np.allclose(merged.steps["loss"], [(2 * 1 + 3 * 5) / 5, 2, 3])
    assert merged.steps["samples"].tolist() == [5, 2, 2]
    assert "1 of 3 ranks left no record" in merged.blind_spots


def test_events_spots_and_damage_of_all_ranks() -> None:
    """Failures come from every rank, everything else once."""
    records = [
        rank(n, series(SHARDS[0]), blind_spots=("a", f"b{n}"), damage=(f"d{n}",), events=(
            Event("process", 1.0, {}), Event("failure", 2.0 + n, {"collector": str(n)}),
        ))
        for n in (0, 1)
    ]  # fmt: skip
    merged = merge(records)
    assert [event.name for event in merged.events] == ["process", "failure", "failure"]
    assert merged.blind_spots == ("a", "b0", "b1")
    assert merged.damage == ("d0", "d1")


def test_ranks_with_other_parameters_are_left_out() -> None:
    """Stages of a pipeline are no replicas of each other."""
    other = rank(1, series(SHARDS[1]), parameters=(Parameter(0, "v", -1, (10,)),))
    merged = merge([rank(0, series(SHARDS[0])), other])
    assert merged.parameters[0].name == "w"
    assert any("different parameters" in spot for spot in merged.blind_spots)


def noise(steps: list[int], small: list[float], big: list[float], **more: Any) -> Table:
    """Rows of noise of two ranks' batches."""
    columns = {"step": steps, "micro": [2] * len(steps), "rows": [4] * len(steps)}
    columns |= {name: [value] * len(steps) for name, value in more.items()}
    found = {name: np.asarray(values, np.float64) for name, values in columns.items()}
    return Table({**found, "small": np.asarray(small), "big": np.asarray(big)})


def test_noise_of_shards_is_told_by_all_ranks_together() -> None:
    """Parts of the averaged gradient add up, at steps that every rank measured; else all rows."""
    mine = noise([0, 1, 3], [2.0, 4.0, 6.0], [1.0, 1.0, 1.0], part=1.0)
    other = noise([1, 2, 3], [8.0, 8.0, 8.0], [0.5, 0.5, 2.0], part=1.0)
    ranks = [rank(k, series(SHARDS[k]), 5, noise=n) for k, n in enumerate((mine, other))]
    merged = merge(ranks).noise
    assert merged["step"].tolist() == [1, 3]
    assert merged["small"].tolist() == [6.0, 7.0]
    assert merged["big"].tolist() == [1.5, 3.0]
    assert "part" not in merged
    alone = [ranks[0], rank(1, series(SHARDS[1]), 5)]
    assert len(merge(alone).noise) == 0  # the other rank's parts are missing
    whole = [replace(r, noise=noise([0, 1], [2.0, 4.0], [1.0, 1.0])) for r in ranks]
    assert merge(whole).noise["step"].tolist() == [0, 1, 0, 1]
