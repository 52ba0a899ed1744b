# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to a log: no exception, no wrong row, only damaged frames lost, all of it told.

The log is a real one, written by the writer, with rows and numpy blocks in turn.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprobe.records import Run
from backprobe.store.frames import HEAD, MAGIC, encode
from backprobe.store.reader import LogReader
from backprobe.store.writer import LogWriter

FRAMES = 16
SEEDS = range(80)


def values(number: int) -> dict[str, Any]:
    """What frame `number` holds, so that a wrong row shows."""
    return {
        "n": number,
        "x": number * 0.25,
        "text": f"row {number} " + MAGIC.decode() * (number % 3),
    }


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[tuple[int, int]]]:
    """The bytes of a sound log, and where each of its frames begins and ends."""
    path = tmp_path_factory.mktemp("log") / "rank0-p1.log"
    writer = LogWriter(path)
    bounds, at = [], 0
    for number in range(FRAMES):
        if number % 4 == 3:
            columns = {"step": np.arange(5) + number, "loss": np.full(5, float(number))}
            writer.frame({"stream": "steps"}, columns)
        else:
            writer.row(number, values(number), float(number), number)
        size = path.stat().st_size
        bounds.append((at, size))
        at = size
    writer.close()
    return path.read_bytes(), bounds


def read(data: bytes, folder: Path, ended: bool = True) -> LogReader:
    """What the reader makes of these bytes."""
    path = folder / "rank0-p1.log"
    path.write_bytes(data)
    reader = LogReader(path)
    reader.refresh(ended)
    reader.assembled.record(Run(id="x"), reader.damage)
    return reader


def check(reader: LogReader, sound: set[int]) -> None:
    """Every sound frame is there, no other is, and each holds what was written."""
    rows = {row[2]["n"]: row for row in reader.assembled.rows}
    assert len(rows) == len(reader.assembled.rows)
    for number, (step, now, held) in rows.items():
        assert (step, now, held) == (number, float(number), values(number))
    assert set(rows) == {number for number in sound if number % 4 != 3}
    steps = reader.assembled.record(Run(id="x")).steps
    blocks = [number for number in sorted(sound) if number % 4 == 3]
    assert len(steps) == 5 * len(blocks)
    assert [float(loss) for loss in steps["loss"][::5]] == [float(number) for number in blocks]
    assert reader.assembled.misread == []


def test_a_sound_log_is_read_whole(log: Any, tmp_path: Path) -> None:
    """Without damage nothing is lost and nothing is told."""
    reader = read(log[0], tmp_path)
    check(reader, set(range(FRAMES)))
    assert reader.damage == []


def test_truncation_at_every_byte(log: Any, tmp_path: Path) -> None:
    """A log that ends anywhere gives the frames that are whole; the rest is told when it ended."""
    data, bounds = log
    for cut in range(len(data)):
        sound = {number for number, (_, end) in enumerate(bounds) if end <= cut}
        if cut % 16 == 0:
            live = read(data[:cut], tmp_path, ended=False)
            check(live, sound)
            assert live.damage == []
        ended = read(data[:cut], tmp_path)
        check(ended, sound)
        assert bool(ended.damage) == (cut not in {0, *(end for _, end in bounds)})


def test_a_flipped_bit_anywhere(log: Any, tmp_path: Path) -> None:
    """One wrong bit costs the frame it is in, and is told."""
    data, bounds = log
    for place in range(0, len(data), 5):
        broken = bytearray(data)
        broken[place] ^= 1 << (place % 8)
        reader = read(bytes(broken), tmp_path)
        hit = {number for number, (start, end) in enumerate(bounds) if start <= place < end}
        check(reader, set(range(FRAMES)) - hit)
        assert reader.damage


@pytest.mark.parametrize("seed", SEEDS)
def test_many_flipped_bits(log: Any, tmp_path: Path, seed: int) -> None:
    """Any number of wrong bits costs the frames they are in."""
    data, bounds = log
    chance = random.Random(seed)
    broken, places = bytearray(data), set()
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(data))
        if place not in places:
            places.add(place)
            broken[place] ^= chance.randint(1, 255)
    hit = {n for n, (a, b) in enumerate(bounds) if any(a <= place < b for place in places)}
    reader = read(bytes(broken), tmp_path)
    check(reader, set(range(FRAMES)) - hit)
    assert reader.damage


