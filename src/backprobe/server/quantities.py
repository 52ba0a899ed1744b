# SPDX-License-Identifier: Apache-2.0
"""The signals that the page draws as a layer × step matrix: label, scale, and how cells merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Place, Record, Series
from backprobe.store.stored import FINITE, content


@dataclass(frozen=True)
class Quantity:
    """One signal as the page offers it.

    Arguments:
        name: key in the interface.
        of: whether its rows are parameters or outputs of layers.
        label: what the reader calls it.
        scale: "log" for magnitudes, "share" for 0 to 1, "signed" for -1 to 1.
        merge: how several steps become one cell: "rms" (root of the mean square, which is the RMS
            over those steps) or "mean".
        about: one line on how to read it.
        signal: name in the record; for a ratio the numerator.
        over: the denominator of a ratio, "" for none.
        nonfinite: the signal that says which share of the elements was NaN or infinite.
    """

    name: str
    of: Literal["parameters", "outputs"]
    label: str
    scale: Literal["log", "share", "signed"]
    merge: Literal["rms", "mean"]
    about: str
    signal: str
    over: str = ""
    nonfinite: str = ""


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "grad_rms", "parameters", "Gradient magnitude", "log", "rms",
        "RMS of each parameter's gradient as the optimizer sees it. Rows that fade towards the "
        "input vanish; rows that brighten step by step explode.",
        "grad_rms", nonfinite="grad_nonfinite",
    ),
    Quantity(
        "update_ratio", "parameters", "Update / weight", "log", "rms",
        "RMS of one update divided by the RMS of the weights: how far a step moves the layer.",
        "update_rms", over="weight_rms", nonfinite="grad_nonfinite",
    ),
    Quantity(
        "weight_rms", "parameters", "Weight magnitude", "log", "rms",
        "RMS of each parameter.", "weight_rms", nonfinite="weight_nonfinite",
    ),
    Quantity(
        "update_rms", "parameters", "Update magnitude", "log", "rms",
        "RMS of what one optimizer step changed.", "update_rms", nonfinite="weight_nonfinite",
    ),
    Quantity(
        "grad_zero", "parameters", "Zero gradients", "share", "mean",
        "Share of gradient elements that are exactly zero.", "grad_zero",
        nonfinite="grad_nonfinite",
    ),
    Quantity(
        "grad_cosine", "parameters", "Gradient agreement", "signed", "mean",
        "Cosine between gradients of successive looks: near 1 the direction is steady, below 0 "
        "the optimizer goes back and forth.",
        "grad_cosine", nonfinite="grad_nonfinite",
    ),
    Quantity(
        "out_rms", "outputs", "Output magnitude", "log", "rms",
        "RMS of each layer's output.", "out_rms", nonfinite="out_nonfinite",
    ),
    Quantity(
        "out_batch_std", "outputs", "Output spread over the batch", "log", "rms",
        "How much a layer's output differs from sample to sample: near zero it says nothing about "
        "its input.",
        "out_batch_std", nonfinite="out_nonfinite",
    ),
    Quantity(
        "out_saturated", "outputs", "Saturated units", "share", "mean",
        "Share of outputs on the flat part of their activation.", "out_saturated",
        nonfinite="out_nonfinite",
    ),
    Quantity(
        "out_dead", "outputs", "Dead units", "share", "mean",
        "Share of units that are zero for every sample.", "out_dead", nonfinite="out_nonfinite",
    ),
    Quantity(
        "out_zero", "outputs", "Zero outputs", "share", "mean",
        "Share of output elements that are exactly zero.", "out_zero", nonfinite="out_nonfinite",
    ),
    Quantity(
        "out_rank", "outputs", "Directions in use", "share", "mean",
        "Effective rank of each layer's output as a share of the possible, looked at now and then: "
        "near zero all samples look alike but for a few directions.",
        "out_rank",
    ),
    Quantity(
        "out_entropy", "outputs", "Attention entropy", "share", "mean",
        "How evenly each attention spreads over the keys that it may see, looked at now and then: "
        "1 is evenly, 0 is a single key.",
        "out_entropy",
    ),
    Quantity(
        "bn_mean_gap", "outputs", "Batch norm: batch against running mean", "log", "rms",
        "How far a batch's means are from the running ones, in running deviations, looked at now "
        "and then: an evaluation uses the running ones.",
        "bn_mean_gap",
    ),
    Quantity(
        "adam_lag", "parameters", "Gradient / Adam's memory of it", "log", "rms",
        "RMS of the gradient over the root of Adam's second moment, looked at now and then: far "
        "above 1 the next updates are too large.",
        "adam_lag",
    ),
)  # fmt: skip
"""In the order of the page's selector."""

