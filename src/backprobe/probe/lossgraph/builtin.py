# SPDX-License-Identifier: Apache-2.0
"""Losses that torch computes in one node."""

from __future__ import annotations

from typing import Any

from backprobe.probe.lossgraph.nodes import (
    LOSSES,
    REDUCTIONS,
    Readable,
    activations,
    children,
    descend,
    ends,
    shape_of,
    signed,
    until_product,
)
from backprobe.probe.lossgraph.reading import LossReading

VIEWS = ("ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0")


def read_builtin(node: Any, reading: LossReading, readable: Readable) -> None:
    """Fills in what one loss node and the path below it tell."""
    reading.kind = LOSSES[node.name()]
    reading.reduction = REDUCTIONS.get(getattr(node, "_saved_reduction", 1), "")
    path = list(descend(children(node)[0])) if children(node) else []
    reading.chain = tuple(n.name() for n in [node, *path])
    acts = activations(until_product(path))
    output_node = path[0] if path else None
    if reading.kind == "nll":
        if acts[:1] == ["log_softmax"]:
            reading.kind, acts = "cross_entropy", acts[1:]
        elif acts[:2] == ["log", "softmax"]:
            reading.kind, acts = "cross_entropy", acts[2:]
        reading.ignore_index = signed(getattr(node, "_saved_ignore_index", -100))
    reading.before = tuple(acts)
    reading.extra.update(ends(path))
    if output_node is not None:
        reading.output_shape = shape_of(output_node)
    reading.loss_shape = reading.output_shape
    flows = [child is not None for child, _ in node.next_functions[:2]]
    swapped = reading.kind in ("bce", "bce_with_logits") and flows == [False, True]
    reading.roles = "target" if swapped else ""
    for name in ("_saved_beta", "_saved_delta"):
        reading.bend = float(getattr(node, name, reading.bend))
    if not readable(node):
        return
    reading.target = getattr(node, "_saved_target", None)
    reading.output = getattr(node, "_saved_self", None)
    if swapped:
        reading.target, reading.output = reading.output, reading.target
    if reading.output is not None:
        reading.output_shape = tuple(reading.output.shape)
    for name in ("_saved_weight", "_saved_pos_weight"):
        found = getattr(node, name, None)
        if found is not None:
            reading.weighted = True
            if reading.kind in ("cross_entropy", "nll") or name == "_saved_pos_weight":
                reading.class_weights = found
            else:
                reading.extra["rows_weighted"] = True
    if reading.kind in ("mse", "l1", "smooth_l1", "huber") and reading.target is not None:
        before_expand = next((shape_of(n) for n in path if not n.name().startswith("Expand")), ())
        reading.loss_shape = tuple(reading.output.shape) if reading.output is not None else ()
        reading.output_shape = before_expand or reading.output_shape
    if reading.kind == "cross_entropy":
        for found in path[:3]:
            if found.name() == "LogSoftmaxBackward0" and readable(found):
                reading.log_probabilities = found._saved_result
                reading.class_dim = signed(found._saved_dim)
                reading.output_shape = tuple(found._saved_result.shape)
                break
        wrong = _other_dimension(path, tuple(reading.output_shape))
        if wrong is not None:
            reading.extra["softmax_dim"], reading.extra["classes_dim"] = wrong


def _other_dimension(path: list[Any], given: tuple[int, ...]) -> tuple[int, int] | None:
    """The dimension that a log-softmax ran over and that of the classes, where they differ.

    Only where the loss takes its output as it is, or as rows of it. Of a square one the rows may
    be classes too: each of two views of the same things is told from the other ones.
    """
    if not path or path[0].name() != "LogSoftmaxBackward0":
        view = len(path) > 1 and path[0].name() in VIEWS
        if not view or path[1].name() != "LogSoftmaxBackward0":
            return None
        shape, rows = shape_of(path[1]), shape_of(path[0])
        if len(shape) < 3 or len(rows) != 2 or shape[-1] != rows[-1]:
            return None
        found, classes = path[1], len(shape) - 1
    else:
        found, shape = path[0], shape_of(path[0]) or given
        classes = 1 if len(shape) > 1 else 0
    dim = signed(found._saved_dim) % max(1, len(shape))
    if not shape or dim == classes or shape[dim] == shape[classes]:
        return None
    return dim, classes
