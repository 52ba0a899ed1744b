# SPDX-License-Identifier: Apache-2.0
"""The initial weights against the theory: signals and gradients that keep their size.

Of a layer with random weights, Var(out) = fan_in · Var(w) · E[in²] + Var(b) (Glorot 2010; He,
1502.01852). What is judged is the signal: the std over the batch of each unit, since with
PyTorch's default the biases soon outweigh what depends on the input.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.experiments.checks.subject import Subject
from backprobe.report.checks import Check, Status

SIGNAL = (1e-4, 1e3)
"""Std over the batch of a hidden layer's units. PyTorch's default keeps 0.41 of it a ReLU layer:
after 8 layers a thousandth is left, after 12 a thirty-thousandth."""
LAYER = (0.05, 20.0)
"""Measured std of a layer over the predicted: correlated inputs give up to sqrt(fan_in)."""
GRADIENT = 1e-6
"""Smallest over largest relative gradient of layers; healthy: above 1e-4."""


def init(subject: Subject) -> list[Check]:
    """What the first forward gives, layer by layer."""
    seen: list[tuple[str, nn.Module, Tensor, Tensor]] = []
    handles = []
    for name, module in subject.model.named_modules():
        if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            handles.append(module.register_forward_hook(_keeper(name, seen)))
    try:
        with subject.fresh("train"), torch.no_grad():
            subject.output(subject.batches[0])
    finally:
        for handle in handles:
            handle.remove()
    if all(not bool(one[1].weight.detach().any()) for one in seen):  # type: ignore[operator]
        why = "no linear layer or convolution with weights other than 0 was called"
        return [Check("init-signal", "skipped", message=why), *symmetry(subject)]
    rows, predicted = [], []
    for name, module, given, made in seen:
        if not bool(module.weight.detach().any()):  # type: ignore[operator]
            continue  # zero ends of residual branches and heads are a known scheme
        signal = float(made.float().std(0).mean()) if len(made) > 1 else math.nan
        rows.append((name, signal))
        expected = _predicted(module, given)
        if expected > 0:
            predicted.append((name, float(made.float().square().mean().sqrt()) / expected))
    hidden = [(name, value) for name, value in rows[:-1] if math.isfinite(value)] or rows
    low, high = min(hidden, key=lambda r: r[1]), max(hidden, key=lambda r: r[1])
    lost, blown = low[1] < SIGNAL[0], high[1] > SIGNAL[1]
    worst = low if lost else high
    last = rows[-1][1]
    message = (
        f"units of {worst[0] or 'the model'} differ between rows by {worst[1]:.2g}: "
        + ("what depends on the input is lost" if lost else "the signal explodes")
        + ". backprobe.initialize(model, batch) draws the weights by what follows each layer; or "
        "put normalisation between layers."
    )
    evidence = {
        "signal": {name or "model": round(value, 6) for name, value in rows[:64]},
        "over_predicted": {name or "model": round(value, 4) for name, value in predicted[:64]},
    }
    measured = f"{low[1]:.2g} to {high[1]:.2g}, last {last:.2g}"
    status = "warn" if lost or blown else "pass"
    found = [Check("init-signal", status, measured, SIGNAL, message, evidence)]  # type: ignore[arg-type]
    return [*found, *symmetry(subject)]


def symmetry(subject: Subject) -> list[Check]:
    """No layer whose units begin alike: they get the same gradient and stay alike."""
    alike = []
    for name, module in subject.model.named_modules():
        if not isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            continue
        weight = module.weight.detach()
        if len(weight) > 1 and bool((weight == weight[:1]).all()) and module.weight.requires_grad:
            zero = not bool(weight.any())
            if zero:
                continue  # a zero last layer, of a residual branch or a head, is a known scheme
            alike.append(name)
    zeros = [
        name
        for name, module in subject.model.named_modules()
        if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd))
        and not bool(module.weight.detach().any())
    ]
    layers = sum(
        isinstance(m, (nn.Linear, nn.modules.conv._ConvNd)) for m in subject.model.modules()
    )
    if layers and len(zeros) == layers and layers > 1:
        alike = zeros
    return [
        Check(
            "init-symmetry",
            "fail" if alike else "pass",
            f"{len(alike)} of {layers} layers",
            "none",
            f"all units of {', '.join(alike[:3])} begin alike, get the same gradient, and stay "
            "alike: a layer of one unit. Draw the weights at random.",
        )
    ]


def gradients(subject: Subject) -> list[Check]:
    """Gradients that reach every trainable parameter, of like size."""
    objective = subject.objective
    if objective is None:
        return [Check("gradient-flow", "skipped", message=subject.no_loss)]
    with subject.fresh("train") as model:
        for one in model.parameters():
            one.grad = None
        try:
            objective(subject.batches[0]).backward()
        except RuntimeError as error:
            why = str(error).splitlines()[0]
            return [
                Check(
                    "gradient-flow",
                    "fail",
                    "no gradient",
                    "every parameter",
                    f"backward fails: {why}. Look for detach(), .data, torch.no_grad() and "
                    "conversions to NumPy between the weights and the loss.",
                )
            ]
        named = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
        missing = [name for name, one in named if one.grad is None]
        dead = [n for n, p in named if p.grad is not None and not bool(p.grad.any())]
        bad = [n for n, p in named if p.grad is not None and not bool(torch.isfinite(p.grad).all())]
        sizes = {
            n: _relative(p)
            for n, p in named
            if p.grad is not None and p.dim() > 1 and bool(p.detach().any())
        }
    if bad:
        return [
            Check(
                "gradient-flow",
                "fail",
                f"not finite in {len(bad)} parameters",
                "finite",
                f"the gradient of {', '.join(bad[:3])} is NaN or infinite before the first step",
            )
        ]
    sizes = {name: value for name, value in sizes.items() if value > 0}
    ratio = min(sizes.values()) / max(sizes.values()) if len(sizes) > 1 else 1.0
    unreached = missing or (dead if len(dead) == len(named) else [])
    if missing and subject.partial and len(missing) < len(named):
        why = "the loss has further terms, whose gradients may reach the others"
        return [Check("gradient-flow", "skipped", message=why)]
    least = min(sizes, key=lambda name: sizes[name]) if sizes else ""
    status: Status
    if unreached:
        status, measured = "warn", f"{len(unreached)} of {len(named)} parameters without"
        message = (
            f"no gradient reaches {', '.join(unreached[:3])}: they are not used in the forward, or "
            "cut off by detach(). They stay as they were drawn."
            if missing
            else "the gradient of every parameter is zero: the loss is the same whatever they are. "
            "Look for a softmax over one unit, saturated outputs, and layers of dead units."
        )
        if len(unreached) == len(named):
            status = "fail"
    else:
        status = "warn" if ratio < GRADIENT else "pass"
        measured = f"least over largest {ratio:.2g}"
        message = (
            f"the gradient of {least}, relative to its weights, is {ratio:.2g} of the largest: "
            "early layers hardly learn. Use ReLU in place of sigmoid, normalisation, or residual "
            "connections."
        )
    evidence = {
        "relative": {name: float(f"{value:.3g}") for name, value in list(sizes.items())[:64]}
    }
    return [
        Check(
            "gradient-flow", status, measured, f"above {GRADIENT:g}, all reached", message, evidence
        )
    ]


def _relative(parameter: nn.Parameter) -> float:
    """RMS of a gradient over that of its weights."""
    assert parameter.grad is not None
    gradient = parameter.grad.coalesce().values() if parameter.grad.is_sparse else parameter.grad
    weight = float(parameter.detach().float().square().mean().sqrt())
    return float(gradient.float().square().mean().sqrt()) / max(weight, 1e-12)


def _predicted(module: nn.Module, given: Tensor) -> float:
    weight: Tensor = module.weight.detach()  # type: ignore[operator]
    fan_in = weight[0].numel()
    square = fan_in * float(weight.float().square().mean()) * float(given.float().square().mean())
    bias = getattr(module, "bias", None)
    square += float(bias.detach().float().square().mean()) if isinstance(bias, Tensor) else 0.0
    return math.sqrt(square)


def _keeper(name: str, seen: list[tuple[str, nn.Module, Tensor, Tensor]]) -> Any:
    def keep(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        known = any(one[1] is module for one in seen)
        if not known and args and isinstance(args[0], Tensor) and isinstance(output, Tensor):
            seen.append((name, module, args[0].detach(), output.detach().clone()))

    return keep
