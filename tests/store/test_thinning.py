# SPDX-License-Identifier: Apache-2.0
"""A log that is too large loses old steps of what was measured, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from backprobe.records import Record, Run
from backprobe.store.limit import PROGRAM, RecordLimit
from backprobe.store.reader import LogReader
from backprobe.store.thinning import FIRST_STEPS, HEAVY, thin
from backprobe.store.writer import LogWriter

STEPS = 4000


def measured(writer: LogWriter, start: int, stop: int, every: int = 1, units: bool = False) -> None:
    """Blocks as the probe writes them, in each step of which is that step's own number."""
    steps = np.arange(start, stop)
    loss = np.where(steps == 1500, np.nan, 1.0).astype(np.float32)
    writer.frame(
        {"stream": "steps"},
        {"step": steps, "loss": loss, "optimizer": (steps % 2).astype(np.float32)},
    )
    seen = steps[steps % every == 0]
    index = np.arange(20, dtype=np.int32)
    values = np.repeat(seen[:, None], 20, axis=1).astype(np.float32)
    for turn in range(2):  # two optimizers that take turns
        mine = (seen // every) % 2 == turn
        writer.frame(
            {"stream": "parameters"},
            {"step": seen[mine], "index": index + 20 * turn, "grad_rms": values[mine]},
        )
    writer.frame(
        {"stream": "histograms"},
        {
            "step": np.repeat(seen, 3),
            "quantity": np.tile(np.arange(3, dtype=np.uint8), len(seen)),
            "index": np.zeros(3 * len(seen), np.int32),
            "length": np.tile(np.array([1, 2, 3], np.uint8), len(seen)),
            "bins": np.tile(np.arange(6, dtype=np.uint8), len(seen)),
            "counts": np.repeat(seen, 6).astype(np.uint16),
        },
    )
    if not units:
        return
    writer.frame(
        {"stream": "units"},
        {
            "step": np.repeat(seen, 2),
            "index": np.tile(np.arange(2, dtype=np.int32), len(seen)),
            "every": np.ones(2 * len(seen), np.int32),
            "length": np.tile(np.array([1, 3], np.uint8), len(seen)),
            **{
                name: np.repeat(seen, 4).astype(np.float32) for name in ("rms", "zero", "saturated")
            },
        },
    )


def read(path: Path) -> tuple[Record, LogReader]:
    """The record in a log, and the reader of it."""
    reader = LogReader(path)
    reader.refresh(ended=True)
    return reader.assembled.record(Run("a"), reader.damage), reader


def filled(path: Path) -> LogWriter:
    """A log of 4,000 steps with rows and events between the blocks."""
    writer = LogWriter(path)
    writer.event("process", rank=0, world=1)
    for start in range(0, STEPS, 40):
        measured(writer, start, start + 40, units=True)
        writer.row(start, {"number": start, "nan": float("nan")}, 1.0)
    writer.event("end", exit_code=0)
    return writer


def test_old_steps_go_and_all_else_stays(tmp_path: Path) -> None:
    """First steps, last quarter and a NaN stay whole; rows and events too; values are their own."""
    writer = filled(tmp_path / "rank0-p1.log")
    target = writer.size // 2
    done = thin(writer.path, target, tmp_path / "copy")
    assert done["upto"] == writer.size
    assert done["bytes"] == (tmp_path / "copy").stat().st_size <= target
    before, _ = read(writer.path)
    after, reader = read(tmp_path / "copy")
    assert after.damage == ()
    assert reader.assembled.frames == done["frames"]
    assert after.history["number"][1].tolist() == before.history["number"][1].tolist()
    assert [event.name for event in after.events] == ["process", "end"]
    series = after.parameters_series
    kept = series.step
    assert set(range(FIRST_STEPS)) <= set(kept)
    assert set(range(3000, STEPS)) <= set(kept)
    assert {1499, 1500, 1501} <= set(kept)
    assert len(kept) < STEPS * 0.6
    for column, parameter in enumerate(series.index):
        own = series.step % 2 == (parameter >= 20)  # each optimizer's tensors at its own steps
        values = series.values["grad_rms"][:, column]
        assert (values[own] == series.step[own]).all()
        assert own[(kept > 400) & (kept < 2900)].sum() > 20
    every = done["every"]
    assert every["parameters"] == 8 * every["steps"] or every["steps"] == 1
    assert len(after.steps) >= len(kept)
    for block in reader.assembled.histograms:
        starts = np.concatenate([[0], np.cumsum(block["length"])[:-1]]).astype(int)
        assert (block["counts"][starts] == block["step"].astype(np.uint16)).all()
        assert len(block["bins"]) == block["length"].sum()
    looks = reader.assembled.units
    assert sum(len(block["step"]) for block in looks) < 2 * STEPS * 0.7
    for block in looks:
        assert (block["rms"] == np.repeat(block["step"], block["length"])).all()
        assert len(block["zero"]) == len(block["saturated"]) == block["length"].sum()


def test_ranks_that_observed_the_same_steps_keep_the_same(tmp_path: Path) -> None:
    """So that what is left of them can still be merged."""
    kept = []
    for rank in range(2):
        writer = LogWriter(tmp_path / f"{rank}.log")
        for start in range(0, STEPS, 40 + 10 * rank):  # other blocks, the same steps
            measured(writer, start, min(STEPS, start + 40 + 10 * rank), every=4)
        thin(writer.path, writer.size // 3, tmp_path / "copy")
        kept.append(read(tmp_path / "copy")[0].parameters_series.step.tolist())
    assert kept[0] == kept[1]
    assert len(kept[0]) < 0.7 * STEPS / 4


def test_a_target_out_of_reach(tmp_path: Path) -> None:
    """What must stay stays, and the copy is as small as it can be."""
    writer = filled(tmp_path / "rank0-p1.log")
    done = thin(writer.path, 10, tmp_path / "copy")
    record, _ = read(tmp_path / "copy")
    assert len(record.history["number"][1]) == STEPS // 40
    assert set(range(STEPS - STEPS // 64, STEPS)) <= set(record.parameters_series.step)
    assert set(range(FIRST_STEPS)) <= set(record.parameters_series.step)
    assert done["bytes"] < writer.size / 3


def test_a_live_log_is_replaced_and_a_reader_follows(tmp_path: Path) -> None:
    """While rows and blocks arrive the log is thinned, again and again; no row is lost."""
    writer = LogWriter(tmp_path / "rank0-p1.log")
    said: list[str] = []
    limit = RecordLimit(writer, 300_000, said.append)
    follower = LogReader(writer.path)
    enough = threading.Event()
    numbers: list[int] = []

    def train() -> None:
        start = 0
        while not enough.is_set() and start < 400_000:
            measured(writer, start, start + 40, every=2)
            writer.row(start, {"number": start}, 1.0)
            numbers.append(start)
            start += 40
            time.sleep(0.005)

    thread = threading.Thread(target=train)
    thread.start()
    inodes = {writer.path.stat().st_ino}
    began = time.monotonic()
    while len(inodes) < 4 and time.monotonic() - began < 100:
        limit.tick()
        follower.refresh()
        inodes.add(follower.inode)
        time.sleep(0.02)
    enough.set()
    thread.join()
    limit.end()
    record, reader = read(writer.path)
    follower.refresh()
    assert record.damage == ()
    thinned = record.named("thinned")
    assert len(thinned) >= 2
    assert record.history["number"][1].tolist() == numbers
    assert set(record.parameters_series.step) >= set(range(0, FIRST_STEPS, 2))
    mine = follower.assembled.record(Run("a"), follower.damage)
    assert mine.damage == ()
    assert mine.history["number"][1].tolist() == numbers
    assert mine.parameters_series.step.tolist() == record.parameters_series.step.tolist()
    assert follower.assembled.frames == reader.assembled.frames
    # A machine that is busy lets rows outgrow the limit before the log was replaced often enough.
    assert sum("fewer are kept" in text for text in said) == 1
    assert list(tmp_path.glob("*.thin")) == []


def test_rows_alone_never_stop(tmp_path: Path) -> None:
    """Where nothing is left to thin the large streams end, said once; rows go on."""
    writer = LogWriter(tmp_path / "rank0-p1.log")
    said: list[str] = []
    limit = RecordLimit(writer, 20_000, said.append)
    for number in range(1000):
        writer.row(number, {"number": number}, 1.0)
    measured(writer, 0, 40)
    for _ in range(200):
        limit.tick()
        if writer.refused:
            break
        time.sleep(0.1)
    assert writer.refused == frozenset(HEAVY)
    measured(writer, 40, 80)
    writer.row(1000, {"number": 1000}, 1.0)
    record, _ = read(writer.path)
    assert record.history["number"][1].tolist() == list(range(1001))
    assert record.parameters_series.step.max() < 40
    assert record.steps["step"].max() == 79
    assert sum("the record is full" in text for text in said) == 1
    assert any("full" in text for text in record.blind_spots)


def test_the_child_needs_no_torch_and_fails_quietly(tmp_path: Path) -> None:
    """A log that is gone gives no copy and no noise on the terminal."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROGRAM, ".", str(tmp_path / "no"), "1", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "numpy" in loaded
    assert "torch" not in loaded


@pytest.mark.parametrize("most", [None, 10**9])
def test_below_the_limit_nothing_happens(tmp_path: Path, most: int | None) -> None:
    """The log is the same file."""
    writer = filled(tmp_path / "rank0-p1.log")
    inode = writer.path.stat().st_ino
    limit = RecordLimit(writer, most, print)
    limit.tick()
    limit.end()
    assert writer.path.stat().st_ino == inode
