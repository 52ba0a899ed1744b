# SPDX-License-Identifier: Apache-2.0
"""What a person changes from the page: labels, the trash. Refused where the server only reads."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.errors import Refusal
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.store import edits

MOST_BYTES = 1 << 20
MOST_RUNS = 5000


async def label(request: Request) -> Response:
    """`POST /api/runs/{id}/label`: `{"name", "tags", "notes", "colour"}`, any of them."""
    changes = await _body(request)

    def work() -> None:
        readers: Readers = request.app.state.readers
        run = readers.run(request.path_params["id"])
        _try(lambda: edits.label(run, **changes))

    await run_in_threadpool(work)
    return json_response({"schema": 1})


async def discard(request: Request) -> Response:
    """`POST /api/trash`: `{"runs": [ids]}` go into the trash; none where one still runs."""
    wanted = _ids(await _body(request))

    def work() -> None:
        readers: Readers = request.app.state.readers
        found = [readers.run(identifier) for identifier in wanted]
        for run in found:
            if run.state == "running":
                raise Refusal(400, f"run {run.id} is still running; end its script first")
        for run in found:
            _try(lambda run=run: edits.discard(run))
            readers.forget(run.id)

    await run_in_threadpool(work)
    return json_response({"schema": 1, "runs": wanted})


async def restore(request: Request) -> Response:
    """`POST /api/trash/restore`: `{"runs": [ids]}` come out of the trash."""
    wanted = _ids(await _body(request))

    def work() -> None:
        for identifier in wanted:
            _try(lambda one=identifier: edits.restore(request.app.state.readers.directory, one))

    await run_in_threadpool(work)
    return json_response({"schema": 1, "runs": wanted})


async def empty(request: Request) -> Response:
    """`POST /api/trash/empty`: removes for good what the trash holds."""
    await _body(request)

    def work() -> int:
        found = edits.discarded(request.app.state.readers.directory)
        _try(lambda: edits.empty(found))
        return len(found)

    return json_response({"schema": 1, "removed": await run_in_threadpool(work)})


def trash(request: Request) -> Response:
    """`GET /api/trash`: what it holds, newest first."""
    found = edits.discarded(request.app.state.readers.directory)
    listed = [{"id": run.id, "name": run.name, "created": run.created} for run in found]
    return json_response({"schema": 1, "runs": listed})


async def _body(request: Request) -> dict[str, Any]:
    """The request's JSON object.

    A page of another site can send a form, but not this content type without being asked first,
    and no method of ours answers such a question.

    Raises:
        Refusal: 403 where the server only reads, 400 where it is no JSON object.
    """
    if request.app.state.read_only:
        raise Refusal(403, "this server only reads: it was started with --read-only")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal(400, "expected a body of content-type application/json")
    text = b""
    async for piece in request.stream():
        text += piece
        if len(text) > MOST_BYTES:
            raise Refusal(400, f"expected a body of at most {MOST_BYTES} bytes")
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise Refusal(400, "expected a JSON object")
    return data


def _ids(data: dict[str, Any]) -> list[str]:
    found = data.get("runs")
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        ids = list(dict.fromkeys(found))
        if 1 <= len(ids) <= MOST_RUNS:
            return ids
    raise Refusal(400, f'expected {{"runs": [ids]}} with 1 to {MOST_RUNS} ids')


def _try(action: Any) -> None:
    try:
        action()
    except (ValueError, LookupError) as error:
        raise Refusal(400, str(error)) from error
    except OSError as error:
        raise Refusal(500, f"the store can't be changed: {error.strerror or error}") from error
