# SPDX-License-Identifier: Apache-2.0
"""The list of runs: who, when, in what state, how it ended, and what was found."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Run
from backprobe.server.diagnoses import Diagnoses, Summary
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.store import catalog


def runs(request: Request) -> Response:
    """`GET /api/runs`: all runs, newest first; `summary` is null until a run has been read."""
    readers: Readers = request.app.state.readers
    diagnoses: Diagnoses = request.app.state.diagnoses
    found = catalog.runs(readers.directory)
    # Oldest first, so that the newest is the last wish and the first to be worked out.
    summaries = {run.id: diagnoses.latest(run) for run in reversed(found)}
    return json_response(
        {
            "schema": 1,
            "store": str(readers.directory),
            "runs": [_row(run, summaries[run.id]) for run in found],
        }
    )


def _row(run: Run, summary: Summary | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(run, name)
        for name in ("id", "name", "project", "kind", "state", "created", "ended", "tags")
    }
    row["command"] = " ".join(run.command)
    row["summary"] = None
    if summary is not None:
        counts = Counter(finding.severity for finding in summary.findings)
        row["summary"] = {
            "loss": summary.loss,
            "steps": summary.steps,
            "errors": counts["error"],
            "warnings": counts["warning"],
            "notes": counts["note"],
            "top": summary.findings[0].rule if summary.findings else "",
            "error": summary.error,
        }
    return row
