# SPDX-License-Identifier: Apache-2.0
"""Two losses of the same scores, each with class ids of its own: of inputs that are mixed."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, loss_below


class Told(NamedTuple):
    """One of them.

    Arguments:
        weight: its factor in the sum.
        log_probabilities: [rows, classes].
        target: class ids [rows].
    """

    weight: float
    log_probabilities: Tensor
    target: Tensor


def mixed(terms: list[tuple[Any, float]], readable: Readable) -> tuple[Told, Told] | None:
    """The two, the one with the larger factor first; None where there are none, or more.

    Arguments:
        terms: nodes and factors of all summands.
        readable: whether the saved tensors of a node may be read.
    """
    found: list[tuple[Any, Told]] = []
    for node, weight in terms:
        loss = loss_below(node)
        if loss is None or not loss.name().startswith("NllLossBackward"):
            continue
        logs = loss.next_functions[0][0]
        if logs is None or not logs.name().startswith("LogSoftmaxBackward"):
            return None
        if not readable(loss) or not readable(logs):
            return None
        # One log softmax of both, or two of the same scores.
        scores = logs.next_functions[0]
        found.append((scores, Told(abs(weight), logs._saved_result, loss._saved_target)))
    if len(found) != 2 or found[0][0] != found[1][0]:
        return None
    first, second = sorted((told for _, told in found), key=lambda told: -told.weight)
    same = first.log_probabilities.shape == second.log_probabilities.shape
    return (first, second) if same and first.target.shape == second.target.shape else None
