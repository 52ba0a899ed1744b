# SPDX-License-Identifier: Apache-2.0
"""What all media share: they put a file beside the log, and a JSON stub into the row."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]+")
NAME_LENGTH = 100
"""A file system takes names of 255 bytes; step and digest come after the key."""


@dataclass(frozen=True)
class Place:
    """Where a medium is put: the run's folder, the key it was logged under, and the step.

    Arguments:
        folder: the run's folder.
        key: as given to `log`.
        step: the row's step.
        index: position in a list of media that was logged under one key.
    """

    folder: Path
    key: str
    step: int
    index: int = 0

    def write(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Writes a file into `media/<kind>/`; gives the part of the stub that says where it is."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(kind, suffix, digest)
        path.write_bytes(content)
        return self._stub(path, digest, len(content))

    def copy(self, kind: str, source: Path) -> dict[str, Any]:
        """Copies a file into `media/<kind>/`; gives the part of the stub that says where it is."""
        with open(source, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = self._path(kind, source.suffix.lower(), digest)
        shutil.copyfile(source, path)
        return self._stub(path, digest, os.path.getsize(path))

    def _path(self, kind: str, suffix: str, digest: str) -> Path:
        folder = self.folder / "media" / kind
        folder.mkdir(parents=True, exist_ok=True)
        index = f"_{self.index}" if self.index else ""
        return folder / f"{safe_name(self.key)}_{self.step}{index}_{digest[:12]}{suffix}"

    def _stub(self, path: Path, digest: str, size: int) -> dict[str, Any]:
        relative = path.relative_to(self.folder).as_posix()
        return {"path": relative, "sha256": digest, "size": size}


class Media(ABC):
    """Something that `log` stores in a file, or as a JSON object, instead of a number."""

    @abstractmethod
    def store(self, place: Place) -> Mapping[str, Any]:
        """Writes what must be written, and gives the JSON stub of the row, with its `_type`."""


def safe_name(key: str) -> str:
    """A key as part of a file name: other than letters, digits, `_`, `.` and `-` becomes `_`."""
    return _UNSAFE.sub("_", key).lstrip(".")[:NAME_LENGTH] or "_"
