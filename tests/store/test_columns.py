# SPDX-License-Identifier: Apache-2.0
"""Columns kept beside a log: what is read of them is what is in the log, or the log is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprobe.records import Run, Series, Table
from backprobe.server.readers import Readers
from backprobe.store import catalog, columns, stored
from backprobe.store.reader import LogReader
from backprobe.store.writer import LogWriter
from tests.server.conftest import connect
from tests.server.training import train

TRAINING = Path(__file__).parents[1] / "server" / "training.py"
Change = Callable[[bytes], bytes]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short logs are worth it too, and small blocks."""
    monkeypatch.setattr("backprobe.store.columns.LEAST_BYTES", 1)


def write(path: Path, first: int = 0, count: int = 40, tensors: int = 3000) -> None:
    """Blocks of numbers, rows of all kinds, and what is neither."""
    writer = LogWriter(path)
    random = np.random.default_rng(first)
    writer.event("config", lr=0.1, first=first)
    for number in range(first, first + count):
        step = np.arange(4) + 4 * number
        loss = random.normal(size=4)
        loss[number % 4] = (np.nan, np.inf, -np.inf, 0.0)[number % 4]
        writer.frame({"stream": "steps"}, {"step": step, "loss": loss, "lr": loss * 2})
        signals = random.normal(size=(4, tensors)).astype(np.float32)
        block: dict[str, Any] = {"step": step, "index": np.arange(tensors), "grad_rms": signals}
        writer.frame({"stream": "parameters"}, {**block, "weight_rms": signals + 1})
        writer.row(number, {"a": number, "b": float(loss[0]), "text": "é"}, number * 1.0, number)
        writer.row(number, {"a": 0.5, "big": 10**400}, number * 1.5, number)
        writer.frame({"stream": "histograms"}, {"step": step[:1], "bins": np.arange(number)})
        writer.frame({"stream": "console", "fd": 1, "text": f"{number}\n", "step": number})
    writer.close()


def read(path: Path, cached: bool = True, lazily: bool = False) -> LogReader:
    """The log, whole; from what was kept, or from itself alone."""
    upto = None if cached else path.stat().st_size
    reader = LogReader(path, rows=False, lazily=lazily, upto=upto)
    reader.refresh(ended=True)
    return reader


def keep(path: Path) -> Path:
    """The file that the columns of the log are kept in."""
    read(path).keep()
    return path.with_suffix(".columns")


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, NaN and types of numbers included."""
    if isinstance(one, Series):
        one, other = ({"s": x.step, "i": x.index, **x.values} for x in (one, other))
    if isinstance(one, Table):
        one, other = one.columns, other.columns
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        return bool(one.dtype == other.dtype)
    if hasattr(one, "items"):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def same(one: LogReader, other: LogReader) -> bool:
    """Whether two readers know the same of a log."""
    run = Run("a")
    records = [reader.assembled.record(run, reader.damage) for reader in (one, other)]
    parts = [
        {
            **{field.name: getattr(record, field.name) for field in fields(record)},
            **{name: getattr(reader.assembled, name) for name in ("told", "console", "frames")},
            "histograms": reader.assembled.histograms,
            "clock": reader.assembled.clock(),
            "place": [reader.offset, reader.sequence],
        }
        for reader, record in zip((one, other), records, strict=True)
    ]
    return alike(*parts)


@pytest.mark.parametrize("tensors", [2, 3000])
def test_what_was_kept_is_what_the_log_holds(tmp_path: Path, tensors: int) -> None:
    """Of small blocks, which are copied, and of large ones, which are read where they lie."""
    path = tmp_path / "rank0-p1.log"
    write(path, tensors=tensors)
    cache = keep(path)
    found = read(path)
    assert found.kept == path.stat().st_size
    assert same(found, read(path, cached=False))
    assert (cache.stat().st_size < path.stat().st_size / 5) == (tensors > 2)


def test_only_the_columns_that_are_wanted_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long log is not read as a whole for one of its curves."""
    path = tmp_path / "rank0-p1.log"
    write(path)
    keep(path)
    loaded: list[tuple[int, ...]] = []
    load = stored.Stored.load

    def noted(one: stored.Stored) -> Any:
        loaded.append(one.shape)
        return load(one)

    monkeypatch.setattr(stored.Stored, "load", noted)
    record = read(path, lazily=True).assembled.record(Run("a"))
    assert max(int(np.prod(shape)) for shape in loaded) <= 3000
    assert len(record.steps["loss"]) == 160
    assert (160, 3000) not in loaded
    known = [stored.content(record.steps.columns, name) for name in ("loss", "lr", "none")]
    assert known == [stored.FINITE, stored.FINITE, stored.NOTHING]
    assert stored.content(record.parameters_series.values, "grad_rms") == stored.FINITE
    assert (160, 3000) not in loaded
    record.parameters_series.of("grad_rms", 7)
    record.parameters_series.of("grad_rms", 8)
    assert loaded.count((160, 3000)) == 1


