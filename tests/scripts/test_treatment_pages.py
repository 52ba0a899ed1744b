# SPDX-License-Identifier: Apache-2.0
"""The pages of the treatments, and what `backprobe explain` says of one."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from backprobe.cli.explain import explain
from backprobe.treatments.apply import build
from backprobe.treatments.names import TABLE, parse
from backprobe.treatments.pages import page
from scripts.treatment_pages import PAGES, index, main, text


def test_the_pages_are_what_the_treatments_say() -> None:
    """Nobody forgot `make docs`."""
    assert main(["--check"]) == 0


def test_the_index_has_every_treatment() -> None:
    """Each leads to a page."""
    rows = index()
    assert [name for name in TABLE if f"({name}.md)" not in rows] == []
    assert all((PAGES / f"{name}.md").is_file() for name in TABLE)


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if entry.default])
def test_a_page_is_the_docstring_of_the_class(name: str) -> None:
    """What is read without torch is what the class says."""
    made = build("=".join(parse(name)))
    assert page(name).split() == (type(made).__doc__ or "").split()
    assert "Suits when" in text(name)


@pytest.mark.parametrize("word", ["width", "width=0.5"])
def test_a_treatment_is_explained(word: str) -> None:
    """With what it takes."""
    done = CliRunner().invoke(explain, [word])
    assert done.exit_code == 0
    assert "width=(a number above 0)" in done.output
    assert "Suits when" in done.output
