# SPDX-License-Identifier: Apache-2.0
"""A copy of a script's folder in which some files are others; what is large is linked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

LARGEST_BYTES = 64 << 20
"""Larger files are linked: they are data, not what a script writes over."""
SKIPPED = frozenset({".git", ".backprobe", "__pycache__", ".venv", "venv", "node_modules"})


def mirror(folder: Path, copy: Path, changed: Mapping[Path, str]) -> None:
    """Makes the copy.

    Files beside the changed ones are copied, so that a script that writes over one writes over the
    copy; folders are linked, but for those on the way to a changed file.

    Arguments:
        folder: whose copy it is.
        copy: a folder that doesn't exist yet.
        changed: path within `folder` → its other text.
    """
    copy.mkdir(parents=True)
    parts = {path.parts[0] for path in changed if len(path.parts) > 1}
    for entry in sorted(folder.iterdir()):
        target = copy / entry.name
        if entry.name in SKIPPED or Path(entry.name) in changed:
            continue
        if entry.name in parts:
            inner = {
                Path(*path.parts[1:]): text
                for path, text in changed.items()
                if path.parts[0] == entry.name and len(path.parts) > 1
            }
            mirror(entry, target, inner)
        elif entry.is_file() and entry.stat().st_size <= LARGEST_BYTES:
            shutil.copy2(entry, target)
        else:
            os.symlink(entry.resolve(), target)
    for path, text in changed.items():
        if len(path.parts) == 1:
            (copy / path).write_bytes(text.encode())
