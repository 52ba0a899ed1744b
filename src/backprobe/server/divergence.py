# SPDX-License-Identifier: Apache-2.0
"""Where two runs part: the first step at which their data, losses, gradients or outputs differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Record, Series
from backprobe.server import quantities
from backprobe.server.errors import Refusal
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.trials.divergence import apart

TINY = 1e-6
"""Relative difference that float32 statistics of equal tensors don't have."""
LARGE = 0.1
"""Relative difference that a reader calls one."""
MOST_TENSORS = 12


def divergence(request: Request) -> Response:
    """`GET /api/divergence?a=…&b=…`: `facts`, the earliest first.

    A fact has `what` (initial weights, batches, loss, learning rate, …), `step` (the first at
    which both were measured and differ by more than 1e-6 of the greater), `large` (… by more than
    a tenth, null where never), and for tensors `names`, those that differ at that step, in the
    order of execution. `same` lists what both runs have and never differs.
    """
    readers: Readers = request.app.state.readers
    names = [request.query_params.get(side, "") for side in ("a", "b")]
    if not all(names):
        raise Refusal(400, "expected a=RUN and b=RUN")
    one, other = (readers.view(name).record for name in names)
    facts: list[dict[str, Any]] = []
    same: list[str] = []
    for what, found in (
        ("initial weights", _initial(one, other)),
        ("batches", _batches(one, other)),
        *((label, _column(one, other, name)) for name, label in STEP_COLUMNS),
        *(
            (label, _tensors(one, other, signal, of))
            for signal, of, label in TENSORS
        ),
    ):  # fmt: skip
        if found is None:
            continue
        if found:
            facts.append({"what": what, **found})
        else:
            same.append(what)
    facts.sort(key=lambda fact: fact["step"])
    return json_response({"schema": 1, "a": names[0], "b": names[1], "facts": facts, "same": same})


STEP_COLUMNS = (("loss", "loss"), ("lr", "learning rate"), ("grad_norm", "gradient norm"))
TENSORS = (
    ("out_rms", "outputs", "outputs"),
    ("grad_rms", "parameters", "gradients"),
    ("weight_rms", "parameters", "weights"),
    ("update_rms", "parameters", "updates"),
)


def _initial(one: Record, other: Record) -> dict[str, Any] | None:
    """Parameters of one name whose initial mean or spread differ; None where none are shared."""
    known = {parameter.name: parameter for parameter in other.parameters}
    shared = [(p, known[p.name]) for p in one.parameters if p.name in known and p.initial]
    if not shared:
        return None
    differ = [
        p.name
        for p, q in shared
        if p.shape != q.shape
        or any(
            apart(np.asarray([p.initial[k]]), np.asarray([q.initial[k]]), TINY)[0]
            for k in ("mean", "std")
            if k in p.initial and k in q.initial
        )
    ]
    if not differ:
        return {}
    return {"step": -1, "large": None, "names": differ[:MOST_TENSORS], "count": len(differ)}


def _batches(one: Record, other: Record) -> dict[str, Any] | None:
    """First training batch whose checksum differs."""
    series = []
    for record in (one, other):
        table = record.batches
        training = (table["evaluation"] == 0) & np.isfinite(table["checksum"].astype(np.float64))
        steps, place = np.unique(table["step"][training], return_index=True)
        series.append((steps, table["checksum"][training][place].astype(np.float64)))
    return _first(series[0], series[1], exact=True)


def _column(one: Record, other: Record, name: str) -> dict[str, Any] | None:
    left, right = ((r.steps["step"], r.steps[name].astype(np.float64)) for r in (one, other))
    return _first(left, right)


def _first(
    one: tuple[NDArray[Any], NDArray[Any]], other: tuple[NDArray[Any], NDArray[Any]],
    exact: bool = False,
) -> dict[str, Any] | None:  # fmt: skip
    common, left, right = np.intersect1d(one[0], other[0], return_indices=True)
    a, b = one[1][left], other[1][right]
    measured = ~(np.isnan(a) & np.isnan(b))
    if not measured.any():
        return None
    differs = apart(a, b, 0.0 if exact else TINY)
    rows = np.flatnonzero(differs & measured)
    if not len(rows):
        return {}
    far = np.flatnonzero(apart(a, b, LARGE) & measured)
    at = rows[0]
    found = {"step": int(common[at]), "large": int(common[far[0]]) if len(far) else None}
    return found if exact else {**found, "values": [float(a[at]), float(b[at])]}


def _tensors(one: Record, other: Record, signal: str, of: str) -> dict[str, Any] | None:
    """First step at which a tensor of the same name differs."""
    left, right = (_named(record, signal, of) for record in (one, other))
    if left is None or right is None:
        return None
    shared = [name for name in left[1] if name in right[1]]
    common, rows, other_rows = np.intersect1d(left[0].step, right[0].step, return_indices=True)
    if not shared or not len(common):
        return None
    a = left[0].values[signal][rows][:, [left[1][name] for name in shared]].astype(np.float64)
    b = right[0].values[signal][other_rows][:, [right[1][name] for name in shared]]
    b = b.astype(np.float64)
    both = ~np.isnan(a) & ~np.isnan(b)
    if not both.any():
        return None
    differs = apart(a, b, TINY) & both
    steps = np.flatnonzero(differs.any(axis=1))
    if not len(steps):
        return {}
    far = np.flatnonzero((apart(a, b, LARGE) & both).any(axis=1))
    names = [shared[column] for column in np.flatnonzero(differs[steps[0]])]
    return {
        "step": int(common[steps[0]]),
        "large": int(common[far[0]]) if len(far) else None,
        "names": names[:MOST_TENSORS],
        "count": len(names),
    }


def _named(record: Record, signal: str, of: str) -> tuple[Series, dict[str, int]] | None:
    """The series that holds a signal, and the column of each name, in the order of execution."""
    found = record.parameters_series if of == "parameters" else record.outputs
    quantity = quantities.BY_NAME[signal]
    if signal not in found:
        return None
    return found, {row.name: column for column, row in quantities.rows(record, quantity)}
