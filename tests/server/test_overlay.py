# SPDX-License-Identifier: Apache-2.0
"""Many runs at once, other axes than steps, and where two runs part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.server.overlay import means
from backprobe.server.series import Points
from tests.server.arrays import unpack
from tests.server.conftest import connect
from tests.server.training import train


def test_one_key_of_many_runs(tmp_path: Path) -> None:
    """Each run's own curve, thinned as asked; a run that is not there is said to be missing."""
    runs = [train(tmp_path, steps=80, seed=seed) for seed in range(3)]
    with connect(tmp_path) as client:
        asked = "&".join(f"run={run.id}" for run in runs)
        for _ in range(2):  # the second comes from memory
            answer = client.get(f"/api/overlay?{asked}&run=nope&key=step/loss&points=20")
            header, arrays = unpack(answer.content)
            assert [one.get("rows") for one in header["series"]] == [80, 80, 80, None]
            assert "nope" in header["series"][3]["error"]
            assert not np.array_equal(arrays["0/y"], arrays["1/y"])
        whole = unpack(client.get(f"/api/runs/{runs[1].id}/series?key=step/loss").content)[1]
        assert arrays["1/y"].min() == whole["0/y"].min()
        assert arrays["1/y"].max() == whole["0/y"].max()
        assert len(arrays["1/x"]) <= 22
        assert client.get("/api/overlay?key=step/loss").status_code == 400


def test_means_of_buckets() -> None:
    """Each bucket is the mean of its rows; few rows stay as they are; NaN stays visible."""
    x, y = np.arange(1000), np.arange(1000.0)
    found_x, found_y = means(Points(x, y), 10)
    assert np.allclose(found_x, np.arange(10) * 100 + 49.5, atol=1)
    assert np.allclose(found_x, found_y)
    assert means(Points(x[:5], y[:5]), 10)[1].tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(means(Points(x, np.where(x == 500, np.nan, y)), 10)[1]).sum() == 1


def test_a_series_over_time_and_over_another_metric(client: TestClient, run: Run) -> None:
    """Time is seconds since the run began; a metric counts as it last was."""
    path = f"/api/runs/{run.id}/series?key=step/loss"
    steps = unpack(client.get(path).content)[1]
    times = unpack(client.get(f"{path}&x=time").content)[1]
    assert np.array_equal(times["0/y"], steps["0/y"])
    assert (np.diff(times["0/x"]) >= 0).all()
    assert 0 <= times["0/x"][0] < 60
    by_loss = unpack(client.get(f"{path}&x=step/loss").content)[1]
    assert np.array_equal(np.sort(by_loss["0/x"]), np.sort(steps["0/y"]))
    header, _ = unpack(client.get(f"{path}&x=history/none").content)
    assert "no series" in header["series"][0]["error"]


def test_where_two_runs_part(tmp_path: Path) -> None:
    """Two of one seed are the same; another rate shows first in the learning rate or weights."""
    one, same = train(tmp_path, steps=40), train(tmp_path, steps=40)
    other = train(tmp_path, steps=40, rate=0.2)
    unlike = train(tmp_path, steps=40, seed=1)
    with connect(tmp_path) as client:
        equal = client.get(f"/api/divergence?a={one.id}&b={same.id}").json()
        assert equal["facts"] == []
        assert "loss" in equal["same"]
        apart = client.get(f"/api/divergence?a={one.id}&b={other.id}").json()
        loss = next(fact for fact in apart["facts"] if fact["what"] == "loss")
        assert loss["step"] == 1  # the first loss comes before the first update
        weights = next(fact for fact in apart["facts"] if fact["what"] == "updates")
        assert weights["step"] == 0
        assert weights["names"][0].startswith("fc1")
        seeds = client.get(f"/api/divergence?a={one.id}&b={unlike.id}").json()
        assert seeds["facts"][0]["step"] <= 0
        assert client.get(f"/api/divergence?a={one.id}").status_code == 400
        assert client.get(f"/api/divergence?a={one.id}&b=nope").status_code == 404
