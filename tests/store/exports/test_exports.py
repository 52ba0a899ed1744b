# SPDX-License-Identifier: Apache-2.0
"""Exports, read back by the libraries that they are for."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.face.api import Api
from backprobe.face.init import init
from backprobe.records import Record
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.store.exports import events, parquet, wide
from backprobe.store.imports import sources
from backprobe.store.reader import RunReader

STEPS = 20


@pytest.fixture
def record(store_directory: Path) -> Record:
    """A small real training with the probe and a logged NaN."""
    import torch

    torch.manual_seed(0)
    run = init(project="out", config={"lr": 0.1, "layers": [4, 2]}, name="small")
    model = torch.nn.Linear(4, 2)
    run.watch(model, log="all", log_freq=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = model(torch.ones(8, 4)).pow(2).mean()
        loss.backward()
        optimizer.step()
        run.log({"loss": loss.item(), "odd": math.nan if step == 3 else float(step)})
        if step % 5 == 0:
            run.log({"val/loss": 1.0}, step=step)
    run.finish(quiet=True)
    return examine(catalog.find(store_directory))[0]


def test_wide(record: Record) -> None:
    """One row a step; every column of one length."""
    table = wide.columns(record)
    assert table["step"].tolist() == list(range(STEPS))
    assert {column.shape for column in table.values()} == {(STEPS,)}
    assert np.allclose(table["loss"], table["probe/loss"], rtol=1e-5)
    assert np.isfinite(table["val/loss"]).sum() == 4


def test_csv_tells_nan_from_nothing(record: Record) -> None:
    """The script's NaN is a value, what was not logged an empty cell."""
    rows = list(csv.DictReader(io.StringIO(wide.csv_text(record))))
    assert rows[3]["odd"] == "nan"
    assert rows[1]["val/loss"] == ""
    assert float(rows[5]["val/loss"]) == 1.0


def test_parquet(record: Record, tmp_path: Path) -> None:
    """Read by pyarrow and polars: the same numbers, NaN found by a filter, facts in the schema."""
    arrow: Any = pytest.importorskip("pyarrow.parquet")
    polars: Any = pytest.importorskip("polars")
    path = tmp_path / "run.parquet"
    parquet.write(record, path)
    table = arrow.read_table(path)
    facts = json.loads(table.schema.metadata[b"backprobe"])
    assert (facts["name"], facts["config"]["lr"]) == ("small", 0.1)
    frame = polars.scan_parquet(path).filter(polars.col("odd").is_nan()).collect()
    assert frame["step"].to_list() == [3]
    statistics = arrow.ParquetFile(path).metadata.row_group(0)
    kinds = {
        statistics.column(n).path_in_schema: statistics.column(n).is_stats_set
        for n in range(statistics.num_columns)
    }
    assert kinds["step"]
    assert not kinds["odd"]


def test_frames(record: Record) -> None:
    """`Api` gives pandas and Polars frames of the same table."""
    pytest.importorskip("polars")
    stored = Api().run(record.run.id)
    frame, other = stored.to_pandas(), stored.to_polars()
    assert frame.index.tolist() == other["step"].to_list() == list(range(STEPS))
    assert np.allclose(frame["loss"], other["loss"].to_numpy())


def test_a_missing_library_is_said(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it."""
    import sys

    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match="pip install polars"):
        parquet.to_polars(record)


@pytest.fixture
def event_folder(record: Record, tmp_path: Path) -> Path:
    """The record exported for TensorBoard."""
    reader = RunReader(record.run)
    reader.refresh()
    blocks = [block for log in reader.logs.values() for block in log.assembled.histograms]
    events.write(record, blocks, "# no finding", tmp_path / "logs")
    return tmp_path / "logs"


def test_tensorboard_reads_it(record: Record, event_folder: Path) -> None:
    """By TensorBoard's own reader: every value, every histogram, the config and the text."""
    accumulator: Any = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    read = accumulator.EventAccumulator(str(event_folder), size_guidance={"tensors": 0})
    read.Reload()
    tags = read.Tags()
    assert {"loss", "val/loss", "probe/loss"} <= set(tags["scalars"])
    logged = [event.value for event in read.Scalars("loss")]
    assert np.allclose(logged, record.history["loss"][1], rtol=1e-6)
    assert math.isnan(read.Scalars("odd")[3].value)
    names = sorted(name for name in tags["histograms"] if name.startswith("weights/"))
    assert names == ["weights/bias", "weights/weight"]
    assert read.Histograms("weights/weight")[0].histogram_value.num == 8
    assert "findings" in tags["tensors"]
    assert read.SummaryMetadata("_hparams_/session_start_info") is not None


def test_it_comes_back(record: Record, event_folder: Path) -> None:
    """Our importer reads our export, with right checksums."""
    (run,) = sources.read(event_folder)
    assert run.damage == ()
    assert run.config["lr"] == 0.1
    values = {step: row["loss"] for step, _, row in run.rows if "loss" in row}
    assert np.allclose(list(values.values()), record.history["loss"][1], rtol=1e-6)


def test_checksums_are_crc32c() -> None:
    """The check value of the catalogue of CRCs, and a long stretch beside a short one."""
    from backprobe.store.imports.crc32c import crc32c

    data = b"123456789" + bytes(32)
    found = crc32c(data, np.asarray([0, 9]), np.asarray([9, 32]))
    assert [hex(one) for one in found] == ["0xe3069283", "0x8a9136aa"]  # RFC 3720, B.4


def test_edges_are_those_of_the_bins() -> None:
    """A value lies between the edges of the bin that the record puts it into."""
    assert len(events.EDGES) == 133
    assert (np.diff(events.EDGES) > 0).all()
    assert (events.EDGES[68 + 40], events.EDGES[69 + 40]) == (1.0, 2.0)  # bin = e + 108
    assert events.EDGES[66] < 0 < events.EDGES[67]  # zero
