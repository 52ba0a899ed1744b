# SPDX-License-Identifier: Apache-2.0
"""What follows each layer and feeds each activation, from one forward that leaves no trace."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from backprobe.treatments.functions import ACTIVATIONS, NORMALISERS, passes

GATES = ("mul", "__mul__", "__rmul__", "mul_", "__imul__")
BOUNDED = ("sigmoid", "tanh", "hardsigmoid", "softsign")
"""What gates are made of."""
RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")


@dataclass(frozen=True)
class Activation:
    """One activation call: its canonical name and its role.

    `role` is "hidden" (a layer with weights follows), "gate" (it only multiplies something),
    "inner" (softmax inside, as in attention) or "output" (nothing with weights follows).
    """

    name: str
    role: str


@dataclass(frozen=True)
class Layer:
    """One use of a layer with weights.

    Arguments:
        module: that holds the weight.
        weight: the parameter's name in it.
        following: canonical activation that follows, "linear" where another layer does, "output"
            where nothing does.
        normed: whether a normalisation stands between it and what follows.
        first: whether no other layer stands before it: it reads the model's inputs.
        last: whether no other layer stands behind it.
    """

    module: nn.Module
    weight: str
    following: str
    normed: bool
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class Trace:
    """One forward of a root.

    Arguments:
        activations: in the order of their calls.
        layers: in the order of their calls.
        failure: why it could not be made, "" where it could.
        order: name of every function that was called, in order.
    """

    activations: tuple[Activation, ...]
    layers: tuple[Layer, ...]
    failure: str = ""
    order: tuple[str, ...] = ()

    def role(self, ordinal: int, name: str) -> str:
        """The role of the activation call at a position, guessed where the forward was another."""
        if 0 <= ordinal < len(self.activations) and self.activations[ordinal].name == name:
            return self.activations[ordinal].role
        return "inner" if name in NORMALISERS else "hidden"

    @property
    def hidden(self) -> tuple[Activation, ...]:
        """The activations between layers."""
        return tuple(a for a in self.activations if a.role == "hidden")


@dataclass
class _Node:
    name: str
    inputs: list[int]
    weight: tuple[nn.Module, str] | None = None
    users: list[int] = field(default_factory=list)


class _Tape(TorchFunctionMode):
    def __init__(self, owners: dict[int, tuple[nn.Module, str]]) -> None:
        super().__init__()
        self.owners = owners
        self.nodes: list[_Node] = []
        self.made: dict[int, int] = {}
        self.kept: list[Any] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        given = list(_tensors((args, kwargs)))
        outputs = list(_tensors(result))
        name = getattr(func, "__name__", "")
        if not outputs or name in ("__get__", "size", "dim"):
            return result
        inputs = [self.made[id(tensor)] for tensor in given if id(tensor) in self.made]
        weight = None
        for tensor in given:
            if id(tensor) in self.owners and tensor.dim() >= 2:
                weight = self.owners[id(tensor)]
                break
        index = len(self.nodes)
        self.nodes.append(_Node(name, inputs, weight))
        for before in inputs:
            self.nodes[before].users.append(index)
        for tensor in outputs:
            self.made[id(tensor)] = index
        self.kept += [given, outputs]
        return result


def trace(root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Trace:
    """Runs one forward and reads the roles off it; buffers, mode and random state stay.

    Arguments:
        root: the model.
        args: of the forward that is about to be made.
        kwargs: likewise.
    """
    owners = {
        id(parameter): (module, name)
        for module in root.modules()
        for name, parameter in module.named_parameters(recurse=False)
    }
    buffers = [(buffer, buffer.clone()) for buffer in root.buffers()]
    tape = _Tape(owners)
    devices = list({p.device for p in root.parameters() if p.device.type == "cuda"})
    with torch.random.fork_rng(devices), torch.no_grad(), tape:
        root(*copy.copy(args), **kwargs)
    with torch.no_grad():
        for buffer, before in buffers:
            buffer.copy_(before)
    return _read(tape.nodes)


def _read(nodes: list[_Node]) -> Trace:
    weighted = [node.weight is not None or node.name in RECURRENT for node in nodes]
    reaches = [False] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):
        reaches[index] = any(weighted[user] or reaches[user] for user in nodes[index].users)
    fed = [False] * len(nodes)
    for index, node in enumerate(nodes):
        fed[index] = any(_is_layer(nodes[i]) or fed[i] for i in node.inputs)
    activations, layers = [], []
    for index, node in enumerate(nodes):
        if node.name in ACTIVATIONS:
            activations.append(Activation(ACTIVATIONS[node.name], _role(nodes, index, reaches)))
        elif node.weight is not None and _is_layer(node):
            following, normed = _following(nodes, index, weighted)
            layers.append(
                Layer(*node.weight, following, normed, not fed[index], not reaches[index])
            )
    # A batch norm counts its batches by an `add_` of its own.
    order = tuple(node.name for node in nodes if node.inputs or node.name != "add_")
    return Trace(tuple(activations), tuple(layers), order=order)


def _is_layer(node: _Node) -> bool:
    if node.name in RECURRENT:
        return True
    return node.weight is not None and not _is_norm(node.name) and node.name != "prelu"


def _is_norm(name: str) -> bool:
    return name.endswith("_norm") and name != "weight_norm"


def _role(nodes: list[_Node], index: int, reaches: list[bool]) -> str:
    name = ACTIVATIONS[nodes[index].name]
    if not reaches[index]:
        return "output"
    if name in NORMALISERS:
        return "inner"
    users = [nodes[user] for user in nodes[index].users]
    if name in BOUNDED and users and all(u.name in GATES and len(u.inputs) > 1 for u in users):
        return "gate"
    return "hidden"


def _following(nodes: list[_Node], index: int, weighted: list[bool]) -> tuple[str, bool]:
    """The nearest activation after a layer, and whether a normalisation stands before it."""
    waiting, seen, normed, layer_follows = list(nodes[index].users), set(), False, False
    while waiting:
        position = waiting.pop(0)
        if position in seen:
            continue
        seen.add(position)
        node = nodes[position]
        if node.name in ACTIVATIONS:
            return ACTIVATIONS[node.name], normed
        if _is_norm(node.name):
            normed = True
        elif weighted[position]:
            layer_follows = True
            continue
        if passes(node.name):
            waiting += node.users
        else:
            layer_follows = layer_follows or bool(node.users)
    return ("linear" if layer_follows else "output"), normed


def _tensors(value: Any) -> Any:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
