# SPDX-License-Identifier: Apache-2.0
"""Which parameters began with loaded weights: their init says nothing, it was loaded over.

From the events `loaded` (a state dict, or what `from_pretrained` put in place) before the first
recorded step, and `resumed` (an optimizer that brought its step count: all that it moves had been
trained). Weights that are loaded later, such as the best ones at the end, change nothing here.
"""

from __future__ import annotations

from backprobe.records import Record
from backprobe.signals.memo import once


@once
def loaded_over(record: Record) -> frozenset[int]:
    """Indexes of the parameters whose init was replaced before the first step."""
    if record.named("resumed"):
        return frozenset(parameter.index for parameter in record.parameters)
    begin = int(record.steps["step"].min()) if len(record.steps) else 0
    found: set[int] = set()
    for event in record.named("loaded"):
        if int(event.data.get("step", 0)) <= begin:
            found.update(int(index) for index in event.data.get("indexes", ()))
    return frozenset(found)
