# SPDX-License-Identifier: Apache-2.0
"""One record of a run from the records of its ranks, and whether the ranks still agree.

Each rank wrote what it measured of its own shards and its own part of the batch; no rank waited
for another. A tensor that every rank holds whole (DDP) is taken from the lowest rank. Of a tensor
in shards (FSDP) means and mean squares are weighted by the shards' numbers of finite elements,
extremes are the extremes, and shares are weighted by elements; at a step that not every rank
observed it has no value. Layer outputs are weighted by the rows of each rank's batch. Each rank's
rows of `noise` are an estimate of their own, and all are kept; but where each knows a part of the
averaged gradient only (FSDP), those of all ranks are one row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Event, Parameter, Record, Series, Table
from backprobe.store.growing import join_tables

APART = 1e-4
"""Relative difference of a replicated weight's RMS, or of its mean against its RMS, from which two
ranks count as apart: they compute the same sums of the same numbers, so that any difference is one
of the weights; other processors round differently by less."""
SQUARES = ("grad_rms", "weight_rms", "update_rms", "out_rms", "out_batch_std")
LOWEST = ("grad_min", "weight_min", "out_min", "out_dead")
HIGHEST = ("grad_max", "weight_max", "out_max")
FROM_ALL = ("failure", "blind-spot", "alert")
"""Events that are taken from every rank; all others from the lowest."""

Array = NDArray[np.floating]


def merge(records: Sequence[Record]) -> Record:
    """The record of all ranks together.

    Arguments:
        records: at least one; several of one rank (a restarted one) count by their longest. Ranks
            that hold other parameters than the lowest one are left out, and a blind spot says so.
    """
    ranks = _one_a_rank(records)
    first = ranks[0]
    names = [(p.name, p.shape) for p in first.parameters]
    alike = [r for r in ranks if [(p.name, p.shape) for p in r.parameters] == names]
    spots = dict.fromkeys(spot for record in ranks for spot in record.blind_spots)
    if len(alike) < len(ranks):
        spots["the ranks hold different parameters: only those like the lowest rank's count"] = None
    lost = first.world - len({record.rank for record in ranks})
    if lost > 0:
        spots[f"{lost} of {first.world} ranks left no record"] = None
    ranks = alike
    if len(ranks) == 1:
        return replace(first, blind_spots=tuple(spots))
    parameters = _parameters(ranks)
    series = _parameter_series(ranks)
    events = [*first.events]
    events += [e for r in ranks[1:] for e in r.events if e.name in FROM_ALL]
    found = apart(ranks)
    if found is not None:
        events.append(found)
    return replace(
        first,
        parameters=parameters,
        steps=_steps(ranks, parameters, series),
        parameters_series=series,
        outputs=_outputs(ranks),
        noise=_noise(ranks),
        events=tuple(sorted(events, key=lambda event: event.time)),
        blind_spots=tuple(spots),
        damage=tuple(text for record in ranks for text in record.damage),
    )


def apart(ranks: Sequence[Record]) -> Event | None:
    """An event `ranks-apart` where ranks hold different values of a replicated weight.

    Its data: `step` (the first), `ranks` (the two that differ most there), `parameters` (names, at
    most 8), `difference` (relative, the largest at that step).
    """
    shared = [p for p in ranks[0].parameters if all(_whole(r.parameters[p.index]) for r in ranks)]
    best: tuple[int, float, tuple[int, int], list[str]] | None = None
    for other in ranks[1:]:
        common = _common([ranks[0], other], lambda record: record.parameters_series)
        if not common.size or not shared:
            continue
        index = np.array([p.index for p in shared])
        rms, mean = (
            [_at(r.parameters_series, name, common, index) for r in (ranks[0], other)]
            for name in ("weight_rms", "weight_mean")
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.maximum(rms[0], rms[1])
            difference = np.maximum(abs(rms[0] - rms[1]), abs(mean[0] - mean[1])) / scale
        difference = np.nan_to_num(difference)
        rows = np.flatnonzero((difference > APART).any(axis=1))
        if rows.size and (best is None or common[rows[0]] < best[0]):
            row = difference[rows[0]]
            names = [p.name for p, d in zip(shared, row, strict=True) if d > APART]
            best = int(common[rows[0]]), float(row.max()), (ranks[0].rank, other.rank), names
    if best is None:
        return None
    step, largest, pair, names = best
    at = ranks[0].steps["time"][ranks[0].steps["step"] == step]
    return Event(
        "ranks-apart",
        float(at[0]) if at.size else 0.0,
        {"step": step, "ranks": list(pair), "parameters": names[:8], "difference": largest},
    )


def _one_a_rank(records: Sequence[Record]) -> list[Record]:
    longest: dict[int, Record] = {}
    for record in records:
        known = longest.get(record.rank)
        if known is None or len(record.steps) > len(known.steps):
            longest[record.rank] = record
    trained = {rank: r for rank, r in longest.items() if len(r.steps)}
    return [record for _, record in sorted((trained or longest).items())]


def _whole(parameter: Parameter) -> bool:
    return parameter.local in (-1, parameter.size)


def _elements(parameter: Parameter) -> int:
    return parameter.size if parameter.local < 0 else parameter.local


def _parameters(ranks: Sequence[Record]) -> tuple[Parameter, ...]:
    return tuple(_parameter([r.parameters[p.index] for r in ranks]) for p in ranks[0].parameters)


def _parameter(shards: Sequence[Parameter]) -> Parameter:
    """The whole parameter: its init from those of its shards."""
    first = shards[0]
    kept = [shard for shard in shards if shard.initial]
    if all(_whole(shard) for shard in shards) or not kept:
        return first
    sizes = np.array([_elements(shard) for shard in kept], np.float64)

    def column(name: str) -> Array:
        return np.array([shard.initial.get(name, math.nan) for shard in kept])

    share = sizes / sizes.sum()
    mean = float((share * column("mean")).sum())
    square = float((share * (column("std") ** 2 + column("mean") ** 2)).sum())
    initial = {
        "mean": mean,
        "std": math.sqrt(max(0.0, square - mean * mean)),
        "min": float(column("min").min()),
        "max": float(column("max").max()),
        "zeros": float((share * column("zeros")).sum()),
    }
    if "rows" in first.initial:
        initial["rows"] = float(np.nansum(column("rows")))
        same = np.ptp(column("mean")) == 0 and np.ptp(column("max")) == 0
        alike = same and bool((np.nan_to_num(column("distinct_rows"), nan=1.0) == 1).all())
        initial["distinct_rows"] = 1.0 if alike else float(np.nansum(column("distinct_rows")))
    return replace(first, initial=initial, local=-1)


def _parameter_series(ranks: Sequence[Record]) -> Series:
    lowest = ranks[0].parameters_series
    sharded = [
        p.index
        for p in ranks[0].parameters
        if not all(_whole(r.parameters[p.index]) for r in ranks)
    ]
    if not sharded:
        return lowest
    index = np.array([i for i in sharded if i in set(lowest.index.tolist())], np.int64)
    common = _common(ranks, lambda record: record.parameters_series)
    rows = np.searchsorted(lowest.step, common)
    columns = np.searchsorted(lowest.index, index)
    sizes = np.array([[_elements(r.parameters[int(i)]) for i in index] for r in ranks], np.float64)[
        :, None, :
    ]
    merged: dict[str, Array] = {}
    for name, values in lowest.values.items():
        stack = np.stack([_at(r.parameters_series, name, common, index) for r in ranks])
        finite = sizes
        broken = f"{name.partition('_')[0]}_nonfinite"
        if broken in lowest.values and name != broken and not name.endswith(("zero", "cosine")):
            held = [_at(r.parameters_series, broken, common, index) for r in ranks]
            finite = sizes * (1 - np.nan_to_num(np.stack(held)))
        whole = values.copy()
        whole[:, columns] = np.nan
        whole[np.ix_(rows, columns)] = _joined(name, stack, finite)
        merged[name] = whole
    return Series(lowest.step, lowest.index, merged)


def _outputs(ranks: Sequence[Record]) -> Series:
    lowest = ranks[0].outputs
    places = [(p.name, p.type) for p in ranks[0].places]
    ranks = [r for r in ranks if [(p.name, p.type) for p in r.places] == places]
    common = _common(ranks, lambda record: record.outputs)
    if len(ranks) == 1 or not common.size:
        return lowest
    rows = np.searchsorted(lowest.step, common)
    weights = np.stack([_column(r.steps, "samples", common) for r in ranks])
    weights = np.where(np.isfinite(weights), weights, 1.0)[:, :, None]
    merged: dict[str, Array] = {}
    for name, values in lowest.values.items():
        stack = np.stack([_at(r.outputs, name, common, lowest.index) for r in ranks])
        whole = values.copy()
        whole[rows] = _joined(name, stack, weights)
        merged[name] = whole
    return Series(lowest.step, lowest.index, merged)


def _noise(ranks: Sequence[Record]) -> Table:
    if not any((r.noise["part"] == 1).any() for r in ranks):
        return join_tables([r.noise.columns for r in ranks if len(r.noise)])
    if len(ranks) < ranks[0].world or not all(len(r.noise) for r in ranks):
        return Table()
    steps = [np.asarray(r.noise["step"], np.int64) for r in ranks]
    common = steps[0]
    for others in steps[1:]:
        common = np.intersect1d(common, others)
    rows = [np.searchsorted(mine, common) for mine in steps]
    columns: dict[str, Array] = {}
    for name in ("step", "micro", "rows", "small", "big"):
        stack = np.stack([r.noise[name][at] for r, at in zip(ranks, rows, strict=True)])
        columns[name] = stack.sum(axis=0) if name == "big" else stack.mean(axis=0)
    return Table(columns)


def _joined(name: str, stack: Array, weights: Array) -> Array:
    """Values [ranks, n, m] of one signal as one [n, m]; a rank without an element has no say."""
    absent = np.isnan(stack)
    if name in LOWEST:
        joined = np.where(absent, np.inf, stack).min(axis=0)
    elif name in HIGHEST:
        joined = np.where(absent, -np.inf, stack).max(axis=0)
    else:
        held = np.where(absent, 0.0, weights)
        values = np.where(absent, 0.0, stack.astype(np.float64))
        total = held.sum(axis=0)
        power = 2 if name in SQUARES else 1
        with np.errstate(invalid="ignore", divide="ignore"):
            joined = ((values**power * held).sum(axis=0) / total) ** (1 / power)
    nowhere = absent.all(axis=0)
    return np.where(nowhere, np.nan, joined).astype(np.float32)


def _steps(ranks: Sequence[Record], parameters: Sequence[Parameter], series: Series) -> Table:
    """The lowest rank's rows, with losses and samples of all ranks that took the step."""
    lowest = ranks[0].steps
    step = lowest["step"]
    columns = {name: lowest[name] for name in lowest}
    samples = np.stack([_column(r.steps, "samples", step) for r in ranks])
    loss = np.stack([_column(r.steps, "loss", step) for r in ranks])
    took = np.stack([np.isin(step, r.steps["step"]) for r in ranks])
    counted = took & ~np.isnan(samples)
    columns["samples"] = np.where(
        counted.any(axis=0), np.where(counted, samples, 0).sum(axis=0), np.nan
    ).astype(np.float32)
    weights = np.where(took, np.where(np.isnan(samples), 1.0, samples), 0.0)
    with np.errstate(invalid="ignore"):
        mean = (np.where(took, loss, 0.0) * weights).sum(axis=0) / weights.sum(axis=0)
    columns["loss"] = mean.astype(np.float32)
    for name, join in _JOINED.items():
        if name in lowest:
            stack = np.stack([_column(r.steps, name, step) for r in ranks])
            columns[name] = _quiet(join, np.where(took, stack, np.nan)).astype(np.float32)
    if "grad_norm" in lowest and not all(
        _whole(r.parameters[p.index]) for r in ranks for p in parameters
    ):
        columns["grad_norm"] = _norm(step, parameters, series)
    return Table(columns)


