# SPDX-License-Identifier: Apache-2.0
"""Keeps what the script writes to standard output and error, and passes it on untouched.

`write` and `flush` of the two stream objects are shadowed by instance attributes: class, `isatty`,
`fileno`, `buffer` and encoding stay what they were. The same place keeps the status line out of the
script's way, because nothing is written between erasing it and the script's own text.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from backprobe.store import redact
from backprobe.store.terminal import Terminal, is_terminal

HEAD_CHARACTERS = 64 << 10
"""Always kept: how the run began."""
LIVE_CHARACTERS = 1 << 20
"""Kept after the head as it comes; what follows is kept as a tail only."""
TAIL_CHARACTERS = 64 << 10
SPARSE_SECONDS, SPARSE_CHARACTERS = 60.0, 4 << 10
"""After that, how often how much of the tail is written, for a run that is killed."""
PENDING_CHARACTERS = 1 << 20
"""Held between two drains; more is dropped, the oldest first."""
PARTIAL_SECONDS = 5.0
"""A line that was begun so long ago is written unfinished; a progress bar rarely ends its line."""

Emit = Callable[[int, str], None]
"""Takes a file descriptor (1 or 2) and text for the record."""


class Console:
    """The script's two streams: what they wrote and was not taken yet.

    Arguments:
        terminal: whose cursor is followed and whose status line is erased in time; None where
            there is no status line.
    """

    def __init__(self, terminal: Terminal | None = None) -> None:
        self.terminal = terminal
        self.lock = threading.RLock()
        """Held while the script writes, and by whoever paints."""
        self.last_write = 0.0
        """When the script last wrote or flushed, in seconds since the epoch."""
        self.on_line: Callable[[], None] = _ignore
        """Called after each line, by the thread that wrote it; must not raise."""
        self._hooked: list[tuple[Any, dict[str, Any]]] = []
        self._pending: deque[tuple[int, str]] = deque()
        self._pending_size = 0
        self._dropped = 0
        self._lines = {1: _Lines(), 2: _Lines()}
        self._kept = 0
        self._tail: deque[tuple[int, str]] = deque()
        self._tail_size = 0
        self._tail_since = 0.0
        self._keeps = True
        os.register_at_fork(after_in_child=self._after_fork)

    def install(self) -> None:
        """Shadows `write` and `flush` of `sys.stdout` and `sys.stderr`, where not done yet.

        To be called again from time to time: a script may put other streams in their place.
        """
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            if not any(stream is hooked for hooked, _ in self._hooked):
                self._hook(stream, descriptor)

    def uninstall(self) -> None:
        """Takes the attributes away again, unless somebody has put others on top."""
        for stream, ours in self._hooked:
            for name, function in ours.items():
                if getattr(stream, "__dict__", {}).get(name) is function:
                    delattr(stream, name)
        self._hooked.clear()

    def drain(self, emit: Emit, end: bool = False) -> None:
        """Gives what was written since the last call, whole lines and redacted, within bounds.

        Arguments:
            emit: takes the text.
            end: whether the run ends: unfinished lines and the tail are given too.
        """
        with self.lock:
            taken, self._pending = self._pending, deque()
            self._pending_size = 0
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._give(emit, 1, f"[{dropped:,} characters not kept]\n")
        texts: dict[int, list[str]] = {}
        for descriptor, text in taken:
            texts.setdefault(descriptor, []).append(text)
        for descriptor, lines in self._lines.items():
            whole = lines.take("".join(texts.get(descriptor, ())), end)
            if whole:
                self._give(emit, descriptor, redact.text(whole))
        if self._tail and (end or time.monotonic() - self._tail_since > SPARSE_SECONDS):
            self._give_tail(emit, TAIL_CHARACTERS if end else SPARSE_CHARACTERS)

    def _hook(self, stream: Any, descriptor: int) -> None:
        try:
            if not isinstance(stream, io.TextIOWrapper):
                return  # a notebook's, a test's, None: not a file of the system
            number = stream.fileno()
            visible = self.terminal is not None and is_terminal(number)
            if not visible and number not in (1, 2):
                return
        except (OSError, ValueError):  # closed, or without a descriptor
            return
        terminal = self.terminal if visible else None
        real_write, real_flush, note = stream.write, stream.flush, self._note

        def write(text: str, /) -> int:
            with self.lock:
                if terminal is not None:
                    terminal.erase()
                count = real_write(text)
                if terminal is not None:
                    terminal.wrote(text)
                note(descriptor, text)
            if "\n" in text:
                self.on_line()
            return count

        def flush() -> None:
            # `input()` flushes, and then writes its prompt past `write`
            with self.lock:
                if terminal is not None:
                    terminal.erase()
                self.last_write = time.time()
            real_flush()

        ours: dict[str, Any] = {"write": write}
        if terminal is not None:
            ours["flush"] = flush
        for name, function in ours.items():
            setattr(stream, name, function)
        self._hooked.append((stream, ours))

    def _note(self, descriptor: int, text: str) -> None:
        self.last_write = time.time()
        if not self._keeps:
            return
        self._pending.append((descriptor, text))
        self._pending_size += len(text)
        while self._pending_size > PENDING_CHARACTERS:
            size = len(self._pending.popleft()[1])
            self._pending_size -= size
            self._dropped += size

    def _give(self, emit: Emit, descriptor: int, text: str) -> None:
        room = HEAD_CHARACTERS + LIVE_CHARACTERS - self._kept
        now, later = text[: max(0, room)], text[max(0, room) :]
        if now:
            self._kept += len(now)
            emit(descriptor, now)
        if later:
            if not self._tail:
                self._tail_since = time.monotonic()
            self._tail.append((descriptor, later[-TAIL_CHARACTERS:]))
            self._tail_size += len(later)
            while len(self._tail) > 1 and self._held() - len(self._tail[0][1]) > TAIL_CHARACTERS:
                self._tail.popleft()

    def _give_tail(self, emit: Emit, limit: int) -> None:
        parts: deque[tuple[int, str]] = deque()
        left = limit
        for descriptor, text in reversed(self._tail):
            if left <= 0:
                break
            parts.appendleft((descriptor, text[-left:]))
            left -= len(parts[0][1])
        missing = self._tail_size - (limit - left)
        if missing > 0:
            emit(1, f"[{missing:,} characters not kept]\n")
        for descriptor, text in parts:
            emit(descriptor, text)
        self._tail.clear()
        self._tail_size = 0

    def _held(self) -> int:
        return sum(len(text) for _, text in self._tail)

    def _after_fork(self) -> None:
        """A forked child writes on through us, but what it writes is not its parent's record."""
        self.lock = threading.RLock()
        self._keeps = False
        self.on_line = _ignore
        self._pending.clear()


def _ignore() -> None:
    """Nobody wants to know."""


class _Lines:
    """Cuts a stream into whole lines; of a line that redraws itself only the last state counts."""

    def __init__(self) -> None:
        self._partial = ""
        self._since = 0.0

    def take(self, text: str, end: bool) -> str:
        """The whole lines so far, each ended; an unfinished one once it is old or at the end."""
        whole, newline, partial = (self._partial + text).rpartition("\n")
        if newline or not self._partial:
            self._since = time.monotonic()
        self._partial = _last_state(partial)
        given = "\n".join(map(_last_state, whole.split("\n"))) + newline
        if self._partial and (end or time.monotonic() - self._since > PARTIAL_SECONDS):
            given += self._partial + "\n"
            self._partial = ""
        return given


def _last_state(line: str) -> str:
    if "\r" not in line:
        return line
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")
