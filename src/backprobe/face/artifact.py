# SPDX-License-Identifier: Apache-2.0
"""Artifacts: named and numbered copies of files, kept in the folder of the run that logged them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any

from backprobe.face.errors import CommError
from backprobe.face.media.base import Media, Place, safe_name
from backprobe.face.values import plain
from backprobe.records import Run

MANIFEST = "artifact.json"


class Artifact:
    """Files under one name: a data set, a model's weights.

    Arguments:
        name: its name; logging one of the same name again makes the next version.
        type: what it is, e.g. "model" or "dataset".
        description, metadata: kept with it.
    """

    def __init__(
        self,
        name: str,
        type: str = "files",  # noqa: A002 - W&B's name
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self.name = name
        self.type = type
        self.description = description
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.aliases: list[str] = []
        self.version = ""
        self.folder: Path | None = None
        self._files: dict[str, Path | bytes] = {}
        self._media: dict[str, Media] = {}
        self._references: dict[str, str] = {}

    def add_file(self, local_path: str | PathLike[str], name: str | None = None, **_: Any) -> None:
        """Adds a file; it is copied when the artifact is logged.

        Raises:
            ValueError: there is no such file.
        """
        path = Path(local_path)
        if not path.is_file():
            raise ValueError(f"add_file({fspath(local_path)!r}): there is no such file")
        self._files[name or path.name] = path.absolute()

    def add_dir(self, local_path: str | PathLike[str], name: str | None = None, **_: Any) -> None:
        """Adds all files below a folder.

        Raises:
            ValueError: there is no such folder.
        """
        folder = Path(local_path)
        if not folder.is_dir():
            raise ValueError(f"add_dir({fspath(local_path)!r}): there is no such folder")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                relative = path.relative_to(folder).as_posix()
                self._files[f"{name}/{relative}" if name else relative] = path.absolute()

    def add_reference(self, uri: str, name: str | None = None, **_: Any) -> None:
        """Notes an address; nothing is fetched."""
        self._references[name or uri.rstrip("/").rsplit("/", 1)[-1]] = uri

    def add(self, obj: Media, name: str, **_: Any) -> None:
        """Adds a table, an image or another medium."""
        self._media[name] = obj

    @contextmanager
    def new_file(self, name: str, mode: str = "w", **_: Any) -> Iterator[IO[Any]]:
        """A file to write into: `with artifact.new_file("notes.txt") as file: …`."""
        import io

        buffer: io.BytesIO | io.StringIO = io.BytesIO() if "b" in mode else io.StringIO()
        yield buffer
        content = buffer.getvalue()
        self._files[name] = content if isinstance(content, bytes) else content.encode()

    def wait(self, timeout: float | None = None) -> Artifact:
        """Itself: it is there as soon as it is logged."""
        del timeout
        return self

    def download(self, root: str | PathLike[str] | None = None, **_: Any) -> str:
        """The folder with its files; with `root`, a copy of them there.

        Raises:
            CommError: it has not been logged.
        """
        if self.folder is None:
            raise CommError(f"artifact {self.name!r} has no files yet: log it first")
        if root is None:
            return str(self.folder)
        shutil.copytree(self.folder, root, dirs_exist_ok=True)
        return fspath(root)

    def file(self, root: str | PathLike[str] | None = None) -> str:
        """The path of its only file.

        Raises:
            CommError: it has none or several.
        """
        folder = Path(self.download(root))
        files = [path for path in folder.rglob("*") if path.is_file()]
        if len(files) != 1:
            raise CommError(f"artifact {self.name!r} has {len(files)} files; download() gives all")
        return str(files[0])

    def store(self, folder: Path, aliases: list[str]) -> None:
        """Copies everything into the next version's folder below `folder`.

        Raises:
            OSError: it can't be written.
        """
        home = folder / safe_name(self.name)
        home.mkdir(parents=True, exist_ok=True)
        number = len([entry for entry in home.iterdir() if (entry / MANIFEST).is_file()])
        self.version, self.aliases = f"v{number}", [*aliases, "latest"]
        files = home / self.version / "files"
        files.mkdir(parents=True, exist_ok=True)
        for name, source in self._files.items():
            target = files / _inside(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                target.write_bytes(source)
            else:
                shutil.copy2(source, target)
        media = {n: m.store(Place(home / self.version, n, 0)) for n, m in self._media.items()}
        self.folder = files
        manifest = {
            "name": self.name,
            "type": self.type,
            "version": self.version,
            "aliases": self.aliases,
            "description": self.description,
            "metadata": plain(self.metadata),
            "references": self._references,
            "media": media,
        }
        (home / self.version / MANIFEST).write_text(json.dumps(manifest, indent=1))


def find(runs: list[Run], wanted: str) -> Artifact:
    """The artifact `name`, `name:v3` or `name:alias` of the newest run that has it.

    Raises:
        CommError: there is none.
    """
    name, _, version = wanted.rsplit("/", 1)[-1].partition(":")
    for run in runs:
        home = Path(run.path) / "artifacts" / safe_name(name)
        for path in sorted(home.glob(f"v*/{MANIFEST}"), key=_number, reverse=True):
            data = json.loads(path.read_text())
            if version in ("", "latest", data["version"], *data["aliases"]):
                found = Artifact(data["name"], data["type"], data["description"], data["metadata"])
                found.version, found.aliases = data["version"], data["aliases"]
                found.folder = path.parent / "files"
                return found
    raise CommError(f"no artifact {wanted!r} in this store")


def _number(path: Path) -> int:
    digits = path.parent.name[1:]
    return int(digits) if digits.isdigit() else -1


def _inside(name: str) -> Path:
    """A relative path that can't lead out of the folder."""
    parts = [part for part in Path(os.path.normpath("/" + name)).parts if part not in ("/", "..")]
    return Path(*parts)
