# SPDX-License-Identifier: Apache-2.0
"""The findings of one run, by today's rules."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import SCHEMA
from backprobe.rules.treatment_names import TREATMENTS
from backprobe.server.diagnoses import Diagnoses
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers


def findings(request: Request) -> Response:
    """`GET /api/runs/{id}/findings`: the likeliest cause first, as `backprobe findings --json`.

    `treatments` says in words what each treatment changes.
    """
    readers: Readers = request.app.state.readers
    diagnoses: Diagnoses = request.app.state.diagnoses
    run = readers.run(request.path_params["id"])
    summary = diagnoses.now(run)
    named = {treatment for finding in summary.findings for treatment in finding.treatments}
    return json_response(
        {
            "schema": SCHEMA,
            "run": run.id,
            "length": summary.length,
            "steps": summary.steps,
            "error": summary.error,
            "findings": summary.findings,
            "treatments": {name: TREATMENTS[name] for name in sorted(named & set(TREATMENTS))},
        }
    )
