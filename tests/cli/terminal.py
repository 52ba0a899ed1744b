# SPDX-License-Identifier: Apache-2.0
"""A child on a pseudo-terminal, and what a terminal would show of what it wrote."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n\x08])|([^\x1b\r\n\x08]+)")


@dataclass(frozen=True)
class Shown:
    """What came over the terminal, in all, and how the child ended (negative: by a signal)."""

    stream: str
    status: int

    @property
    def lines(self) -> list[str]:
        """The screen at the end, without trailing blanks and empty last lines."""
        return screen(self.stream)


def on_terminal(
    command: Sequence[str],
    folder: Path,
    typed: Sequence[tuple[str, str]] = (),
    columns: int = 120,
    seconds: float = 120.0,
) -> Shown:
    """Runs a command on a terminal of its own.

    Arguments:
        command: the program and its arguments.
        folder: its working directory.
        typed: pairs of a text to wait for and what is typed then.
        columns: width of the terminal.
        seconds: after so long the child is killed.
    """
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm"
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.execvp(command[0], list(command))
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    waiting, stream, end = list(typed), b"", time.monotonic() + seconds
    seen = 0
    while time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            try:
                data = os.read(descriptor, 1 << 16)
            except OSError:  # the last writer has closed it
                break
            if not data:
                break
            stream += data
        if waiting and (at := stream.find(waiting[0][0].encode(), seen)) >= 0:
            seen = at + len(waiting[0][0])
            os.write(descriptor, waiting.pop(0)[1].encode())
    else:
        os.kill(pid, 9)
    os.close(descriptor)
    return Shown(stream.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def backprobe(*words: str) -> list[str]:
    """The command line of `backprobe run`."""
    return [sys.executable, "-m", "backprobe", "run", *words]


def screen(stream: str) -> list[str]:
    """The lines that a wide terminal of endless height shows after a stream.

    Knows printable text, CR, LF, BS, colours, cursor up and down, and erasing of a line.
    """
    rows: list[list[str]] = [[]]
    row = column = 0
    for match in _TOKEN.finditer(stream):
        argument, final, control, text = match.groups()
        if text is not None:
            line = rows[row]
            line.extend(" " * (column - len(line)))
            line[column : column + len(text)] = text
            column += len(text)
        elif control == "\r":
            column = 0
        elif control == "\b":
            column = max(0, column - 1)
        elif control == "\n":
            row += 1
        elif final == "K":
            del rows[row][0 if argument == "2" else column :]
        elif final == "A":
            row = max(0, row - int(argument or 1))
        elif final == "B":
            row += int(argument or 1)
        else:
            assert final in "mhl", f"an escape that is not known here: {match[0]!r}"
        rows.extend([] for _ in range(row + 1 - len(rows)))
    shown = ["".join(line).rstrip() for line in rows]
    while shown and not shown[-1]:
        shown.pop()
    return shown
