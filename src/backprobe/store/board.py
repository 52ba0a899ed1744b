# SPDX-License-Identifier: Apache-2.0
"""What the launcher and the processes of a live run tell each other, in a small shared file.

The launcher makes the file in memory (`/dev/shm`, else the temporary folder), names it to its
children in the environment, and takes it away; all map it. It says which processes were reached,
who paints the status line, and how the terminal's last line looks, so that no process writes into
what another has begun. Lines that the launcher wants on the terminal wait in it too.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from pathlib import Path

SIZE = 16 << 10
"""Written in full when the file is made: a page that had no room later would be a SIGBUS."""

PREFIX = "backprobe-"

LOADED = 0
"""Offset of the byte that the start-up file sets: some Python process was reached."""
TORCH = 1
"""Offset of the byte that the import hook sets: some process imported torch."""
PAINTED = 2
"""Offset of the byte that is 1 while the status line stands on the terminal."""
MIDLINE = 3
"""… while the script has begun a line and not ended it."""
BAR = 4
"""… while a progress bar of the script is alive."""
FINDINGS = 5
"""… that counts the findings so far."""
STATUS = 6
"""… that is 1 where the launcher wants a status line."""

_NUMBER = struct.Struct("<I")
_PAINTER_AT, _SAID_AT, _TEXT_AT = 8, 12, 64


class Board:
    """The shared bytes; without a file (nobody launched the run) they are this process's own.

    Arguments:
        path: the file, as `create` made it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._bytes: mmap.mmap | bytearray = bytearray(SIZE)
        self._heard = 0
        if path is None:
            return
        try:
            with open(path, "r+b") as file:
                self._bytes = mmap.mmap(file.fileno(), SIZE)
        except (OSError, ValueError):  # the launcher is gone, or on another machine
            self.path = None

    @classmethod
    def create(cls) -> Board:
        """A new board in a new file; without sharing where no file can be made."""
        memory = "/dev/shm"
        folder = memory if os.access(memory, os.W_OK) else tempfile.gettempdir()
        _sweep(Path(folder))
        try:
            descriptor, name = tempfile.mkstemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder)
        except OSError:
            return cls(None)
        try:
            with open(descriptor, "wb") as file:
                file.write(bytes(SIZE))
        except OSError:
            os.unlink(name)
            return cls(None)
        return cls(Path(name))

    def __getitem__(self, offset: int) -> int:
        return self._bytes[offset]

    def __setitem__(self, offset: int, value: int) -> None:
        self._bytes[offset] = min(value, 255)

    def claim_painting(self) -> bool:
        """Whether this process paints: the first that asks does, until it is gone."""
        (owner,) = _NUMBER.unpack_from(self._bytes, _PAINTER_AT)
        if owner not in (0, os.getpid()) and _alive(owner):
            return False
        _NUMBER.pack_into(self._bytes, _PAINTER_AT, os.getpid())
        return True

    def painter_lives(self) -> bool:
        """Whether some living process has claimed the painting."""
        (owner,) = _NUMBER.unpack_from(self._bytes, _PAINTER_AT)
        return owner != 0 and _alive(owner)

    def say(self, line: str) -> bool:
        """Leaves a line for the process that paints; False where there is no room left."""
        (end,) = _NUMBER.unpack_from(self._bytes, _SAID_AT)
        data = line.encode() + b"\n"
        if _TEXT_AT + end + len(data) > SIZE:
            return False
        self._bytes[_TEXT_AT + end : _TEXT_AT + end + len(data)] = data
        _NUMBER.pack_into(self._bytes, _SAID_AT, end + len(data))
        return True

    def hear(self) -> list[str]:
        """The lines that were left since the last call."""
        (end,) = _NUMBER.unpack_from(self._bytes, _SAID_AT)
        if end <= self._heard:
            return []
        data = bytes(self._bytes[_TEXT_AT + self._heard : _TEXT_AT + end])
        self._heard = end
        return data.decode("utf-8", "replace").splitlines()

    def remove(self) -> None:
        """Takes the file away; those who have mapped it keep what they have."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Takes away the boards of launchers that were killed: their names hold the process."""
    for left in folder.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not _alive(int(owner)):
            try:
                left.unlink()
            except OSError:  # another user's
                pass


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
