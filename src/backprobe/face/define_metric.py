# SPDX-License-Identifier: Apache-2.0
"""What `define_metric` says of metrics: their x axis, whether it is filled in, their summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backprobe.face.errors import Error

OPERATIONS = ("min", "max", "mean", "last", "first", "none", "copy", "best")
"""What `summary` may name; "copy" is the same as "last", and "best" needs a `goal`."""


@dataclass(frozen=True)
class Metric:
    """What is known of the metrics that a name, or a name that ends in `*`, stands for.

    Arguments:
        name: a key of `log`, or the beginning of keys followed by `*`.
        step_metric: key of the x axis of its charts; None is the step.
        step_sync: whether rows without the step metric are given its last value.
        hidden: whether no chart is made of it unasked.
        summary: operations of `OPERATIONS`; empty means the last value.
        goal: "minimize" or "maximize", what "best" means.
    """

    name: str
    step_metric: str | None = None
    step_sync: bool = False
    hidden: bool = False
    summary: tuple[str, ...] = ()
    goal: str | None = None


@dataclass(frozen=True)
class Given:
    """The arguments of one `define_metric` call; None was not given."""

    step_metric: str | None = None
    step_sync: bool | None = None
    hidden: bool | None = None
    summary: tuple[str, ...] | None = None
    goal: str | None = None


class Metrics:
    """All definitions of a run; the most exact name that fits a key decides.

    `axes` holds the step metrics of all of them.
    """

    def __init__(self) -> None:
        self.axes: frozenset[str] = frozenset()
        self._defined: dict[str, Metric] = {}
        self._of_key: dict[str, Metric | None] = {}

    def __bool__(self) -> bool:
        return bool(self._defined)

    def define(self, name: str, given: Given, overwrite: bool) -> Metric:
        """Adds a definition to what an earlier one of that name said, or puts it in its place."""
        before = None if overwrite else self._defined.get(name)
        changes: dict[str, Any] = {
            key: value for key, value in vars(given).items() if value is not None
        }
        if given.step_metric is not None and given.step_sync is None:
            changes["step_sync"] = True
        metric = replace(before or Metric(name), **changes)
        self._keep(metric)
        return metric

    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes a definition back from the log."""
        known = {key: value for key, value in data.items() if key in Metric.__annotations__}
        self._keep(Metric(**{**known, "summary": tuple(known.get("summary") or ())}))

    def _keep(self, metric: Metric) -> None:
        self._defined[metric.name] = metric
        self._of_key = {}
        self.axes = frozenset(m.step_metric for m in self._defined.values() if m.step_metric)

    def of(self, key: str) -> Metric | None:
        """The definition that holds for a key: its own, else that of the longest fitting glob."""
        if key not in self._of_key:
            fitting = [
                metric
                for name, metric in self._defined.items()
                if name.endswith("*") and key.startswith(name[:-1]) and metric.step_metric != key
            ]
            longest = max(fitting, key=lambda metric: len(metric.name), default=None)
            self._of_key[key] = self._defined.get(key, longest)
        return self._of_key[key]


def parse(
    name: Any,
    step_metric: Any = None,
    step_sync: Any = None,
    hidden: Any = None,
    summary: Any = None,
    goal: Any = None,
) -> Given:
    """The arguments of a call, checked as W&B checks them.

    Raises:
        Error: an argument of another type, a `*` before the end, or an unknown operation.
    """
    if isinstance(step_metric, Metric):
        step_metric = step_metric.name
    expected = {
        "name": (name, str),
        "step_metric": (step_metric, str),
        "step_sync": (step_sync, bool),
        "hidden": (hidden, bool),
        "summary": (summary, str),
        "goal": (goal, str),
    }
    for argument, (value, kind) in expected.items():
        if value is not None and not isinstance(value, kind):
            raise Error(
                f"define_metric({argument}={value!r}): expected {kind.__name__}, "
                f"got {type(value).__name__}"
            )
    if not name:
        raise Error("define_metric() needs the name of a metric, such as 'val/loss' or 'val/*'")
    if "*" in name[:-1]:
        raise Error(f"define_metric({name!r}): a * may only stand at the end, as in 'val/*'")
    if goal not in (None, "minimize", "maximize"):
        raise Error(f"define_metric(goal={goal!r}): expected 'minimize' or 'maximize'")
    operations = None
    if summary:
        operations = tuple(part.strip().lower() for part in summary.split(","))
        for operation in operations:
            if operation not in OPERATIONS:
                raise Error(
                    f"define_metric(summary={summary!r}): {operation!r} is unknown; expected "
                    f"some of {', '.join(OPERATIONS[:6])}, separated by commas"
                )
    return Given(step_metric, step_sync, hidden, operations, goal)
