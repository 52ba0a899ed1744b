# SPDX-License-Identifier: Apache-2.0
"""What a notebook shows of a run."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from backprobe.face import display
from backprobe.face.api import Api
from backprobe.face.init import init
from backprobe.records import Record, Run, Table


def test_a_live_run_and_a_stored_one() -> None:
    """Name, curves and what was found, as sound XML; again after the end from the store."""
    run = init(project="p<1>", name="a & b")
    for step in range(300):
        run.log({"loss<": 1.0 / (step + 1), "odd": math.nan if step % 7 else 1.0})
    texts = [run._repr_html_()]
    run.finish(quiet=True)
    texts.append(Api().run(run.id)._repr_html_())
    for text in texts:
        root = ElementTree.fromstring(text)
        assert [one.text for one in root.iter("td")][::3] == ["loss<", "odd"]
        assert len(list(root.iter("svg"))) == 2
        assert "a & b" in "".join(root.itertext())


def test_a_run_that_logs_nothing_shows_its_losses() -> None:
    """The probe saw them; an evaluation that was not seen has no row."""
    steps = Table({"step": np.arange(5), "loss": np.array([3.0, 2.0, 1.5, math.nan, 1.0])})
    record = Record(run=Run("a"), steps=steps)
    root = ElementTree.fromstring(display.render(record.run, display.curves(record), ()))
    assert [one.text for one in root.iter("td")] == ["training loss", None, "1"]
    assert len(list(root.iter("svg"))) == 1


def test_a_disabled_run_shows_itself_too() -> None:
    """There is nothing to read, and no error."""
    assert "no finding" in init(mode="disabled")._repr_html_()


def test_gaps_and_constants() -> None:
    """NaN leaves a gap, a constant is a line, and no value at all is no picture."""
    assert display.curve([1.0, math.nan, 2.0]).count("M") == 2
    assert "NaN" not in display.curve([3.0, 3.0])
    assert display.curve([math.inf]) == ""
