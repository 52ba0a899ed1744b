# SPDX-License-Identifier: Apache-2.0
"""Scalar series over the wire."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.arrays import unpack
from tests.server.conftest import connect
from tests.server.training import train


def test_logged_and_measured_series_agree(client: TestClient, run: Run) -> None:
    """What the script logged and what the optimizer's steps saw are the same loss."""
    answer = client.get(f"/api/runs/{run.id}/series?key=history/train/loss&key=step/loss")
    header, arrays = unpack(answer.content)
    assert [one["rows"] for one in header["series"]] == [120, 120]
    np.testing.assert_array_equal(arrays["0/y"], arrays["1/y"])
    assert arrays["0/y"][-20:].mean() < arrays["0/y"][0]


def test_a_cursor_gets_what_is_new_and_the_last_row_again(client: TestClient, run: Run) -> None:
    """Rows that the page has are not sent again but for the last, which may have changed."""
    answer = client.get(f"/api/runs/{run.id}/series?key=step/loss&key=step/lr&after=100,0")
    header, arrays = unpack(answer.content)
    assert [one["reset"] for one in header["series"]] == [False, True]
    np.testing.assert_array_equal(arrays["0/x"], np.arange(99, 120))
    assert len(arrays["1/x"]) == 120


def test_a_row_that_grew_reaches_the_page(tmp_path: Path) -> None:
    """A second log() for the same step changes the last row; the cursor does not skip it."""
    run = catalog.create(tmp_path, name="growing")
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    with connect(tmp_path) as client:
        writer.row(0, {"a": 1.0}, 0.0)
        first = unpack(client.get(f"/api/runs/{run.id}/series?key=history/a").content)
        writer.row(1, {"a": 2.0}, 0.0)
        second = unpack(client.get(f"/api/runs/{run.id}/series?key=history/a&after=1").content)
    assert first[1]["0/y"].tolist() == [1.0]
    assert second[1]["0/y"].tolist() == [1.0, 2.0]


def test_thinning_keeps_the_extremes(client: TestClient, run: Run) -> None:
    """Of few points the least, the greatest, the first and the last are still there."""
    whole = unpack(client.get(f"/api/runs/{run.id}/series?key=step/grad_norm").content)[1]["0/y"]
    answer = client.get(f"/api/runs/{run.id}/series?key=step/grad_norm&points=10")
    header, arrays = unpack(answer.content)
    thin = arrays["0/y"]
    assert header["series"][0]["thinned"]
    assert len(thin) <= 12
    assert {whole.min(), whole.max(), whole[0], whole[-1]} <= set(thin.tolist())


def test_a_window_reaches_its_edges(client: TestClient, run: Run) -> None:
    """A stretch comes with one neighbour on either side, so that lines are not cut off."""
    answer = client.get(f"/api/runs/{run.id}/series?key=step/loss&from=50&to=60")
    _, arrays = unpack(answer.content)
    np.testing.assert_array_equal(arrays["0/x"], np.arange(49, 62))


def test_a_loss_that_is_nan_is_sent_as_such(tmp_path: Path) -> None:
    """NaN of a loss was measured; it is not left out like a value that was not."""
    run = train(tmp_path, steps=30, rate=float("inf"))
    with connect(tmp_path) as client:
        answer = client.get(f"/api/runs/{run.id}/series?key=step/loss")
        listed = client.get(f"/api/runs/{run.id}").json()["keys"]
    values = unpack(answer.content)[1]["0/y"]
    assert len(values) == 30
    assert np.isnan(values[-1])
    assert "step/loss" in listed


def test_layers_have_series_too(client: TestClient, run: Run) -> None:
    """A ratio of two signals is served like a signal, and is their ratio."""
    keys = ["update_ratio", "update_rms", "weight_rms"]
    query = "&".join(f"key=parameter/0/{key}" for key in keys)
    _, arrays = unpack(client.get(f"/api/runs/{run.id}/series?{query}").content)
    np.testing.assert_allclose(arrays["0/y"], arrays["1/y"] / arrays["2/y"], rtol=1e-6)


def test_an_unknown_series_spoils_no_other(client: TestClient, run: Run) -> None:
    """Each key has its own answer: an error for one, points for the next."""
    query = "key=history/nothing&key=parameter/99/grad_rms&key=step/loss"
    header, arrays = unpack(client.get(f"/api/runs/{run.id}/series?{query}").content)
    assert "no series 'history/nothing'" in header["series"][0]["error"]
    assert "error" in header["series"][1]
    assert len(arrays["2/y"]) == 120


def test_wrong_queries_are_refused_in_words(client: TestClient, run: Run) -> None:
    """What was given and what was expected is said."""
    no_key = client.get(f"/api/runs/{run.id}/series")
    no_number = client.get(f"/api/runs/{run.id}/series?key=step/loss&points=many")
    not_finite = client.get(f"/api/runs/{run.id}/series?key=step/loss&from=nan")
    assert (no_key.status_code, no_number.status_code, not_finite.status_code) == (400, 400, 400)
    assert no_number.json() == {"error": "points='many': expected a whole number"}
    assert not_finite.json() == {"error": "from='nan': expected a number"}
