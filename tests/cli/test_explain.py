# SPDX-License-Identifier: Apache-2.0
"""`backprobe explain`: each rule's page, from its docstring."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from backprobe.rules import RULES
from backprobe.rules.base import HEADINGS, family
from backprobe.treatments.names import TABLE

Command = Callable[..., Result]


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_a_page_has_every_heading(command: Command, rule: str) -> None:
    """The page of each rule, with all its headings, in order."""
    text = command("explain", rule).stdout
    places = [text.index(f"\n{heading}\n") for heading in HEADINGS]
    assert places == sorted(places)


def test_all_rules_are_listed_by_family(command: Command) -> None:
    """Without a name: every rule below its family."""
    text = command("explain").stdout
    assert all(f"  {rule.name} " in text for rule in RULES)
    assert {family(rule) for rule in RULES} <= set(text.split())
    listed = json.loads(command("explain", "--json").stdout)["rules"]
    assert [one["name"] for one in listed] == [rule.name for rule in RULES]


def test_all_treatments_are_listed_too(command: Command) -> None:
    """Each with what it changes, so that a person knows what `--treat` takes."""
    text = command("explain").stdout
    assert [name for name in TABLE if f"  {name} " not in text] == []
    listed = json.loads(command("explain", "--json").stdout)["treatments"]
    assert {one["name"]: one["summary"] for one in listed} == {n: e.line for n, e in TABLE.items()}
