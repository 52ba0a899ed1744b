# SPDX-License-Identifier: Apache-2.0
"""Layers of another size in the place of those that are there; the optimizer keeps its parameters.

A parameter gets other values in another shape, so whoever holds it holds the new one. Its values
are drawn from its own old ones, scaled by the square root of the change of fan-in: the law that the
script drew from (uniform or normal, of variance in 1 / fan-in) stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Resized:
    """The layers that were changed, and what they were.

    Arguments:
        generator: that new values are drawn with.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self._data: list[tuple[nn.Module, str, Tensor]] = []
        self._facts: list[tuple[nn.Module, str, Any]] = []

    def layer(self, module: Any, outputs: int | None, inputs: int | None) -> None:
        """Gives a linear layer or a convolution other numbers of outputs and inputs.

        Arguments:
            module: the layer.
            outputs: None keeps theirs.
            inputs: likewise.
        """
        weight = module.weight
        transposed = isinstance(module, nn.modules.conv._ConvTransposeNd)
        shape = list(weight.shape)
        place_out, place_in = (1, 0) if transposed else (0, 1)
        before = shape[place_in]
        shape[place_out] = outputs or shape[place_out]
        shape[place_in] = inputs or shape[place_in]
        self._draw(module, "weight", shape, math.sqrt(before / shape[place_in]))
        if isinstance(module.bias, Tensor):
            self._draw(module, "bias", [shape[place_out]], math.sqrt(before / shape[place_in]))
        names = ("in_features", "out_features")
        if not isinstance(module, nn.Linear):
            names = ("in_channels", "out_channels")
        self._set(module, names[0], shape[place_in])
        self._set(module, names[1], shape[place_out])

    def norm(self, module: Any, features: int) -> None:
        """Gives a norm over features or channels another number of them."""
        for name in ("weight", "bias", "running_mean", "running_var"):
            if isinstance(getattr(module, name, None), Tensor):
                self._draw(module, name, [features], 1.0)
        if isinstance(module, nn.LayerNorm):
            self._set(module, "normalized_shape", (features,))
        else:
            name = "num_channels" if isinstance(module, nn.GroupNorm) else "num_features"
            self._set(module, name, features)

    def recurrent(self, module: nn.RNNBase, hidden: int, inputs: int | None) -> None:
        """Gives a recurrent layer another number of hidden units, and of inputs."""
        ratio = hidden / module.hidden_size
        for name, parameter in list(module.named_parameters(recurse=False)):
            shape = [round(parameter.shape[0] * ratio)]
            scale = math.sqrt(1 / ratio)
            if parameter.dim() > 1:
                width = round(parameter.shape[1] * ratio)
                if "weight_ih_l0" in name:
                    width = inputs or parameter.shape[1]
                shape.append(width)
            self._draw(module, name, shape, scale)
        self._set(module, "hidden_size", hidden)
        if inputs:
            self._set(module, "input_size", inputs)

    def embedding(self, module: nn.Embedding, size: int) -> None:
        """Gives an embedding another number of columns."""
        self._draw(module, "weight", [module.num_embeddings, size], 1.0)
        self._set(module, "embedding_dim", size)

    def undo(self) -> None:
        """Gives all layers their sizes and values back."""
        for module, name, data in reversed(self._data):
            tensor = getattr(module, name)
            tensor.grad = None
            tensor.data = data
        for module, name, value in reversed(self._facts):
            setattr(module, name, value)
        self._data, self._facts = [], []

    def _set(self, module: nn.Module, name: str, value: Any) -> None:
        self._facts.append((module, name, getattr(module, name)))
        setattr(module, name, value)

    def _draw(self, module: nn.Module, name: str, shape: Sequence[int], scale: float) -> None:
        tensor: Tensor = getattr(module, name)
        if list(tensor.shape) == list(shape):
            return
        old = tensor.detach().reshape(-1)
        count = math.prod(shape)
        picks = torch.randint(len(old), (count,), generator=self._generator).to(old.device)
        self._data.append((module, name, tensor.data))
        tensor.data = (old[picks] * scale).reshape(list(shape))
