# SPDX-License-Identifier: Apache-2.0
"""Artifacts: named and numbered copies of files, kept in the folder of the run that logged them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any

from backprobe.face.errors import CommError, UsageError
from backprobe.face.kept import Entry, Kept
from backprobe.face.media.base import Media, Place, safe_name
from backprobe.face.values import plain
from backprobe.records import Run

MANIFEST = "artifact.json"


log_into: Callable[[Artifact], Any] | None = None
"""Where `Artifact.save` puts it: `log_artifact` of the run of the moment, while there is one."""


class Artifact(Kept):
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
        self.tags: list[str] = []
        self.ttl: Any = None
        self.version = ""
        self.folder = None
        self._files: dict[str, Path | bytes] = {}
        self._media: dict[str, Media] = {}
        self._references: dict[str, str] = {}

    def add_file(self, local_path: str | PathLike[str], name: str | None = None, **_: Any) -> Entry:
        """Adds a file; it is copied when the artifact is logged.

        Raises:
            ValueError: there is no such file.
        """
        path = Path(local_path)
        if not path.is_file():
            raise ValueError(f"add_file({fspath(local_path)!r}): there is no such file")
        self._files[name or path.name] = path.absolute()
        return Entry(name or path.name, path.absolute())

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

    def remove(self, item: str | PathLike[str] | Entry) -> None:
        """Takes out a file, or all files below a folder, that was added.

        Raises:
            FileNotFoundError: nothing of that name was added.
        """
        name = item.path if isinstance(item, Entry) else fspath(item)
        gone = [one for one in self._files if one == name or one.startswith(f"{name}/")]
        if not gone and self._media.pop(name, self._references.pop(name, None)) is None:
            raise FileNotFoundError(f"artifact {self.name!r} has no {name!r}")
        for one in gone:
            del self._files[one]

    def save(self, *_: Any, **__: Any) -> None:
        """Logs it into the run of the moment.

        Raises:
            UsageError: there is no run.
        """
        if log_into is None:
            raise UsageError("You must call backprobe.init() before Artifact.save()")
        log_into(self)

    def wait(self, timeout: float | None = None) -> Artifact:
        """Itself: it is there as soon as it is logged."""
        del timeout
        return self

    def _sources(self) -> dict[str, Path | bytes]:
        return dict(self._files) if self.folder is None else super()._sources()

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
        self.folder, self._stubs = files, media
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
    version = wanted.rsplit("/", 1)[-1].partition(":")[2]
    for found in versions(runs, wanted):
        if version in ("", "latest", found.version, *found.aliases):
            return found
    raise CommError(f"no artifact {wanted!r} in this store")


def versions(runs: list[Run], wanted: str) -> Iterator[Artifact]:
    """All artifacts of a name, run by run, the newest first."""
    name = wanted.rsplit("/", 1)[-1].partition(":")[0]
    for run in runs:
        home = Path(run.path) / "artifacts" / safe_name(name)
        for path in sorted(home.glob(f"v*/{MANIFEST}"), key=_number, reverse=True):
            data = json.loads(path.read_text())
            found = Artifact(data["name"], data["type"], data["description"], data["metadata"])
            found.version, found.aliases = data["version"], data["aliases"]
            found.folder = path.parent / "files"
            found._stubs, found._references = data["media"], data["references"]
            yield found


def empty(name: str) -> Artifact:
    """An artifact of no files, for a run that keeps nothing."""
    made = Artifact(name)
    made.folder = Path(tempfile.mkdtemp(prefix="backprobe-"))
    return made


def _number(path: Path) -> int:
    digits = path.parent.name[1:]
    return int(digits) if digits.isdigit() else -1


def _inside(name: str) -> Path:
    """A relative path that can't lead out of the folder."""
    parts = [part for part in Path(os.path.normpath("/" + name)).parts if part not in ("/", "..")]
    return Path(*parts)
