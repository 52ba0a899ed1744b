# SPDX-License-Identifier: Apache-2.0
"""Following the cursor over what a script writes."""

from __future__ import annotations

import pytest

from backprobe.store.board import BAR, MIDLINE, Board
from backprobe.store.terminal import ONE, SEVERAL, Terminal


@pytest.mark.parametrize(
    ("writes", "free"),
    [
        (["line\n"], True),
        (["line", "\n"], True),
        (["no end"], False),
        (["end\nand more"], False),
        ([""], True),
        (["\x1b[31mred\x1b[0m\n"], True),
        (["\x1b[0m"], True),
        (["\rbar 10 %"], False),
        (["\rbar 10 %", "\rbar 100 %", "\n"], True),
        (["\rbar", "\r     \r"], True),  # tqdm's way of taking a bar away
        (["\rbar", "\r\x1b[K"], True),
        (["\n\rinner\x1b[A"], False),  # a second bar below
        (["\x1b[?25l", "\n"], True),
        (["windows\r\n"], True),
    ],
)
def test_free_is_the_start_of_a_line_that_nobody_draws_on(writes: list[str], free: bool) -> None:
    """After these writes a status line may, or may not, be painted."""
    terminal = Terminal(Board(None))
    for text in writes:
        terminal.wrote(text)
    assert terminal.free() is free


def test_bars_of_one_line_and_of_several_are_told_apart() -> None:
    """A line of ours may be put above the first kind only: it redraws itself where it is."""
    board = Board(None)
    terminal = Terminal(board)
    terminal.wrote("\rbar")
    assert (board[BAR], board[MIDLINE]) == (ONE, 1)
    terminal.wrote("\n\rsecond\x1b[A")
    assert board[BAR] == SEVERAL
