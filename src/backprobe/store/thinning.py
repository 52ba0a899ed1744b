# SPDX-License-Identifier: Apache-2.0
"""Makes the log of one process smaller by keeping fewer of its old steps.

Nothing of the script's own goes: rows of `log()`, events and what was found of the network stay
whole. Of what the probe measured, the first steps, the last quarter (less where that alone is too
much) and the steps around a loss that turned non-finite stay; in between, one step in each bucket
of 2^k steps is kept, with the smallest k that suffices. Buckets are aligned on the step number, so
that ranks which observed the same steps keep the same. Two networks that take turns have buckets of
their own. The rows of steps themselves (`steps`) are thinned eight times less than what is large.

    python -m backprobe.store.thinning LOG TARGET SCRATCH

reads the log, writes a smaller one to SCRATCH, and prints what it did as JSON.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.store.frames import Frame, decode, pack, seal

FIRST_STEPS = 200
"""These steps from the first on stay whole: an init and a warm-up can only be judged there."""
RECENT = (4, 8, 16, 32, 64)
"""The last 1/4 of the steps stays whole; 1/8 and less where that alone is too much."""
HEAVY = ("histograms", "units", "outputs", "parameters", "hashes", "fragments", "batches", "noise")
"""Streams that are thinned first."""
LIGHT = ("steps", "system", "console")
"""Streams that are thinned `SPARED` times less."""
COUNTED = ("system", "console")
"""Streams whose frames are counted, since they have no steps."""
SPARED = 8
AROUND = 2
"""Steps kept on both sides of one whose loss turned non-finite, or finite again."""
MOST_TURNS = 100
ROWS = 256
"""Rows of one block, once small blocks are joined."""
CHUNK = 1 << 24
FLAT: Mapping[str, tuple[str, ...]] = {
    "histograms": ("bins", "counts"),
    "units": ("rms", "zero", "saturated"),
}
"""Stream → columns of which each row has `length` entries."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "units": ("index",),
    "steps": ("optimizer", "loss_index"),
    "batches": ("model", "evaluation"),
    "hashes": ("evaluation",),
    "fragments": ("evaluation",),
}
"""Stream → columns that tell apart those that take turns."""

Array = NDArray[Any]


