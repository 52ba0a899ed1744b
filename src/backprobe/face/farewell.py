# SPDX-License-Identifier: Apache-2.0
"""What a run says at its end: its metrics as sparklines, its summary, where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from backprobe.face.sparkline import sparkline

LINES = 10
"""So many metrics are shown, as in W&B."""


def text(
    history: Mapping[str, tuple[NDArray[Any], NDArray[Any]]], summary: Mapping[str, Any]
) -> str:
    """The history as sparklines and the summary, each of at most ten metrics; "" for neither.

    Arguments:
        history: key → (step [n], value [n]), as in `Record.history`.
        summary: key → value.
    """
    lines: list[str] = []
    curves = {key: values.tolist() for key, (_, values) in history.items() if len(values) > 1}
    if curves:
        lines += ["Run history:", *_rows({key: sparkline(v) for key, v in curves.items()})]
    shown = {key: _short(value) for key, value in summary.items() if not key.startswith("_")}
    shown = {key: value for key, value in shown.items() if value}
    if shown:
        lines += [*([""] * bool(lines)), "Run summary:", *_rows(shown)]
    return "\n".join(lines)


def _rows(texts: Mapping[str, str]) -> list[str]:
    names = sorted(texts)
    width = max(len(name) for name in names[:LINES])
    rows = [f"  {name:>{width}} {texts[name]}" for name in names[:LINES]]
    more = len(names) - LINES
    return [*rows, f"  {f'+{more}':>{width}} …"] if more > 0 else rows


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value) if value is not None else ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, str):
        return value if len(value) <= 50 else ""
    if isinstance(value, Mapping) and "_type" not in value:
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    return ""
