# SPDX-License-Identifier: Apache-2.0
"""A progress bar over trials, on standard error where that is a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from backprobe.trials.nouns import Trial


class Progress:
    """Counts trials that ended against those that are planned.

    Arguments:
        visible: whether to draw anything.
    """

    def __init__(self, visible: bool) -> None:
        self._bar = Bar(
            TextColumn("trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            transient=True,
            disable=not visible,
        )
        self._task = self._bar.add_task("", total=None)
        self._done = 0

    def plan(self, left: int) -> None:
        """So many trials are still to come."""
        self._bar.update(self._task, total=self._done + left)

    def tell(self, trial: Trial) -> None:
        """A trial ended."""
        self._done += 1
        self._bar.update(
            self._task, completed=self._done, description=f"{trial.arm}, seed {trial.seed}"
        )

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
