# SPDX-License-Identifier: Apache-2.0
"""Numbers and names in messages."""

import math

import pytest

from backprobe.records import Module, Record, Run, Source
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import at, figure, listed, percent, plural, times, with_blocks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.302585, "2.3"),
        (2.3126, "2.31"),
        (2413.0, "2,410"),
        (152.13, "152"),
        (0.00003, "0.00003"),
        (4.1e17, "4.1e+17"),
        (-0.5, "-0.5"),
        (math.nan, "NaN"),
        (math.inf, "infinity"),
    ],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    """No more than a reader can use, and no zeros at the end."""
    assert figure(value) == text


def test_factor_without_end_is_to_nothing() -> None:
    """A gradient that is zero has shrunk infinitely."""
    assert times(math.inf) == "to nothing"
    assert times(128.4) == "128-fold"


def test_percent_is_all_or_nothing_only_where_it_is() -> None:
    """Rounding never claims all or none."""
    assert [percent(x) for x in (1.0, 0.999, 0.5, 0.001, 0.0)] == [
        "100 %",
        "over 99 %",
        "50 %",
        "under 1 %",
        "0 %",
    ]


def test_long_lists_lose_their_middle() -> None:
    """First ones and the last."""
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c, …, e"
    assert plural(1, "layer") == "1 layer"
    assert at(Source("/home/u/net.py", 14)) == " (net.py:14)"
    assert at(None) == ""


def test_blocks_lead_where_all_their_layers_are_named() -> None:
    """A whole encoder is named as such, a part of it is not."""
    names = ("", "encoder", "encoder.0", "encoder.1", "head")
    modules = tuple(Module(i, name, "Linear") for i, name in enumerate(names))
    record = Record(run=Run("r"), modules=modules)
    layers = ["encoder.0", "encoder.1", "head"]
    whole = with_blocks(record, ("encoder.0", "encoder.1"), layers)
    assert whole == ("encoder", "encoder.0", "encoder.1")
    assert with_blocks(record, ("encoder.0",), layers) == ("encoder.0",)


def test_strength_runs_from_threshold_to_decisive_in_both_directions() -> None:
    """0 at the threshold, 1 from the decisive value on, in between by magnitude."""
    assert beyond(10.0, 10.0, 1000.0) == 0.0
    assert beyond(100.0, 10.0, 1000.0) == pytest.approx(0.5)
    assert beyond(math.inf, 10.0, 1000.0) == 1.0
    assert beyond(1e-5, 1e-3, 1e-4) == 1.0
    assert beyond(math.nan, 10.0, 1000.0) == 0.0
    assert between(0.75, 0.5, 1.0) == pytest.approx(0.5)


def test_confidence_follows_the_evidence_and_is_never_certain() -> None:
    """Low without, high with, below one always."""
    assert confidence(0.5, 0.9) == 0.5
    assert confidence(0.5, 0.9, 1.0, 0.0) == pytest.approx(0.7)
    assert confidence(0.9, 1.0, 1.0) < 1.0
