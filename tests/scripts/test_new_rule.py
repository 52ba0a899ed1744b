# SPDX-License-Identifier: Apache-2.0
"""`make new-rule` finds its place in the registry."""

from __future__ import annotations

import pytest

from scripts.new_rule import REGISTRY, registered, start
from scripts.rule_pages import FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rule_is_registered_once_in_its_family(family: str) -> None:
    """The registry gains one import and one entry, below its own family's comment."""
    before = REGISTRY.read_text()
    after = registered(before, family, "no_such_rule", "NoSuchRule")
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert added == [
        f"from backprobe.rules.{family}.no_such_rule import NoSuchRule",
        "    NoSuchRule,",
    ]
    comments = [
        line for line in after.partition("    NoSuchRule,")[0].splitlines() if "    # " in line
    ]
    assert comments[-1] == f"    # {family}"


@pytest.mark.parametrize(
    "name", ["", "dead-relu", "colour/dead-relu", "signal/Dead", "signal/dead-relu"]
)
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    """Without a family, in no kebab case, or taken: nothing is written, and the text says why."""
    before = REGISTRY.read_text()
    with pytest.raises(ValueError, match=r"NAME=|already"):
        start(name)
    assert REGISTRY.read_text() == before
