# SPDX-License-Identifier: Apache-2.0
"""What a notebook shows of a run."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from backprobe.face import display
from backprobe.face.api import Api
from backprobe.face.diagnosis import Findings
from backprobe.face.init import init
from backprobe.records import Finding, Record, Run, Source, Table
from backprobe.report.checks import Check, CheckTable


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


def test_findings_say_themselves_in_words() -> None:
    """A list as any other; printed and in a notebook with message, line and what to try."""
    one = Finding(
        "dead-relu",
        "error",
        0.9,
        "100 % of a<b are zero",
        where=("1", "2"),
        source=Source("train.py", 7),
        treatments=("initialize=he",),
    )
    found = Findings([one])
    assert found == [one]
    assert str(found).splitlines() == [
        "error: dead-relu (confidence 0.90)",
        "  100 % of a<b are zero",
        "  where: 1, 2",
        "  line:  train.py:7",
        "  try:   initialize=he",
    ]
    root = ElementTree.fromstring(found._repr_html_())
    assert "100 % of a<b are zero" in "".join(root.itertext())
    assert [code.text for code in root.iter("code")] == ["initialize=he"]
    assert str(Findings()) == "no finding"
    assert "no finding" in Findings()._repr_html_()


def test_a_table_of_checks_shows_itself() -> None:
    """As text of one width, escaped."""
    table = CheckTable((Check("size", "fail", 3, "few", "a < b", {}),), 1.0)
    assert table._repr_html_().startswith("<pre>")
    assert "a &lt; b" in table._repr_html_()
