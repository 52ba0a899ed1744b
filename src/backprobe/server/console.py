# SPDX-License-Identifier: Apache-2.0
"""What the script printed, as far as the record kept it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.errors import number
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers

TAIL_CHARACTERS = 1 << 18
"""At most so much of the end is sent at once."""


def console(request: Request) -> Response:
    """`GET /api/runs/{id}/console?after=…`: `[fd, text]` pieces after the first `after` ones."""
    readers: Readers = request.app.state.readers
    after = number(request, "after", 0, 0, 1 << 62)
    follower = readers.follow(request.path_params["id"])
    with follower.lock:
        view = follower.view()
        pieces = list(view.log.assembled.console) if view.log else []
    fresh = pieces[after:] if after <= len(pieces) else pieces
    kept: list[tuple[int, str]] = []
    room = TAIL_CHARACTERS
    for fd, text in reversed(fresh):
        if room <= 0:
            break
        kept.append((fd, text[-room:]))
        room -= len(text)
    return json_response({"schema": 1, "next": len(pieces), "cut": room <= 0, "pieces": kept[::-1]})
