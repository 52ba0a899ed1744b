# SPDX-License-Identifier: Apache-2.0
"""`backprobe export --html`: pages to share, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from backprobe.store import catalog
from tests.server.training import train

Command = Callable[..., Result]


@pytest.fixture
def store(store_directory: Path) -> Path:
    """Two runs."""
    train(store_directory, steps=20, name="good")
    train(store_directory, steps=20, name="bad", scale=40.0, rate=1.0)
    return store_directory


def test_a_page_of_one_run_and_of_two(store: Path, command: Command, tmp_path: Path) -> None:
    """A file that says on standard error where it is and what was left out."""
    one, both = tmp_path / "one.html", tmp_path / "both.html"
    done = command("export", "good", "--html", str(one))
    assert done.exit_code == 0, done.output
    assert "left out: the script's text" in done.stderr
    assert done.stdout == ""
    done = command("export", "good", "--with", "bad", "--html", str(both), "--include", "console")
    assert done.exit_code == 0, done.output
    assert "the console" not in done.stderr
    assert "step 10: loss" in both.read_text()
    assert "step 10: loss" not in one.read_text()
    assert catalog.find(store, "bad").id not in one.read_text()


@pytest.mark.usefixtures("store")
def test_what_belongs_to_a_page_needs_one(command: Command, tmp_path: Path) -> None:
    """Wrong usage is one line and exit status 2."""
    for arguments in (
        ("export", "good", "--with", "bad"),
        ("export", "good", "--include", "console"),
        ("export", "good", "--html", str(tmp_path / "no" / "where.html")),
        ("export", "good", "--html", str(tmp_path / "x.html"), "--with", "nobody"),
    ):
        done = command(*arguments)
        assert done.exit_code == 2, arguments
        assert "Traceback" not in done.output
