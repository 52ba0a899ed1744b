# SPDX-License-Identifier: Apache-2.0
"""What every importer gives: a run of another tracker, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Row = tuple[int, float, Mapping[str, Any]]
"""Step, seconds since the epoch, and JSON-ready values."""


class NotReadable(ValueError):  # noqa: N818 - it is an answer to the user more than a fault
    """The files hold nothing that can be imported; the text says why."""


@dataclass(frozen=True)
class Histogram:
    """A histogram of one tensor at one step.

    Arguments:
        step: the user's step.
        tag: what it was logged as, e.g. "gradients/fc1.weight".
        edges: ascending, [n + 1].
        counts: [n].
    """

    step: int
    tag: str
    edges: NDArray[Any]
    counts: NDArray[Any]


@dataclass(frozen=True)
class Imported:
    """One run, as its tracker kept it.

    Arguments:
        tracker: its name in words, e.g. "TensorBoard".
        origin: the file or folder it was read from.
        key: what makes it the same run when it is imported again.
        name, project, group, job_type, notes, tags, config, summary, environment: as in `Run`.
        created, ended: seconds since the epoch; None where not known.
        state: as in `Run`.
        rows: what was logged, by ascending step.
        histograms: what was logged of tensors.
        lines: what the script printed.
        damage: what could not be read, in words.
        left_out: what is there and not taken, in words.
    """

    tracker: str
    origin: str
    key: str
    name: str
    project: str = ""
    group: str = ""
    job_type: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    created: float | None = None
    ended: float | None = None
    state: str = "finished"
    rows: tuple[Row, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    lines: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
