# SPDX-License-Identifier: Apache-2.0
"""A study for the terminal and as JSON: curves, effects, gaps, speed, and a plain verdict."""

from __future__ import annotations

import math
import statistics
from typing import Any

from backprobe.records import SCHEMA
from backprobe.trials.curves import Band, band
from backprobe.trials.study import Effect, Study

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 24
"""Characters of a curve."""


def study_answer(found: Study) -> dict[str, Any]:
    """The JSON of `backprobe study`."""
    assert found.outcome is not None
    return {
        "schema": SCHEMA,
        "outcome": {"name": found.outcome.name, "source": found.outcome.source},
        "factors": {name: list(levels) for name, levels in found.factors.items()},
        "seeds": list(found.seeds),
        "target": _finite(found.goal),
        "cells": [_cell(found, cell) for cell in found.cells],
        "effects": [
            {
                "levels": list(one.levels),
                "against": list(one.against),
                "effect": one.effect,
                "interval": list(one.interval) if one.interval is not None else None,
                "clear": one.clear,
            }
            for one in found.effects()
        ],
        "best": list(found.best) if found.best is not None else None,
        "verdict": study_verdict(found),
    }


def study_table(found: Study) -> str:
    """Cells with their curves, what each level does, and the verdict."""
    better = {True: ", higher is better", False: ", lower is better", None: ""}
    assert found.outcome is not None
    seeds = f"{len(found.seeds)} seed{'s' if len(found.seeds) != 1 else ''}"
    lines = [f"{found.outcome}{better[found.outcome.higher]}; {seeds}", ""]
    bands = {cell: band(found.curves(cell)) for cell in found.cells}
    known = [one for one in bands.values() if one is not None]
    top = max((float(one.high.max()) for one in known), default=1.0)
    bottom = min((float(one.low.min()) for one in known), default=0.0)
    goal = f"STEPS TO {found.goal:.3g}" if math.isfinite(found.goal) else "STEPS"
    rows = [("", found.outcome.name.upper(), "TRAINING LOSS", "LAST", "GAP", goal)]
    for cell in found.cells:
        values = found.values(cell)
        spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
        rows.append(
            (
                " ".join(cell),
                f"{statistics.fmean(values):.4g}{spread}",
                *_columns(bands[cell], bottom, top),
                _steps(found.steps_to_goal(cell)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (f"{text:{size}}" for text, size in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    lines += ["", "what each does, beside the first value"]
    lines += [_line(one) for one in found.effects()]
    lines += ["", study_verdict(found)]
    return "\n".join(lines)


def study_verdict(found: Study) -> str:
    """What it comes to, in a few plain sentences."""
    assert found.outcome is not None
    name, higher = found.outcome.name, found.outcome.higher
    said = []
    for one in found.effects():
        what, against = " with ".join(one.levels), " with ".join(one.against)
        if not one.clear:
            continue
        if len(one.levels) > 1:
            said.append(f"{what} do {one.effect:+.3g} {name} more than the two apart")
        elif higher is None:
            said.append(f"{what} changes {name} by {one.effect:+.3g} against {against}")
        else:
            good = (one.effect > 0) == higher
            word = "better" if good else "worse"
            said.append(f"{what} is {word} than {against} ({one.effect:+.3g} {name})")
    if not said:
        few = " with one seed nothing can be" if len(found.seeds) < 2 else " nothing is"
        said.append(f"of these{few} told from the noise between seeds")
    text = "; ".join(said)
    text = text[0].upper() + text[1:] if text[:2] == "of" else text
    if found.best is not None:
        text += f". Best: {' '.join(found.best)}"
    return text + "."


def _cell(found: Study, cell: tuple[str, ...]) -> dict[str, Any]:
    one = band(found.curves(cell))
    return {
        "treatment": list(cell),
        "values": [_finite(value) for value in found.values(cell)],
        "runs": [trial.run.id for trial in found.cells[cell]],
        "curve": None
        if one is None
        else {
            "steps": one.steps.tolist(),
            "mean": one.mean.tolist(),
            "low": one.low.tolist(),
            "high": one.high.tolist(),
        },
        "last_loss": None if one is None else _finite(one.end),
        "gap": None if one is None else _finite(one.gap),
        "steps_to_target": _finite(found.steps_to_goal(cell)),
    }


def _columns(one: Band | None, bottom: float, top: float) -> tuple[str, str, str]:
    """Curve, last loss with its range over the seeds, and the gap."""
    if one is None:
        return "", "", ""
    size = min(WIDTH, len(one.mean))
    picks = [round(k * (len(one.mean) - 1) / max(1, size - 1)) for k in range(size)]
    span = max(top - bottom, 1e-12)
    heights = [(float(one.mean[k]) - bottom) / span for k in picks]
    drawn = "".join(BLOCKS[min(7, max(0, int(8 * height)))] for height in heights)
    last = f"{one.end:.3g} ({one.ends[0]:.3g} … {one.ends[1]:.3g})"
    return drawn, last, f"{one.gap:+.3g}" if math.isfinite(one.gap) else ""


def _steps(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "never"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _line(one: Effect) -> str:
    name = " × ".join(one.levels)
    bounds = f" [{one.interval[0]:+.3g}, {one.interval[1]:+.3g}]" if one.interval else ""
    return f"  {name}: {one.effect:+.3g}{bounds}{'' if one.clear else '  not clear'}"
