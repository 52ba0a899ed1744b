# SPDX-License-Identifier: Apache-2.0
"""Single units over the wire."""

from __future__ import annotations

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.server.units import collect
from tests.server.arrays import unpack


def test_each_unit_of_a_place_is_a_row(client: TestClient, run: Run) -> None:
    """The first tanh has 32 units; only it has ends that a unit can be beyond."""
    header, arrays = unpack(client.get(f"/api/runs/{run.id}/units?index=1").content)
    assert header["units"] == list(range(32))
    assert arrays["rms"].shape == arrays["saturated"].shape == (32, 24)
    assert arrays["start"].tolist() == list(range(0, 120, 5))
    assert ((arrays["rms"] > 0) & (arrays["rms"] < 1)).all()
    _, linear = unpack(client.get(f"/api/runs/{run.id}/units?index=0").content)
    assert "saturated" not in linear


def test_fewer_columns_merge_looks(client: TestClient, run: Run) -> None:
    """A strength merges as the root of the mean square, a share as the mean."""
    path = f"/api/runs/{run.id}/units?index=1"
    whole = unpack(client.get(path).content)[1]
    header, fewer = unpack(client.get(f"{path}&columns=1").content)
    assert fewer["end"].tolist() == [115]
    mean = np.sqrt((whole["rms"].astype(float) ** 2).mean(1))
    np.testing.assert_allclose(fewer["rms"][:, 0], mean, rtol=1e-5)
    np.testing.assert_allclose(fewer["saturated"][:, 0], whole["saturated"].mean(1), atol=1e-6)
    assert len(header["units"]) == 32


def test_a_place_without_units_is_empty(client: TestClient, run: Run) -> None:
    """No row, no column."""
    header, arrays = unpack(client.get(f"/api/runs/{run.id}/units?index=99").content)
    assert header["units"] == []
    assert set(arrays) == {"start", "end"}


def test_units_that_change_stand_in_their_own_rows() -> None:
    """Every second unit and every third have every sixth in common; what is missing is NaN."""
    block = {
        "step": np.array([4, 2]),
        "index": np.array([0, 0]),
        "every": np.array([2, 3]),
        "length": np.array([4, 3], np.uint8),
        "rms": np.arange(7.0),
        "zero": np.zeros(7),
        "saturated": np.full(7, np.nan),
    }
    steps, units, values = collect([{"step": np.array([1])}, block], 0)
    assert steps.tolist() == [2, 4]
    assert units.tolist() == [0, 2, 3, 4, 6]
    expected = [[4, np.nan, 5, np.nan, 6], [0, 1, np.nan, 2, 3]]
    np.testing.assert_array_equal(values["rms"], expected)
    wild = {**block, "every": np.array([1 << 30, 3])}
    assert len(collect([wild] * 3, 0)[1]) == 6
    cut = {**block, "rms": np.arange(5.0)}
    assert collect([cut], 0)[0].tolist() == []
