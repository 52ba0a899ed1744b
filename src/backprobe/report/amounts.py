# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them."""

from __future__ import annotations

import math

_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def duration(seconds: float) -> str:
    """A length of time in its largest two units: "12.3 s", "4 min 10 s", "2 d 3 h"."""
    if not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    smaller = ((3_600.0, "h"), (60.0, "min"), (1.0, "s"))
    for (size, unit), (next_size, next_unit) in zip(_UNITS, smaller, strict=True):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole:.0f} {unit} {rest // next_size:.0f} {next_unit}"
    return ""


def ago(seconds: float) -> str:
    """How long ago, in its largest unit: "5 s ago", "3 min ago", "2 d ago"."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def number(value: float) -> str:
    """A measured number with four significant digits; "NaN", "Inf" and "-Inf" spelled out."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:.4g}"
