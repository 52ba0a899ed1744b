# SPDX-License-Identifier: Apache-2.0
"""`save`: files of the user's, copied into the run's folder `files/`."""

from __future__ import annotations

import glob as globbing
import os
import shutil
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import IO

POLICIES = ("live", "now", "end")


class Saved:
    """The files that a run was told to keep.

    Arguments:
        folder: where copies go.
        warn: told what could not be copied.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self.folder = folder
        self._warn = warn
        self._again: dict[Path, Path] = {}

    def save(
        self,
        glob_str: str | PathLike[str] | bytes,
        base_path: str | PathLike[str] | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Copies the files that a pattern finds now.

        Arguments:
            glob_str: a path or a pattern, relative to the working directory.
            base_path: the part of the path that is left out of the copy's.
            policy: "now" copies once; "live" and "end" copy again when the run ends.
            glob: whether `*`, `?` and `[]` are a pattern's or a file's name's.

        Returns:
            Paths of the copies.

        Raises:
            ValueError: an unknown policy, or a path that is not below `base_path`.
        """
        if policy not in POLICIES:
            raise ValueError(f"save(policy={policy!r}): expected one of {POLICIES}")
        text = glob_str.decode() if isinstance(glob_str, bytes) else fspath(glob_str)
        if text.startswith(("gs://", "s3://")):
            self._warn(f"save({text!r}): a cloud address can't be copied")
            return []
        base = _base(text, base_path)
        found = sorted(globbing.glob(os.path.abspath(text), recursive=True)) if glob else [text]
        copies = []
        for name in map(Path, map(os.path.abspath, found)):
            if not name.is_relative_to(base):
                raise ValueError(f"save({text!r}): {name} is not below base_path {base}")
            if name.is_file():
                copies.append(self._copy(name, self.folder / name.relative_to(base), policy))
        if not copies:
            self._warn(f"save({text!r}): there is no such file")
        return [str(copy) for copy in copies if copy is not None]

    def finish(self) -> None:
        """Copies once more what may have changed since."""
        for source, target in self._again.items():
            try:
                if source.stat().st_mtime_ns != target.stat().st_mtime_ns:
                    shutil.copy2(source, target)
            except OSError:
                pass  # it is gone: the copy made before is the last one

    def _copy(self, source: Path, target: Path, policy: str) -> Path | None:
        try:
            if not (target.exists() and target.samefile(source)):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
                if policy != "now":
                    self._again[source] = target
        except OSError as error:
            self._warn(f"save: cannot copy {source}: {error.strerror or error}")
            return None
        return target


def _base(text: str, base_path: str | PathLike[str] | None) -> Path:
    if base_path is not None:
        return Path(os.path.abspath(base_path))
    if not os.path.isabs(text):
        here = Path.cwd()
        return here if Path(os.path.abspath(text)).is_relative_to(here) else Path("/")
    return Path(text).parent.parent  # W&B keeps one folder of an absolute path


def restore(folder: Path, name: str, root: str | PathLike[str] | None = None) -> IO[str]:
    """A saved file, open for reading; with `root` a copy of it below that folder.

    Raises:
        ValueError: there is no such file.
    """
    found = folder / name
    if not found.is_file():
        raise ValueError(f"restore({name!r}): no file of that name was saved")
    if root is not None:
        target = Path(root) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found, target)
        found = target
    return open(found)
