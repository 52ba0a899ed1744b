# SPDX-License-Identifier: Apache-2.0
"""Weights drawn anew, by what follows each layer."""

from __future__ import annotations

import math
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.kept import KeptTensors
from backprobe.treatments.points import Points, unwatched
from backprobe.treatments.schemes import draws, scheme_before, scheme_std
from backprobe.treatments.steps import tensors
from backprobe.treatments.tracing import Layer


class Initialize(Treatment):
    """Draws the weights of linear layers and convolutions anew before the first forward.

    Suits when: the scale at the start is off (`init-scale-too-large`, `-small`), all units are
    alike (`symmetric-init`), signals vanish or explode with depth. `he` takes the scheme by what
    really follows: He before rectifiers, Glorot before tanh and sigmoid, LeCun elsewhere; the
    other values take one scheme for all; `orthogonal` keeps lengths (Saxe et al., 2014), which a
    step that is repeated over time needs; `lsuv` scales each layer's output to variance 1, and
    `default` draws as torch does. Its random numbers are its own: the script's stream stays.
    A network of bare tensors is drawn before its optimizer's first step, which is then one of
    zero gradients; which of a tensor's sides are inputs is not known there, so Glorot's scheme,
    which is the same for both, stands for all. `undo` puts the weights back that were there.
    """

    NAME = "initialize"
    WAITS = "a forward of a model with linear layers or convolutions, or a step of bare tensors"

    def install(self, points: Points) -> None:
        """Draws before the first forward of each root, or the first step where there is none."""
        self.points = points
        self._kept = KeptTensors()
        self._stepped: WeakSet[Optimizer] = WeakSet()
        points.steps.before.append(self._meet_bare)
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, args: Any, kwargs: Any) -> None:
        layers = list(self.points.layers())
        known = {id(layer.module) for layer in layers}
        layers += [
            Layer(module, "weight", "output", False)
            for module in root.modules()
            if draws(module) and id(module) not in known
        ]
        devices = list({p.device for p in root.parameters() if p.device.type == "cuda"})
        drawn, done = 0, set()
        with torch.random.fork_rng(devices), torch.no_grad():
            torch.manual_seed(torch.initial_seed() % 2**31 + 7)
            for layer in layers:
                weight = getattr(layer.module, layer.weight, None)
                if not isinstance(weight, nn.Parameter) or id(weight) in done:
                    continue
                if weight.dim() < 2 or not draws(layer.module) or not weight.is_floating_point():
                    continue
                done.add(id(weight))
                self._kept.keep(weight)
                self._draw(weight, layer.following)
                bias = getattr(layer.module, "bias", None)
                if isinstance(bias, nn.Parameter) and weight.dim() >= 2:
                    self._kept.keep(bias)
                    bias.zero_()
                drawn += 1
        if drawn:
            self.points.report.apply(self.text, f"{drawn} layers")
        if self.value == "lsuv" and drawn:
            self._scale(root, args, kwargs)

    def _meet_bare(self, optimizer: Optimizer) -> None:
        """Draws what an optimizer holds, where no module was ever called."""
        if self.points.roots or optimizer in self._stepped:
            return
        self._stepped.add(optimizer)
        held = tensors(optimizer)
        weights = [one for one in held if one.dim() >= 2 and one.is_floating_point()]
        devices = list({one.device for one in weights if one.device.type == "cuda"})
        with torch.random.fork_rng(devices), torch.no_grad():
            torch.manual_seed(torch.initial_seed() % 2**31 + 7)
            for weight in weights:
                self._kept.keep(weight)
                if self.value in ("lsuv", "orthogonal"):
                    nn.init.orthogonal_(weight)
                elif self.value.endswith("uniform"):
                    nn.init.xavier_uniform_(weight)
                else:
                    nn.init.xavier_normal_(weight)
            for tensor in held if weights else ():
                if tensor.grad is not None:
                    tensor.grad.zero_()  # it is of the weights that were there before
        if weights:
            self.points.report.apply(self.text, f"{len(weights)} bare tensors")

    def _draw(self, weight: Tensor, following: str) -> None:
        scheme = self.value
        if scheme == "default":
            nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        elif scheme in ("lsuv", "orthogonal"):
            gain = math.sqrt(2.0) if following == "relu" and scheme == "orthogonal" else 1.0
            nn.init.orthogonal_(weight, gain)
        elif scheme.endswith("uniform"):
            bound = math.sqrt(3.0) * scheme_std(scheme, weight)
            weight.uniform_(-bound, bound)
        else:
            scheme = scheme_before(following) if scheme == "he" else scheme
            weight.normal_(0.0, scheme_std(scheme, weight))

    def _scale(self, root: nn.Module, args: Any, kwargs: Any) -> None:
        """Scales layers, in order, to outputs of variance 1 (Mishkin and Matas, 2016)."""
        layers = self.points.layers()  # of the stack as it is now
        stack, self.points.stack = self.points.stack, []
        self.points._tracing = True
        try:
            for layer in layers:
                if not draws(layer.module):
                    continue
                seen: list[Tensor] = []
                handle = layer.module.register_forward_hook(_keeper(seen))
                with unwatched(), torch.random.fork_rng([]), torch.no_grad():
                    root(*args, **kwargs)
                    handle.remove()
                    std = float(seen[0].std()) if seen else 0.0
                    if std > 0:
                        layer.module.weight.div_(std)  # type: ignore[operator]
        finally:
            self.points._tracing = False
            self.points.stack = stack

    def undo(self) -> None:
        """Puts the weights back that were there."""
        self._kept.put_back()


def _keeper(seen: list[Tensor]) -> Any:
    return lambda _module, _args, output: seen.append(output)


build = Initialize