def test_what_a_column_holds() -> None:
    """A number anywhere, else an infinity, else nothing; whole numbers are numbers."""
    nothing = np.full(200, np.nan)
    assert stored.content_of(nothing) == stored.NOTHING
    assert stored.content_of(np.zeros(0)) == stored.NOTHING
    infinite, finite = nothing.copy(), nothing.copy()
    infinite[3], finite[3] = np.inf, 0.0
    assert stored.content_of(infinite) == stored.NONFINITE
    assert stored.content_of(finite) == stored.content_of(np.arange(3)) == stored.FINITE


@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("tensors", [2, 3000])
def test_a_log_that_grows_on(tmp_path: Path, tensors: int, lazily: bool) -> None:
    """A run that is resumed, or was kept while it lived: the rest is read from the log."""
    path = tmp_path / "rank0-p1.log"
    write(path, tensors=tensors)
    keep(path)
    follower = read(path, lazily=lazily)
    write(path, 40, 10, tensors)
    follower.refresh()
    assert same(follower, read(path, cached=False))
    assert same(read(path), read(path, cached=False))
    follower.keep()
    assert read(path).kept == path.stat().st_size
    assert same(read(path), read(path, cached=False))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 9), st.integers(0, 3)), max_size=25),
    st.integers(0, 25),
)
def test_whatever_came_whenever_it_was_kept(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[int, int, int]], cut: int
) -> None:
    """Rows that merge, steps that go back, columns that come late, frames that make no sense."""
    path = tmp_path_factory.mktemp("log") / "rank0-p1.log"
    writer = LogWriter(path)
    for place, (kind, number, more) in enumerate(plan):
        if place == cut:
            keep(path)
        step = np.arange(more) + number
        if kind == 0:
            values = {"a": number, "t": "x"} if more else {"t": 1.5, "a": None}
            writer.row(number, values, float(place), number)
        elif kind == 1:
            late = {"late": step * 0.5} if more == 3 else {}
            writer.frame({"stream": "steps"}, {"step": step, "loss": step * 2.0, **late})
        elif kind == 2:
            signal = np.full((more, 2), place, np.float32)
            writer.frame(
                {"stream": "outputs"}, {"step": step, "index": np.arange(2) + more, "a": signal}
            )
        elif kind == 3:
            writer.frame({"stream": "history", "step": "no", "time": 0, "values": more})
        else:
            writer.event("summary", best=number)
    writer.close()
    if path.exists() and path.stat().st_size:
        assert same(read(path), read(path, cached=False))
        assert same(read(path, lazily=True), read(path, cached=False))


def test_a_frame_that_was_cut_short(tmp_path: Path) -> None:
    """A writer that was killed: what is lost is told again from what was kept."""
    path = tmp_path / "rank0-p1.log"
    write(path, count=3)
    path.write_bytes(path.read_bytes()[:-5])
    keep(path)
    found = read(path)
    assert found.kept == path.stat().st_size
    assert "cut short" in found.damage[0]
    assert same(found, read(path, cached=False))


def flipped(at: int) -> Change:
    """One byte is another."""

    def change(data: bytes) -> bytes:
        place = at % len(data)
        return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]

    return change


def forged(change: Callable[[dict[str, Any]], None]) -> Change:
    """Another header, sound by its checksum."""

    def changed(data: bytes) -> bytes:
        _, length, _ = columns.HEAD.unpack_from(data)
        facts = json.loads(data[columns.HEAD.size : columns.HEAD.size + length])
        change(facts)
        text = json.dumps(facts).encode()
        head = columns.HEAD.pack(columns.MAGIC, len(text), zlib.crc32(text))
        return head + text + data[columns.HEAD.size + length :]

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:20],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:4000] + bytes(len(data) - 4000),
        flipped(3),
        flipped(40),
        *(flipped(at) for at in range(-200, 0, 23)),
        forged(lambda facts: facts.update(streams=["steps"])),
        forged(lambda facts: facts.update(offset=0)),
        forged(lambda facts: facts.update(offset=1 << 60)),
        forged(lambda facts: facts.update(apart=[[3, 90]])),
        forged(lambda facts: facts.update(apart=[[0, 1 << 50]])),
        forged(lambda facts: facts.update(frames="x")),
        forged(lambda facts: facts["numbers"]["a"][0].__setitem__(0, "O")),
        forged(lambda facts: facts["numbers"]["a"][0].__setitem__(1, [1 << 60])),
        forged(lambda facts: facts["numbers"]["a"][0].__setitem__(4, -9)),
        forged(lambda facts: facts["columns"]["steps"]["copied"]["lr"].__setitem__(1, [3])),
        forged(lambda facts: facts["columns"].update(parameters=[])),
    ],
)
@pytest.mark.parametrize("tensors", [2, 3000])
def test_damage_is_seen(tmp_path: Path, damage: Change, tensors: int) -> None:
    """Whatever is wrong with what was kept, the record is that of the log."""
    path = tmp_path / "rank0-p1.log"
    write(path, count=8, tensors=tensors)
    cache = keep(path)
    cache.write_bytes(damage(cache.read_bytes()))
    assert same(read(path), read(path, cached=False))


