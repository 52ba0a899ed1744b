# SPDX-License-Identifier: Apache-2.0
"""One TensorBoard event file: its framing, its checksums, and the values in it.

Sources: TensorFlow's `core/lib/io/record_writer.h` (framing), `event.proto`, `summary.proto`,
`tensor.proto`, `histogram.proto`, and TensorBoard's `plugins/hparams/plugin_data.proto`.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.store.imports import protobuf as pb
from backprobe.store.imports.crc32c import crc32c, masked
from backprobe.store.imports.imported import Histogram

LONGEST = 1 << 15
"""Bytes of a record that is checked and read; longer ones are pictures and graphs."""
HEAD = struct.Struct("<QI")
FLOATS = {1: "<f4", 2: "<f8"}
"""TensorFlow's numbers of the types of a tensor → numpy's: float and double."""


@dataclass
class Events:
    """What a file holds.

    Arguments:
        scalars: (step, seconds since the epoch, tag, value), in the order of the file.
        hparams: hyper-parameters that were told.
        group: the session group of the hyper-parameters.
        left_out: kind of value → how many were not taken.
        damage: what could not be read, in words.
        first, last: seconds since the epoch of the first and the last event; 0 where there is none.
    """

    scalars: list[tuple[int, float, str, float]] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    hparams: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    first: float = 0.0
    last: float = 0.0


def read(path: Path) -> Events:
    """All that can be read of a file.

    Raises:
        OSError: it can't be opened.
    """
    data = path.read_bytes()
    found = Events()
    bad = 0
    for start, length in _records(data, path.name, found.damage):
        try:
            _event(data[start : start + length], found)
        except (ValueError, struct.error, OverflowError):
            bad += 1
    if bad:
        found.damage.append(f"{path.name}: {bad} events make no sense")
    return found


def _records(data: bytes, name: str, damage: list[str]) -> list[tuple[int, int]]:
    """Start and length of each sound record; the rest is told in `damage`."""
    starts, lengths = _walk(data)
    if not len(starts):
        if data:
            damage.append(f"{name}: no record at its beginning")
        return []
    heads = starts - HEAD.size
    sound = _stored(data, heads + 8) == masked(crc32c(data, heads, np.full(len(heads), 8)))
    if not sound.all():
        first = int(np.argmin(sound))
        damage.append(f"{name}: {len(data) - int(heads[first])} bytes at its end are no records")
        starts, lengths = starts[:first], lengths[:first]
    elif int(starts[-1] + lengths[-1]) + 4 > len(data):
        damage.append(f"{name}: the last record is cut short")
        starts, lengths = starts[:-1], lengths[:-1]
    elif int(starts[-1] + lengths[-1]) + 4 < len(data):
        damage.append(f"{name}: the last record is cut short")
    checked = (lengths >= 4) & (lengths <= LONGEST)
    starts, lengths = starts[checked], lengths[checked]
    right = _stored(data, starts + lengths) == masked(crc32c(data, starts, lengths))
    if not right.all():
        damage.append(f"{name}: {int((~right).sum())} records have a wrong checksum")
    return list(zip(starts[right].tolist(), lengths[right].tolist(), strict=True))


def _walk(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and length of the payloads; the last may reach beyond the end."""
    starts, lengths = [], []
    position, end = 0, len(data)
    while position + HEAD.size <= end:
        length, _ = HEAD.unpack_from(data, position)
        starts.append(position + HEAD.size)
        lengths.append(min(length, 1 << 62))
        position += HEAD.size + length + 4
    return np.asarray(starts, np.int64), np.asarray(lengths, np.int64)


