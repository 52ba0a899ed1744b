# SPDX-License-Identifier: Apache-2.0
"""The user's lines that clip, evaluate, switch modes and draw batches: where a finding points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import FrameType

from backprobe.probe import sites

LOOKS = 50
"""Calls of a kind that are looked at; scripts have few lines of each, and soon all were seen."""


_waiting: sites.Site | None = None
"""Of an `eval()` before there was a probe."""


def wait(frame: FrameType | None) -> None:
    """Keeps the line of an `eval()` for the probe that the next forward makes."""
    global _waiting
    _waiting = sites.caller(frame)


def _taken() -> sites.Site | None:
    global _waiting
    site, _waiting = _waiting, None
    return site


class Lines:
    """Tells each line once.

    Arguments:
        event: writes a fact of the record.
        step: gives the optimizer steps done.
    """

    def __init__(self, event: Callable[..., None], step: Callable[[], int]) -> None:
        self._event = event
        self._step = step
        self._looks: Counter[str] = Counter()
        self._told: set[tuple[str, sites.Site]] = set()
        self.tell("eval", _taken())

    def seen(self, what: str, frame: FrameType | None) -> None:
        """Takes a call: the innermost line of the user's own code at or above a frame."""
        if self._looks[what] < LOOKS:
            self.tell(what, sites.caller(frame))

    def evaluation(self) -> sites.Site | None:
        """The line that begins an evaluation, as long as such lines are looked at."""
        looks = self._looks["evaluation"] + self._looks["evaluation-in-training"]
        return sites.here() if looks < LOOKS else None

    def tell(self, what: str, site: sites.Site | None) -> None:
        """Takes a line.

        Arguments:
            what: `clipping`, `eval`, `batches`, or `evaluation` or `evaluation-in-training` by the
                mode of the model that is evaluated.
            site: file and line; None for unknown.
        """
        self._looks[what] += 1
        if site is None or (what, site) in self._told or self._looks[what] > LOOKS:
            return
        self._told.add((what, site))
        line = sites.source(site)
        if line is not None:
            facts = {"file": line.file, "line": line.line, "text": line.text}
            self._event("line", what=what, step=self._step(), **facts)
