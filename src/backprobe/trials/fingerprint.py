# SPDX-License-Identifier: Apache-2.0
"""What tells one state of a program from another: no trial of an older one is used again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from backprobe.records import Run
from backprobe.version import __version__

MOST_FOLDERS = 500
"""Folders that are looked into: data may lie in thousands of them."""
MOST_FILES = 5000
"""Python files that are looked at; a program of more is known by the first ones."""
OTHERS = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})
"""Folders of what the user did not write; hidden ones count too."""


def fingerprint(run: Run) -> str:
    """Of the Python files beside and below the script and the working folder, and of our version.

    Size and time of each: a module that the script imports may hold the network.
    """
    roots = {Path(run.cwd)}
    for word in run.command:
        path = Path(run.cwd) / word
        if path.suffix == ".py" and path.is_file():
            roots.add(path.parent)
    found = hashlib.blake2b(__version__.encode(), digest_size=16)
    for root in sorted(roots):
        for count, path in enumerate(_programs(root)):
            if count == MOST_FILES:
                break
            try:
                status = path.stat()
            except OSError:
                continue  # gone meanwhile
            found.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _programs(root: Path) -> Iterator[Path]:
    for count, (folder, folders, files) in enumerate(os.walk(root)):
        if count == MOST_FOLDERS:
            return
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in OTHERS)
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))