def _stored(data: bytes, places: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The 32-bit numbers at these places; 0 where they lie beyond the end."""
    view = np.frombuffer(data, np.uint8)
    inside = np.minimum(places, max(len(data) - 4, 0))
    four = np.stack([view[inside + n] for n in range(4)], axis=1)
    found: NDArray[np.uint32] = four.copy().view("<u4")[:, 0].astype(np.uint32)
    found[places + 4 > len(data)] = 0
    return found


def _event(data: bytes, found: Events) -> None:
    now, step, summaries = 0.0, 0, []
    for number, kind, value in pb.fields(data):
        if number == 5 and kind == pb.BYTES:
            summaries.append(value)
        elif number == 2 and kind == pb.VARINT:
            step = pb.signed(value)
        elif number == 1 and kind == pb.FIXED64:
            now = pb.double(value)
    if math.isfinite(now) and now > 0:
        found.first = min(found.first or now, now)
        found.last = max(found.last, now)
    else:
        now = found.last
    for summary in summaries:
        for number, kind, value in pb.fields(summary):
            if number == 1 and kind == pb.BYTES:
                _value(value, step, now, found)


def _value(data: bytes, step: int, now: float, found: Events) -> None:
    tag, plugin, content = "", "", b""
    scalar: float | None = None
    histogram = tensor = None
    other = ""
    for number, kind, value in pb.fields(data):
        if number == 1 and kind == pb.BYTES:
            tag = pb.text(value)
        elif number == 2 and kind == pb.FIXED32:
            scalar = pb.single(value)
        elif number == 5 and kind == pb.BYTES:
            histogram = value
        elif number == 8 and kind == pb.BYTES:
            tensor = value
        elif number == 9 and kind == pb.BYTES:
            plugin, content = _plugin(value)
        elif number in (4, 6) and kind == pb.BYTES:
            other = "pictures" if number == 4 else "sounds"
    if plugin == "hparams":
        found.hparams.update(_hparams(content))
        return
    if scalar is not None:
        found.scalars.append((step, now, tag, scalar))
    elif histogram is not None:
        found.histograms.append(_old_histogram(histogram, step, tag))
    elif tensor is not None:
        _tensor(tensor, plugin, step, now, tag, found)
    elif other:
        found.left_out[other] = found.left_out.get(other, 0) + 1


def _tensor(data: bytes, plugin: str, step: int, now: float, tag: str, found: Events) -> None:
    """A value as TensorFlow 2 writes it."""
    kind = next((v for n, w, v in pb.fields(data) if (n, w) == (1, pb.VARINT)), 0)
    if plugin not in ("scalars", "histograms", "") or kind not in FLOATS:
        what = plugin or "tensors"
        found.left_out[what] = found.left_out.get(what, 0) + 1
        return
    parts = pb.of_type(
        data,
        content=(4, pb.BYTES),
        floats=(5, pb.BYTES),
        doubles=(6, pb.BYTES),
        float=(5, pb.FIXED32),
        double=(6, pb.FIXED64),
    )
    raw = b"".join(parts["content"]) or b"".join(
        parts["floats"] + parts["float"] if kind == 1 else parts["doubles"] + parts["double"]
    )
    values = pb.packed(raw, FLOATS[kind]).astype(np.float64)
    if values.size == 1 and plugin != "histograms":
        found.scalars.append((step, now, tag, float(values[0])))
    elif plugin == "histograms" and values.size and values.size % 3 == 0:
        left, right, counts = values.reshape(-1, 3).T
        found.histograms.append(Histogram(step, tag, np.append(left, right[-1]), counts))


def _old_histogram(data: bytes, step: int, tag: str) -> Histogram:
    parts = pb.of_type(
        data, low=(1, pb.FIXED64), high=(2, pb.FIXED64), limits=(6, pb.BYTES), counts=(7, pb.BYTES)
    )
    limits = pb.packed(b"".join(parts["limits"]), "<f8").copy()
    counts = pb.packed(b"".join(parts["counts"]), "<f8")
    if limits.size != counts.size or not limits.size:
        raise ValueError("a histogram without buckets")
    low = pb.double(parts["low"][0]) if parts["low"] else float(limits[0])
    high = pb.double(parts["high"][0]) if parts["high"] else float(limits[-1])
    if math.isfinite(high):  # the last limit may be the largest number there is
        limits[-1] = max(
            min(float(limits[-1]), high), float(limits[-2]) if limits.size > 1 else low
        )
    return Histogram(step, tag, np.concatenate([[min(low, float(limits[0]))], limits]), counts)


def _plugin(data: bytes) -> tuple[str, bytes]:
    """Name and content of a value's plugin, of its metadata."""
    for number, kind, value in pb.fields(data):
        if number == 1 and kind == pb.BYTES:
            parts = pb.of_type(value, name=(1, pb.BYTES), content=(2, pb.BYTES))
            return pb.text(b"".join(parts["name"])), b"".join(parts["content"])
    return "", b""


def _hparams(data: bytes) -> dict[str, Any]:
    """The hyper-parameters of a session's start; of anything else none."""
    found: dict[str, Any] = {}
    for start in pb.of_type(data, start=(3, pb.BYTES))["start"]:
        for entry in pb.of_type(start, entry=(1, pb.BYTES))["entry"]:
            parts = pb.of_type(entry, key=(1, pb.BYTES), value=(2, pb.BYTES))
            if parts["key"] and parts["value"]:
                found[pb.text(parts["key"][-1])] = _plain(parts["value"][-1])
    return found


def _plain(data: bytes) -> Any:
    """A `google.protobuf.Value` that is no list or object."""
    for number, kind, value in pb.fields(data):
        if number == 2 and kind == pb.FIXED64:
            found = pb.double(value)
            return int(found) if found.is_integer() and abs(found) < 2**53 else found
        if number == 3 and kind == pb.BYTES:
            return pb.text(value)
        if number == 4 and kind == pb.VARINT:
            return bool(value)
    return None
