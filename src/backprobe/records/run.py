# SPDX-License-Identifier: Apache-2.0
"""A run of a training script, and a place in the user's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Source:
    """A place in the user's code.

    Arguments:
        file: path as the interpreter knew it.
        line: line number, from 1.
        text: the stripped line of code, or "" where it could not be read.
    """

    file: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Run:
    """One execution of a training script.

    `state` is one of running, finished, failed (non-zero exit), killed (by a signal) and crashed
    (its processes are gone and nobody closed it). `kind` is "run" or "trial". `ignore` are the
    rules that were silenced for it.
    """

    id: str
    name: str = ""
    project: str = ""
    kind: str = "run"
    state: str = "running"
    created: float = 0.0
    ended: float | None = None
    command: tuple[str, ...] = ()
    cwd: str = ""
    exit_code: int | None = None
    host: str = ""
    pid: int = 0
    path: str = ""
    group: str = ""
    job_type: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
