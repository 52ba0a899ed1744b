# SPDX-License-Identifier: Apache-2.0
"""The pictures of the tutorial, drawn from the records of its runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from backprobe.records import Record
from backprobe.session import examine
from backprobe.store import catalog

Draw = Callable[[Axes, Path, list[str]], None]


def record(store: Path, name: str) -> Record:
    """The record of the run of that name."""
    return examine(catalog.find(store, name))[0]


def loss(axes: Axes, store: Path, names: list[str]) -> None:
    """The loss of each run over its steps, smoothed over ten."""
    for name in names:
        found = record(store, name)
        values = np.asarray(found.steps["loss"], float)
        width = max(1, min(10, len(values) // 10))
        smooth = np.convolve(values, np.ones(width) / width, "valid")
        axes.plot(np.asarray(found.steps["step"], float)[width - 1 :], smooth, label=name)
    axes.set(xlabel="step", ylabel="training loss")
    axes.legend()


def log_loss(axes: Axes, store: Path, names: list[str]) -> None:
    """The same on a logarithmic axis, unsmoothed; a curve that becomes NaN ends with a cross."""
    for name in names:
        found = record(store, name)
        values = np.asarray(found.steps["loss"], float)
        steps = np.asarray(found.steps["step"], float)
        (line,) = axes.plot(steps, np.where(np.isfinite(values), values, np.nan), label=name)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size and bad[0]:
            last = bad[0] - 1
            axes.plot(steps[last], values[last], "x", color=line.get_color(), markersize=12)
    axes.set(xlabel="step", ylabel="training loss", yscale="log")
    axes.legend()


def gradients(axes: Axes, store: Path, names: list[str]) -> None:
    """RMS gradient of each layer's weight over the first twenty observed steps, input first."""
    for name in names:
        found = record(store, name)
        weights = [one for one in found.parameters if one.name.endswith("weight")]
        weights = [one for one in weights if len(one.shape) > 1]
        series = found.parameters_series
        values = [float(np.nanmean(series.of("grad_rms", one.index)[:20])) for one in weights]
        axes.plot(range(1, len(values) + 1), values, "o-", label=name)
    axes.set(xlabel="layer, from the input", ylabel="RMS gradient", yscale="log")
    axes.legend()


def dead(axes: Axes, store: Path, names: list[str]) -> None:
    """Share of units that are zero for all rows of a batch, the mean over a run's ReLUs."""
    for name in names:
        found = record(store, name)
        relus = [place.index for place in found.places if place.activation == "relu"]
        columns = [found.outputs.of("out_dead", index) for index in relus]
        if columns:
            shares = np.stack(columns)
            seen = ~np.isnan(shares).all(axis=0)
            axes.plot(found.outputs.step[seen], np.nanmean(shares[:, seen], axis=0), label=name)
    axes.set(xlabel="step", ylabel="dead units", ylim=(-0.02, 1.02))
    axes.legend()


def outputs(axes: Axes, store: Path, names: list[str]) -> None:
    """Standard deviation of each hidden activation at the first observed step, input first."""
    for name in names:
        found = record(store, name)
        places = [place for place in found.places if place.activation]
        values = []
        for place in sorted(places, key=lambda place: place.order):
            mean = found.outputs.of("out_mean", place.index)[0]
            rms = found.outputs.of("out_rms", place.index)[0]
            values.append(float(np.sqrt(max(rms**2 - mean**2, 0.0))))
        axes.plot(range(1, len(values) + 1), values, "o-", label=name)
    axes.set(xlabel="hidden layer", ylabel="deviation of its output", yscale="log")
    axes.legend()


def rates(axes: Axes, store: Path, names: list[str]) -> None:
    """The curve of a learning-rate range test, from what `backprobe lr --json` printed."""
    for name in names:
        found = json.loads((store / name).read_text())
        axes.plot(found["curve"]["lr"], found["curve"]["loss"])
        if found["suggestion"]:
            axes.axvline(found["suggestion"], color="grey", linestyle="--")
    axes.set(xlabel="learning rate", ylabel="training loss", xscale="log")


PICTURES: Mapping[str, Draw] = {
    "loss": loss,
    "log-loss": log_loss,
    "gradients": gradients,
    "dead": dead,
    "outputs": outputs,
    "rates": rates,
}
"""Kind → how it is drawn."""


def draw(kind: str, store: Path, names: list[str], target: Path) -> None:
    """Draws a picture of runs into a file."""
    figure, axes = plt.subplots(figsize=(7.0, 3.2), layout="constrained")
    PICTURES[kind](axes, store, names)
    axes.grid(alpha=0.3)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})
    plt.close(figure)
