# SPDX-License-Identifier: Apache-2.0
"""What became of the treatments of a process: applied, or why not; kept in the run's folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FILE = "treatments.json"
"""In the run's folder: `{"applied": [texts], "refused": {text: why}, "rows": …}`."""


class NotApplicable(SystemExit):
    """Ends a trial whose treatment can't be applied: there is nothing to learn from the rest."""

    def __init__(self, why: str) -> None:
        super().__init__(0)
        self.why = why


class Report:
    """Collects the outcome of each treatment.

    Arguments:
        folder: of the run, or None where there is none.
        trial: whether this process is a trial, which ends when a treatment can't be applied.
    """

    def __init__(self, folder: Path | None, trial: bool) -> None:
        self.folder = folder
        self.trial = trial
        self.pid = os.getpid()
        self.applied: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.waiting: dict[str, str] = {}

    def expect(self, text: str, waits: str) -> None:
        """A treatment is installed and waits for something in the script."""
        self.waiting[text] = waits

    def apply(self, text: str, how: str = "") -> None:
        """A treatment was applied; told again, it changes nothing."""
        if text not in self.applied:
            self.applied[text] = how
            self.waiting.pop(text, None)
            self.write()

    def take_back(self, text: str, waits: str) -> None:
        """What was told as applied turned out to be none; it waits again."""
        if self.applied.pop(text, None) is not None:
            self.waiting[text] = waits
            self.write()

    def refuse(self, text: str, why: str) -> None:
        """A treatment can't be applied.

        Raises:
            NotApplicable: this is a trial.
        """
        if text in self.refused:
            return
        self.refused[text] = why
        self.waiting.pop(text, None)
        self.write()
        if self.trial:
            raise NotApplicable(why)
        sys.stderr.write(f"backprobe: {text} is not applied: {why}\n")

    def end(self) -> None:
        """At the end of the process: what still waits was not applied."""
        if os.getpid() != self.pid:
            return
        for text, waits in list(self.waiting.items()):
            self.refused[text] = f"never applied: it waits for {waits}"
            if not self.trial:
                sys.stderr.write(f"backprobe: {text} is not applied: {self.refused[text]}\n")
        self.waiting.clear()
        if self.applied and self.folder is not None and not self.trial:
            told = (f"{text} ({how})" if how else text for text, how in self.applied.items())
            sys.stderr.write(f"backprobe: treated by {', '.join(told)}\n")
        self.write()

    def write(self) -> None:
        """Keeps the state as it is now."""
        if self.folder is None:
            return
        data = {"applied": self.applied, "refused": self.refused}
        scratch = self.folder / f"{FILE}.{self.pid}.tmp"
        try:
            scratch.write_text(json.dumps(data, indent=1))
            os.replace(scratch, self.folder / FILE)
        except OSError:
            pass  # a note less: the trial is then judged by its outcome alone
