# SPDX-License-Identifier: Apache-2.0
"""The layer × step matrix over the wire."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.server.heatmap import bins, merge
from backprobe.store.reader import RunReader
from tests.server.arrays import unpack
from tests.server.conftest import connect
from tests.server.training import train


def test_cells_are_the_record_in_the_order_of_execution(client: TestClient, run: Run) -> None:
    """Row by row the matrix holds what the record holds, the input's layer first."""
    header, arrays = unpack(client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms").content)
    reader = RunReader(run)
    reader.refresh()
    series = reader.record().parameters_series
    names = [row["name"] for row in header["rows"]]
    assert names == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"]
    for place, row in enumerate(header["rows"]):
        np.testing.assert_array_equal(arrays["values"][place], series.of("grad_rms", row["index"]))
    assert "nonfinite" not in arrays


def test_functions_are_named_after_what_they_follow(client: TestClient, run: Run) -> None:
    """Three tanh calls of one module can be told apart."""
    header, _ = unpack(client.get(f"/api/runs/{run.id}/heatmap?signal=out_rms").content)
    names = [row["name"] for row in header["rows"]]
    assert names == ["fc1", "tanh(fc1)", "fc2", "tanh(fc2)", "fc3"]


def test_merged_columns_are_the_rms_over_their_steps(client: TestClient, run: Run) -> None:
    """Fewer columns than steps: a cell is the root of the mean square of what it merges."""
    whole = unpack(client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms").content)[1]
    fewer = unpack(client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms&columns=7").content)[1]
    assert len(fewer["start"]) == 7
    first = slice(0, int(fewer["end"][0]) + 1)
    expected = np.sqrt((whole["values"][:, first].astype(np.float64) ** 2).mean(1))
    np.testing.assert_allclose(fewer["values"][:, 0], expected, rtol=1e-6)
    np.testing.assert_array_equal(fewer["start"][1:], fewer["end"][:-1] + 1)


def test_nan_and_infinite_gradients_are_marked(tmp_path: Path) -> None:
    """A diverged run comes with the share of broken elements beside its cells."""
    run = train(tmp_path, steps=30, rate=float("inf"))
    with connect(tmp_path) as client:
        _, arrays = unpack(client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms").content)
    assert arrays["nonfinite"][:, -1].max() == 1.0
    assert arrays["nonfinite"][:, 0].max() == 0.0


def test_a_window_cuts_the_columns(client: TestClient, run: Run) -> None:
    """Only the steps that were asked for come back."""
    answer = client.get(f"/api/runs/{run.id}/heatmap?signal=grad_rms&from=10&to=19")
    assert unpack(answer.content)[1]["start"].tolist() == list(range(10, 20))


def test_an_unknown_signal_is_refused_with_those_there_are(client: TestClient, run: Run) -> None:
    """The answer lists what may be asked for."""
    answer = client.get(f"/api/runs/{run.id}/heatmap?signal=gradients")
    assert answer.status_code == 404
    assert "grad_rms" in answer.json()["error"]


def test_a_signal_that_was_not_measured_has_no_columns(client: TestClient, run: Run) -> None:
    """An empty matrix, not an error: the page says so."""
    answer = client.get(f"/api/runs/{run.id}/heatmap?signal=out_dead")
    assert unpack(answer.content)[1]["values"].shape == (5, 0)


def test_unmeasured_cells_do_not_count() -> None:
    """NaN is left out of a mean; a bin of nothing but NaN stays NaN; infinity stays infinite."""
    values = np.asarray([[1.0, np.nan], [np.nan, np.nan], [3.0, np.inf], [5.0, 1.0]])
    merged = merge(values, np.asarray([0, 2]), "mean")
    np.testing.assert_array_equal(merged, [[1.0, np.nan], [4.0, np.inf]])


def test_bins_are_equal_in_steps_not_in_rows() -> None:
    """Dense sampling at the start does not take the whole picture."""
    steps = np.concatenate([np.arange(100), np.arange(100, 1000, 100)])
    starts = bins(steps, 10)
    assert steps[starts].tolist() == [0, 90, 200, 300, 400, 500, 600, 700, 800, 900]
