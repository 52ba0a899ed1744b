# SPDX-License-Identifier: Apache-2.0
"""How the server refuses: a status and one line that says what was given and what was expected."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.payload import json_response


class Refusal(Exception):  # noqa: N818  (it is an answer, not a fault)
    """A request that can't be answered; `status` is its HTTP status, the text is shown."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refused(_: Request, error: Exception) -> Response:
    """The JSON answer `{"error": text}` to a refusal."""
    assert isinstance(error, Refusal)
    return json_response({"error": str(error)}, error.status)


def failed(_: Request, error: Exception) -> Response:
    """The JSON answer to a fault of ours; the traceback goes to the terminal."""
    return json_response({"error": f"the server failed on this: {error!r}"}, 500)


async def again(request: Request, _: Exception) -> Response:
    """The answer once more, of logs read anew: what was kept of one turned out not to be it."""
    request.app.state.readers.forget_all()
    answer: Response = await run_in_threadpool(request.scope["endpoint"], request)
    return answer


def number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query, forced into [low, high].

    Raises:
        Refusal: 400, it is not a whole number.
    """
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        return min(max(int(text), low), high)
    except ValueError:
        raise Refusal(400, f"{name}={text!r}: expected a whole number") from None


def decimal(request: Request, name: str) -> float | None:
    """A number of the query, None where it is absent.

    Raises:
        Refusal: 400, it is not a finite number.
    """
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value - value != 0:  # NaN and the infinities
        raise Refusal(400, f"{name}={text!r}: expected a number")
    return value
