# SPDX-License-Identifier: Apache-2.0
"""What a person does to a run afterwards: names, tags, notes and colours it; throws it away.

A run that is thrown away moves into the store's `.trash` and can be taken out again; its disk space
is free when the trash is emptied.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backprobe.records import Run
from backprobe.store import catalog

TRASH = ".trash"
LONGEST_NAME = 200
LONGEST_NOTES = 20_000
MOST_TAGS = 50
COLOUR = re.compile(r"|[0-9]|#[0-9a-f]{6}")
"""A number of the page's palette, a colour, or none."""


def label(run: Run, **changes: Any) -> None:
    """Stores a name, tags, notes or colour; what is not given stays.

    Arguments:
        run: whose.
        changes: `name` and `notes` (texts), `tags` (a list of texts), `colour` (see `COLOUR`).

    Raises:
        ValueError: something else was given; the text says what is expected.
        OSError: it can't be written.
    """
    catalog.edit(run, **{key: _sound(key, value) for key, value in changes.items()})


def colour(run: Run) -> str:
    """The colour that a person gave to the run, "" for none."""
    try:
        data = json.loads((Path(run.path) / "edits.json").read_text())
        found = str(data.get("colour") or "")
    except (OSError, ValueError, AttributeError):
        return ""
    return found if COLOUR.fullmatch(found) else ""


def discard(run: Run) -> None:
    """Moves a run into the trash.

    Raises:
        ValueError: it is still running.
        OSError: it can't be moved.
    """
    if run.state == "running":
        raise ValueError(f"run {run.id} is still running; end its script first")
    path = Path(run.path)
    trash = path.parent / TRASH
    trash.mkdir(exist_ok=True)
    target = trash / path.name
    if target.exists():
        shutil.rmtree(target)
    os.rename(path, target)


def restore(directory: Path, identifier: str) -> None:
    """Takes a run out of the trash.

    Raises:
        LookupError: the trash has none of that id, or the store has one again.
        OSError: it can't be moved.
    """
    found = {run.id: run for run in discarded(directory)}.get(identifier)
    if found is None:
        raise LookupError(f"no run {identifier!r} in the trash of {directory}")
    target = directory / Path(found.path).name
    if target.exists():
        raise LookupError(f"there is a run {identifier!r} in {directory} again")
    os.rename(found.path, target)


def discarded(directory: Path) -> list[Run]:
    """The runs in the trash, newest first."""
    return catalog.runs(directory / TRASH)


def empty(runs: Iterable[Run]) -> None:
    """Removes runs of the trash for good.

    Raises:
        ValueError: one of them is not in a trash.
        OSError: one can't be removed.
    """
    for run in runs:
        if Path(run.path).parent.name != TRASH:
            raise ValueError(f"run {run.id} is not in the trash")
        catalog.delete(run)


def _sound(key: str, value: Any) -> Any:
    if key == "name" and isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_NAME:
        return value.strip()
    if key == "notes" and isinstance(value, str) and len(value) <= LONGEST_NOTES:
        return value
    if key == "colour" and isinstance(value, str) and COLOUR.fullmatch(value):
        return value
    if key == "tags" and isinstance(value, list) and len(value) <= MOST_TAGS:
        tags = [tag.strip() for tag in value if isinstance(tag, str)]
        if len(tags) == len(value) and all(0 < len(tag) <= LONGEST_NAME for tag in tags):
            return list(dict.fromkeys(tags))
    expected = {
        "name": f"a text of 1 to {LONGEST_NAME} characters",
        "notes": f"a text of at most {LONGEST_NOTES} characters",
        "colour": "a digit, #rrggbb, or nothing",
        "tags": f"a list of at most {MOST_TAGS} texts",
    }
    if key not in expected:
        raise ValueError(f"{key!r}: only {', '.join(expected)} can be changed")
    raise ValueError(f"{key}: {str(value)[:80]!r} was given, expected {expected[key]}")
