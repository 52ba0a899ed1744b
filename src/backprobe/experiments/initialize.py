# SPDX-License-Identifier: Apache-2.0
"""`initialize`: draws each layer's weights by the activation that really follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.experiments.batches import Batch, device_of, split, to_device
from backprobe.treatments.points import unwatched
from backprobe.treatments.schemes import draws, scheme_before, scheme_std
from backprobe.treatments.tracing import Layer, trace

SIDES = (32, 28, 64, 224, 16, 8)
"""Widths of pictures that are tried where no batch is given."""
LENGTHS = (16, 32, 128, 8)
"""Lengths of sequences that are tried."""
MOST_GUESSES = 40


@dataclass(frozen=True)
class Drawn:
    """What became of one layer.

    Arguments:
        name: as in `named_modules()`.
        shape: of its weight.
        following: what follows it, in words.
        scheme: "He", "Glorot" or "LeCun"; "" where it was left as it is.
        before: standard deviation of its weights before.
        after: and now.
        why: the reason for the scheme, or for leaving it.
    """

    name: str
    shape: tuple[int, ...]
    following: str
    scheme: str
    before: float
    after: float
    why: str


@dataclass(frozen=True)
class Initialization:
    """What `initialize` did; `print` shows it as a table.

    Arguments:
        layers: in the order of their calls.
        notes: what else is worth knowing.
    """

    layers: tuple[Drawn, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = ("layer", "weight", "followed by", "scheme", "std before", "std now", "")
        rows = [
            (
                one.name or "(model)",
                "x".join(map(str, one.shape)),
                one.following,
                one.scheme or "left",
                f"{one.before:.3g}",
                f"{one.after:.3g}",
                one.why,
            )
            for one in self.layers
        ]
        widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
        lines = [
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def __repr__(self) -> str:
        return str(self)

    def __iter__(self) -> Iterator[Drawn]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


WHY = {
    "he": "a rectifier lets half of the square through: Var(w) = 2 / fan_in",
    "glorot": "odd and steep at 0: Var(w) = 2 / (fan_in + fan_out)",
    "lecun": "keeps the size of the signal: Var(w) = 1 / fan_in",
}
TITLES = {"he": "He", "glorot": "Glorot", "lecun": "LeCun"}


def initialize(model: nn.Module, sample_batch: Any = None) -> Initialization:
    """Draws the weights of linear layers and convolutions anew, by what really follows each.

    He before rectifiers, Glorot before tanh and sigmoid, LeCun elsewhere; biases become 0. What
    follows is seen in one forward, functional activations too; that forward leaves no trace in
    buffers or random streams. Frozen and parametrised weights, embeddings, recurrent layers,
    attention's own projections and normalisations are left as they are. The numbers come from
    torch's random stream: seed it to get the same ones again.

    Arguments:
        model: whose weights are drawn.
        sample_batch: `(x, y)`, a dict, or inputs alone; None tries inputs of usual shapes, and
            says so where none fits.

    Returns:
        What was done to each layer and why; `print` it.

    Raises:
        TypeError: no `torch.nn.Module`.
        ValueError: the model can't be called on the sample batch; the text says what it said.

    Example:
        >>> print(backprobe.initialize(model, next(iter(loader))))
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is {type(model).__name__}; expected a torch.nn.Module")
    layers, notes = _layers(model, sample_batch)
    names = {id(module): name for name, module in model.named_modules()}
    seen: set[int] = set()
    done = []
    with torch.no_grad():
        for layer in layers:
            weight = getattr(layer.module, layer.weight, None)
            if not isinstance(weight, Tensor) or id(weight) in seen or weight.dim() < 2:
                continue
            seen.add(id(weight))
            done.append(_drawn(names.get(id(layer.module), ""), layer, weight))
    left = [
        name
        for name, module in model.named_modules()
        if draws(module) and all(id(module) != id(layer.module) for layer in layers)
    ]
    if left:
        notes.append(f"not called in the forward, and left: {', '.join(left[:5])}")
    return Initialization(tuple(done), tuple(notes))


def _drawn(name: str, layer: Layer, weight: Tensor) -> Drawn:
    words = {"output": "nothing (output)", "linear": "another layer"}
    following = words.get(layer.following, layer.following)
    following += " after a norm" if layer.normed else ""
    before = _std(weight)
    why = _left(layer.module, weight)
    if why:
        return Drawn(name, tuple(weight.shape), following, "", before, before, why)
    scheme = scheme_before(layer.following)
    weight.normal_(0.0, scheme_std(scheme, weight))
    bias = getattr(layer.module, "bias", None)
    if isinstance(bias, nn.Parameter) and bias.requires_grad:
        bias.zero_()
    return Drawn(
        name, tuple(weight.shape), following, TITLES[scheme], before, _std(weight), WHY[scheme]
    )