def test_zeroed_pages(tmp_path: Path) -> None:
    """A page of zeros, as a power cut leaves it, costs the frames that reach into it."""
    path = tmp_path / "long" / "rank0-p1.log"
    path.parent.mkdir()
    writer, bounds, at = LogWriter(path), [], 0
    for number in range(FRAMES * 18):
        if number % 4 == 3:
            columns = {"step": np.arange(5) + number, "loss": np.full(5, float(number))}
            writer.frame({"stream": "steps"}, columns)
        else:
            writer.row(number, values(number), float(number), number)
        bounds.append((at, path.stat().st_size))
        at = path.stat().st_size
    data = path.read_bytes()
    assert len(data) > 5 * 4096
    for page in range(0, len(data), 4096):
        broken = bytearray(data)
        broken[page : page + 4096] = bytes(len(data[page : page + 4096]))
        reader = read(bytes(broken), tmp_path)
        hit = {n for n, (a, b) in enumerate(bounds) if a < page + 4096 and b > page}
        check(reader, set(range(len(bounds))) - hit)
        assert reader.damage


@pytest.mark.parametrize("seed", SEEDS)
def test_partial_frames_and_garbage_between(log: Any, tmp_path: Path, seed: int) -> None:
    """Pieces of frames and other bytes between whole frames are passed over and told."""
    data, bounds = log
    chance = random.Random(seed)
    parts, foreign = [], 0
    for start, end in bounds:
        for _ in range(chance.choice([0, 0, 1, 2])):
            a, b = chance.choice(bounds)
            piece = chance.choice(
                [
                    data[a : chance.randint(a + 1, b - 1)],
                    data[chance.randint(a + 1, b - 1) : b],
                    chance.randbytes(chance.randint(1, 60)),
                    bytes(chance.randint(1, 60)),
                    MAGIC * chance.randint(1, 4),
                    HEAD.pack(MAGIC, chance.randint(4, 1 << 28), chance.getrandbits(32), 5),
                ]
            )
            parts.append(piece)
            foreign += len(piece)
        parts.append(data[start:end])
    reader = read(b"".join(parts), tmp_path)
    check(reader, set(range(FRAMES)))
    assert bool(reader.damage) == bool(foreign)


@pytest.mark.parametrize("seed", range(40))
def test_whole_frames_that_are_there_twice(log: Any, tmp_path: Path, seed: int) -> None:
    """A repeated frame is no second row, and is told."""
    data, bounds = log
    chance = random.Random(seed)
    parts: list[bytes] = []
    for number, (start, end) in enumerate(bounds):
        parts.append(data[start:end])
        if chance.random() < 0.3:
            a, b = bounds[chance.randint(0, number)]
            parts.append(data[a:b])
    reader = read(b"".join(parts), tmp_path)
    check(reader, set(range(FRAMES)))
    assert len(reader.damage) == len(parts) - FRAMES


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_no_exception(data: bytes) -> None:
    """Bytes that are no log at all give no row; only what may still become one is not told."""
    from backprobe.store.frames import decode

    frames, damage, used = decode(data)
    assert frames == []
    assert sum(d.end - d.start for d in damage) == used


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
mappings = st.dictionaries(
    st.sampled_from(["items", "rank", "world", "text", "name", "tags", "index", "config", "a"]),
    json_values
    | st.lists(st.dictionaries(st.sampled_from(["index", "name", "source"]), json_values)),
)
headers = st.one_of(
    st.fixed_dictionaries(
        {
            "stream": st.just("event"),
            "event": st.sampled_from(
                ["modules", "losses", "graph", "config", "process", "identity", "blind-spot"]
            ),
            "data": mappings | json_values,
        },
        optional={"time": json_values},
    ),
    st.fixed_dictionaries(
        {"stream": st.just("history"), "values": mappings | json_values},
        optional={"time": json_values, "step": json_values, "row": json_values},
    ),
    st.fixed_dictionaries(
        {"stream": st.sampled_from(["steps", "parameters", "histograms", "console", "new"])},
        optional={"fd": json_values, "text": json_values},
    ),
)


@given(st.lists(headers, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_header_is_no_exception(headers: list[dict[str, Any]]) -> None:
    """Sound frames that hold something else than expected never stop a reader."""
    from backprobe.store.assemble import Assembler
    from backprobe.store.frames import decode

    data = b"".join(encode(number, header) for number, header in enumerate(headers))
    frames, damage, used = decode(data)
    assert (len(frames), damage, used) == (len(headers), [], len(data))
    assembled = Assembler()
    assembled.add(frames)
    record = assembled.record(Run(id="x"))
    assert len(record.damage) <= len(headers)
