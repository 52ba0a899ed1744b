# SPDX-License-Identifier: Apache-2.0
"""Tables for the terminal."""

from __future__ import annotations

from backprobe.report.table import Cell, Column, render

COLUMNS = [Column("name"), Column("steps", right=True)]


def test_columns_fit_their_cells() -> None:
    """Texts stand at the left, numbers at the right, nothing trails."""
    text = render(COLUMNS, [["a", "1"], ["longer", "1,000"]], 80, color=False)
    assert text == ("name     steps\n──────────────\na            1\nlonger   1,000\n")


def test_long_texts_fold() -> None:
    """A column that folds keeps the table to its width, and loses nothing."""
    text = render(
        [Column("key"), Column("value", folds=True)], [["k", "ab " * 30]], 40, color=False
    )
    lines = text.splitlines()
    assert max(map(len, lines)) <= 40
    assert "".join(lines[2:]).count("ab") == 30


def test_colours_only_where_asked_for() -> None:
    """A style colours its own text."""
    rows: list[list[str | Cell]] = [[Cell("failed", "red"), "2"]]
    assert "\x1b[31mfailed\x1b[0m" in render(COLUMNS, rows, 80, color=True)
    assert "\x1b" not in render(COLUMNS, rows, 80, color=False)


def test_no_rows() -> None:
    """The headings alone."""
    assert render(COLUMNS, [], 80, color=False).splitlines()[0] == "name   steps"
