# SPDX-License-Identifier: Apache-2.0
"""What experiments on a run answered, kept beside it: proofs, studies, learning-rate tests.

The content is the JSON that the command prints, `<run>/answers/<kind>-<milliseconds>.json`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backprobe.records import Run
from backprobe.store.json import dumps

FOLDER = "answers"
KINDS = ("prove", "study", "lr")
MOST = 20
"""Of each kind so many are read, the newest."""
NAME = re.compile(r"(prove|study|lr)-(\d{1,15})\.json")


@dataclass(frozen=True)
class Answer:
    """One kept answer: its kind, when it was given (seconds since the epoch), and its JSON."""

    kind: str
    time: float
    data: Mapping[str, Any]


def keep(run: Run, kind: str, data: Mapping[str, Any]) -> Path:
    """Stores what an experiment on the run answered; returns where.

    Arguments:
        run: that it was about.
        kind: one of `KINDS`.
        data: as the command's `--json` prints it.

    Raises:
        ValueError: the kind is none of those.
        OSError: it can't be written.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: expected one of {', '.join(KINDS)}")
    folder = Path(run.path) / FOLDER
    folder.mkdir(exist_ok=True)
    target = folder / f"{kind}-{time.time_ns() // 1_000_000}.json"
    scratch = target.with_suffix(".tmp")
    scratch.write_text(dumps(data))
    scratch.replace(target)
    return target


def kept(run: Run) -> list[Answer]:
    """What was kept of a run, the newest first; what can't be read is passed over."""
    found: dict[str, list[Answer]] = {kind: [] for kind in KINDS}
    named = [
        (int(match[2]), match[1], path)
        for path in (Path(run.path) / FOLDER).glob("*.json")
        if (match := NAME.fullmatch(path.name))
    ]
    for milliseconds, kind, path in sorted(named, reverse=True):
        if len(found[kind]) >= MOST:
            continue
        try:
            data = json.loads(path.read_text())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            found[kind].append(Answer(kind, milliseconds / 1000, data))
    return sorted(
        (answer for answers in found.values() for answer in answers),
        key=lambda answer: answer.time,
        reverse=True,
    )
