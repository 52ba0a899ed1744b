# SPDX-License-Identifier: Apache-2.0
"""Rows that are a few ids: a context of words, a user and an item.

Such rows come back by nature, with other targets: what follows two words is not one word.
"""

from __future__ import annotations

import math

from backprobe.records import Record
from backprobe.signals.memo import once

MOST = 4
"""Ids a row; longer ones hardly come back by chance."""


@once
def few_ids(record: Record) -> bool:
    """Whether a row of the network's input is a few ids."""
    first = next((op for op in record.graph if op.name == "embedding"), None)
    shape = first.input_shapes[0] if first is not None and first.inputs[:1] == (-1,) else ()
    return bool(shape) and math.prod(shape[1:]) <= MOST