def _norm(step: NDArray[np.integer], parameters: Sequence[Parameter], series: Series) -> Array:
    """Global gradient norm from each tensor's RMS, NaN at steps that were not observed."""
    sizes = np.array([parameters[int(i)].size for i in series.index], np.float64)
    rms = series.values["grad_rms"].astype(np.float64)
    squares = np.where((np.isnan(rms)).all(axis=1), np.nan, np.nansum(rms**2 * sizes, axis=1))
    found = np.full(len(step), np.nan, np.float32)
    at = np.searchsorted(step, series.step)
    inside = (at < len(step)) & (step[np.minimum(at, len(step) - 1)] == series.step)
    found[at[inside]] = np.sqrt(squares[inside])
    return found


def _quiet(join: Callable[[Array], Array], stack: Array) -> Array:
    nowhere = np.isnan(stack).all(axis=0)
    return np.where(nowhere, np.nan, join(np.where(nowhere, 0.0, stack)))


_JOINED: Mapping[str, Callable[[Array], Array]] = {
    "seconds": lambda stack: np.nanmax(stack, axis=0),
    "carried": lambda stack: np.nanmax(stack, axis=0),
    "skipped": lambda stack: np.nanmax(stack, axis=0),
    "observed": lambda stack: np.nanmin(stack, axis=0),
    "clip_share": lambda stack: np.nanmean(stack, axis=0),
}
"""Columns of `steps` that are joined in a way of their own; all others are the lowest rank's."""


def _common(ranks: Sequence[Record], of: Callable[[Record], Series]) -> NDArray[np.integer]:
    """Steps that every rank measured."""
    found = of(ranks[0]).step
    for record in ranks[1:]:
        found = np.intersect1d(found, of(record).step)
    return found


def _at(
    series: Series, name: str, step: NDArray[np.integer], index: NDArray[np.integer]
) -> NDArray[np.floating]:
    """Values [n, m] of a signal at steps that the series has, NaN for tensors that it lacks."""
    found = np.full((len(step), len(index)), np.nan, np.float32)
    held = np.isin(index, series.index)
    if name in series.values and len(step):
        rows = np.searchsorted(series.step, step)
        columns = np.searchsorted(series.index, index[held])
        found[:, held] = series.values[name][np.ix_(rows, columns)]
    return found


def _column(table: Table, name: str, step: NDArray[np.integer]) -> Array:
    """A column's values at these steps, NaN where the table has no such step."""
    found = np.full(len(step), np.nan)
    if len(table):
        at = np.minimum(np.searchsorted(table["step"], step), len(table) - 1)
        held = table["step"][at] == step
        found[held] = table[name][at[held]]
    return found
