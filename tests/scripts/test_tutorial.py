# SPDX-License-Identifier: Apache-2.0
"""The tutorial: its pages, its commands and its pictures belong together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import tutorial

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_was_made(page: Path) -> None:
    """Blocks are whole, commands are shown, and pictures that are shown are there."""
    text = page.read_text()
    commands = re.findall(r"<!-- run(?: \w+=\S+)*: (.*?) -->", text)
    assert commands
    assert [command for command in commands if f"$ {command}\n" not in text] == []
    assert text.count("<!-- end -->") == len(re.findall(r"<!-- (?:run|picture)", text))
    for name in re.findall(r"\]\((images/[^)]+)\)", text):
        assert (page.parent / name).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_scripts_and_pictures_exist(page: Path) -> None:
    """Commands run examples that are there, and pictures are of a kind that can be drawn."""
    text = page.read_text()
    for name in re.findall(r"examples/\w+\.py", text):
        assert (ROOT / name).is_file()
    kinds = re.findall(r"<!-- picture: \S+ (\S+)", text)
    drawn = (ROOT / "scripts" / "tutorial_pictures.py").read_text()
    assert [kind for kind in kinds if f'"{kind}": ' not in drawn] == []


def test_ten_pages() -> None:
    """As the overview lists them."""
    overview = (ROOT / "docs" / "tutorial" / "README.md").read_text()
    assert [page.name for page in PAGES] == re.findall(r"\((\d\d-[^)]*)\)", overview)
    assert len(PAGES) == 10


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_runs(page: Path) -> None:
    """At a small size, in an empty store; the page as it lies here is not touched."""
    before = page.read_text()
    assert "$ backprobe" in tutorial.render(page, small=True)
    assert page.read_text() == before
