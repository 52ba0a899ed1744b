# SPDX-License-Identifier: Apache-2.0
"""A table for the terminal: columns as wide as their cells, long ones folded where asked for."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
}
RESET = "\x1b[0m"
GAP = "   "


@dataclass(frozen=True)
class Cell:
    """A text, and a name of `STYLES` or ""."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Column:
    """A heading, and how the column is set.

    Arguments:
        title: the heading.
        right: numbers stand at the right.
        folds: long texts go over several lines, so that the table keeps to its width.
    """

    title: str
    right: bool = False
    folds: bool = False


def render(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Cell]],
    width: int,
    color: bool,
) -> str:
    """The table with a rule below its headings, each line ending in a line break.

    Arguments:
        columns: of one or more.
        rows: a cell a column.
        width: characters of the terminal, kept to by columns that fold.
        color: whether to use ANSI colours.
    """
    cells = [[one if isinstance(one, Cell) else Cell(one) for one in row] for row in rows]
    widths = [
        max([len(column.title), *(len(row[place].text) for row in cells)])
        for place, column in enumerate(columns)
    ]
    _narrow(columns, widths, width)
    lines = _lines([Cell(column.title, "bold") for column in columns], columns, widths, color)
    lines.append("─" * (sum(widths) + len(GAP) * (len(widths) - 1)))
    for row in cells:
        lines += _lines(row, columns, widths, color)
    return "".join(f"{line}\n" for line in lines)


def _narrow(columns: Sequence[Column], widths: list[int], width: int) -> None:
    """Takes from the widest column that folds until the table fits, or none is left to take of."""
    room = width - len(GAP) * (len(widths) - 1)
    folding = [place for place, column in enumerate(columns) if column.folds]
    while folding and sum(widths) > room:
        widest = max(folding, key=lambda place: widths[place])
        if widths[widest] <= max(8, len(columns[widest].title)):
            return
        widths[widest] -= 1


def _lines(
    row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], color: bool
) -> list[str]:
    folded = [
        textwrap.wrap(cell.text, size, drop_whitespace=False, replace_whitespace=False) or [""]
        if column.folds and len(cell.text) > size
        else [cell.text]
        for cell, column, size in zip(row, columns, widths, strict=True)
    ]
    lines = []
    for number in range(max(map(len, folded))):
        parts = []
        for cell, column, size, texts in zip(row, columns, widths, folded, strict=True):
            text = texts[number] if number < len(texts) else ""
            padded = text.rjust(size) if column.right else text.ljust(size)
            styled = color and cell.style and text
            parts.append(f"{STYLES[cell.style]}{padded}{RESET}" if styled else padded)
        line = GAP.join(parts)
        lines.append(line if color else line.rstrip())
    return lines
