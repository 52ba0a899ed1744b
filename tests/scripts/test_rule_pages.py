# SPDX-License-Identifier: Apache-2.0
"""The pages of the rules come from their docstrings, and faulty docstrings are refused."""

from __future__ import annotations

import pytest

from backprobe.rules import RULES
from backprobe.rules.base import AbstractRule, family
from backprobe.rules.signal.dead_relu import DeadRelu
from scripts.rule_pages import index, page, problems


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_can_have_its_page(rule: type[AbstractRule]) -> None:
    """File, family and headings are as the page needs them; the index leads to it."""
    assert problems(rule) == []
    assert f"[{rule.name}]({rule.name}.md)" in index()


def test_a_page_shows_docstring_and_thresholds() -> None:
    """The page has the rule's own words, and each threshold with its source."""
    text = page(DeadRelu)
    assert "## When it is wrong" in text
    assert "| name | value | unit | source |" in text
    assert f"Family [{family(DeadRelu)}]" in text


def test_missing_and_hollow_headings_are_named() -> None:
    """A docstring without its headings, or with nothing below one, is a problem in words."""

    class Bare(DeadRelu):
        """Says nothing."""

    class Hollow(DeadRelu):
        __doc__ = (DeadRelu.__doc__ or "").split("## References")[0] + "## References\n"

    assert any("headings []" in fault for fault in problems(Bare))
    assert any("nothing under References" in fault for fault in problems(Hollow))
