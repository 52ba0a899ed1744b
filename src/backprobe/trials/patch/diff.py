# SPDX-License-Identifier: Apache-2.0
"""A unified diff that `git apply` and `patch -p1` take."""

from __future__ import annotations

import difflib
from pathlib import PurePath

NO_NEWLINE = "\\ No newline at end of file\n"


def unified(path: PurePath, before: str, after: str) -> str:
    """The diff of one file.

    Arguments:
        path: relative to where the diff is to be applied.
        before, after: its texts, line ends as in the file.
    """
    name = path.as_posix()
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines by their line feed alone, as git counts them."""
    found = text.split("\n")
    return [line + "\n" for line in found[:-1]] + ([found[-1]] if found[-1] else [])
