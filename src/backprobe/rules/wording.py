# SPDX-License-Identifier: Apache-2.0
"""Numbers, names and places in messages: plain, exact, short."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence

from backprobe.records import Module, Record, Source
from backprobe.signals.generalisation import Generalisation


def figure(value: float) -> str:
    """A number with three digits at most: 2,400 · 0.31 · 0.00003 · 4.1e+17."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    size = abs(value)
    if size == 0.0:
        return "0"
    if size >= 1e7:
        return f"{value:.1e}"
    if size >= 100:
        digits = 2 - math.floor(math.log10(size)) if size >= 1000 else 0
        return f"{round(value, digits):,.0f}"
    if size >= 1e-5:
        decimals = max(0, 2 - math.floor(math.log10(size)))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.1e}"


def times(value: float) -> str:
    """A factor: "2,400-fold"."""
    return "to nothing" if math.isinf(value) else f"{figure(value)}-fold"


def percent(value: float) -> str:
    """A share: "97 %"; never "100 %" or "0 %" unless it is exactly that."""
    if 0.0 < value < 0.01:
        return "under 1 %"
    if 0.99 < value < 1.0:
        return "over 99 %"
    return f"{100.0 * value:.0f} %"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names in a row; the middle of a long row is left out."""
    shown = [name or "the model" for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], "…", shown[-1]]
    return ", ".join(shown)


def at(source: Source | None) -> str:
    """` (net.py:14)`, or nothing where the line is not known."""
    return "" if source is None else f" ({os.path.basename(source.file)}:{source.line})"


def plural(count: int, noun: str) -> str:
    """`1 layer`, `3 layers`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def a(noun: str) -> str:
    """`a relu`, `an elu`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Names without repeats and without the root's empty one, in order."""
    return tuple(dict.fromkeys(name for name in names if name))


def module_source(record: Record, index: int) -> Source | None:
    """Where a module is constructed, or its nearest ancestor whose line is known."""
    modules: dict[int, Module] = {module.index: module for module in record.modules}
    found = modules.get(index)
    while found is not None and found.source is None and found.parent >= 0:
        found = modules.get(found.parent)
    return found.source if found else None


def with_blocks(
    record: Record, names: tuple[str, ...], all_layers: Iterable[str]
) -> tuple[str, ...]:
    """The names, led by the modules of which every layer is among them, the highest first.

    Arguments:
        record: whose modules the names are of.
        names: layers at fault.
        all_layers: every layer that ran.
    """
    guilty, known = set(names), list(all_layers)
    blocks: list[str] = []
    for module in sorted(record.modules, key=lambda m: m.name.count(".")):
        inside = [name for name in known if name.startswith(module.name + ".")]
        if module.name and len(inside) > 1 and set(inside) <= guilty:
            blocks.append(module.name)
    return unique([*blocks, *names])


def apart(both: Generalisation) -> str:
    """What a run does on its training rows and on others, in the numbers that were measured."""
    if both.unit == "accuracy":
        return (
            f"the training accuracy is {percent(both.train_value)}, the held-out accuracy "
            f"{percent(both.held_value)}"
        )
    return (
        f"R² is {figure(both.train_value)} on the training rows and {figure(both.held_value)} on "
        "held-out ones"
    )
