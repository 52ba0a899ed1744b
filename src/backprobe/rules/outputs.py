# SPDX-License-Identifier: Apache-2.0
"""A network's last layer, and the activation between it and its loss."""

from __future__ import annotations

from backprobe.records import Loss, Place, Record, Source
from backprobe.rules.places import place_names
from backprobe.rules.wording import unique
from backprobe.signals.layers import Layer, layers
from backprobe.signals.tied import tied_head


def output_layer(record: Record, loss: Loss | None) -> Layer | None:
    """The last layer that the loss's model runs, or None."""
    model = -1 if loss is None else loss.model
    ran = [x for x in layers(record) if x.place is not None]
    return next((x for x in reversed(ran) if model < 0 or x.module.root == model), None)


def output_names(record: Record, loss: Loss | None) -> tuple[str, ...]:
    """`where` of what is wrong with a network's output as such: its last layer."""
    layer = tied_head(record, loss) or output_layer(record, loss)
    return unique([layer.name]) if layer is not None else ()


def last_activation(record: Record, loss: Loss, kind: str) -> Place | None:
    """The place of the last activation of this kind that the loss's model runs, or None.

    Of several heads' the one of the loss's own shape.
    """
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
    own = [place for place in found if place.shape and place.shape == loss.output_shape]
    return max(own or found, key=lambda place: place.order, default=None)


def output_place(record: Record, loss: Loss, kind: str) -> tuple[tuple[str, ...], Source | None]:
    """`where` and source line of an output activation; the last layer where it has no place."""
    place = last_activation(record, loss, kind)
    if place is None:
        operation = next((op for op in reversed(record.graph) if op.name == kind), None)
        line = (operation.source if operation else None) or loss.source
        return output_names(record, loss), line
    return place_names(record, place), place.source or loss.source
