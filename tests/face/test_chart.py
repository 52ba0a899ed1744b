# SPDX-License-Identifier: Apache-2.0
"""Ready-made charts: the numbers of their tables, against ones counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backprobe.face.media.base import Place
from backprobe.face.media.chart import plot
from backprobe.face.media.table import Table


def test_a_chart_is_kept_with_its_table(tmp_path: Path) -> None:
    """The stub says what is drawn over what; the file holds the rows."""
    chart = plot.scatter(Table(["a", "b"], [[1, 2]]), "a", "b", title="T")
    stub = json.loads(json.dumps(chart.store(Place(tmp_path, "k", 0))))
    assert (stub["_type"], stub["kind"], stub["title"]) == ("chart", "scatter", "T")
    assert stub["fields"] == {"x": "a", "y": "b"}
    assert json.loads((tmp_path / stub["table"]["path"]).read_text())["data"] == [[1, 2]]


def test_line_series() -> None:
    """One common axis or one a line; missing names are made up."""
    chart = plot.line_series(xs=[0, 1], ys=[[1, 2], [3, 4]], keys=["a", "b"])
    assert chart.table.data == [[0, "a", 1], [1, "a", 2], [0, "b", 3], [1, "b", 4]]
    own = plot.line_series([[0], [5, 6]], [[1], [2, 3]])
    assert own.table.data == [[0, "key_0", 1], [5, "key_1", 2], [6, "key_1", 3]]
    with pytest.raises(ValueError, match="2 lines need as many xs, got 1"):
        plot.line_series([[0]], [[1], [2]])


def test_a_confusion_matrix() -> None:
    """Counts of every pair of classes, named or by number, from guesses or from scores."""
    chart = plot.confusion_matrix(y_true=[0, 0, 1], preds=[0, 1, 1], class_names=["cat", "dog"])
    assert chart.table.data == [
        ["cat", "cat", 1],
        ["cat", "dog", 1],
        ["dog", "cat", 0],
        ["dog", "dog", 1],
    ]
    scores = plot.confusion_matrix(probs=[[0.9, 0.1], [0.2, 0.8]], y_true=[0, 0])
    assert scores.table.data == [["0", "0", 1], ["0", "1", 1], ["1", "0", 0], ["1", "1", 0]]
    with pytest.raises(ValueError, match="either probs or preds"):
        plot.confusion_matrix(y_true=[0])
    with pytest.raises(ValueError, match="1 labels but 2 predictions"):
        plot.confusion_matrix(y_true=[0], preds=[0, 1])


def test_curves_over_thresholds() -> None:
    """Equal to scikit-learn's ROC and precision-recall points, ties included."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 2, 200)
    score = np.round(np.clip(0.3 * actual + rng.random(200) * 0.7, 0, 1), 2)
    probabilities = np.stack([1 - score, score], axis=1)
    roc = [
        row[1:]
        for row in plot.roc_curve(actual, probabilities, ["n", "y"]).table.data
        if row[0] == "y"
    ]
    fpr, tpr, _ = metrics.roc_curve(actual, score, drop_intermediate=False)
    np.testing.assert_allclose(roc, np.stack([fpr, tpr], axis=1))
    pr = [row[1:] for row in plot.pr_curve(actual, probabilities).table.data if row[0] == "1"]
    precision, recall, _ = metrics.precision_recall_curve(actual, score)
    np.testing.assert_allclose(pr[1:], np.stack([recall, precision], axis=1)[:-1][::-1])
    with pytest.raises(ValueError, match="2 labels, scores of shape"):
        plot.roc_curve([0, 1], [0.1, 0.2])
