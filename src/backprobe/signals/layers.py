# SPDX-License-Identifier: Apache-2.0
"""The layers of a network in the order in which the forward pass runs them.

A layer is a module with a weight of two or more dimensions that acts on features (linear,
convolution, recurrent), with the activation and the normalisation that really follow it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Module, Parameter, Place, Record
from backprobe.signals.memo import once
from backprobe.signals.tables import no_factor, rescaled

NORMS = (
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "SyncBatchNorm",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LayerNorm",
    "GroupNorm",
    "RMSNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "rms_norm",
    "instance_norm",
)
"""Module classes and functions that fix the scale of what passes through them."""


@dataclass(frozen=True)
class Layer:
    """One layer.

    Arguments:
        module: the module that owns the weight.
        weight: its weight.
        bias: its bias, or None.
        place: where its output is measured, or None.
        activation: the activation that follows before the next layer, or None.
        normalised: whether a normalisation follows before the activation or the next layer.
        order: position among the layers, from 0 at the input.
        fan_in, fan_out: connections of one output and of one input unit.
        rescaled: whether the module multiplies the weight by something before a signal meets it.
    """

    module: Module
    weight: Parameter
    bias: Parameter | None
    place: Place | None
    activation: Place | None
    normalised: bool
    order: int
    fan_in: int
    fan_out: int
    rescaled: bool = False

    @property
    def name(self) -> str:
        """The module's name; the parameter's for a weight that the root itself owns."""
        return self.module.name or self.weight.name


def fans(shape: tuple[int, ...], transposed: bool = False) -> tuple[int, int]:
    """(fan in, fan out) of a weight, as `torch.nn.init` counts them.

    Arguments:
        shape: of the weight, out × in × kernel; in × out × kernel where `transposed`.
        transposed: whether it is a transposed convolution's.
    """
    field = math.prod(shape[2:])
    out, inside = (shape[1], shape[0]) if transposed else (shape[0], shape[1])
    return inside * field, out * field


@once
def layers(record: Record) -> tuple[Layer, ...]:
    """The layers that ran, in the order of execution; those of unknown order come last."""
    modules = {module.index: module for module in record.modules}
    by_module = {
        place.module: place
        for place in sorted(record.places, key=lambda p: -p.order)
        if not place.functional
    }
    biases = {p.module: p for p in record.parameters if p.name.rsplit(".", 1)[-1] == "bias"}
    found: list[tuple[int, Parameter, Module]] = []
    for parameter in record.parameters:
        module = modules.get(parameter.module)
        if module is None or len(parameter.shape) < 2 or not is_layer(module):
            continue
        if no_factor(record, parameter):
            continue
        place = by_module.get(module.index)
        found.append((place.order if place else 1 << 30, parameter, module))
    found.sort(key=lambda item: (item[0], item[1].index))
    starts = {module.index for _, _, module in found}
    out: list[Layer] = []
    for order, (_, parameter, module) in enumerate(found):
        place = by_module.get(module.index)
        activation, normalised = _following(record, place, starts)
        fan_in, fan_out = fans(parameter.shape, "Transpose" in module.type)
        out.append(
            Layer(
                module,
                parameter,
                biases.get(module.index),
                place,
                activation,
                normalised,
                order,
                fan_in,
                fan_out,
                rescaled(record, parameter),
            )
        )
    return tuple(out)


def is_layer(module: Module) -> bool:
    """Whether a module transforms features (an embedding looks them up; a norm rescales them)."""
    return not module.type.startswith("Embedding") and module.type not in NORMS


def _following(record: Record, place: Place | None, starts: set[int]) -> tuple[Place | None, bool]:
    """The activation that consumes a layer's output, and whether a norm lies between."""
    if place is None:
        return None, False
    normalised = False
    frontier = [place.index]
    seen = {place.index}
    while frontier:
        consumers = [
            p for p in record.places if p.index not in seen and set(p.inputs) & set(frontier)
        ]
        consumers = [p for p in consumers if p.order > place.order]
        seen |= {p.index for p in consumers}
        frontier = []
        for consumer in sorted(consumers, key=lambda p: p.order):
            if consumer.activation:
                return consumer, normalised
            if consumer.type in NORMS:
                normalised = True
            if consumer.module not in starts or consumer.functional:
                frontier.append(consumer.index)
    return None, normalised
