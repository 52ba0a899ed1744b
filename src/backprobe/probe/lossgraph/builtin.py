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
    shape_of,
    signed,
    until_product,
)
from backprobe.probe.lossgraph.reading import LossReading


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
    if output_node is not None:
        reading.output_shape = shape_of(output_node)
    reading.loss_shape = reading.output_shape
    flows = [child is not None for child, _ in node.next_functions[:2]]
    swapped = reading.kind in ("bce", "bce_with_logits") and flows == [False, True]
    reading.roles = "target" if swapped else ""
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
