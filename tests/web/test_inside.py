# SPDX-License-Identifier: Apache-2.0
"""Single units of a layer, and the rows that the network was fed, in a real chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backprobe.store import answers, catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.training import train
from tests.web.conftest import Dashboard, Visit

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]
PIXEL = """([row, x, y]) => [...document.querySelectorAll('.sample-pictures canvas')[row]
    .getContext('2d').getImageData(x, y, 1, 1).data]"""


def test_the_units_of_a_layer_are_rows(dashboard: Dashboard, visit: Open) -> None:
    """Of a tanh strength and saturation; a unit that is clicked has its own curve."""
    run = train(dashboard.store, steps=60)
    seen = visit(dashboard.url(run.id), height=2400)
    seen.page.locator(".heat-canvas").first.wait_for()
    seen.page.select_option(".part-network select >> nth=0", "out_rms")
    seen.page.wait_for_selector(".part-network >> text=RMS of each layer's output")
    seen.page.locator(".heat-canvas").first.click(position={"x": 500, "y": 50})
    units = seen.page.locator(".units")
    units.locator("h4", has_text="Units").wait_for()
    assert units.locator("h4").inner_text().split()[1] == "32"
    units.locator("select").select_option("saturated")
    units.get_by_role("button", name="Greatest first").click()
    units.locator(".heat-canvas").click(position={"x": 500, "y": 20})
    units.locator(".chart-title", has_text="Saturated of unit").wait_for()
    assert "unit" in units.locator(".heat-read").inner_text()


def test_rows_of_the_data_are_shown_as_what_they_are(dashboard: Dashboard, visit: Open) -> None:
    """A table with its targets; pictures pixel by pixel; tokens in their order."""
    table = train(dashboard.store, steps=10, name="table")
    seen = visit(dashboard.url(table.id), height=4000)
    seen.page.locator(".sample-table tbody tr").nth(7).wait_for()
    assert seen.page.locator(".sample-table th").last.inner_text() == "target"

    made = catalog.create(dashboard.store, name="shown")
    writer = LogWriter(Path(made.path) / log_name(0, 1))
    writer.event("process", rank=0, world=1, pid=1)
    facts = {"stream": "samples", "step": 0, "rows": 2, "target_integer": True}
    pixels = np.zeros((2, 3, 4, 5), np.uint8)
    pixels[1, :, 2, 3] = (10, 20, 30)
    writer.frame(
        {**facts, "evaluation": 0, "shape": [3, 4, 5], "integer": False, "picture": True,
         "low": 0.0, "high": 1.0},
        {"input": pixels, "target": np.asarray([[7.0], [8.0]], np.float32)},
    )  # fmt: skip
    writer.frame(
        {**facts, "evaluation": 1, "shape": [3], "integer": True, "picture": False},
        {"input": np.asarray([[5, 6, 700], [8, 9, 10]], np.float32)},
    )
    writer.frame({"stream": "batches"}, {"step": np.zeros(1), "evaluation": np.zeros(1)})
    writer.close()
    catalog.close(made, 0)
    seen = visit(dashboard.url(made.id), height=3000)
    seen.page.locator(".sample-pictures canvas").nth(1).wait_for()
    seen.page.wait_for_function(f"({PIXEL})([1, 3, 2])[0] === 10")
    assert seen.page.evaluate(PIXEL, [1, 3, 2]) == [10, 20, 30, 255]
    assert seen.page.evaluate(PIXEL, [0, 3, 2]) == [0, 0, 0, 255]
    assert seen.page.locator(".sample-pictures figcaption").all_inner_texts() == ["7", "8"]
    tokens = seen.page.locator(".sample-tokens li code")
    assert tokens.all_inner_texts() == ["5 6 700", "8 9 10"]


def test_two_heat_maps_side_by_side_have_one_scale(dashboard: Dashboard, visit: Open) -> None:
    """The same colour means the same number in both runs."""
    one = train(dashboard.store, steps=40, name="small", scale=0.01)
    other = train(dashboard.store, steps=40, name="large", scale=20.0)
    seen = visit(f"{dashboard.url()}#/compare/{one.id},{other.id}", height=3000)
    bars = seen.page.locator("#pair .colourbar")
    bars.nth(2).wait_for()
    assert bars.nth(0).inner_text() == bars.nth(1).inner_text() != bars.nth(2).inner_text()


def test_the_list_says_what_a_test_of_rates_answered(dashboard: Dashboard, visit: Open) -> None:
    """It takes no step of its own, and is none that went wrong for that."""
    made = catalog.create(dashboard.store, name="rates", kind="trial", job_type="lr")
    catalog.close(made, 0)
    seen = visit(dashboard.url())
    seen.page.locator(".c-findings", has_text="no answer kept").wait_for()
    answers.keep(made, "lr", {"suggestion": 0.0312, "range": [0.01, 0.1], "refused": None})
    seen.page.locator(".c-findings", has_text="suggests 0.0312").wait_for()


def test_a_trial_says_so_before_its_findings(dashboard: Dashboard, visit: Open) -> None:
    """What is found in it is of a script that was changed on purpose; a link leads to that one."""
    original = train(dashboard.store, steps=20, name="the original")
    config = {"trial": {"of": original.id, "treatments": ["scale-lr=10"], "seed": 0}}
    trial = train(dashboard.store, steps=20, name="a trial", kind="trial", config=config)
    seen = visit(dashboard.url(trial.id))
    seen.page.locator(".trial-note", has_text="A trial").wait_for()
    seen.page.click("text=what it is a trial of")
    seen.page.locator(".run-head h1", has_text="the original").wait_for()
    assert seen.page.locator(".trial-note").count() == 0


def test_what_two_runs_were_fed_is_compared(dashboard: Dashboard, visit: Open) -> None:
    """Data is a part of the table of differences, beside config, results and environment."""
    ids = []
    for name, mean in (("one", 0.5), ("other", 50.0)):
        made = catalog.create(dashboard.store, name=name)
        writer = LogWriter(Path(made.path) / log_name(0, 1))
        writer.event("process", rank=0, world=1, pid=1)
        columns = {"step": 0.0, "evaluation": 0.0, "rows": 8.0, "mean": mean}
        writer.frame(
            {"stream": "batches"}, {key: np.asarray([value]) for key, value in columns.items()}
        )
        writer.close()
        ids.append(catalog.close(made, 0).id)
    seen = visit(f"{dashboard.url()}#/compare/{','.join(ids)}", height=2000)
    row = seen.page.locator("#given tr", has_text="training mean")
    row.wait_for()
    assert row.locator("td").all_inner_texts() == ["training mean", "0.5", "50"]
    assert seen.page.locator("#given tr", has_text="training rows").count() == 0
