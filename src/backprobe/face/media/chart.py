# SPDX-License-Identifier: Apache-2.0
"""W&B's ready-made charts: a table with the roles of its columns, for `log` to keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from backprobe.face.media.base import Media, Place
from backprobe.face.media.table import Table

CURVE_POINTS = 1000
"""A curve over thresholds is thinned to so many points, as in W&B."""


class Chart(Media):
    """A chart of a table.

    Arguments:
        kind: "line", "scatter", "bar", "histogram", "line_series", "confusion_matrix",
            "roc_curve" or "pr_curve".
        table: its data.
        fields: role → column, e.g. `{"x": "step", "y": "loss"}`.
        title: shown above it.
    """

    def __init__(
        self, kind: str, table: Table, fields: Mapping[str, str], title: str | None = None
    ) -> None:
        self.kind = kind
        self.table = table
        self.fields = dict(fields)
        self.title = title

    def store(self, place: Place) -> Mapping[str, Any]:
        """Writes the table; the stub says how it is to be drawn."""
        drawn = {"kind": self.kind, "fields": self.fields, "title": self.title or ""}
        return {"_type": "chart", **drawn, "table": dict(self.table.store(place))}


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, str],
    string_fields: Mapping[str, str] | None = None,
    split_table: bool = False,
) -> Chart:
    """A chart of one's own at W&B: the table and the roles of its columns are kept."""
    del split_table
    return Chart(vega_spec_name, data_table, fields, (string_fields or {}).get("title"))


def line(
    table: Table, x: str, y: str, stroke: str | None = None, title: str = "", **_: Any
) -> Chart:
    """A line through columns `x` and `y`, one for each value of `stroke`."""
    return Chart("line", table, {"x": x, "y": y, **({"stroke": stroke} if stroke else {})}, title)


def scatter(table: Table, x: str, y: str, title: str = "", **_: Any) -> Chart:
    """A point for each row."""
    return Chart("scatter", table, {"x": x, "y": y}, title)


def bar(table: Table, label: str, value: str, title: str = "", **_: Any) -> Chart:
    """A bar for each row."""
    return Chart("bar", table, {"label": label, "value": value}, title)


def histogram(table: Table, value: str, title: str = "", **_: Any) -> Chart:
    """The distribution of a column."""
    return Chart("histogram", table, {"value": value}, title)


def line_series(
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Sequence[str] | None = None,
    title: str = "",
    xname: str = "x",
    **_: Any,
) -> Chart:
    """Several lines: `ys` over one common `xs`, or over one of their own each.

    Raises:
        ValueError: as many `xs` as `ys` were needed.
    """
    lines = [list(y) for y in ys]
    given: list[Any] = list(xs)
    nested = bool(given) and isinstance(given[0], Iterable) and not isinstance(given[0], str)
    axes = [list(x) for x in given] if nested else [given] * len(lines)
    if len(axes) != len(lines):
        raise ValueError(f"line_series: {len(lines)} lines need as many xs, got {len(axes)}")
    names = list(keys) if keys is not None else [f"key_{n}" for n in range(len(lines))]
    rows = [
        [x, name, y]
        for axis, name, values in zip(axes, names, lines, strict=True)
        for x, y in zip(axis, values, strict=False)
    ]
    table = Table(["step", "lineKey", "lineVal"], rows)
    fields = {"x": "step", "stroke": "lineKey", "y": "lineVal"}
    return Chart("line_series", table, fields, title or xname)


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    **_: Any,
) -> Chart:
    """Counts of actual against predicted classes.

    Raises:
        ValueError: neither or both of `probs` and `preds`, or another number of them than labels.
    """
    if (probs is None) == (preds is None):
        raise ValueError("confusion_matrix: expected either probs or preds")
    guessed = np.argmax(np.asarray(probs), axis=1) if preds is None else np.asarray(preds)
    actual = np.asarray(y_true)
    if len(guessed) != len(actual):
        raise ValueError(
            f"confusion_matrix: {len(actual)} labels but {len(guessed)} predictions were given"
        )
    classes = sorted({*actual.tolist(), *guessed.tolist()})
    if class_names is not None and len(class_names) >= len(classes):
        names = {label: str(class_names[n]) for n, label in enumerate(range(len(class_names)))}
        classes = list(names) if set(classes) <= set(names) else classes
    else:
        names = {}
    rows = [
        [names.get(a, f"{a}"), names.get(g, f"{g}"), int(np.sum((actual == a) & (guessed == g)))]
        for a in classes
        for g in classes
    ]
    table = Table(["Actual", "Predicted", "nPredictions"], rows)
    return Chart("confusion_matrix", table, {c: c for c in table.columns}, title)


def roc_curve(
    y_true: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    title: str = "ROC Curve",
    **_: Any,
) -> Chart:
    """True over false positives, one curve a class against all others."""
    rows = []
    for name, hits, misses, positives, negatives in _thresholds(y_true, y_probas, labels):
        rates = zip(misses / max(negatives, 1), hits / max(positives, 1), strict=True)
        rows += [[name, float(x), float(y)] for x, y in rates]
    fields = {"x": "fpr", "y": "tpr", "class": "class"}
    return Chart("roc_curve", Table(["class", "fpr", "tpr"], rows), fields, title)


def pr_curve(
    y_true: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    title: str = "Precision-Recall Curve",
    **_: Any,
) -> Chart:
    """Precision over recall, one curve a class against all others."""
    rows = []
    for name, hits, misses, positives, _negatives in _thresholds(y_true, y_probas, labels):
        found = np.maximum(hits + misses, 1)
        points = zip(hits / max(positives, 1), hits / found, strict=True)
        rows += [[name, float(x), float(y)] for x, y in points]
    fields = {"x": "recall", "y": "precision", "class": "class"}
    return Chart("pr_curve", Table(["class", "recall", "precision"], rows), fields, title)


def _thresholds(y_true: Any, y_probas: Any, labels: Sequence[str] | None) -> list[Any]:
    """For each class: name, hits [t] and misses [t] as the threshold falls, and the totals."""
    actual, scores = np.asarray(y_true), np.asarray(y_probas, dtype=np.float64)
    if scores.ndim != 2 or len(scores) != len(actual):
        raise ValueError(
            f"expected one row of class scores a label: {len(actual)} labels, "
            f"scores of shape {list(scores.shape)}"
        )
    found = []
    for number in range(scores.shape[1]):
        order = np.argsort(-scores[:, number], kind="stable")
        positive = (actual == number)[order]
        last = np.append(np.flatnonzero(np.diff(scores[order, number])), len(order) - 1)
        last = last[np.linspace(0, len(last) - 1, min(len(last), CURVE_POINTS)).round().astype(int)]
        hits = np.append(0, np.cumsum(positive)[last])
        misses = np.append(0, np.cumsum(~positive)[last])
        name = labels[number] if labels is not None and number < len(labels) else str(number)
        found.append((name, hits, misses, int(positive.sum()), int((~positive).sum())))
    return found


plot = SimpleNamespace(
    bar=bar,
    confusion_matrix=confusion_matrix,
    histogram=histogram,
    line=line,
    line_series=line_series,
    plot_table=plot_table,
    pr_curve=pr_curve,
    roc_curve=roc_curve,
    scatter=scatter,
)
"""The functions above under the name that scripts use: `wandb.plot.line_series(…)`."""
