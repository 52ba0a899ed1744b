# SPDX-License-Identifier: Apache-2.0
"""Appends frames to one process's log; a frame is in the page cache when the call returns."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from backprobe.store.frames import HEADER_LENGTH, decode, encode, pack, seal


def _make_encoder() -> Callable[[Any], str]:
    """Compact JSON of a value; the C encoder made once, which halves the cost of a small row."""
    encoder = json.JSONEncoder(separators=(",", ":"))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    quote = json.encoder.encode_basestring_ascii
    try:
        chunks = make(None, encoder.default, quote, None, ":", ",", False, False, True)
        chunks({"a": [1.5, "b"]}, 0)
    except TypeError:  # another Python's signature
        return encoder.encode
    return lambda value: "".join(chunks(value, 0))


_encode_values = _make_encoder()


class LogWriter:
    """The append-only log of one process of a run.

    No call raises for a fault of the disk: the first one is told to `on_failure`, later frames
    are tried again, and `lost` counts the frames that could not be written. A process forked from
    the one that opened the log writes nothing. `size` is that of the log in bytes; frames of the
    streams in `refused` are not written.

    Arguments:
        path: file to create or append to; its folder must exist.
        on_failure: called once, with one line for the user, when a frame could not be written.
    """

    def __init__(self, path: Path, on_failure: Callable[[str], None] | None = None) -> None:
        self.path = path
        self.lost = 0
        self.size = 0
        self.refused: frozenset[str] = frozenset()
        self._on_failure = on_failure or _say_nothing
        self._sequence = 0
        self._lock = threading.RLock()  # a signal handler may log while this thread does
        self._waiting: list[bytes] = []
        self._writing = False
        self._pid = os.getpid()
        self._descriptor = -1
        self._open()

    def event(self, name: str, /, **data: Any) -> None:
        """Writes one fact: its name and JSON-ready data."""
        self.frame({"stream": "event", "event": name, "time": time.time(), "data": data})

    def row(self, step: int, values: Mapping[str, Any], now: float, row: int = -1) -> None:
        """Writes one call of `log()` (its fast path).

        Arguments:
            step: the user's step.
            values: key → JSON-ready value.
            now: seconds since the epoch.
            row: number of the row of the history that the call belongs to; calls in a row with
                one number are one row. -1: a row of its own.

        Raises:
            TypeError: a value is not JSON-ready.
        """
        text = (
            f'{{"stream":"history","step":{step},"row":{row},"time":{now!r},'
            f'"values":{_encode_values(values)}}}'
        ).encode()
        self._append(HEADER_LENGTH.pack(len(text)) + text)

    def frame(
        self, header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        """Writes one frame: a JSON-ready header and numpy columns."""
        if header.get("stream") in self.refused:
            return
        self._append(pack(header, columns))

    def touch(self) -> None:
        """Moves the log's modification time to now: a sign of life when nothing is written.

        A log that someone removed still takes writes and loses them: this is where it is noticed.
        """
        if os.getpid() == self._pid:
            try:
                os.utime(self.path)
            except FileNotFoundError as error:
                self._fail(error)
            except OSError:
                pass

    def replace(self, copy: Path, upto: int, frames: int) -> bool:
        """Puts a shorter copy of the log in its place; what came meanwhile follows behind.

        Arguments:
            copy: in the same folder.
            upto: bytes of the log that the copy stands for.
            frames: their number in the copy.

        Returns:
            Whether that was done; else the log stays as it is.
        """
        with self._lock:
            if self._descriptor < 0 or self._writing or os.getpid() != self._pid:
                return False
            self._writing = True  # a frame of a signal handler waits meanwhile
            try:
                with open(self.path, "rb") as file:
                    file.seek(upto)
                    later, _, _ = decode(file.read())
                with open(copy, "ab") as file:
                    for number, frame in enumerate(later, frames):
                        file.write(encode(number, frame.header, frame.columns))
                os.replace(copy, self.path)
                os.close(self._descriptor)
                self._sequence = frames + len(later)
                self._open()
            except OSError:
                return False
            finally:
                self._writing = False
            while self._waiting:
                self._write(seal(self._sequence, self._waiting.pop(0)))
            return True

    def close(self) -> None:
        """Ends the log; later calls write nothing."""
        with self._lock:
            if self._descriptor >= 0 and os.getpid() == self._pid:
                os.close(self._descriptor)
            self._descriptor = -1
            self._pid = -1

    def _open(self) -> None:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.open(self.path, flags, 0o644)
            self.size = os.fstat(self._descriptor).st_size
        except OSError as error:
            self._fail(error)

    def _append(self, payload: bytes) -> None:
        """Writes a frame; one that a signal handler brings meanwhile follows at once."""
        if os.getpid() != self._pid:  # before the lock: another thread may have held it at the fork
            return
        with self._lock:
            self._waiting.append(payload)
            if self._writing:
                return
            while self._waiting:
                self._writing = True
                try:
                    while self._waiting:
                        self._write(seal(self._sequence, self._waiting.pop(0)))
                finally:
                    self._writing = False

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            self._open()
            if self._descriptor < 0:
                return
        self._sequence += 1
        try:
            written = os.write(self._descriptor, data)
            if written < len(data):  # the disk is full or a signal came: the rest or nothing
                written += os.write(self._descriptor, data[written:])
                if written < len(data):
                    raise OSError(28, "No space left on device")
            self.size += written
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.lost += 1
        if self.lost == 1:
            self._on_failure(
                f"cannot write {self.path}: {error.strerror or error}; "
                "the training goes on, what cannot be written is lost"
            )


def _say_nothing(_: str) -> None:
    pass
