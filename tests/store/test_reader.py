# SPDX-License-Identifier: Apache-2.0
"""The reader: follows logs while they grow, tells what is missing, joins processes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.reader import LogReader, RunReader
from backprobe.store.writer import LogWriter

ROOT = Path(__file__).parent.parent.parent

WRITER = """
import sys, time
import numpy as np
from pathlib import Path
from backprobe.store.writer import LogWriter
writer = LogWriter(Path(sys.argv[1]))
for number in range(400):
    writer.row(number, {"n": number}, float(number), number)
    if number % 10 == 0:
        writer.frame({"stream": "steps"}, {"step": np.arange(3) + number, "loss": np.ones(3)})
        print(number, flush=True)
        sys.stdin.readline()
"""


def test_another_process_is_read_while_it_writes(tmp_path: Path) -> None:
    """Each refresh brings what came since, and nothing twice."""
    path = tmp_path / "rank0-p1.log"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        reader = LogReader(path)
        for line in writer.stdout:
            seen = int(line)
            assert reader.refresh() > 0
            assert [row[0] for row in reader.assembled.rows] == list(range(seen + 1))
            assert reader.refresh() == 0
            writer.stdin.write("\n")
            writer.stdin.flush()
    reader.refresh(ended=True)
    assert [row[0] for row in reader.assembled.rows] == list(range(400))
    assert reader.damage == []


def test_a_reader_may_come_before_the_log(tmp_path: Path) -> None:
    """A log that is not there yet is an empty one."""
    reader = LogReader(tmp_path / "rank0-p1.log")
    assert reader.refresh() == 0
    LogWriter(reader.path).event("config", lr=0.1)
    assert reader.refresh() == 1


def test_frames_that_were_never_written_are_told(tmp_path: Path) -> None:
    """A gap in the sequence is a loss although no byte is bad."""
    path = tmp_path / "rank0-p1.log"
    writer = LogWriter(path)
    writer.row(0, {"n": 0}, 0.0)
    size = path.stat().st_size
    writer.row(1, {"n": 1}, 0.0)
    with open(path, "r+b") as file:
        file.truncate(size)
    writer.row(2, {"n": 2}, 0.0)
    reader = LogReader(path)
    reader.refresh()
    assert [row[0] for row in reader.assembled.rows] == [0, 2]
    assert reader.damage == ["rank0-p1.log: 1 frame before frame 2 could not be written"]


def test_a_frame_cut_short_is_damage_once_the_run_has_ended(tmp_path: Path) -> None:
    """While a run lives the tail may still arrive; afterwards it is told."""
    run = catalog.create(tmp_path)
    path = Path(run.path) / "rank0-p1.log"
    writer = LogWriter(path)
    writer.row(0, {"n": 0}, 0.0)
    path.write_bytes(path.read_bytes() + b"BPR1\x40\0\0\0half")
    live = RunReader(run)
    live.refresh()
    assert live.record().damage == ()
    ended = RunReader(catalog.close(run, 0))
    ended.refresh()
    assert len(ended.record().damage) == 1
    assert "cut short" in ended.record().damage[0]


def test_large_logs_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that straddle two reads are whole, whatever the size of a read."""
    path = tmp_path / "rank0-p1.log"
    writer = LogWriter(path)
    for number in range(60):
        writer.row(number, {"n": number}, 0.0)
        writer.frame({"stream": "steps"}, {"step": np.full(40, number)})
    for size in (7, 64, 1000):
        monkeypatch.setattr("backprobe.store.reader.CHUNK", size)
        reader = LogReader(path)
        reader.refresh()
        assert [row[0] for row in reader.assembled.rows] == list(range(60))
        assert reader.damage == []


