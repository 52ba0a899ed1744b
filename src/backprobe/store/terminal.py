# SPDX-License-Identifier: Apache-2.0
"""Where the script left the terminal's cursor, and writing to it without disturbing the script.

The status line is painted only where the script has ended its line and no progress bar is alive,
and is erased before the script writes again.
"""

from __future__ import annotations

import os
import re
import sys

from backprobe.store.board import BAR, MIDLINE, PAINTED, Board

ERASE = "\r\x1b[K"
ONE, SEVERAL = 1, 2
"""What is known of a bar: it redraws one line, or moves over several."""
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_ERASE_LINE = re.compile(r"\x1b\[[0-2]?K")
_ESCAPE = re.compile(r"\x1b")


class Terminal:
    """The last line of the terminal that standard error is on.

    Arguments:
        board: holds the state, so that all processes of the run share it.
        descriptor: of the terminal.
    """

    def __init__(self, board: Board, descriptor: int = 2) -> None:
        self.board = board
        self.descriptor = descriptor
        self._painted = ""

    def wrote(self, text: str) -> None:
        """Follows the cursor over what the script just wrote."""
        board = self.board
        if "\x1b" not in text and "\r" not in text:  # nearly always
            if "\n" in text:
                board[MIDLINE] = text[-1] != "\n"
                board[BAR] = 0
            elif text:
                board[MIDLINE] = 1
            return
        text = _STYLE.sub("", text)
        tail = text.rpartition("\n")[2]
        bare = _ERASE_LINE.sub("", tail)
        if _ESCAPE.search(_ERASE_LINE.sub("", text)):
            # moves the cursor: several bars, or a full-screen display
            board[BAR], board[MIDLINE] = SEVERAL, 1
        elif "\r" in bare:
            shown = bare.rpartition("\r")[2]
            wiped = not bare.strip() or (not shown and _ERASE_LINE.search(tail) is not None)
            board[BAR], board[MIDLINE] = (0, 0) if wiped else (ONE, 1)
        elif "\n" in text:
            board[MIDLINE], board[BAR] = bool(bare), 0
        elif bare:
            board[MIDLINE] = 1

    def free(self) -> bool:
        """Whether the cursor stands at the start of a line that nobody is drawing on."""
        return not (self.board[MIDLINE] or self.board[BAR])

    def paint(self, text: str) -> None:
        """Replaces the status line by this text, cut to the terminal's width."""
        line = text[: max(0, _columns(self.descriptor) - 1)]
        if line == self._painted and self.board[PAINTED]:
            return
        dim = ("", "") if os.environ.get("NO_COLOR") else ("\x1b[2m", "\x1b[0m")
        self._put(f"{ERASE}{dim[0]}{line}{dim[1]}")
        self._painted = line
        self.board[PAINTED] = 1

    def erase(self) -> None:
        """Takes the status line away where it stands."""
        if self.board[PAINTED]:
            self.board[PAINTED] = 0
            self._put(ERASE)

    def announce(self, line: str) -> bool:
        """Writes a line of ours above what follows; False where the script is in the way.

        A bar that redraws itself on its own line is wiped first: its next update draws it again.
        """
        if self.board[MIDLINE] and self.board[BAR] != ONE:
            return False
        self.board[PAINTED] = 0
        self._put(f"{ERASE}{line}\n")
        return True

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
        except OSError:  # the terminal is gone
            pass


def is_terminal(descriptor: int) -> bool:
    """Whether a status line can be painted there: a terminal that knows how to erase a line."""
    try:
        return os.isatty(descriptor) and os.environ.get("TERM", "") not in ("", "dumb")
    except OSError:
        return False


def in_foreground(descriptor: int) -> bool:
    """Whether this process may write to the terminal: a job in the background stays quiet.

    A process in a session of its own (a worker of torchrun) can't know and counts as in front.
    """
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return sys.platform != "win32"


def _columns(descriptor: int) -> int:
    try:
        return os.get_terminal_size(descriptor).columns or 80
    except OSError:
        return 80
