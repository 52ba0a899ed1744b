# SPDX-License-Identifier: Apache-2.0
"""Whether a network is linear: nothing between its input and its output bends.

Unit: yes or no, of the forward really taken. A norm counts as linear, a max-pooling does not.
"""

from __future__ import annotations

from backprobe.records import Record
from backprobe.signals.discarded import discarded
from backprobe.signals.memo import once
from backprobe.signals.operations import DENSE, TRANSPOSED

TRANSPARENT = frozenset(
    {
        "view", "reshape", "flatten", "squeeze", "unsqueeze", "permute", "transpose", "contiguous",
        "dropout", "dropout1d", "dropout2d", "__getitem__", "clone", "to", "float", "mean",
        "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "t", "unflatten",
        "upsample", "interpolate", "feature_dropout", "swapaxes", "movedim",
    }
)  # fmt: skip
"""Operations that are linear in their one input."""
NORMS = frozenset({"batch_norm", "layer_norm", "group_norm", "instance_norm"})
LINEAR = DENSE | TRANSPOSED


@once
def is_linear(record: Record) -> bool:
    """Whether the whole forward has nothing but linear layers, norms and reshapes."""
    known = LINEAR | TRANSPARENT | NORMS
    # What takes no result of another (a counter of a norm) is no part of the way.
    starts = {op.index for op in record.graph if op.name in LINEAR}
    forward = [
        op
        for op in record.graph
        if op.module >= 0
        and op not in discarded(record)
        and (op.index in starts or max(op.inputs, default=-1) >= 0)
    ]
    return bool(forward) and all(op.name in known for op in forward)
