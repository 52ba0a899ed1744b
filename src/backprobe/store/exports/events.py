# SPDX-License-Identifier: Apache-2.0
"""A record as an event file of TensorBoard's: metrics, histograms, config, and a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.store.exports.tensorboard import EventFile
from backprobe.store.exports.wide import PREFIX

QUANTITIES = ("gradients", "weights", "updates", "outputs")
"""Names of the quantities of the stream `histograms`, in the order of its numbers."""
_POWERS = 2.0 ** np.arange(24, -41, -1)
_SMALL = np.asarray([2.0**-126, 2.0**-149])
EDGES: NDArray[np.float64] = np.concatenate([-_POWERS, -_SMALL, _SMALL[1:], _POWERS[::-1]])
"""Of the 132 finite bins of the record, ascending [133]; see docs/reference/record.md."""

Block = Mapping[str, NDArray[Any]]


def write(record: Record, blocks: Iterable[Block], text: str, folder: Path) -> Path:
    """Writes a run for TensorBoard and gives the file.

    Arguments:
        record: metrics, the probe's columns and the config come from it.
        blocks: frames of its stream `histograms`.
        text: Markdown, shown under TEXT as "findings".
        folder: where TensorBoard looks; made where missing.

    Raises:
        OSError: it can't be written.
    """
    events = EventFile(folder)
    began = record.run.created
    try:
        config = record.run.config
        if config:
            events.hparams(began, config, record.run.id)
        events.text(0, began, "findings", text)
        for key, (steps, values) in record.history.items():
            _series(events, key, steps, values, np.full(len(steps), began))
        times = np.nan_to_num(record.steps.numbers("time"), nan=began)
        for name in record.steps:
            if name not in ("step", "time"):
                _series(
                    events, PREFIX + name, record.steps["step"], record.steps[name], times, True
                )
        for block in blocks:
            _histograms(events, record, block)
    finally:
        events.close()
    return events.path


def _series(
    events: EventFile,
    name: str,
    steps: NDArray[Any],
    values: NDArray[Any],
    times: NDArray[np.float64],
    gaps: bool = False,
) -> None:
    rows = zip(steps.tolist(), times.tolist(), np.asarray(values, float).tolist(), strict=True)
    for step, now, value in rows:
        if not gaps or value == value:  # the probe's NaN is "not measured"
            events.scalars(int(step), now, {name: value})


def _histograms(events: EventFile, record: Record, block: Block) -> None:
    names = {
        **{(3, place.index): place.name or place.type for place in record.places},
        **{(n, one.index): one.name for one in record.parameters for n in range(3)},
    }
    ends = np.cumsum(block["length"], dtype=np.int64)
    for row, end in enumerate(ends):
        quantity, index = int(block["quantity"][row]), int(block["index"][row])
        begin = end - int(block["length"][row])
        dense = np.bincount(
            block["bins"][begin:end], np.asarray(block["counts"][begin:end], float), minlength=135
        )[: len(EDGES) - 1]
        occupied = np.flatnonzero(dense)
        if not occupied.size or quantity >= len(QUANTITIES):
            continue
        low, high = int(occupied[0]), int(occupied[-1]) + 1
        tag = f"{QUANTITIES[quantity]}/{names.get((quantity, index), index)}"
        edges, counts = EDGES[low : high + 1], dense[low:high]
        events.histogram(int(block["step"][row]), record.run.created, tag, edges, counts)