def test_what_was_read_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory that a piece of the log was read into is used again; nothing that is kept is."""
    monkeypatch.setattr("backprobe.store.reader.CHUNK", 600)
    path = tmp_path / "rank0-p1.log"
    writer = LogWriter(path)
    for number in range(40):
        odd = {"late": np.full(2, number)} if number % 3 else {}
        writer.frame({"stream": "steps"}, {"step": np.arange(2) + 2 * number, **odd})
        matrix = np.full((1, 2), number, np.float32)
        step = np.asarray([40 - number])  # backwards: blocks wait to be joined
        writer.frame({"stream": "outputs"}, {"step": step, "index": np.arange(2), "a": matrix})
        for stream in ("histograms", "units", "samples"):
            writer.frame({"stream": stream}, {"bins": np.full(9, number)})
    reader = LogReader(path)
    reader.refresh()
    found = reader.assembled
    record = found.record(Run("a"))
    assert record.steps["step"].tolist() == list(range(80))
    assert record.steps["late"][2:6].tolist() == [1, 1, 2, 2]
    assert record.outputs.of("a", 0).tolist() == list(range(39, -1, -1))
    for kept in (found.histograms, found.units, [frame.columns for frame in found.samples]):
        assert [block["bins"].tolist() for block in kept] == [[n] * 9 for n in range(40)]


@pytest.mark.parametrize("length", [700, 5000, 1 << 27, 1 << 30])
def test_a_wrong_length_in_a_large_log_costs_one_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """Also where the frame would end within the log, so that it is waited for."""
    monkeypatch.setattr("backprobe.store.reader.CHUNK", 512)
    path = tmp_path / "rank0-p1.log"
    writer = LogWriter(path)
    at = 0
    for number in range(60):
        if number == 20:
            at = path.stat().st_size
        writer.frame({"stream": "steps"}, {"step": np.full(40, number), "loss": np.ones(40)})
    writer.close()
    data = bytearray(path.read_bytes())
    data[at + 4 : at + 8] = length.to_bytes(4, "little")
    path.write_bytes(data)
    reader = LogReader(path)
    reader.refresh(ended=True)
    steps = reader.assembled.record(Run("a")).steps["step"]
    assert sorted(set(steps.tolist())) == [n for n in range(60) if n != 20]
    assert reader.damage != []


def test_the_process_that_trained_is_the_record(tmp_path: Path) -> None:
    """Of several logs that of the lowest rank with the most steps counts; other files don't."""
    run = catalog.create(tmp_path)
    for rank, pid, steps in ((1, 10, 9), (0, 11, 0), (0, 12, 4)):
        writer = LogWriter(Path(run.path) / f"rank{rank}-p{pid}.log")
        writer.event("process", rank=rank, world=2, pid=pid)
        if steps:
            writer.frame({"stream": "steps"}, {"step": np.arange(steps)})
    (Path(run.path) / "rank0-p12.log.bak").write_bytes(b"BPR1")
    reader = RunReader(run)
    reader.refresh()
    assert [(r.rank, len(r.steps)) for r in reader.records()] == [(0, 4), (0, 0), (1, 9)]
    assert len(reader.record().steps) == 4
    assert reader.record().world == 2


def test_a_run_without_logs_has_an_empty_record(tmp_path: Path) -> None:
    """There is always a record to show."""
    reader = RunReader(Run(id="x", path=str(tmp_path)))
    assert reader.refresh() == 0
    assert len(reader.record().steps) == 0


def test_the_readers_of_the_specification_read_a_real_log(tmp_path: Path) -> None:
    """The code in `docs/reference/record.md`, as printed there, reads what the writer wrote."""
    page = (ROOT / "docs" / "reference" / "record.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(compile(code, "record.md", "exec"), scope)
    path = tmp_path / "rank0-p1.log"
    writer = LogWriter(path)
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    writer.event("config", lr=0.1)
    writer.row(3, {"loss": float("nan")}, 1.0, 0)
    writer.frame({"stream": "outputs"}, {"step": np.arange(3), "out_rms": matrix})
    path.write_bytes(path.read_bytes() + b"\0garbage BPR1")
    writer.row(4, {"loss": 2.0}, 2.0, 1)
    found = list(scope["frames"](path))
    assert [header["stream"] for header, _ in found] == ["event", "history", "outputs", "history"]
    np.testing.assert_array_equal(found[2][1]["out_rms"], matrix)
    assert found[3][0]["values"] == {"loss": 2.0}
