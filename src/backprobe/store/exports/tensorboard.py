# SPDX-License-Identifier: Apache-2.0
"""An event file that TensorBoard shows: metrics, histograms, config, and findings as text.

Sources: as for `backprobe.store.imports.events`, whose counterpart this is.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.store.imports.crc32c import crc32c, masked

HPARAMS = "_hparams_/session_start_info"
STRING = 7
"""TensorFlow's number of the type of a tensor of texts."""


class EventFile:
    """An event file that is being written.

    Arguments:
        folder: where TensorBoard looks; made where missing.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self.path = folder / name
        self._file = open(self.path, "xb")  # noqa: SIM115 - closed by `close`
        self._waiting: list[bytes] = [_double(1, time.time()) + _bytes(3, b"brain.Event:2")]
        self.flush()

    def scalars(self, step: int, now: float, values: Mapping[str, float]) -> None:
        """Adds numbers of one step."""
        body = b"".join(
            _bytes(1, _bytes(1, name.encode()) + _float(2, value)) for name, value in values.items()
        )
        self._add(step, now, body)

    def histogram(
        self, step: int, now: float, tag: str, edges: NDArray[Any], counts: NDArray[Any]
    ) -> None:
        """Adds a histogram: edges [n + 1] ascending, counts [n]."""
        middles = (edges[:-1] + edges[1:]) / 2.0
        body = (
            _double(1, float(edges[0]))
            + _double(2, float(edges[-1]))
            + _double(3, float(counts.sum()))
            + _double(4, float((middles * counts).sum()))
            + _double(5, float((middles**2 * counts).sum()))
            + _bytes(6, np.asarray(edges[1:], "<f8").tobytes())
            + _bytes(7, np.asarray(counts, "<f8").tobytes())
        )
        self._add(step, now, _bytes(1, _bytes(1, tag.encode()) + _bytes(5, body)))

    def text(self, step: int, now: float, tag: str, markdown: str) -> None:
        """Adds a text, for TensorBoard's tab of that name."""
        tensor = _int(1, STRING) + _bytes(2, _bytes(2, _int(1, 1))) + _bytes(8, markdown.encode())
        metadata = _bytes(1, _bytes(1, b"text"))
        value = _bytes(1, tag.encode()) + _bytes(8, tensor) + _bytes(9, metadata)
        self._add(step, now, _bytes(1, value))

    def hparams(self, now: float, config: Mapping[str, Any], name: str) -> None:
        """Adds hyper-parameters: numbers, texts and booleans; other values as text."""
        entries = b"".join(
            _bytes(1, _bytes(1, str(key).encode()) + _bytes(2, _plain(value)))
            for key, value in config.items()
        )
        content = _bytes(3, entries + _bytes(4, name.encode()) + _double(5, now))
        metadata = _bytes(1, _bytes(1, b"hparams") + _bytes(2, content))
        tensor = _int(1, 1) + _bytes(2, b"") + _float_packed(0.0)
        value = _bytes(1, HPARAMS.encode()) + _bytes(9, metadata) + _bytes(8, tensor)
        self._add(0, now, _bytes(1, value))

    def flush(self) -> None:
        """Writes what waits; the checksums of all of it are computed together.

        Raises:
            OSError: it can't be written.
        """
        if not self._waiting:
            return
        heads = [struct.pack("<Q", len(one)) for one in self._waiting]
        sums = [_checksums(heads), _checksums(self._waiting)]
        self._file.write(
            b"".join(
                head + struct.pack("<I", first) + body + struct.pack("<I", second)
                for head, body, first, second in zip(heads, self._waiting, *sums, strict=True)
            )
        )
        self._file.flush()
        self._waiting = []

    def close(self) -> None:
        """Writes what waits and ends the file."""
        self.flush()
        self._file.close()

    def _add(self, step: int, now: float, summary: bytes) -> None:
        self._waiting.append(_double(1, now) + _int(2, step) + _bytes(5, summary))
        if len(self._waiting) >= 4096:
            self.flush()


def _checksums(stretches: list[bytes]) -> list[int]:
    lengths = np.asarray([len(one) for one in stretches], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return [int(one) for one in masked(crc32c(b"".join(stretches), starts, lengths))]


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _float(number: int, value: float) -> bytes:
    with np.errstate(over="ignore"):
        return _varint(number << 3 | 5) + np.float32(value).tobytes()


def _float_packed(value: float) -> bytes:
    return _bytes(5, struct.pack("<f", value))


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _plain(value: Any) -> bytes:
    """A `google.protobuf.Value`."""
    if isinstance(value, bool):
        return _int(4, int(value))
    if isinstance(value, (int, float)):
        return _double(2, float(value))
    return _bytes(3, str(value).encode())