def _left(module: nn.Module, weight: Tensor) -> str:
    """Why a weight is left as it is, or ""."""
    if not draws(module):
        return f"{type(module).__name__} keeps PyTorch's own scheme"
    if not isinstance(weight, nn.Parameter):
        return "it is parametrised"
    if not weight.requires_grad:
        return "it is frozen"
    return ""


def _std(weight: Tensor) -> float:
    return float(weight.detach().float().std()) if weight.numel() > 1 else 0.0


def _layers(model: nn.Module, sample: Any) -> tuple[list[Layer], list[str]]:
    """The layers in the order of their calls, and what is to be said of how they were found."""
    given = [_batch(sample, model)] if sample is not None else list(_guesses(model))
    failure = ""
    for batch in given:
        try:
            with unwatched():
                found = trace(model, batch.args, dict(batch.kwargs))
            shape = tuple(batch.args[0].shape) if batch.args and sample is None else None
            said = [f"no batch was given; inputs of shape {shape} were taken"] if shape else []
            return list(found.layers), said
        except Exception as error:  # noqa: BLE001  # a model may refuse what we guess
            failure = f"{type(error).__name__}: {error}".splitlines()[0][:160]
    if sample is not None:
        raise ValueError(f"the model can't be called on the sample batch: {failure}")
    note = (
        "no inputs of usual shapes fit the model: what follows a layer is taken from the order in "
        "which modules were registered, and functional activations are not seen. Give a batch: "
        "initialize(model, next(iter(loader)))"
    )
    return _registered(model), [note]


def _batch(sample: Any, model: nn.Module) -> Batch:
    return split(to_device(sample, device_of(model)), model)


def _guesses(model: nn.Module) -> Iterator[Batch]:
    """Inputs that a model may take, by the layers that may come first."""
    seen: set[tuple[object, ...]] = set()
    for module in model.modules():
        if draws(module) or isinstance(module, _OTHER):
            for batch in _inputs_of(module, device_of(model)):
                key = (tuple(batch.args[0].shape), batch.args[0].dtype)
                if key not in seen and len(seen) < MOST_GUESSES:
                    seen.add(key)
                    yield batch


def _inputs_of(first: nn.Module, device: Any) -> Iterator[Batch]:
    """Inputs of usual shapes for a layer."""
    generator = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Batch:
        return Batch((torch.randn(*shape, generator=generator).to(device),))

    if isinstance(first, nn.Embedding):
        for length in LENGTHS:
            ids = torch.randint(0, first.num_embeddings, (2, length), generator=generator)
            yield Batch((ids.to(device),))
    elif isinstance(first, nn.Linear):
        yield noise(2, first.in_features)
        for length in LENGTHS:
            yield noise(2, length, first.in_features)
        for channels in (1, 3):
            side = round((first.in_features / channels) ** 0.5)
            if channels * side * side == first.in_features:
                yield noise(2, channels, side, side)
    elif isinstance(first, nn.modules.conv._ConvNd):
        dimensions = len(first.kernel_size)
        for side in SIDES if dimensions > 1 else (*LENGTHS, 256):
            yield noise(2, first.in_channels, *([side] * dimensions))
    elif isinstance(first, nn.RNNBase):
        for length in LENGTHS:
            yield noise(2, length, first.input_size)


_OTHER = (nn.Embedding, nn.RNNBase)


def _registered(model: nn.Module) -> list[Layer]:
    """Layers with the activation module that is registered next after each."""
    modules = [m for m in model.modules() if next(m.children(), None) is None]
    found = []
    for position, module in enumerate(modules):
        if not draws(module):
            continue
        following, normed = "output", False
        for later in modules[position + 1 :]:
            name = _ACTIVATIONS.get(type(later).__name__)
            if name is not None:
                following = name
                break
            if draws(later):
                following = "linear"
                break
            normed = normed or "Norm" in type(later).__name__
        found.append(Layer(module, "weight", following, normed))
    return found


_ACTIVATIONS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "RReLU": "rrelu",
    "ReLU6": "relu6",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softsign": "softsign",
    "Hardtanh": "hardtanh",
    "SELU": "selu",
    "Softplus": "softplus",
}
"""Class of an activation module → canonical activation."""
