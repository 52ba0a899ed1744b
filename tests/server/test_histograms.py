# SPDX-License-Identifier: Apache-2.0
"""Histograms over the wire."""

from __future__ import annotations

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.server.histograms import BINS, collect
from tests.server.arrays import unpack


def test_every_element_is_counted(client: TestClient, run: Run) -> None:
    """A [32, 8] weight has 256 counts in each histogram, none of them beyond the bins of ±4."""
    answer = client.get(f"/api/runs/{run.id}/histograms?quantity=weight&index=0")
    header, arrays = unpack(answer.content)
    assert header["bins"] == BINS
    assert arrays["counts"].shape == (24, BINS)
    assert (arrays["counts"].sum(1) == 256).all()
    assert arrays["counts"][:, :21].sum() == arrays["counts"][:, 111:].sum() == 0


def test_columns_add_up(client: TestClient, run: Run) -> None:
    """Merged columns hold the sum of what they merge."""
    path = f"/api/runs/{run.id}/histograms?quantity=gradient&index=2"
    whole = unpack(client.get(path).content)[1]["counts"]
    fewer = unpack(client.get(f"{path}&columns=5").content)[1]["counts"]
    assert len(fewer) == 5
    np.testing.assert_array_equal(fewer.sum(0), whole.sum(0))


def test_an_unknown_quantity_is_refused(client: TestClient, run: Run) -> None:
    """The answer lists what may be asked for."""
    answer = client.get(f"/api/runs/{run.id}/histograms?quantity=loss&index=0")
    assert answer.status_code == 404
    assert "gradient, weight, update, output" in answer.json()["error"]


def test_a_frame_that_is_no_histogram_costs_itself_only() -> None:
    """Sound frames beside a senseless one are still read."""
    good = {
        "step": np.asarray([3]),
        "quantity": np.asarray([1]),
        "index": np.asarray([0]),
        "length": np.asarray([1]),
        "bins": np.asarray([66], np.uint8),
        "counts": np.asarray([5]),
    }
    bad = {**good, "bins": np.asarray([200], np.uint8)}
    steps, counts = collect([bad, {"step": np.asarray([1])}, good], 1, 0)
    assert steps.tolist() == [3]
    assert counts[0, 66] == 5
