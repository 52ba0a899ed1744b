# SPDX-License-Identifier: Apache-2.0
"""One value a metric: the last by default, its extremes or mean where `define_metric` says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from backprobe.face.define_metric import Metric, Metrics
from backprobe.face.values import plain

_MISSING = object()


class Aggregates:
    """What is kept of a metric to give its summary as `define_metric` asked for."""

    __slots__ = ("any", "count", "first", "last", "max", "mean", "min")

    def __init__(self) -> None:
        self.any = False
        self.count = 0  # of values that are no NaN
        self.first = self.last = self.mean = math.nan
        self.min, self.max = math.inf, -math.inf

    def add(self, value: float) -> None:
        """Takes one value; NaN counts as first and last but not in extremes and mean."""
        if not self.any:
            self.any, self.first = True, value
        self.last = value
        if value == value:  # not NaN
            self.count += 1
            self.min, self.max = min(self.min, value), max(self.max, value)
            self.mean = value if self.count == 1 else self.mean + (value - self.mean) / self.count

    def give(self, metric: Metric) -> dict[str, float] | None:
        """The sub-summary: operation → value; None where the metric is to have none."""
        if "none" in metric.summary:
            return None
        given = {}
        for operation in metric.summary:
            if operation in ("last", "copy"):
                given["last"] = self.last
            elif operation == "best":
                given["best"] = self.max if metric.goal == "maximize" else self.min
            elif self.count or operation == "first":
                given[operation] = getattr(self, operation)
        return given


class Summary(MutableMapping[str, Any]):
    """The summary of a run: dict-like, with attribute access; nested dicts likewise.

    A dotted key that `log` made of a nested dict is found both ways: `summary["a"]["b"]` and
    `summary["a.b"]`.

    Arguments:
        on_change: called with what the user set: top-level key → JSON-ready value, None where the
            key was deleted.
    """

    def __init__(self, on_change: Callable[[dict[str, Any]], None] | None = None) -> None:
        _set(self, "_values", {})
        _set(self, "_metrics", Metrics())
        _set(self, "_aggregates", {})
        _set(self, "_on_change", on_change)

    _values: dict[str, Any]
    _metrics: Metrics
    _aggregates: dict[str, Aggregates]
    _on_change: Callable[[dict[str, Any]], None] | None

    def __getitem__(self, key: str) -> Any:
        value = self._values[key] if key in self._values else self._dotted(key)
        return SubSummary(self, (key,), value) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._tell({key: None})

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_values" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"the summary has no {name!r}; it has {', '.join(self) or 'nothing yet'}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets several values at once, as the user's own: the next `log` of a key replaces it."""
        changes = {str(key): plain(value) for key, value in dict(*args, **kwargs).items()}
        self._values.update(changes)
        self._tell(changes)

    def as_dict(self) -> dict[str, Any]:
        """A copy as a plain dict."""
        return dict(self._values)

    def _tell(self, changes: dict[str, Any]) -> None:
        if self._on_change is not None:
            self._on_change(changes)

    def _dotted(self, key: str) -> Any:
        """The value at `a.b` of nested dicts, or the nested dict of all keys below `key.`."""
        value: Any = self._values
        for part in str(key).split("."):
            value = value.get(part, _MISSING) if type(value) is dict else _MISSING
        if value is not _MISSING:
            return value
        nested: dict[str, Any] = {}
        for name, found in self._values.items():
            if name.startswith(f"{key}."):
                *parents, leaf = name[len(key) + 1 :].split(".")
                place = nested
                for part in parents:
                    place = place.setdefault(part, {})
                place[leaf] = found
        if not nested:
            raise KeyError(key)
        return nested

    def _logged(self, values: Mapping[str, Any]) -> None:
        """Takes the values of one `log` call."""
        if not self._metrics:
            self._values.update(values)
            return
        for key, value in values.items():
            metric = self._metrics.of(key)
            if metric is None or not metric.summary:
                self._values[key] = value
                continue
            aggregates = self._aggregates.get(key)
            if aggregates is None:
                aggregates = self._aggregates[key] = Aggregates()
            if isinstance(value, int | float):
                aggregates.add(value)
                given = aggregates.give(metric)
                if given:
                    before = self._values.get(key)
                    self._values[key] = {**before, **given} if type(before) is dict else given
            elif "none" not in metric.summary:
                self._values[key] = value


class SubSummary(MutableMapping[str, Any]):
    """A nested dict of a summary; setting in it sets in the run's summary."""

    def __init__(self, root: Summary, path: tuple[str, ...], values: dict[str, Any]) -> None:
        _set(self, "_root", root)
        _set(self, "_path", path)
        _set(self, "_values", values)

    _root: Summary
    _path: tuple[str, ...]
    _values: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return SubSummary(self._root, (*self._path, key), value) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        top = self._path[0]
        self._values[key] = plain(value)
        if top in self._root._values:
            self._root._tell({top: self._root._values[top]})
        else:  # made of dotted keys
            self._root.update({".".join((*self._path, key)): value})

    def __delitem__(self, key: str) -> None:
        top = self._path[0]
        del self._values[key]
        if top in self._root._values:
            self._root._tell({top: self._root._values[top]})
        else:
            del self._root[".".join((*self._path, key))]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.__dict__.get("_values", ()):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, SubSummary) else other)

    __hash__ = None  # type: ignore[assignment]


def _set(target: object, name: str, value: Any) -> None:
    object.__setattr__(target, name, value)
