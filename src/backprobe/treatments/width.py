# SPDX-License-Identifier: Apache-2.0
"""Hidden layers so many times as wide."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points, unwatched
from backprobe.treatments.resizing import Resized
from backprobe.treatments.tracing import Layer

SIZED = (nn.Linear, nn.modules.conv._ConvNd)
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


class Width(Treatment):
    """Makes every hidden layer VALUE times as wide: 0.5 halves them, 2 doubles them.

    Suits when: a network is too small for its task (`underfitting`), or so large that it learns its
    rows by heart (`overfitting`): a simpler model is the first cure of that. Linear layers,
    convolutions, recurrent layers, embeddings and their norms; inputs and outputs keep their size.
    The new weights are drawn from the old ones, in the scale of the new fan-in. A model whose
    forward has sizes written into it can't be resized, and is left as it is. `undo` gives the
    layers their sizes and weights back.
    """

    NAME = "width"
    WAITS = "a forward of a model with a hidden layer"

    def install(self, points: Points) -> None:
        """Resizes before the first forward of each root."""
        self.points = points
        self._factor = float(self.value)
        self._resized: list[Resized] = []
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, args: Any, kwargs: Any) -> None:
        trace = self.points.trace()
        if trace is None or trace.failure:
            why = trace.failure if trace is not None else "it was not traced"
            self.points.report.refuse(self.text, f"the forward could not be followed: {why}")
            return
        generator = torch._C.Generator()
        generator.manual_seed(3)
        resized = Resized(generator)
        try:
            changed = self._resize(root, trace.layers, resized)
            if changed:
                self._try(root, args, kwargs)
        except Exception as error:  # noqa: BLE001  # whatever a forward raises on other sizes
            resized.undo()
            text = str(error).strip().splitlines()
            why = text[0] if text else type(error).__name__
            self.points.report.refuse(self.text, f"the model doesn't run so: {why}")
            return
        if changed:
            self._resized.append(resized)
            self.points.report.apply(self.text, f"{changed} layers")
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "it has no hidden layer")

    def _resize(self, root: nn.Module, layers: tuple[Layer, ...], resized: Resized) -> int:
        uses = {id(layer.module): layer for layer in layers}
        hidden_sizes: set[int] = set()
        changed = 0
        for layer in uses.values():
            module: Any = layer.module
            if isinstance(module, nn.RNNBase):
                inputs = None if layer.first else self._scaled(module.input_size)
                hidden_sizes.add(module.hidden_size)
                resized.recurrent(module, self._scaled(module.hidden_size), inputs)
                changed += 1
            elif isinstance(module, nn.Embedding):
                hidden_sizes.add(module.embedding_dim)
                resized.embedding(module, self._scaled(module.embedding_dim))
                changed += 1
            elif isinstance(module, SIZED):
                if getattr(module, "groups", 1) != 1:
                    raise ValueError("a grouped convolution")
                names = ("out_features", "in_features")
                if not isinstance(module, nn.Linear):
                    names = ("out_channels", "in_channels")
                outputs, inputs = getattr(module, names[0]), getattr(module, names[1])
                if not layer.last:
                    hidden_sizes.add(outputs)
                    changed += 1
                resized.layer(
                    module,
                    None if layer.last else self._scaled(outputs),
                    None if layer.first else self._scaled(inputs),
                )
            else:
                raise ValueError(f"a {type(module).__name__} among its layers")
        for module in root.modules():
            if isinstance(module, NORMS):
                size = _features(module)
                if size in hidden_sizes:
                    resized.norm(module, self._scaled(size))
        return changed

    def _scaled(self, size: int) -> int:
        return max(1, round(size * self._factor))

    def _try(self, root: nn.Module, args: Any, kwargs: Any) -> None:
        """One forward, of which nothing stays."""
        stack, self.points.stack = self.points.stack, []
        buffers = [(buffer, buffer.clone()) for buffer in root.buffers()]
        self.points._tracing = True
        try:
            with unwatched(), torch.random.fork_rng([]), torch.no_grad():
                root(*args, **kwargs)
                for buffer, before in buffers:
                    buffer.copy_(before)
        finally:
            self.points._tracing = False
            self.points.stack = stack

    def undo(self) -> None:
        """Gives the layers their sizes and weights back."""
        for resized in reversed(self._resized):
            resized.undo()


def _features(module: Any) -> int:
    if isinstance(module, nn.LayerNorm):
        return int(module.normalized_shape[-1])
    return int(module.num_channels if isinstance(module, nn.GroupNorm) else module.num_features)


build = Width