@dataclass
class Units:
    """What is kept or dropped together, all of one stream: where it lies and what it takes."""

    positions: list[Array] = field(default_factory=list)
    groups: list[Array] = field(default_factory=list)
    sizes: list[Array] = field(default_factory=list)
    count: int = 0

    def add(self, frame: Frame) -> None:
        """Takes one frame."""
        positions, groups, inverse = _units(frame, self.count)
        self.count += 1
        size = _size(frame)
        rows = np.bincount(inverse, minlength=len(positions))
        self.positions.append(positions)
        self.groups.append(groups)
        self.sizes.append(size * rows / max(1, len(inverse)))

    def mask(self, width: int, turns: Array, recent: int = RECENT[0]) -> Array:
        """Which units stay where one in a bucket of `width` positions does, before the last ones.

        Arguments:
            width: of a bucket.
            turns: positions around which all stay.
            recent: the last 1/`recent` stays.
        """
        positions, groups = np.concatenate(self.positions), np.concatenate(self.groups)
        first, last = int(positions.min()), int(positions.max())
        whole = (positions < first + FIRST_STEPS) | (positions >= last - (last - first) // recent)
        if turns.size:
            near = np.searchsorted(turns, positions - AROUND)
            next_turn = turns[np.minimum(near, len(turns) - 1)]
            whole |= (near < len(turns)) & (next_turn <= positions + AROUND)
        _, turn = np.unique(groups, return_inverse=True)
        bucket = turn.reshape(-1).astype(np.int64) * (last // width + 1) + positions // width
        _, begins, inverse = np.unique(bucket, return_index=True, return_inverse=True)
        # All that the bucket's first position has stays: one step can lie in several frames.
        kept: Array = whole | (positions == positions[begins][inverse.reshape(-1)])
        return kept

    def bytes(self, mask: Array | None = None) -> float:
        """What the units, or those of a mask, take."""
        sizes = np.concatenate(self.sizes)
        return float(sizes.sum() if mask is None else sizes[mask].sum())


def thin(log: Path, target: int, scratch: Path) -> dict[str, Any]:
    """Writes a thinned copy of a log, its frames numbered anew.

    Arguments:
        log: may still be written to; a frame that is not whole yet is left to the caller.
        target: bytes that the copy should have; it has more where what must stay takes more.
        scratch: where the copy goes.

    Returns:
        `upto`, the offset in `log` up to which its frames are in the copy; `frames`, their number
        in the copy; `bytes` of the copy; `every`, stream → width of a bucket in steps.
    """
    units, turns, fixed, upto = _survey(log)
    width, masks = _fitting(units, turns, target - fixed)
    joined = Joined()
    number = size = 0
    with open(scratch, "wb") as file:

        def write(payloads: Sequence[bytes]) -> None:
            nonlocal number, size
            for payload in payloads:
                data = seal(number, payload)
                number, size = number + 1, size + len(data)
                file.write(data)

        used = dict.fromkeys(units, 0)
        frames = dict.fromkeys(units, 0)
        for frame, _ in _frames_upto(log, upto):
            stream = str(frame.header.get("stream"))
            if stream not in units:
                write([pack(frame.header, frame.columns)])
                continue
            positions, _, inverse = _units(frame, frames[stream])
            frames[stream] += 1
            start = used[stream]
            used[stream] += len(positions)
            kept = masks[stream][start : used[stream]][inverse]
            if stream == "console":
                write([pack(frame.header)] if kept.all() else [])
            elif kept.any():
                write(joined.add(frame.header, _rows(stream, frame.columns, kept)))
        write(joined.rest())
    every = {name: _width(name, width) for name in units}
    return {"upto": upto, "frames": number, "bytes": size, "every": every}


class Joined:
    """Joins small blocks of one kind to larger ones."""

    def __init__(self) -> None:
        self._waiting: dict[Any, tuple[dict[str, Any], list[dict[str, Array]], int]] = {}

    def add(self, header: Mapping[str, Any], columns: dict[str, Array]) -> list[bytes]:
        """Takes a block; gives the payloads that are large enough."""
        index = columns.get("index") if "length" not in columns else None
        kind = (
            str(header.get("stream")),
            tuple((name, column.dtype.str, column.ndim) for name, column in columns.items()),
            b"" if index is None else index.tobytes(),
        )
        first, blocks, rows = self._waiting.get(kind, (dict(header), [], 0))
        blocks.append(columns)
        rows += len(next(iter(columns.values())))
        self._waiting[kind] = first, blocks, rows
        return [self._joined(kind)] if rows >= ROWS else []

    def rest(self) -> list[bytes]:
        """The payloads of all that waits."""
        return [self._joined(kind) for kind in list(self._waiting)]

    def _joined(self, kind: Any) -> bytes:
        header, blocks, _ = self._waiting.pop(kind)
        columns = {
            name: blocks[0][name]
            if name == "index" and kind[2]
            else np.concatenate([block[name] for block in blocks])
            for name in blocks[0]
        }
        return pack(header, columns)


def _survey(log: Path) -> tuple[dict[str, Units], Array, float, int]:
    """The units of each stream, the steps at which the loss turned, and what can't be thinned."""
    units: dict[str, Units] = {}
    losses: list[tuple[Array, Array]] = []
    fixed, whole = 0.0, 0
    upto = log.stat().st_size
    for frame, whole in _frames_upto(log, upto):  # noqa: B007  # the last one is what was used
        stream = str(frame.header.get("stream"))
        if stream in HEAVY or stream in LIGHT:
            try:
                units.setdefault(stream, Units()).add(frame)
            except (KeyError, ValueError, IndexError, TypeError):
                return {}, np.zeros(0, np.int64), float(log.stat().st_size), 0
        else:
            fixed += _size(frame)
        if stream == "steps" and {"step", "loss"} <= frame.columns.keys():
            losses.append((frame.columns["step"], np.isfinite(frame.columns["loss"])))
    turns = np.zeros(0, np.int64)
    if losses:
        steps = np.concatenate([step for step, _ in losses]).astype(np.int64)
        finite = np.concatenate([known for _, known in losses])
        turns = np.sort(steps[1:][finite[1:] != finite[:-1]])[:MOST_TURNS]
    return units, turns, fixed, whole


def _fitting(units: Mapping[str, Units], turns: Array, most: float) -> tuple[int, dict[str, Array]]:
    """The smallest width with which the units take so many bytes at most, and what stays then."""
    width, masks = 1, _masks(units, 1, turns, RECENT[0])
    span = max((int(np.concatenate(u.positions).max()) for u in units.values()), default=0)
    for recent in RECENT:
        width = 1
        while True:
            masks = _masks(units, width, turns, recent)
            if sum(units[name].bytes(masks[name]) for name in units) <= most:
                return width, masks
            if width > SPARED * span:
                break
            width *= 2
    return width, masks


def _masks(units: Mapping[str, Units], width: int, turns: Array, recent: int) -> dict[str, Array]:
    none = np.zeros(0, np.int64)
    return {
        name: one.mask(_width(name, width), none if name in COUNTED else turns, recent)
        for name, one in units.items()
    }


def _width(stream: str, width: int) -> int:
    return max(1, width // SPARED) if stream in LIGHT else width


def _units(frame: Frame, number: int) -> tuple[Array, Array, Array]:
    """Positions [u] and groups [u] of a frame's units, and which unit each row [n] is of."""
    stream, columns = str(frame.header["stream"]), frame.columns
    if stream in COUNTED:
        return np.array([number]), np.zeros(1, np.int64), np.zeros(1, np.int64)
    step = columns["step"].astype(np.int64)
    group = np.zeros(len(step), np.int64)
    if stream in ("parameters", "outputs"):
        names = ",".join(sorted(columns)).encode()
        group += zlib.crc32(columns["index"].tobytes(), zlib.crc32(names))
    elif stream == "histograms":
        kinds = columns["index"].astype(np.int64) * 4 + columns["quantity"]
        for one in np.unique(step):
            group[step == one] = zlib.crc32(kinds[step == one].tobytes())
    for name in KEYS.get(stream, ()):
        if name in columns:
            group = group * 4096 + np.nan_to_num(columns[name], nan=-1).astype(np.int64) + 1
    both, inverse = np.unique(np.stack([step, group]), axis=1, return_inverse=True)
    return both[0], both[1], inverse.reshape(-1)


def _rows(stream: str, columns: Mapping[str, Array], kept: Array) -> dict[str, Array]:
    """The columns of the rows that stay."""
    if stream == "system":
        return dict(columns)
    if stream in FLAT:
        entries = np.repeat(kept, columns["length"])
        flat = FLAT[stream]
        return {n: c[entries] if n in flat else c[kept] for n, c in columns.items()}
    matrix = stream in ("parameters", "outputs")
    return {n: c if matrix and n == "index" else c[kept] for n, c in columns.items()}


def _size(frame: Frame) -> int:
    """About what a frame takes in the file."""
    header = len(json.dumps(frame.header)) if not frame.columns else 40 + 32 * len(frame.columns)
    return 24 + header + sum(column.nbytes for column in frame.columns.values())


def _frames_upto(log: Path, end: int) -> Iterator[tuple[Frame, int]]:
    """The frames in the first bytes of a log, each with how many of them were used when it came."""
    used = 0
    pending = b""
    with open(log, "rb") as file:
        while chunk := file.read(min(CHUNK, end - used - len(pending))):
            data = pending + chunk
            frames, _, understood = decode(data)
            used += understood
            pending = data[understood:]
            for frame in frames:
                yield frame, used


def main(arguments: Sequence[str]) -> None:
    """Thins one log, as a process of its own."""
    log, target, scratch = arguments
    print(json.dumps(thin(Path(log), int(target), Path(scratch))))


if __name__ == "__main__":
    main(sys.argv[1:])