def test_a_log_that_is_not_what_it_was(tmp_path: Path) -> None:
    """Another log of that name and length; one that was cut; one that was thinned in its place."""
    path = tmp_path / "rank0-p1.log"
    write(path)
    before = path.read_bytes()
    keep(path)
    changed = bytearray(before)
    changed[len(before) // 2] ^= 1
    path.write_bytes(changed)
    assert same(read(path), read(path, cached=False))
    assert read(path).damage != []
    path.write_bytes(before[: len(before) // 2])
    assert same(read(path), read(path, cached=False))
    path.unlink()
    write(path, first=7)
    assert same(read(path), read(path, cached=False))


def rotten(tmp_path: Path) -> tuple[Run, Path]:
    """A run of which a block was damaged on the disk after its columns were kept."""
    run = catalog.create(tmp_path)
    path = Path(run.path) / "rank0-p1.log"
    write(path)
    catalog.close(run, 0)
    keep(path)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    series = read(path).assembled.record(run).parameters_series
    data = bytearray(path.read_bytes())
    data[data.index(series.values["grad_rms"][80, 100:140].tobytes())] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=times)
    return run, path


def test_a_block_that_was_damaged_later_costs_itself_only(tmp_path: Path) -> None:
    """Also where the log looks as it did: each column is checked when it is read."""
    run, path = rotten(tmp_path)
    assert read(path).damage != []
    assert same(read(path), read(path, cached=False))
    assert read(path, lazily=True).kept == 0  # this process knows by now
    keep(path)
    lazy = read(path, lazily=True)
    assert lazy.kept == path.stat().st_size
    assert len(lazy.assembled.record(run).parameters_series.values["grad_rms"]) == 156


def test_a_page_does_not_notice(tmp_path: Path) -> None:
    """The server reads such a log anew and answers."""
    run, _ = rotten(tmp_path)
    with connect(tmp_path) as client:
        series = client.get(f"/api/runs/{run.id}/heatmap?signal=weight_rms")
        assert series.status_code == 200
        answer = client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms")
        assert answer.status_code == 200
        assert client.get(f"/api/runs/{run.id}").json()["damage"] != []
        assert client.get(f"/api/overlay?run={run.id}&key=step/loss").status_code == 200


def test_a_server_keeps_them_of_a_run_that_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it lives, and never where it only reads; a second server reads them."""
    monkeypatch.setattr("backprobe.server.readers.KEEP_SECONDS", 0)
    run = train(tmp_path, steps=40, finish=False)
    (log,) = Path(run.path).glob("rank*.log")
    Readers(tmp_path, keeps=True).view(run.id)
    assert not log.with_suffix(".columns").exists()
    catalog.close(run, 0)
    Readers(tmp_path).view(run.id)
    assert not log.with_suffix(".columns").exists()
    first = Readers(tmp_path, keeps=True).view(run.id)
    assert first.log is not None
    for thread in threading.enumerate():
        if thread.name.startswith("backprobe-keep"):
            thread.join()
    second = Readers(tmp_path).view(run.id)
    assert second.log is not None
    assert second.log.kept == log.stat().st_size
    assert same(first.log, second.log)


def test_a_writer_that_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that died by SIGKILL is kept as far as it came, and read so again."""
    monkeypatch.setattr("backprobe.server.readers.KEEP_SECONDS", 0)
    command = [sys.executable, str(TRAINING), str(tmp_path), "--delay", "0.005"]
    with subprocess.Popen(command) as training:
        while not catalog.runs(tmp_path) or len(watched(tmp_path)) < 30:
            time.sleep(0.05)
        training.kill()
    first = Readers(tmp_path, keeps=True).view(catalog.runs(tmp_path)[0].id)
    assert first.record.run.state == "crashed"
    for thread in threading.enumerate():
        if thread.name.startswith("backprobe-keep"):
            thread.join()
    second = Readers(tmp_path).view(first.record.run.id)
    assert first.log is not None
    assert second.log is not None
    assert second.log.kept == second.log.offset
    assert same(first.log, second.log)


def watched(store: Path) -> Table:
    """The steps that the newest run has taken."""
    return Readers(store).view(catalog.runs(store)[0].id).record.steps


def test_a_store_that_can_not_be_written_to(tmp_path: Path) -> None:
    """The columns are a cache: that none is kept stops nobody."""
    path = tmp_path / "rank0-p1.log"
    write(path, count=2)
    path.with_suffix(".columns").mkdir()
    keep(path)
    assert same(read(path), read(path, cached=False))
    assert [entry for entry in tmp_path.iterdir() if entry.suffix == ".tmp"] == []
