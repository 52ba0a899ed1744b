# SPDX-License-Identifier: Apache-2.0
"""What an artifact that was logged gives back: its files, its media, and facts about it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from backprobe.face.errors import CommError
from backprobe.face.media.file import Audio, Html, Molecule, Object3D, Video
from backprobe.face.media.image import Image
from backprobe.face.media.table import Table

FILES = {
    "image-file": Image,
    "audio-file": Audio,
    "video-file": Video,
    "html-file": Html,
    "object3D-file": Object3D,
    "molecule-file": Molecule,
}
"""`_type` of a stub → what it is read back as."""


class Entry:
    """A file of an artifact.

    Arguments:
        path: its name in the artifact.
        local_path: where it is.
    """

    def __init__(self, path: str, local_path: Path) -> None:
        self.path = self.name = path
        self.local_path = local_path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.local_path.stat().st_size

    @property
    def digest(self) -> str:
        """SHA-256 of its content."""
        with open(self.local_path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def download(self, root: str | PathLike[str] | None = None, **_: Any) -> str:
        """Its path; with `root`, that of a copy below it."""
        if root is None:
            return str(self.local_path)
        target = Path(root) / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        return str(shutil.copy2(self.local_path, target))

    def __repr__(self) -> str:
        return f"<file {self.path}>"


class Kept:
    """The reading half of an artifact; what fills it is `backprobe.face.artifact.Artifact`."""

    name: str
    version: str
    folder: Path | None = None
    _stubs: Mapping[str, Any] = {}
    entity = project = ""
    url = history_step = commit_hash = None
    is_link = incremental = False

    def download(self, root: str | PathLike[str] | None = None, **_: Any) -> str:
        """The folder with its files; with `root`, a copy of them there.

        Raises:
            CommError: it has not been logged.
        """
        folder = self._logged()
        if root is None:
            return str(folder)
        shutil.copytree(folder, root, dirs_exist_ok=True)
        return fspath(root)

    checkout = download

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

    def path(self) -> str:
        """The path of its only file, or of the folder of several."""
        return self.file() if self.file_count == 1 else self.download()

    def files(self, names: list[str] | None = None, per_page: int = 50) -> list[Entry]:
        """Its files, or those of the given names."""
        del per_page
        folder = self._logged()
        found = [
            Entry(path.relative_to(folder).as_posix(), path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
        return [entry for entry in found if names is None or entry.path in names]

    def get_entry(self, name: str | PathLike[str]) -> Entry:
        """One file, by its name in the artifact.

        Raises:
            KeyError: there is none.
        """
        for entry in self.files([fspath(name)]):
            return entry
        raise KeyError(f"artifact {self.name!r} has no file {fspath(name)!r}")

    get_path = get_entry

    def get(self, name: str) -> Any:
        """A table, an image or another medium that was added; None where there is none."""
        folder = self._logged()
        stub = self._stubs.get(name)
        if stub is None:
            return None
        where = folder.parent / str(stub.get("path", ""))
        if stub.get("_type") == "table-file":
            data = json.loads(where.read_text())
            return Table(columns=data["columns"], data=data["data"])
        kind = FILES.get(str(stub.get("_type")))
        return dict(stub) if kind is None else kind(str(where))

    @property
    def digest(self) -> str:
        """A hash of the names and contents of its files."""
        whole = hashlib.sha256()
        for name, source in sorted(self._sources().items()):
            content = source if isinstance(source, bytes) else source.read_bytes()
            whole.update(f"{name}:{hashlib.sha256(content).hexdigest()}\n".encode())
        return whole.hexdigest()[:32]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        found = self._sources().values()
        return sum(len(s) if isinstance(s, bytes) else s.stat().st_size for s in found)

    @property
    def file_count(self) -> int:
        """How many files it has."""
        return len(self._sources())

    @property
    def manifest(self) -> Any:
        """W&B's manifest in so far as scripts read it: `manifest.entries`, name → file."""
        found = {n: Entry(n, s) for n, s in self._sources().items() if isinstance(s, Path)}
        return SimpleNamespace(entries=found)

    @property
    def id(self) -> str:
        """Name and version."""
        return f"{self.name}:{self.version}" if self.version else self.name

    @property
    def qualified_name(self) -> str:
        """Name and version."""
        return self.id

    source_name = source_qualified_name = qualified_name

    @property
    def created_at(self) -> str | None:
        """When it was logged, ISO 8601 in UTC; None before."""
        if self.folder is None:
            return None
        return datetime.fromtimestamp(self.folder.stat().st_mtime, UTC).isoformat()

    updated_at = created_at

    @property
    def source_version(self) -> str:
        """Its version."""
        return self.version

    @property
    def state(self) -> str:
        """COMMITTED once it is logged, PENDING before."""
        return "PENDING" if self.folder is None else "COMMITTED"

    def is_draft(self) -> bool:
        """Whether it has not been logged."""
        return self.folder is None

    def logged_by(self) -> None:
        """None: the folder that it is in tells the run."""

    def used_by(self) -> list[Any]:
        """Empty: who reads an artifact is not recorded."""
        return []

    def verify(self, root: str | None = None) -> None:
        """Nothing: files are on this machine as they were copied."""

    def finalize(self) -> None:
        """Nothing: it is final as soon as it is logged."""

    def link(self, *_: Any, **__: Any) -> None:
        """Nothing: there is no registry."""

    unlink = link

    def delete(self, delete_aliases: bool = False) -> None:
        """Removes this version from the disk.

        Raises:
            CommError: it has not been logged.
        """
        del delete_aliases
        shutil.rmtree(self._logged().parent, ignore_errors=True)

    def _logged(self) -> Path:
        if self.folder is None:
            raise CommError(f"artifact {self.name!r} has no files yet: log it first")
        return self.folder

    def _sources(self) -> dict[str, Path | bytes]:
        return {entry.path: entry.local_path for entry in self.files()}
