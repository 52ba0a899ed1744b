# SPDX-License-Identifier: Apache-2.0
"""Filters in MongoDB's language, as `Api().runs(filters=…)` takes them."""

from __future__ import annotations

from typing import Any

import pytest

from backprobe.face.errors import UsageError
from backprobe.face.filters import matches

RUN = {"state": "finished", "config.lr": 0.1, "tags": ["a", "b"], "name": "Base-7", "none": None}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, True),
        ({}, True),
        ({"state": "finished"}, True),
        ({"state": "running"}, False),
        ({"state": "finished", "config.lr": 0.2}, False),
        ({"config.lr": {"$gt": 0.05, "$lt": 0.2}}, True),
        ({"config.lr": {"$gte": 0.1}}, True),
        ({"config.lr": {"$lte": 0.05}}, False),
        ({"config.lr": {"$ne": 0.1}}, False),
        ({"config.lr": {"$gt": "text"}}, False),
        ({"config.none": {"$gt": 0}}, False),
        ({"state": {"$in": ["crashed", "finished"]}}, True),
        ({"state": {"$nin": ["crashed", "finished"]}}, False),
        ({"tags": "a"}, True),
        ({"tags": {"$in": ["b", "z"]}}, True),
        ({"tags": {"$all": ["a", "b"]}}, True),
        ({"tags": {"$all": ["a", "z"]}}, False),
        ({"name": {"$regex": "^Base"}}, True),
        ({"name": {"$regex": "^base"}}, False),
        ({"name": {"$regex": "^base", "$options": "i"}}, True),
        ({"name": {"$not": {"$regex": "7$"}}}, False),
        ({"config.lr": {"$exists": True}}, True),
        ({"config.depth": {"$exists": False}}, True),
        ({"$or": [{"state": "running"}, {"config.lr": 0.1}]}, True),
        ({"$and": [{"state": "finished"}, {"config.lr": 0.2}]}, False),
        ({"$nor": [{"state": "running"}, {"config.lr": 0.2}]}, True),
    ],
)
def test_filters(filters: dict[str, Any] | None, expected: bool) -> None:
    """Every operator, on numbers, texts, lists and what is missing."""
    assert matches(filters, RUN.get) is expected


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"a": {"$near": 1}}, r"\$near is unknown; expected one of \$eq"),
        ({"$x": []}, r"\$x is unk"),
    ],
)
def test_unknown_operators_are_refused(filters: dict[str, Any], message: str) -> None:
    """Said with those there are: a filter is never passed over in silence."""
    with pytest.raises(UsageError, match=message):
        matches(filters, RUN.get)
