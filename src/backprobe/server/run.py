# SPDX-License-Identifier: Apache-2.0
"""One run: its head (state, command, environment, what was not seen) and its structure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Record
from backprobe.server import quantities
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.server.series import keys


def run(request: Request) -> Response:
    """`GET /api/runs/{id}`: everything but the numbers, the structure and the findings."""
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    record = view.record
    head = asdict(record.run)
    # What a person changed later is not in the log.
    stored = readers.run(request.path_params["id"])
    head |= {name: getattr(stored, name) for name in ("name", "tags", "notes", "project")}
    for bulky in ("config", "summary", "environment"):
        del head[bulky]
    steps = record.steps["step"][-1:]
    return json_response(
        {
            "schema": 1,
            "run": head,
            "length": view.length,
            "config": record.run.config,
            "summary": record.run.summary,
            "environment": record.run.environment,
            "keys": keys(record),
            "quantities": [
                {"name": q.name, "of": q.of, "label": q.label, "scale": q.scale, "about": q.about}
                for q in quantities.available(record)
            ],
            "steps": len(record.steps),
            "last_step": int(steps[0]) if np.isfinite(steps).all() and len(steps) else None,
            "cost": _last(record, "cost"),
            "failures": [dict(event.data) for event in record.named("failure")],
            "alerts": [{**event.data, "time": event.time} for event in record.named("alert")],
            "blind_spots": record.blind_spots,
            "damage": record.damage,
            "processes": view.processes,
            "read_only": request.app.state.read_only,
        }
    )


def structure(request: Request) -> Response:
    """`GET /api/runs/{id}/structure`: modules, parameters, places, optimizers and losses."""
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    record = view.record
    return json_response(
        {
            "schema": 1,
            "length": view.length,
            "modules": record.modules,
            "parameters": [{**asdict(p), "size": p.size} for p in record.parameters],
            "places": [
                {**asdict(place), "label": quantities.place_name(record, place)}
                for place in record.places
            ],
            "optimizers": [
                {**asdict(optimizer), "groups": [_without_tensors(g) for g in optimizer.groups]}
                for optimizer in record.optimizers
            ],
            "losses": record.losses,
        }
    )


def _last(record: Record, event: str) -> dict[str, Any] | None:
    found = record.named(event)
    return dict(found[-1].data) if found else None


def _without_tensors(group: Any) -> dict[str, Any]:
    """Settings of a parameter group; of its tensors only how many there are."""
    members = group.get("parameters", ())
    count = len(members) if isinstance(members, (list, tuple)) else 0
    return {**{k: v for k, v in group.items() if k != "parameters"}, "tensors": count}
