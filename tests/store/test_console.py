# SPDX-License-Identifier: Apache-2.0
"""What is kept of the console, and that the streams stay what they were."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backprobe.store import console as module
from backprobe.store.console import Console


@contextmanager
def hooked(folder: Path) -> Iterator[Console]:
    """A console that follows standard output and error, which are files `out` and `err`."""
    kept = os.dup(1), os.dup(2)
    before = sys.stdout, sys.stderr
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        streams = [
            io.TextIOWrapper(io.FileIO(number, "w", closefd=False), line_buffering=True)
            for number in (1, 2)
        ]
        sys.stdout, sys.stderr = streams
        console = Console()
        console.install()
        try:
            yield console
        finally:
            console.uninstall()
            for stream in streams:
                stream.close()
            sys.stdout, sys.stderr = before
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)


def _drained(console: Console, end: bool = True) -> str:
    kept: list[str] = []
    console.drain(lambda _, text: kept.append(text), end)
    return "".join(kept)


def test_what_is_written_is_passed_on_and_kept(tmp_path: Path) -> None:
    """Both streams reach their files unchanged, and the record tells them apart."""
    kept: list[tuple[int, str]] = []
    with hooked(tmp_path) as console:
        assert sys.stdout.write("one\ntwo") == 7
        print("oops", file=sys.stderr)
        console.drain(lambda descriptor, text: kept.append((descriptor, text)), end=True)
    assert (tmp_path / "out").read_text() == "one\ntwo"
    assert (tmp_path / "err").read_text() == "oops\n"
    assert kept == [(1, "one\ntwo\n"), (2, "oops\n")]


def test_the_streams_stay_what_they_were(tmp_path: Path) -> None:
    """Class, encoding, descriptor and buffer are the stream's own; nothing is left behind."""
    with hooked(tmp_path) as console:
        assert type(sys.stdout) is io.TextIOWrapper
        assert (sys.stdout.fileno(), sys.stdout.isatty()) == (1, False)
        assert "write" in sys.stdout.__dict__
        console.uninstall()
        assert "write" not in sys.stdout.__dict__
        print("still works")
    assert (tmp_path / "out").read_text() == "still works\n"


def test_another_wrapper_on_top_of_ours_stays(tmp_path: Path) -> None:
    """Who shadowed `write` after us keeps his, and ours under it still passes on."""
    with hooked(tmp_path) as console:
        ours = sys.stdout.write
        sys.stdout.write = lambda text: ours(text.upper())  # type: ignore[method-assign]
        console.uninstall()
        print("loud")
    assert (tmp_path / "out").read_text() == "LOUD\n"


def test_errors_of_the_stream_are_the_scripts(tmp_path: Path) -> None:
    """What `write` refuses without us it refuses with us."""
    with hooked(tmp_path), pytest.raises(TypeError, match="must be str, not bytes"):
        sys.stdout.write(b"bytes")  # type: ignore[arg-type]


def test_of_a_progress_bar_the_last_state_is_kept(tmp_path: Path) -> None:
    """A line that redraws itself a hundred times is one line of the record."""
    with hooked(tmp_path) as console:
        for step in range(100):
            sys.stderr.write(f"\r{step} %")
        sys.stderr.write("\n")
        assert _drained(console) == "99 %\n"


def test_an_unfinished_line_waits_for_its_end(tmp_path: Path) -> None:
    """So that a secret that is written in two parts is still seen as one."""
    with hooked(tmp_path) as console:
        sys.stdout.write("password: hun")
        assert _drained(console, end=False) == ""
        sys.stdout.write("ter2222\n")
        assert _drained(console, end=False) == "password: [redacted]\n"


def test_a_long_console_keeps_head_and_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record stays bounded: the beginning, the end, and how much lies between."""
    monkeypatch.setattr(module, "HEAD_CHARACTERS", 1_000)
    monkeypatch.setattr(module, "LIVE_CHARACTERS", 1_000)
    monkeypatch.setattr(module, "TAIL_CHARACTERS", 500)
    kept = ""
    with hooked(tmp_path) as console:
        for line in range(2_000):
            print(f"line {line}")
            if line % 100 == 99:
                kept += _drained(console, end=False)
        kept += _drained(console)
    assert kept.startswith("line 0\nline 1\n")
    assert kept.endswith("line 1998\nline 1999\n")
    assert "characters not kept]" in kept
    assert len(kept) < 3_000


def test_a_script_that_prints_faster_than_we_drain_costs_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is bounded; what was dropped is said."""
    monkeypatch.setattr(module, "PENDING_CHARACTERS", 1_000)
    with hooked(tmp_path) as console:
        for line in range(1_000):
            print(f"line {line}")
        kept = _drained(console)
    assert len(kept) < 1_100
    assert kept.endswith("line 999\n")
    assert "characters not kept]" in kept


def test_a_forked_child_writes_on_and_keeps_nothing(tmp_path: Path) -> None:
    """A loader's worker prints through us; its lines are not its parent's record."""
    with hooked(tmp_path) as console:
        lines: list[int] = []
        console.on_line = lambda: lines.append(os.getpid())
        print("parent")
        child = os.fork()
        if child == 0:
            print("child", flush=True)
            os._exit(0 if _drained(console) == "" and len(lines) == 1 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert _drained(console) == "parent\n"
        assert lines == [os.getpid()]
    assert (tmp_path / "out").read_text() == "parent\nchild\n"
