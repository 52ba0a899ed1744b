# SPDX-License-Identifier: Apache-2.0
"""Dropout behind a network's last layer: what the loss gets has been through it.

Told by both the forward that was captured (a dropout of a layer's result, of which nothing but the
output is made) and the loss's own graph (a product between the loss and that layer). Where another
network, a product of embeddings or a likeness comes in between, the last layer is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Loss, Operation, Record
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION, main_loss
from backprobe.signals.one_answer import BETWEEN, LAYERS
from backprobe.signals.operations import DENSE, SHAPES, TRANSPOSED

DROPPED = ("Mul", "NativeDropout", "FusedDropout")
"""Autograd nodes that a dropout leaves."""
OUTPUTS = frozenset("sigmoid softmax log_softmax tanh relu softplus".split())
"""Functions that make an output of scores."""
TARGETS = ("loss", "cross_entropy", "log_prob")
"""Ends of the names of functions that judge an output."""
WEIGHTED = DENSE | TRANSPOSED | {"addmm"}


@dataclass(frozen=True)
class DroppedOutput:
    """A dropout of an output.

    Arguments:
        loss: what gets it.
        dropout: the operation.
        p: its probability.
    """

    loss: Loss
    dropout: Operation
    p: float


def dropped_output(record: Record) -> DroppedOutput | None:
    """The dropout through which the main loss's predictions go, if there is one."""
    loss = main_loss(record).loss
    if loss is None or loss.terms > 1 or loss.kind not in REGRESSION | CLASSES | BINARY:
        return None
    names = [name.rstrip("01").removesuffix("Backward") for name in loss.chain]
    between = names[:-1]
    known = all(n in BETWEEN or n in DROPPED or n.endswith("Loss") for n in between)
    if not known or names[-1:] == [] or names[-1] not in LAYERS:
        return None
    if not any(name in DROPPED for name in between):
        return None
    roots = {module.index: module.root for module in record.modules}
    for op in reversed(record.graph):
        p = op.arguments.get("p", 0.0)
        if "dropout" not in op.name or op.arguments.get("training") is False:
            continue
        if not isinstance(p, float) or not 0.0 < p < 1.0 or not _is_output(record, op, loss):
            continue
        if loss.model in (-1, roots.get(op.module, loss.model)):
            return DroppedOutput(loss, op, p)
    return None


def _is_output(record: Record, op: Operation, loss: Loss) -> bool:
    """Whether a layer's result goes into it, and nothing but the loss's output is made of it."""
    before = next((o for o in record.graph if op.inputs[:1] == (o.index,)), None)
    while before is not None and before.name in SHAPES | OUTPUTS:
        index = before.inputs[:1]
        before = next((o for o in record.graph if index == (o.index,)), None)
    if before is None or before.name not in WEIGHTED:
        return False
    made, size = {op.index}, math.prod(op.shape[1:])
    for later in record.graph:
        if made & set(later.inputs):
            if later.name.endswith(TARGETS):
                continue
            if later.name not in SHAPES | OUTPUTS:
                return False
            made.add(later.index)
    return not loss.output_shape or math.prod(loss.output_shape[1:]) == size
