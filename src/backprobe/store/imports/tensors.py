# SPDX-License-Identifier: Apache-2.0
"""Logged histograms of weights and gradients, in the bins and statistics of the record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Parameter
from backprobe.store.imports.imported import Histogram

GRADIENT, WEIGHT = 0, 1
"""Quantities of the stream `histograms`."""
WORDS = {GRADIENT: ("gradients", "gradient", "grads", "grad"), WEIGHT: ("parameters", "weights")}
ZERO, SMALL_NEGATIVE, SMALL_POSITIVE, LARGEST = 66, 64, 67, 23
LEAST = -40
"""Exponents below are in the bins next to zero; see docs/reference/record.md."""

Frame = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def frames(histograms: tuple[Histogram, ...]) -> tuple[list[dict[str, Any]], list[Frame]]:
    """The parameters that were logged, as items of an event, and the frames of their tensors.

    A bucket counts as if all of it were at its middle: a histogram says no more.
    """
    names: dict[str, int] = {}
    sizes: dict[int, int] = {}
    by_step: dict[int, list[tuple[int, int, Histogram]]] = {}
    for one in histograms:
        quantity, name = _named(one.tag)
        index = names.setdefault(name, len(names))
        sizes[index] = max(sizes.get(index, 0), round(min(float(one.counts.sum()), 2.0**53)))
        by_step.setdefault(one.step, []).append((quantity, index, one))
    items = [
        asdict(Parameter(index=index, name=name, module=-1, shape=(sizes[index],)))
        for name, index in names.items()
    ]
    found: list[Frame] = []
    for step in sorted(by_step):
        found.append(({"stream": "histograms"}, _binned(step, by_step[step])))
        found.append(({"stream": "parameters"}, _signals(step, by_step[step])))
    return items, found


def _named(tag: str) -> tuple[int, str]:
    """What a histogram is of, and the parameter's name in its tag."""
    parts = tag.replace(".grad", "/grad").split("/")
    for quantity, words in WORDS.items():
        kept = [part for part in parts if part.lower() not in words]
        if len(kept) < len(parts):
            return quantity, ".".join(kept) or tag
    return WEIGHT, ".".join(parts)


def _middles(one: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    edges = np.asarray(one.edges, np.float64)
    counts = np.where(np.isfinite(one.counts), np.maximum(one.counts, 0.0), 0.0)
    kept = counts > 0
    return ((edges[:-1] + edges[1:]) / 2.0)[kept], np.minimum(counts[kept], 2.0**53)


def _bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    _, exponents = np.frexp(values)
    exponents = np.clip(exponents - 1, LEAST - 1, LARGEST)  # frexp: 0.5 <= |mantissa| < 1
    small = exponents < LEAST
    positive = np.where(small, SMALL_POSITIVE, exponents + 108)
    negative = np.where(small, SMALL_NEGATIVE, LARGEST - exponents)
    found = np.where(values > 0, positive, negative)
    return np.where(values == 0, ZERO, found).astype(np.int64)


def _binned(step: int, rows: list[tuple[int, int, Histogram]]) -> dict[str, NDArray[Any]]:
    lengths, bins, counts = [], [], []
    for _, _, one in rows:
        middles, weights = _middles(one)
        sound = np.isfinite(middles)
        total = np.bincount(_bins(middles[sound]), weights[sound], minlength=135)
        occupied = np.flatnonzero(total)
        lengths.append(len(occupied))
        bins.append(occupied.astype(np.uint8))
        counts.append(np.rint(total[occupied]).astype(np.int64))
    return {
        "step": np.full(len(rows), step, np.int64),
        "quantity": np.asarray([quantity for quantity, _, _ in rows], np.uint8),
        "index": np.asarray([index for _, index, _ in rows], np.int64),
        "length": np.asarray(lengths, np.int64),
        "bins": np.concatenate(bins),
        "counts": np.concatenate(counts),
    }


def _signals(step: int, rows: list[tuple[int, int, Histogram]]) -> dict[str, NDArray[Any]]:
    index = np.asarray(sorted({index for _, index, _ in rows}), np.int64)
    places = {int(one): place for place, one in enumerate(index)}
    columns: dict[str, NDArray[Any]] = {
        f"{kind}_{what}": np.full((1, len(index)), np.nan, np.float32)
        for kind in ("grad", "weight")
        for what in ("mean", "rms", "min", "max")
    }
    for quantity, which, one in rows:
        kind = "grad" if quantity == GRADIENT else "weight"
        middles, weights = _middles(one)
        sound = np.isfinite(middles)
        middles, weights = middles[sound], weights[sound]
        if not weights.size:
            continue
        with np.errstate(over="ignore"):
            mean = np.average(middles, weights=weights)
            rms = np.sqrt(np.average(middles**2, weights=weights))
        edges = np.asarray(one.edges, np.float64)
        told = (("mean", mean), ("rms", rms), ("min", edges.min()), ("max", edges.max()))
        for what, value in told:
            with np.errstate(over="ignore"):
                columns[f"{kind}_{what}"][0, places[which]] = value
    return {"step": np.asarray([step], np.int64), "index": index, **columns}
