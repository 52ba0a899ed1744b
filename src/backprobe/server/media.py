# SPDX-License-Identifier: Apache-2.0
"""Pictures and tables that the script logged: which there are, and the files themselves.

Only files are served that a row of the record names, that lie, links followed, in the run's own
`media` folder, and that are pictures without scripts or JSON tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.errors import Refusal
from backprobe.server.payload import NO_STORE, json_response
from backprobe.server.readers import Readers, View

PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
}
"""No SVG: it can hold scripts."""
TABLE = ".table.json"
MOST_BYTES = 32 << 20
MOST_ITEMS = 2000


def media(request: Request) -> Response:
    """`GET /api/runs/{id}/media`: `items`, oldest first, the newest 2,000 of them.

    An item has `key`, `step`, `kind` (image or table), `path` and `caption`.
    """
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    items = list(_items(view))
    return json_response(
        {"schema": 1, "length": view.length, "all": len(items), "items": items[-MOST_ITEMS:]}
    )


def file(request: Request) -> Response:
    """`GET /api/runs/{id}/media/{path}`: one of those files."""
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    wanted = request.path_params["path"]
    content = read(view, wanted)
    kind = PICTURES.get(Path(wanted).suffix.lower(), "application/json")
    return Response(content, media_type=kind, headers=NO_STORE)


def read(view: View, wanted: str) -> bytes:
    """The content of a file that the record names.

    Raises:
        Refusal: 404, it names none such, or it is not to be shown.
    """
    if all(item["path"] != wanted for item in _items(view)):
        raise Refusal(404, f"run {view.record.run.id} logged no picture or table {wanted!r}")
    root = (Path(view.record.run.path) / "media").resolve()
    path = (Path(view.record.run.path) / wanted).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise Refusal(404, f"{wanted!r} is not among the media of run {view.record.run.id}")
    if path.stat().st_size > MOST_BYTES:
        raise Refusal(404, f"{wanted!r} is larger than {MOST_BYTES >> 20} MiB")
    return path.read_bytes()


def _items(view: View) -> Iterator[dict[str, Any]]:
    if view.log is None:
        return
    told = view.log.assembled.told
    steps = view.log.assembled.clock()["step"] if told else ()
    for place, values in sorted(told.items()):
        step = int(steps[place])
        for key, value in values.items():
            if isinstance(value, Mapping):
                for kind, path, caption in _named(value):
                    yield {
                        "key": key, "step": step, "kind": kind, "path": path, "caption": caption,
                    }  # fmt: skip


def _named(stub: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Kind, path and caption of what a row's stub points to."""
    found = stub.get("_type")
    if found == "images/separated":
        names, captions = stub.get("filenames"), stub.get("captions")
        names = names if isinstance(names, list) else []
        captions = captions if isinstance(captions, list) else []
        for number, name in enumerate(names):
            caption = captions[number] if number < len(captions) else ""
            yield from _sound("image", name, caption)
    elif found == "image-file":
        yield from _sound("image", stub.get("path"), stub.get("caption"))
    elif found == "table-file":
        yield from _sound("table", stub.get("path"), "")


def _sound(kind: str, path: Any, caption: Any) -> Iterator[tuple[str, str, str]]:
    if not isinstance(path, str):
        return
    suffix = Path(path).suffix.lower()
    if (kind == "image" and suffix in PICTURES) or (kind == "table" and path.endswith(TABLE)):
        yield kind, path, str(caption or "")
