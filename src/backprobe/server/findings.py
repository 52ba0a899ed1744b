# SPDX-License-Identifier: Apache-2.0
"""The findings of one run, by today's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import SCHEMA
from backprobe.rules.treatment_names import TREATMENTS
from backprobe.server.diagnoses import Diagnoses
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers, View


def findings(request: Request) -> Response:
    """`GET /api/runs/{id}/findings`: the likeliest cause first, as `backprobe findings --json`.

    `treatments` says in words what each treatment changes. `clock` tells for each optimizer step
    at which a finding begins its `time` (seconds since the run began) and the step of the first
    row that the script logged from then on (`history`), null where there is none.
    """
    readers: Readers = request.app.state.readers
    diagnoses: Diagnoses = request.app.state.diagnoses
    view = readers.view(request.path_params["id"])
    summary = diagnoses.now(view.record.run)
    named = {treatment for finding in summary.findings for treatment in finding.treatments}
    return json_response(
        {
            "schema": SCHEMA,
            "run": view.record.run.id,
            "length": summary.length,
            "steps": summary.steps,
            "error": summary.error,
            "findings": summary.findings,
            "treatments": {name: TREATMENTS[name] for name in sorted(named & set(TREATMENTS))},
            "clock": _clock(view, {finding.steps[0] for finding in summary.findings}),
        }
    )


def _clock(view: View, steps: set[int]) -> list[dict[str, Any]]:
    table = view.record.steps
    clock = view.log.assembled.clock() if steps and view.log is not None else {}
    logged = clock.get("time", np.zeros(0))
    found = []
    for step in sorted(steps):
        at = int(np.searchsorted(table["step"], step)) if len(table) else 0
        time = float(table["time"][at]) if at < len(table) else float("nan")
        if not np.isfinite(time):
            continue
        later = np.flatnonzero(logged >= time)
        found.append(
            {
                "step": step,
                "time": time - view.record.run.created,
                "history": int(clock["step"][later[0]]) if len(later) else None,
            }
        )
    return found
