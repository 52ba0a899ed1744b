# SPDX-License-Identifier: Apache-2.0
"""The operations of the forward path that was really taken, and what each was fed by."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.payload import json_response
from backprobe.server.readers import Readers

MOST = 20_000


def graph(request: Request) -> Response:
    """`GET /api/runs/{id}/graph`: `operations` as `backprobe.records.Operation`, at most 20,000."""
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    operations = view.record.graph
    return json_response(
        {
            "schema": 1,
            "length": view.length,
            "cut": max(0, len(operations) - MOST),
            "operations": [asdict(operation) for operation in operations[:MOST]],
        }
    )
