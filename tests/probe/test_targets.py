# SPDX-License-Identifier: Apache-2.0
"""Running facts of the targets of a loss."""

from __future__ import annotations

import torch

from backprobe.probe.targets import Targets


def test_rows_that_add_up_to_something_else_than_one_are_counted() -> None:
    """Over several batches; a row of shares adds up to one."""
    targets = Targets()
    targets.add(torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), None, 0)
    targets.add(torch.tensor([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]), None, 0)
    facts = targets.facts()
    assert (facts["rows_more"], facts["rows_less"]) == (0.5, 0.25)
    shares = Targets()
    shares.add(torch.softmax(torch.randn(8, 5), dim=1), None, 0)
    assert (shares.facts()["rows_more"], shares.facts()["rows_less"]) == (0.0, 0.0)


def test_single_numbers_and_maps_have_no_rows() -> None:
    """A total of a row is told of rows of several numbers only."""
    for shape in ((8,), (8, 1), (4, 3, 2)):
        targets = Targets()
        targets.add(torch.rand(shape), None, 0)
        assert "rows_more" not in targets.facts()


def test_the_class_that_is_ignored_is_told_where_it_occurred() -> None:
    """Its rows are no targets."""
    targets = Targets()
    targets.add(torch.tensor([0, 1, 2, 0]), 0, 3)
    facts = targets.facts()
    assert (facts["ignored"], facts["ignore_index"], facts["classes"]) == (0.5, 0, [0, 1, 1])
    whole = Targets()
    whole.add(torch.tensor([0, 1, 2, 0]), -100, 3)
    assert whole.facts()["ignore_index"] == -1
