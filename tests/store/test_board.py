# SPDX-License-Identifier: Apache-2.0
"""The bytes that launcher and children share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from backprobe.store.board import FINDINGS, SIZE, TORCH, Board


def test_what_one_sets_the_other_sees() -> None:
    """Two processes, or two boards on the same file, see the same bytes."""
    launcher = Board.create()
    child = Board(launcher.path)
    child[TORCH] = 1
    launcher[FINDINGS] = 300
    assert (launcher[TORCH], child[FINDINGS]) == (1, 255)
    launcher.remove()
    assert launcher.path is not None
    assert not launcher.path.exists()


def test_lines_arrive_once_and_whole() -> None:
    """Each line that is left is heard once; those without room are refused, not cut."""
    launcher = Board.create()
    child = Board(launcher.path)
    assert launcher.say("ein Gradient von 1 · 10⁹")
    assert launcher.say("second")
    assert child.hear() == ["ein Gradient von 1 · 10⁹", "second"]
    assert child.hear() == []
    assert not launcher.say("x" * SIZE)
    assert child.hear() == []
    launcher.remove()


def test_one_process_paints_until_it_is_gone() -> None:
    """The first process that asks paints; after its end the next one may."""
    launcher = Board.create()
    code = (
        "import sys; from pathlib import Path; from backprobe.store.board import Board\n"
        "print(Board(Path(sys.argv[1])).claim_painting())"
    )
    command = [sys.executable, "-c", code, str(launcher.path)]

    def other() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert other() == "True"
    assert not launcher.painter_lives()  # it has ended
    assert launcher.claim_painting()
    assert other() == "False"
    assert launcher.painter_lives()
    launcher.remove()


def test_the_board_of_a_killed_launcher_is_swept() -> None:
    """A launcher that was killed could not take its file away; the next one does."""
    code = "from backprobe.store.board import Board; print(Board.create().path)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    left = Path(done.stdout.strip())
    assert left.exists()
    launcher, other = Board.create(), Board.create()
    assert not left.exists()
    assert launcher.path is not None
    assert launcher.path.exists()
    launcher.remove()
    other.remove()


def test_without_a_file_the_bytes_are_ones_own(tmp_path: Path) -> None:
    """No launcher, or one on another machine: nothing is shared and nothing fails."""
    board = Board(tmp_path / "gone")
    board[TORCH] = 1
    assert (board[TORCH], board.path, board.claim_painting()) == (1, None, True)
    assert Board(None)[TORCH] == 0
