# SPDX-License-Identifier: Apache-2.0
"""The name of a project that nobody named: the repository's, else the script's."""

from __future__ import annotations

import sys
from pathlib import Path


def script() -> Path | None:
    """The file that this process runs; None in a notebook or `python -c`."""
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(name).absolute() if name else None


def git_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds `.git`."""
    return next((at for at in (start, *start.parents) if (at / ".git").exists()), None)


def guess() -> str:
    """The git repository's name, else the script's without `.py`, else the working folder's."""
    file = script()
    root = git_root(file.parent if file is not None else Path.cwd())
    if root is not None:
        return root.name
    return file.stem if file is not None else Path.cwd().name
