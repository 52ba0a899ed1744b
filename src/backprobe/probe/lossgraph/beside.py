# SPDX-License-Identifier: Apache-2.0
"""The errors that a loss adds to the one it is told of: of boxes, beside the scores of classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.builtin import read_builtin
from backprobe.probe.lossgraph.handwritten import read_handwritten
from backprobe.probe.lossgraph.nodes import Readable, loss_below
from backprobe.probe.lossgraph.reading import LossReading
from backprobe.probe.lossgraph.summands import reduced

ERRORS = ("mse", "l1", "smooth_l1", "huber")


def errors_beside(
    terms: list[tuple[Any, float]], told: Any, readable: Readable
) -> list[tuple[int, dict[str, Any], Tensor]]:
    """Of each such summand whose predictions end in an activation what it compares.

    Arguments:
        terms: nodes and factors of all summands.
        told: the node of the one that the loss is told as.
        readable: whether the saved tensors of a node may be read.

    Returns:
        Its place in `LossReading.summands`, what is to be added there (`kind`, `chain`,
        `output_shape`, `least`, `most`), and its targets.
    """
    found: list[tuple[int, dict[str, Any], Tensor]] = []
    place = -1
    for node, scale in terms:
        if reduced(node, scale, readable) is None:
            continue
        place += 1
        if node is told:
            continue
        own = LossReading()
        builtin = loss_below(node)
        if builtin is not None:
            read_builtin(builtin, own, readable)
        else:
            read_handwritten(node, own, readable)
        if own.kind not in ERRORS or not own.before or own.target is None or own.roles:
            continue
        if not own.target.numel():
            continue  # a mask that chose none of these rows
        facts = {"kind": own.kind, "chain": own.chain, "output_shape": own.output_shape}
        facts |= {name: own.extra[name] for name in ("least", "most") if name in own.extra}
        found.append((place, facts, own.target))
    return found
