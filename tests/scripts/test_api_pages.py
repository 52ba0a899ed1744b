# SPDX-License-Identifier: Apache-2.0
"""The reference of Python names comes from the docstrings, whole, and is what the source says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import backprobe

pytest.importorskip("griffe", reason="griffe reads the docstrings: pip install griffelib")

from scripts import api_pages
from scripts.api_subjects import SUBJECTS, Subject

if TYPE_CHECKING:
    import griffe


@pytest.fixture(scope="module")
def source() -> griffe.Module:
    """The package, read once."""
    return api_pages.package()


def test_every_public_name_stands_on_one_page(source: griffe.Module) -> None:
    """The names that users were promised, and each but once."""
    assert api_pages.missing(source) == []
    assert api_pages.public(source)[0] == backprobe.__all__
    shown = [name for subject in SUBJECTS.values() for name in subject.names]
    assert len(shown) == len(set(shown))


def test_a_page_shows_signature_arguments_and_errors(source: griffe.Module) -> None:
    """As the docstring has them: names that share a line are shown each, examples as code."""
    text = api_pages.page(source, SUBJECTS["runs"])
    assert "    project: str | None = None,\n" in text
    assert "- `name`, `notes`, `tags`, `group`, `job_type`: how lists of runs show it." in text
    assert "- `UsageError`: a mode, an id" in text
    assert "### Run.log" in text
    assert "### Run.name" in text, "what it inherits is shown too"
    assert "_begin" not in text
    example = api_pages.page(source, SUBJECTS["experiments"])
    assert "```python\n>>> finder = LRFinder(model, optimizer, criterion)\n" in example
    assert "    *,\n    val_loader:" in example


def test_the_index_leads_to_every_name(source: griffe.Module) -> None:
    """Its anchors are those of the headings."""
    text = api_pages.index(source)
    assert "(runs.md#init)" in text
    assert "(reading.md#faceapiruns)" in text
    assert "## face.api.Runs" in api_pages.page(source, SUBJECTS["reading"])


def test_what_is_not_there_is_said(source: griffe.Module) -> None:
    """A subject that names something else is no page."""
    with pytest.raises(SystemExit, match="there is no face"):
        api_pages.page(source, Subject("x", "x", ("face.nothing",)))


def test_the_pages_are_up_to_date() -> None:
    """As `make check` asks."""
    assert api_pages.main(["--check"]) == 0
