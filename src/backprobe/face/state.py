# SPDX-License-Identifier: Apache-2.0
"""The run of this process, its config and its summary: `backprobe.run`, `.config`, `.summary`."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from backprobe.face import artifact, summary_writer
from backprobe.face.config import Config
from backprobe.face.errors import Error
from backprobe.face.run import Run
from backprobe.face.summary import Summary


class Before:
    """What stands for the config or the summary while there is no run: every use says so."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def _refuse(self, use: str) -> NoReturn:
        raise Error(f"You must call backprobe.init() before backprobe.{self._name}{use}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse(f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse(f".{name}")

    def __getitem__(self, key: str) -> Any:
        self._refuse(f"[{key!r}]")

    def __setitem__(self, key: str, value: Any) -> None:
        self._refuse(f"[{key!r}]")

    def __repr__(self) -> str:
        return f"<backprobe.{self._name}: no run yet, call backprobe.init()>"


run: Run | None = None
"""The run of this process; None before `init` and after `finish`."""
config: Config | Before = Before("config")
"""The config of that run; without one any use raises `Error`."""
summary: Summary | Before = Before("summary")
"""The summary of that run; without one any use raises `Error`."""
latest: Run | None = None
"""The last run that this process began, also when it has ended."""

_all: list[Run] = []
"""Every run that has not ended; more than one only with `reinit="create_new"`."""


def enter(new: Run, main: bool = True) -> None:
    """Makes a run this process's, unless it is one beside it."""
    global run, config, summary, latest
    _all.append(new)
    new._on_end = lambda: leave(new)
    if main:
        run, config, summary, latest = new, new.config, new.summary, new
        artifact.log_into = new.log_artifact


def leave(ended: Run) -> None:
    """Forgets a run that ended."""
    global run, config, summary
    if ended in _all:
        _all.remove(ended)
    if run is ended:
        summary_writer.follow(None)
        run, config, summary = None, Before("config"), Before("summary")
        artifact.log_into = None


def open_runs() -> list[Run]:
    """Every run of this process that has not ended."""
    return list(_all)


def require(verb: str) -> Run:
    """The run of this process.

    Raises:
        Error: there is none.
    """
    if run is None:
        raise Error(f"You must call backprobe.init() before backprobe.{verb}()")
    return run


def inherited() -> bool:
    """Whether the run is that of the process which this one was forked from."""
    return run is not None and os.getpid() != run._pid


def _after_fork() -> None:
    for one in _all:
        one._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
