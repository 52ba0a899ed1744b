# SPDX-License-Identifier: Apache-2.0
"""Losses that the script itself computes in an evaluation, and dropout that is on, by their name.

Under `no_grad` there is no graph to read. So the loss functions of `torch.nn.functional` and its
dropouts, which are on unless the caller says otherwise, are wrapped from the first forward of an
evaluation to the next training step, and in the user's own `no_grad` blocks from their begin on:
`F.mse_loss(model(x), y)` looks the function up before the model runs. A name that was imported out
of the module before is not seen.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import CodeType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from backprobe.probe import sites
from backprobe.probe.capture import compiles
from backprobe.probe.evaluation import IGNORED, Phase, number, right
from backprobe.probe.guard import Guard

NAMES: Mapping[str, str] = {
    "cross_entropy": "cross_entropy",
    "nll_loss": "nll",
    "mse_loss": "mse",
    "l1_loss": "l1",
    "smooth_l1_loss": "smooth_l1",
    "huber_loss": "huber",
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits",
}
"""Function of `torch.nn.functional` → kind of loss."""
VAIN = 8
"""Blocks of one line in which no model was evaluated, after which they are passed over: a moving
average of the weights has one in each step."""
DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
"""Functions of `torch.nn.functional` whose arguments are `input, p, training`."""


Block = tuple[CodeType, int]


class NamedLosses:
    """Wraps the loss functions and dropouts while an evaluation goes on.

    Arguments:
        guard: what disables this collector when it fails.
        known: whether a module is a part of a watched model.
    """

    def __init__(self, guard: Guard, known: Callable[[Any], bool]) -> None:
        self._guard = guard
        self._known = known
        self._originals: dict[str, Any] = {}
        self._wrappers: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._phase: Phase | None = None
        self._vain: dict[Block, int] = {}
        self._block: Block | None = None

    def begin(self, phase: Phase) -> None:
        """Adds what is computed from now on to a phase."""
        self._phase = phase
        if self._block is not None:
            self._vain[self._block] = 0
        self._prepare()

    def prepare(self, block: Block) -> None:
        """Wraps them before a phase: what they are called with is taken only once there is one.

        Arguments:
            block: of the user's, without gradients, that begins: its code and line.
        """
        if self._vain.get(block, 0) < VAIN:
            self._block = block
            self._prepare()

    def _prepare(self) -> None:
        # A compiled function guards on the names that it calls: it would be compiled anew.
        if not self._originals and not compiles() and self._guard.works("named losses"):
            for name, kind in NAMES.items():
                original = getattr(functional, name)
                self._originals[name] = original
                setattr(functional, name, self._kept(original, partial(self._wrapped, kind=kind)))
            for name in DROPOUTS:
                original = getattr(functional, name)
                self._originals[name] = original
                setattr(functional, name, self._kept(original, self._watched))

    def _kept(
        self, original: Callable[..., Any], wrap: Callable[..., Callable[..., Any]]
    ) -> Callable[..., Any]:
        """What wraps a function, made once: some loops evaluate at every step."""
        known = self._wrappers.get(original)
        if known is None:
            known = self._wrappers[original] = wrap(original)
        return known

    def close(self) -> None:
        """Puts torch's own functions back where no phase has begun."""
        block, self._block = self._block, None
        if self._originals and self._phase is None:
            self.end()
            if block is not None:
                self._vain[block] = self._vain.get(block, 0) + 1

    def end(self) -> None:
        """Puts torch's own functions back."""
        self._phase = None
        for name, original in self._originals.items():
            setattr(functional, name, original)
        self._originals = {}

    def _wrapped(self, original: Callable[..., Any], kind: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if not torch.compiler.is_compiling() and not torch.is_grad_enabled():
                self._guard.run("named losses", self._take, kind, args, kwargs, result)
            return result

        return call

    def _watched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling() and not torch.is_grad_enabled():
                frame = sys._getframe(1)
                # A layer of torch's own follows its mode, which is looked at elsewhere, unless no
                # model has it as a part.
                by_layer = sites.distance(frame.f_code.co_filename) >= 2
                layer = frame.f_locals.get("self") if by_layer else None
                if not by_layer or (isinstance(layer, nn.Module) and not self._known(layer)):
                    self._guard.run("named losses", self._drops, args, kwargs, by_layer)
            return original(*args, **kwargs)

        return call

    def _drops(self, args: Any, kwargs: dict[str, Any], by_layer: bool) -> None:
        p = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
        on = args[2] if len(args) > 2 else kwargs.get("training", True)
        if self._phase is not None and on and p > 0.0 and self._phase.dropped is None:
            self._phase.dropped = sites.here()
            self._phase.dropped_by_layer = by_layer

    def _take(self, kind: str, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        phase = self._phase
        if phase is None or type(result) is not Tensor or not result.numel():
            return
        values = [*args, *(kwargs[k] for k in ("input", "target") if k in kwargs)]
        output, target = values[:2]
        rows = int(target.shape[0]) if target.dim() else 1
        summed = kwargs.get("reduction") == "sum"
        mean = result.detach().sum() / rows if summed else result.detach().float().mean()
        phase.named.loss += number(mean) * rows
        phase.named.count += rows
        if type(output) is Tensor and type(target) is Tensor:
            ignored = kwargs.get("ignore_index", args[4] if len(args) > 4 else IGNORED)
            right(phase.named, kind, output.detach(), target, ignored)
