# SPDX-License-Identifier: Apache-2.0
"""Sparklines and the text at the end of a run."""

from __future__ import annotations

import math

import numpy as np

from backprobe.face import farewell
from backprobe.face.sparkline import sparkline


def test_low_to_high() -> None:
    """The lowest value is the lowest block, the highest the highest."""
    assert sparkline(range(8)) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, -1, 3]) == "█▁█"


def test_nothing_to_show_still_has_its_width() -> None:
    """Constant series are flat, what is not finite is a gap."""
    assert sparkline([2.0, 2.0]) == "▁▁"
    assert sparkline([1, math.nan, math.inf, 2]) == "▁  █"
    assert sparkline([math.nan, -math.inf]) == "  "
    assert sparkline([]) == ""
    assert len(sparkline([-1.7e308, 1.7e308])) == 2


def test_long_series_are_forty_characters() -> None:
    """Each is the mean of its part; a NaN among numbers does not blank it."""
    rising = sparkline(range(1000))
    assert len(rising) == 40
    assert (rising[0], rising[-1]) == ("▁", "█")
    holes = [float(n) if n % 3 else math.nan for n in range(1000)]
    assert " " not in sparkline(holes)


def column(*values: float) -> tuple[np.ndarray, np.ndarray]:
    """A key's steps and values."""
    return np.arange(len(values)), np.array(values)


def test_the_end_of_a_run() -> None:
    """Metrics as lines, then the summary; names are aligned and sorted."""
    text = farewell.text(
        {"loss": column(2, 1), "acc": column(0, 1)},
        {"loss": 1.0, "acc": 1, "note": "fine", "m": {"max": 2.0}, "_step": 1, "h": {"_type": "x"}},
    )
    assert text == "\n".join(
        [
            "Run history:",
            "   acc ▁█",
            "  loss █▁",
            "",
            "Run summary:",
            "   acc 1",
            "  loss 1",
            "     m max 2",
            "  note fine",
        ]
    )


def test_at_most_ten_metrics() -> None:
    """The others are counted."""
    lines = farewell.text({f"m{n:02}": column(0, 1) for n in range(13)}, {}).split("\n")
    assert len(lines) == 12
    assert lines[-1] == "   +3 …"


def test_a_run_that_logged_nothing_has_no_text() -> None:
    """One value is no curve."""
    assert farewell.text({}, {}) == ""
    assert farewell.text({"a": column(1)}, {}) == ""
