# SPDX-License-Identifier: Apache-2.0
"""Whether a run was ever told a second answer: all targets that its loss got are one number.

Unit: rows. A constant is meant where it stands for something else than an answer of the data: what
is real and what is made (a GAN, which has several losses or a sum), the place of the right one
among candidates that are compared (contrastive and listwise losses, whose scores are put together),
a residual that is to be nothing (a squared error of zero). So only scores count that come straight
from a trained layer with an output of its own for each answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Loss, Record
from backprobe.signals.baseline import number
from backprobe.signals.layers import layers
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION, main_loss

CLASS_ROWS = 200
"""Rows of one class among several that are no chance: the rarest data set has a second one."""
RARE_ROWS = 2000
"""The same of yes and no, and of maps and tags: a yes may be as rare as one in hundreds."""
BATCHES = 8
"""Batches that were looked at at least: one may be of one kind."""
LAYERS = ("Addmm", "Mm", "Linear", "Convolution")
"""Nodes of autograd's graph that compute a layer with weights of its own."""
BETWEEN = (
    *("NllLoss", "LogSoftmax", "Softmax", "Log", "BinaryCrossEntropy", "MseLoss", "SmoothL1Loss"),
    *("HuberLoss", "Sigmoid", "Tanh", "Relu", "View", "UnsafeView", "Reshape", "Squeeze"),
    *("Unsqueeze", "Transpose", "T", "Permute", "ToCopy", "Clone", "Add", "Mul", "Clamp"),
)
"""Nodes between a loss and its scores that put no scores together and take none apart."""


@dataclass(frozen=True)
class OneAnswer:
    """The only target of a run.

    Arguments:
        loss: which got it.
        value: the class, or the number.
        rows: how many were looked at.
        classes: of how many it could have been one, 0 where it is no class.
    """

    loss: Loss
    value: float
    rows: int
    classes: int


def one_answer(record: Record) -> OneAnswer | None:
    """The one number that all targets are, where that is no way to code something else."""
    main = main_loss(record)
    loss = main.loss
    if loss is None or main.several or len(record.losses) != 1 or loss.terms > 1:
        return None
    low, high = number(loss.target, "min"), number(loss.target, "max")
    if low is None or low != high or number(loss.target, "ignored"):
        return None
    if loss.kind in REGRESSION and (low == 0.0 or np.prod(loss.target_shape[1:]) != 1):
        return None  # what is to vanish; a row of several numbers may be a centre
    rows = int(loss.target["count"] / max(1.0, float(np.prod(loss.target_shape[1:]))))
    batches = rows / max(1, loss.target_shape[0] if loss.target_shape else 1)
    single = loss.kind in CLASSES and len(loss.target_shape) == 1 and loss.classes > 2
    if rows < (CLASS_ROWS if single else RARE_ROWS) or batches < BATCHES:
        return None
    if loss.kind not in CLASSES | BINARY | REGRESSION or not _straight(record, loss):
        return None
    return OneAnswer(loss, low, rows, loss.classes)


def _straight(record: Record, loss: Loss) -> bool:
    """Whether the scores come from a trained layer with an output of its own for each answer."""
    names = [name.rstrip("01").removesuffix("Backward") for name in loss.chain]
    if not names or names[-1] not in LAYERS or len(loss.output_shape) < 1:
        return False
    if any(name not in BETWEEN and "Loss" not in name for name in names[:-1]):
        return False
    outputs = loss.classes or (loss.output_shape[1] if len(loss.output_shape) > 1 else 1)
    last = [
        layer.weight
        for layer in layers(record)
        if int(layer.weight.shape[0]) == outputs and loss.model in (-1, layer.module.root)
    ]
    return bool(last) and last[-1].optimizer >= 0
