# SPDX-License-Identifier: Apache-2.0
"""Parameters of two or more axes that no signal is multiplied by as they are: no weights.

A table of positions or a class token is added to the features, or set beside them. Its size is the
features', and what its axes multiply up to is no fan-in (Dosovitskiy et al., 2010.11929, eq. 1).
Of a standard deviation's logarithm, or a decay's, the exponential is what meets a signal: -5 is a
small one, and no scheme for weights tells how large it should be (Blundell et al., 1505.05424).
"""

from __future__ import annotations

from backprobe.records import Operation, Parameter, Record
from backprobe.signals.operations import ADDS, PRODUCTS

TAKES = ADDS | {"cat", "concat", "concatenate"}
"""What leaves a table's numbers as they are."""
MOVES = frozenset(
    {"expand", "expand_as", "repeat", "repeat_interleave", "__getitem__", "unsqueeze", "to"}
)
"""What repeats or cuts a table before that."""
BENDS = frozenset(
    "exp exp2 expm1 log log1p softplus sigmoid logsigmoid tanh softmax log_softmax sin cos sign "
    "pow __pow__ square sqrt rsqrt reciprocal".split()
)
"""What gives numbers of another scale than those it takes."""
SCALES = PRODUCTS | {"neg", "__neg__", "div", "__truediv__"}
"""What multiplies by a plain number, where it takes one tensor."""


def no_factor(record: Record, parameter: Parameter) -> bool:
    """Whether no signal is multiplied by a module's own parameter as it is.

    It is only ever added to a signal, set beside it, or taken by a function that bends its numbers.
    False where the forward does not show what takes it.
    """
    pending = [op for op in record.graph if _takes(op, parameter)]
    if not pending:
        return False
    seen = set[int]()
    while pending:
        op = pending.pop()
        if op.index in seen or op.name in TAKES or op.name in BENDS:
            continue
        seen.add(op.index)
        further = [each for each in record.graph if op.index in each.inputs]
        scaled = op.name in SCALES and len(op.inputs) == 1
        if not further or (op.name not in MOVES and not scaled):
            return False
        pending += further
    return True


def rescaled(record: Record, parameter: Parameter) -> bool:
    """Whether a module multiplies its own weight by a number, or gains, before a signal meets it.

    As StyleGAN's layers do ("equalized learning rate", Karras et al., 1710.10196): the weight is
    drawn from N(0, 1), and what it is multiplied by has He's std. A mask has the weight's shape.
    """
    taking = [op for op in record.graph if _takes(op, parameter)]
    return bool(taking) and all(
        op.name in SCALES
        and op.shape == parameter.shape
        and sum(shape == parameter.shape for shape in op.input_shapes) == 1
        for op in taking
    )


def _takes(op: Operation, parameter: Parameter) -> bool:
    """Whether an operation of its module gets something of its shape from outside."""
    return op.module == parameter.module and any(
        index == -1 and shape == parameter.shape
        for index, shape in zip(op.inputs, op.input_shapes, strict=False)
    )
