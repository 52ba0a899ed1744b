# SPDX-License-Identifier: Apache-2.0
"""The summary: the last value, or what `define_metric` asks for, or what the user sets."""

from __future__ import annotations

import math
from typing import Any

import pytest

from backprobe.face.define_metric import Metric, Metrics, parse
from backprobe.face.errors import Error
from backprobe.face.summary import Summary


def logged(summary: Summary, key: str, *values: Any) -> Summary:
    """The summary after these values of one metric."""
    for value in values:
        summary._logged({key: value})
    return summary


def defined(name: str, **arguments: Any) -> Summary:
    """A summary with one definition."""
    summary = Summary()
    summary._metrics.define(name, parse(name, **arguments), overwrite=False)
    return summary


def test_the_last_value_by_default() -> None:
    """What was logged last, by item and by attribute."""
    summary = logged(Summary(), "loss", 3, 1, 2)
    assert summary["loss"] == summary.loss == 2
    assert dict(summary) == {"loss": 2}
    assert summary.keys() == {"loss"}
    assert summary.get("nope", 7) == 7


def test_what_the_user_sets_is_told_and_stays_until_it_is_logged_again() -> None:
    """As in W&B: the next `log` of that key replaces it, of another does not."""
    told: list[dict[str, Any]] = []
    summary = Summary(told.append)
    summary["loss"] = 9
    summary.best = 1
    summary.update({"a": (1, 2)}, b=3)
    assert told == [{"loss": 9}, {"best": 1}, {"a": [1, 2], "b": 3}]
    logged(summary, "loss", 4)
    assert dict(summary) == {"loss": 4, "best": 1, "a": [1, 2], "b": 3}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ("min", {"min": 1}),
        ("max,min", {"max": 3, "min": 1}),
        ("mean", {"mean": 2.0}),
        ("first,last", {"first": 2, "last": 3}),
        ("copy", {"last": 3}),
    ],
)
def test_what_define_metric_asks_for(operations: str, expected: dict[str, float]) -> None:
    """The entry becomes a dict of the operations."""
    summary = logged(defined("m", summary=operations), "m", 2, 1, 3)
    assert summary["m"] == expected
    for name, value in expected.items():
        assert summary["m"][name] == value
        assert getattr(summary.m, name) == value


def test_none_means_no_entry_but_the_users_stays() -> None:
    """`summary="none"` leaves the key to the user."""
    summary = defined("m", summary="none")
    summary["m"] = "mine"
    assert dict(logged(summary, "m", 1, 2)) == {"m": "mine"}
    assert "m" not in logged(defined("m", summary="mean,none"), "m", 1)


def test_best_is_the_extreme_of_the_goal() -> None:
    """The old spelling still works."""
    assert logged(defined("m", summary="best", goal="maximize"), "m", 1, 3, 2)["m"]["best"] == 3
    assert logged(defined("m", summary="best", goal="minimize"), "m", 2, 1, 3)["m"]["best"] == 1


def test_nan_does_not_spoil_extremes_and_mean() -> None:
    """It counts as first and last only."""
    summary = logged(defined("m", summary="min,max,mean,first,last"), "m", math.nan, 1, 3)
    assert {k: v for k, v in summary["m"].items() if k != "first"} == {
        "min": 1,
        "max": 3,
        "mean": 2.0,
        "last": 3,
    }
    assert math.isnan(summary["m"]["first"])


def test_what_the_user_put_beside_the_operations_stays() -> None:
    """A further entry of the same dict is kept when the metric is logged again."""
    summary = logged(defined("m", summary="max"), "m", 1)
    summary["m"]["at"] = 7
    assert logged(summary, "m", 2)["m"] == {"max": 2, "at": 7}


def test_nested_values_are_set_through() -> None:
    """Setting in a nested dict sets in the summary, and is told."""
    told: list[dict[str, Any]] = []
    summary = Summary(told.append)
    summary["a"] = {"b": {"c": 1}}
    summary["a"]["b"]["c"] = 2
    summary.a.b.d = 3
    assert summary["a"] == {"b": {"c": 2, "d": 3}}
    assert summary["a.b.c"] == 2
    assert told[-1] == {"a": {"b": {"c": 2, "d": 3}}}


def test_dotted_names_are_found_as_a_nested_dict() -> None:
    """`log` of a nested dict made them; setting in them works too."""
    summary = logged(logged(Summary(), "a.b.c", 1), "a.d", 2)
    assert summary["a"] == {"b": {"c": 1}, "d": 2}
    assert summary["a"]["b"]["c"] == summary.a.b.c == summary["a.b.c"] == 1
    summary["a"]["b"]["c"] = 5
    assert summary["a.b.c"] == 5


def test_deleting() -> None:
    """A key can be taken out; what is missing is named."""
    summary = logged(Summary(), "loss", 1)
    del summary["loss"]
    assert "loss" not in summary
    with pytest.raises(KeyError):
        summary["loss"]
    with pytest.raises(AttributeError, match="the summary has no 'loss'; it has nothing yet"):
        summary.loss  # noqa: B018


def test_the_most_exact_definition_holds() -> None:
    """A metric's own before the longest glob; the step metric itself is not under its glob."""
    metrics = Metrics()
    for name, axis in (("*", "step"), ("val/*", "epoch"), ("val/loss", "batch")):
        metrics.define(name, parse(name, axis), overwrite=False)
    axes = {key: (metrics.of(key) or Metric("")).step_metric for key in ("a", "val/x", "val/loss")}
    assert axes == {"a": "step", "val/x": "epoch", "val/loss": "batch"}
    assert metrics.of("step") is None
    assert metrics.axes == {"step", "epoch", "batch"}


def test_definitions_of_one_name_add_up_unless_overwritten() -> None:
    """What a later call leaves out stays as it was."""
    metrics = Metrics()
    metrics.define("m", parse("m", "epoch", summary="min"), overwrite=False)
    both = metrics.define("m", parse("m", hidden=True), overwrite=False)
    assert both == Metric("m", "epoch", True, True, ("min",))
    assert metrics.define("m", parse("m", hidden=True), overwrite=True) == Metric("m", hidden=True)


def test_a_step_metric_is_filled_in_unless_told_not_to() -> None:
    """`step_sync` is true by default where there is a step metric."""
    metrics = Metrics()
    assert metrics.define("a", parse("a", "epoch"), overwrite=False).step_sync
    assert not metrics.define("b", parse("b", "epoch", step_sync=False), overwrite=False).step_sync
    assert not metrics.define("c", parse("c"), overwrite=False).step_sync


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "needs the name of a metric"),
        (("a*b",), r"a \* may only stand at the end"),
        ((3,), r"define_metric\(name=3\): expected str, got int"),
        (("a", 3), r"define_metric\(step_metric=3\): expected str"),
        (("a", None, "yes"), r"define_metric\(step_sync='yes'\): expected bool"),
        (("a", None, None, None, "median"), "'median' is unknown; expected some of min, max"),
        (("a", None, None, None, "best", "up"), "expected 'minimize' or 'maximize'"),
    ],
)
def test_definitions_that_can_not_be_meant(arguments: tuple[Any, ...], message: str) -> None:
    """Refused with what was given and what was expected."""
    with pytest.raises(Error, match=message):
        parse(*arguments)
