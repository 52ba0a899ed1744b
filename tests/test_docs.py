# SPDX-License-Identifier: Apache-2.0
"""What the pages say about the repository is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backprobe.cli.main import COMMANDS
from backprobe.face import settings as face_settings
from backprobe.settings import VARIABLES

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of this repository finds it."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_contributing_stays_short() -> None:
    """A contributor reads it all."""
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 80


def test_readme_lists_every_command() -> None:
    """The command table of the README names the commands that exist, and no other."""
    rows = re.findall(r"^\| (`backprobe .*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`backprobe (\w+)", row)}
    assert listed == set(COMMANDS)


def test_every_variable_is_documented() -> None:
    """The page of the environment variables names all that are read."""
    page = (ROOT / "docs" / "reference" / "environment.md").read_text()
    names = [*VARIABLES, *face_settings.VARIABLES.values()]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_event_is_documented() -> None:
    """What the record's reader may meet, by the name under which it is written."""
    told = (ROOT / "docs" / "reference" / "record.md").read_text()
    source = "".join(p.read_text() for p in (ROOT / "src" / "backprobe").rglob("*.py"))
    names = set(re.findall(r'[._]event\(\s*"([a-z-]+)"', source))
    assert len(names) > 20
    assert sorted(name for name in names if f"`{name}`" not in told) == []
