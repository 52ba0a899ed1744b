# SPDX-License-Identifier: Apache-2.0
"""The built page: read once at the start, so that no request names a path on the disk."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from backprobe.server.errors import Refusal

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
"""Names of assets carry a hash of their content."""


def load(directory: Path = STATIC) -> dict[str, bytes]:
    """Relative path → content of all that was built; `.gz` files are the compressed twins."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def index(request: Request) -> Response:
    """`GET /`: the page itself."""
    files: dict[str, bytes] = request.app.state.files
    if "index.html" not in files:
        return PlainTextResponse("The page is not built: run `make web` in the checkout.", 500)
    return _file(request, "index.html", "no-store")


def asset(request: Request) -> Response:
    """`GET /assets/{name}`: a script, a style or a picture of the page."""
    name = f"assets/{request.path_params['name']}"
    if name not in request.app.state.files:
        raise Refusal(404, f"no asset {name!r}")
    return _file(request, name, FOREVER)


def _file(request: Request, name: str, caching: str) -> Response:
    files: dict[str, bytes] = request.app.state.files
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"cache-control": caching, "vary": "accept-encoding"}
    packed = files.get(f"{name}.gz")
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=kind, headers={**headers, "content-encoding": "gzip"})
    return Response(files[name], media_type=kind, headers=headers)
