# SPDX-License-Identifier: Apache-2.0
"""Which runs go when a store is pruned: a pure choice, oldest first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backprobe.records import Run

SECONDS: Mapping[str, float] = {
    "s": 1.0,
    "min": 60.0,
    "h": 3_600.0,
    "d": 86_400.0,
    "w": 604_800.0,
    "": 86_400.0,
}
"""Unit of an age → seconds; days where none is given."""


def age(text: str) -> float:
    """Seconds of an age such as `30d`, `12h`, `2w`; a bare number is days.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(s|min|h|d|w|)\s*", text)
    if found is None:
        raise ValueError(f"{text!r}; expected an age such as 30d, 12h or 2w")
    return float(found[1]) * SECONDS[found[2]]


def chosen(
    runs: Sequence[Run],
    sizes: Mapping[str, int],
    now: float,
    keep: int | None = None,
    older_than: float | None = None,
    most: int | None = None,
) -> list[Run]:
    """The runs to remove, oldest first; never one that is running.

    Arguments:
        runs: newest first.
        sizes: run id → bytes.
        now: seconds since the epoch.
        keep: the newest so many stay whatever else is asked for.
        older_than: seconds; what is older goes.
        most: bytes that the runs left over may take together: the oldest go until they fit.
            Without an age or a size, all but the newest `keep` go.
    """
    free = [run for run in runs[keep or 0 :] if run.state != "running"]
    if older_than is None and most is None:
        return free[::-1]
    gone: list[Run] = []
    if older_than is not None:
        gone = [run for run in free if now - run.created > older_than]
    if most is not None:
        names = {run.id for run in gone}
        left = sum(sizes[run.id] for run in runs if run.id not in names)
        for run in reversed(free):
            if left <= most:
                break
            if run.id not in names:
                gone.append(run)
                left -= sizes[run.id]
    return sorted(gone, key=lambda run: run.created)
