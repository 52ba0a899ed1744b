# SPDX-License-Identifier: Apache-2.0
"""A range test as text: the curve in Unicode dots, the suggestion, or why there is none."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np

from backprobe.signals.lr_curve import Advice
from backprobe.signals.trend import debiased_ema

HEIGHT = 10
"""Lines of the curve."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each dot of a Braille character, by row and column (Unicode, block U+2800)."""


def render(
    lr: Sequence[float], loss: Sequence[float], advice: Advice, sweeps: int, width: int = 80
) -> str:
    """The curve and what it says, ending in a newline.

    Arguments:
        lr: rates of a sweep.
        loss: its losses, as measured.
        advice: of all sweeps.
        sweeps: how many there were.
        width: columns of the terminal.
    """
    columns = max(40, min(width, 100))
    lines = [*curve(lr, loss, columns, advice.suggestion), ""] if len(lr) > 1 else []
    made = f"{sweeps} sweeps" if sweeps > 1 else "one sweep"
    if advice.suggestion is not None and advice.range is not None:
        low, high = advice.range
        lines.append(f"suggestion  {advice.suggestion:.2g}")
        lines.append(f"range       {low:.2g} to {high:.2g}")
        lines.append(f"from        {made} of {len(lr)} steps")
    else:
        lines += textwrap.wrap(f"no suggestion: {advice.refused}", columns)
        lines.append(f"from {made} of {len(lr)} steps" if lr else "nothing was measured")
    return "\n".join(lines) + "\n"


def curve(
    lr: Sequence[float], loss: Sequence[float], width: int, mark: float | None = None
) -> list[str]:
    """Lines of a chart of the smoothed loss over the rate, on a logarithmic axis.

    Losses far above the first ones are cut off: where it diverges is of interest, not how far.
    """
    rates, losses = np.asarray(lr, np.float64), np.asarray(loss, np.float64)
    known = np.isfinite(losses) & (rates > 0)
    rates, losses = rates[known], losses[known]
    if rates.size < 2:
        return []
    smooth = debiased_ema(losses, max(1.0, rates.size / 25.0))
    head = smooth[: max(3, rates.size // 4)]
    low, top = float(smooth.min()), float(head.max())
    top += 0.5 * max(top - low, 1e-12)
    label = max(len(f"{value:.3g}") for value in (low, top))
    across = width - label - 2
    x = np.log10(rates)
    spread = float(x[-1] - x[0]) or 1.0
    column = np.rint((x - x[0]) / spread * (2 * across - 1)).astype(int)
    row = np.rint((top - smooth) / (top - low) * (4 * HEIGHT - 1)).astype(int)
    cells = np.zeros((HEIGHT, across), np.int64)
    for (c0, r0), (c1, r1) in zip(
        zip(column[:-1], row[:-1], strict=True), zip(column[1:], row[1:], strict=True), strict=True
    ):
        for step in range(max(abs(c1 - c0), abs(r1 - r0), 1) + 1):
            share = step / max(abs(c1 - c0), abs(r1 - r0), 1)
            c, r = round(c0 + share * (c1 - c0)), round(r0 + share * (r1 - r0))
            if 0 <= r < 4 * HEIGHT:
                cells[r // 4, c // 2] |= _DOTS[r % 4][c % 2]
    marked = None
    if mark is not None and rates[0] <= mark <= rates[-1]:
        marked = round((math.log10(mark) - x[0]) / spread * (across - 1))
    lines = []
    for number, cell in enumerate(cells):
        text = [
            "│" if marked == at and not dots else chr(0x2800 + int(dots)) if dots else " "
            for at, dots in enumerate(cell)
        ]
        value = f"{top - (top - low) * number / (HEIGHT - 1):.3g}" if number % 3 == 0 else ""
        lines.append(f"{value:>{label}} ┤{''.join(text)}".rstrip())
    return [*lines, " " * (label + 1) + "└" + _axis(x[0], spread, across)]


def _axis(first: float, spread: float, across: int) -> str:
    """Powers of ten along the axis, as many as fit."""
    text = ["─"] * across
    step = max(1, math.ceil(spread / (across / 8)))
    for power in range(math.ceil(first), math.floor(first + spread) + 1, step):
        at = round((power - first) / spread * (across - 1))
        word = f"1e{power}"
        if at + len(word) <= across:
            text[at : at + len(word)] = word
    return "".join(text)