BY_NAME = {quantity.name: quantity for quantity in QUANTITIES}


@dataclass(frozen=True)
class Row:
    """One row of a matrix: which parameter or place it is, and how it is called."""

    index: int
    name: str
    type: str
    module: int
    shape: tuple[int, ...]


def available(record: Record) -> list[Quantity]:
    """The quantities of which this record holds at least one number."""
    return [
        quantity
        for quantity in QUANTITIES
        if all(
            content(series(record, quantity).values, name) == FINITE
            for name in (quantity.signal, quantity.over or quantity.signal)
        )
    ]


def _columns_measured(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Of which columns there is anything; the newest steps are looked at first here too."""
    found: NDArray[np.bool_] = ~np.isnan(values[-64:]).all(axis=0)
    missing = np.flatnonzero(~found)
    if missing.size:
        found[missing] = ~np.isnan(values[:, missing]).all(axis=0)
    return found


def series(record: Record, quantity: Quantity) -> Series:
    """The series of the record that holds the quantity."""
    return record.parameters_series if quantity.of == "parameters" else record.outputs


def matrix(record: Record, quantity: Quantity) -> NDArray[Any]:
    """The quantity [steps, columns of its series]; a ratio to zero is NaN."""
    found = series(record, quantity)
    nothing = np.full((len(found.step), len(found.index)), np.nan, np.float32)
    values: NDArray[Any] = found.values.get(quantity.signal, nothing)
    if not quantity.over:
        return values
    below = found.values.get(quantity.over, nothing)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, values / below, np.nan)


def rows(record: Record, quantity: Quantity) -> list[tuple[int, Row]]:
    """The rows in the order of execution, each with its column in the series.

    A place of which the quantity is never measured (an entropy, of what is no attention; the size
    of attention, of which only the entropy is known) has no row.
    """
    if quantity.of == "parameters":
        return _parameter_rows(record)
    values = record.outputs.values.get(quantity.nonfinite or quantity.signal)
    known = None if values is None else _columns_measured(values)
    found = [
        (place.order, column, Row(place.index, place_name(record, place), place.type,
                                  place.module, place.shape))
        for column, place in _known(record.outputs, record.places)
        if known is None or known[column]
    ]  # fmt: skip
    return [(column, row) for _, column, row in sorted(found, key=lambda item: item[:2])]


def place_name(record: Record, place: Place) -> str:
    """What the page calls a place: its module, or for a function what it follows."""
    if not place.functional:
        return place.name or place.type
    named = {other.index: other for other in record.places}
    feeding = next((named[i].name for i in place.inputs if i in named), "")
    inside = f"{place.name}." if place.name else ""
    return f"{inside}{place.type}({feeding})" if feeding else f"{inside}{place.type}"


def _parameter_rows(record: Record) -> list[tuple[int, Row]]:
    order: dict[int, int] = {}
    for place in record.places:
        if not place.functional:
            order[place.module] = min(order.get(place.module, place.order), place.order)
    types = {module.index: module.type for module in record.modules}
    found = []
    for column, parameter in _known(record.parameters_series, record.parameters):
        at = order.get(parameter.module, len(record.places) + parameter.module)
        row = Row(
            parameter.index, parameter.name, types.get(parameter.module, ""),
            parameter.module, parameter.shape,
        )  # fmt: skip
        found.append((at, parameter.index, column, row))
    return [(column, row) for _, _, column, row in sorted(found, key=lambda item: item[:2])]


def _known(found: Series, nouns: tuple[Any, ...]) -> list[tuple[int, Any]]:
    named = {noun.index: noun for noun in nouns}
    return [
        (column, named[int(index)])
        for column, index in enumerate(found.index)
        if int(index) in named
    ]
