# SPDX-License-Identifier: Apache-2.0
"""The activation between a network's last layer and its loss."""

from __future__ import annotations

from backprobe.records import Loss, Place, Record, Source
from backprobe.rules.places import place_names


def last_activation(record: Record, loss: Loss, kind: str) -> Place | None:
    """The place of the last activation of this kind that the loss's model runs, or None."""
    modules = {module.index: module for module in record.modules}
    found = [
        place
        for place in record.places
        if place.activation == kind
        and (
            loss.model < 0
            or place.module not in modules
            or modules[place.module].root == loss.model
        )
    ]
    return max(found, key=lambda place: place.order, default=None)


def output_place(record: Record, loss: Loss, kind: str) -> tuple[tuple[str, ...], Source | None]:
    """`where` and source line of an output activation; the loss's line where it has no place."""
    place = last_activation(record, loss, kind)
    if place is None:
        operation = next((op for op in reversed(record.graph) if op.name == kind), None)
        return (), (operation.source if operation else None) or loss.source
    return place_names(record, place), place.source or loss.source
