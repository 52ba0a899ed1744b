# SPDX-License-Identifier: Apache-2.0
"""The list of runs: who, when, in what state, how it ended, and what was found."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.payload import NO_STORE
from backprobe.server.rows import Rows


def runs(request: Request) -> Response:
    """`GET /api/runs?since=V`: the runs that changed after version V, all without it; newest first.

    `summary` is null until a run has been read. `ids` lists all runs where some came or went.
    """
    rows: Rows = request.app.state.rows
    answer = {
        "schema": 1,
        "store": str(rows.directory),
        "read_only": request.app.state.read_only,
        **rows.since(request.query_params.get("since", "")),
    }
    return Response(msgspec.json.encode(answer), media_type="application/json", headers=NO_STORE)
