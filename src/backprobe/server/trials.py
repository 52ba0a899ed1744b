# SPDX-License-Identifier: Apache-2.0
"""What was tried on a run: kept answers of `prove`, `study` and `lr`, and the trials themselves."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.server.rows import Rows, trial_of
from backprobe.store import answers


def trials(request: Request) -> Response:
    """`GET /api/runs/{id}/trials`: `answers`, newest first, and `trials`, oldest first.

    A trial has `run`, `name`, `state`, `treatments` (none: the control), `seed`, `steps` (the
    bound) and `finding` (the rule that asked for it). `original` is the run that a trial repeats.
    """
    readers: Readers = request.app.state.readers
    rows: Rows = request.app.state.rows
    run = readers.run(request.path_params["id"])
    own = trial_of(run)
    found = [
        {
            "run": other.id,
            "name": other.name,
            "state": other.state,
            "created": other.created,
            "treatments": _texts(facts.get("treatments")),
            "seed": facts.get("seed"),
            "steps": facts.get("steps"),
            "finding": str(facts.get("finding") or ""),
            "failure": str(facts.get("failure") or ""),
        }
        for other in rows.trials(run.id)
        if (facts := trial_of(other)) is not None and facts.get("of") == run.id
    ]
    return json_response(
        {
            "schema": 1,
            "run": run.id,
            "original": str(own.get("of") or "") if own is not None else "",
            "answers": [
                {"kind": answer.kind, "time": answer.time, "data": answer.data}
                for answer in answers.kept(run)
            ],
            "trials": sorted(found, key=lambda one: one["created"]),
        }
    )


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []
