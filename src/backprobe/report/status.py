# SPDX-License-Identifier: Apache-2.0
"""The live status line: step, loss, speed and findings so far, painted while the script is quiet.

It is painted from within the process that trains, because only there is it known what the script
has written. A script that prints several times a second leaves no room for it, and gets none.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from backprobe.records import Finding
from backprobe.store.board import FINDINGS, STATUS, Board
from backprobe.store.console import Console
from backprobe.store.terminal import in_foreground, is_terminal

QUIET_SECONDS = 0.4
"""The script must not have written for so long: a line that comes and goes would flicker."""
STALE_SECONDS, STALE_STEPS = 2.0, 3.0
"""Without a step for so long, and for so many of its steps, the line is taken away: the script may
be running another program, whose output we can't see."""
SPEED_SECONDS = 5.0
"""Stretch over which the speed is measured."""

Rows = Mapping[str, NDArray[Any]]
"""Columns `step`, `time` and `loss` of the last optimizer steps."""


class Status:
    """Paints the status line, and the launcher's lines, where the script leaves room.

    Arguments:
        console: the streams of the script.
        board: shared with the launcher.
        latest: the last rows of the stream `steps`, or None before the first.
    """

    def __init__(self, console: Console, board: Board, latest: Callable[[], Rows | None]) -> None:
        self._console = console
        self._board = board
        self._latest = latest
        self._marks: list[tuple[float, int]] = []
        self._heard: list[str] = []
        self._ended = False

    def tick(self) -> None:
        """Paints, announces or takes away, as it fits now; called about twice a second."""
        terminal = self._console.terminal
        if self._ended or terminal is None or not self._board[STATUS]:
            return
        if not is_terminal(terminal.descriptor) or not in_foreground(terminal.descriptor):
            return
        if not self._board.claim_painting():
            return
        self._console.install()
        rows = self._latest()
        text = self._text(rows) if rows is not None else None
        with self._console.lock:
            now = time.time()
            self._heard += self._board.hear()
            while self._heard and terminal.announce(self._heard[0]):
                del self._heard[0]
            if text is None or rows is None:
                return
            last_step = float(rows["time"][-1])
            if now - last_step > max(STALE_SECONDS, STALE_STEPS * self._seconds_a_step()):
                terminal.erase()
            elif (
                terminal.free()
                and last_step > self._console.last_write
                and now - self._console.last_write > QUIET_SECONDS
            ):
                terminal.paint(text)

    def end(self) -> None:
        """Takes the line away for good."""
        with self._console.lock:
            if self._console.terminal is not None:
                self._console.terminal.erase()
            self._ended = True

    def _text(self, rows: Rows) -> str:
        step, loss = int(rows["step"][-1]), float(rows["loss"][-1])
        if not self._marks or step > self._marks[-1][1]:
            self._marks.append((float(rows["time"][-1]), step))
        while len(self._marks) > 2 and self._marks[-1][0] - self._marks[1][0] > SPEED_SECONDS:
            del self._marks[0]
        parts = [f"step {step:,}"]
        if not math.isnan(loss):  # NaN also where it was not measured; a NaN loss is a finding
            parts.append(f"loss {loss:.4g}")
        seconds = self._seconds_a_step()
        if seconds:
            parts.append(f"{1 / seconds:,.1f} steps/s" if seconds < 1 else f"{seconds:.1f} s/step")
        count = self._board[FINDINGS]
        if count:
            parts.append(f"{count} finding{'s' if count > 1 else ''}")
        return "backprobe  " + " · ".join(parts)

    def _seconds_a_step(self) -> float:
        (begin, first), (end, last) = self._marks[0], self._marks[-1]
        return (end - begin) / (last - first) if last > first else 0.0


def announcement(finding: Finding) -> str:
    """A finding in one line, for the moment when it becomes sure."""
    place = ", ".join(name for name in finding.where if name)
    at = " · ".join(filter(None, [place, str(finding.source or "")]))
    message = " ".join(finding.message.split())
    where = f" [{at}]" if at else ""
    return f"backprobe: step {finding.steps[1]:,}: {finding.rule}{where}: {message}"
