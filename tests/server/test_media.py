# SPDX-License-Identifier: Apache-2.0
"""Pictures and tables that the script logged, and nothing else of the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.conftest import connect

PIXEL = bytes.fromhex("89504e470d0a1a0a")


def _logged(store: Path, **values: Any) -> tuple[str, Path]:
    run = catalog.create(store, name="media")
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    writer.frame({"stream": "history", "step": 3, "time": 0.0, "row": 0, "values": values})
    writer.close()
    folder = Path(run.path) / "media" / "images"
    folder.mkdir(parents=True)
    return run.id, folder


def test_a_logged_picture_is_listed_and_served(tmp_path: Path) -> None:
    """With its key, step and caption; a list of pictures is one item each."""
    single = {"_type": "image-file", "path": "media/images/a.png", "caption": "<b>"}
    many = {"_type": "images/separated", "filenames": ["media/images/b.png"] * 2, "captions": ["x"]}
    identifier, folder = _logged(tmp_path, one=single, many=many, number=1.0)
    (folder / "a.png").write_bytes(PIXEL)
    with connect(tmp_path) as client:
        items = client.get(f"/api/runs/{identifier}/media").json()["items"]
        assert [(one["key"], one["step"], one["caption"]) for one in items] == [
            ("one", 3, "<b>"), ("many", 3, "x"), ("many", 3, ""),
        ]  # fmt: skip
        answer = client.get(f"/api/runs/{identifier}/media/media/images/a.png")
        assert answer.content == PIXEL
        assert answer.headers["content-type"] == "image/png"
        assert client.get(f"/api/runs/{identifier}/media/media/images/b.png").status_code == 404


def test_no_path_leads_out_of_the_media_of_the_run(tmp_path: Path) -> None:
    """Neither one that the record names, nor a link, nor a file with scripts."""
    (tmp_path / "outside.png").write_bytes(PIXEL)
    paths = (
        "../../outside.png",
        "media/images/link.png",
        "run.json",
        "/etc/passwd.png",
        "media/x.svg",
    )
    named = {
        f"k{number}": {"_type": "image-file", "path": path} for number, path in enumerate(paths)
    }
    identifier, folder = _logged(
        tmp_path / "store", **named, odd={"_type": "image-file", "path": 3}
    )
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder.parent / "x.svg").write_text("<svg/>")
    with connect(tmp_path / "store") as client:
        for path in paths:
            answer = client.get(f"/api/runs/{identifier}/media/{path}")
            assert answer.status_code in (404, 307), path
            assert PIXEL not in answer.content
