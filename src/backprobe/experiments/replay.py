# SPDX-License-Identifier: Apache-2.0
"""The loss of a script, told from one step of it: what was called on what, so that it can be called
again on other outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Turn = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LossCall:
    """One call of a loss function.

    Arguments:
        name: of the function, e.g. "cross_entropy".
        call: the function.
        output: what it was given first.
        args: the other positional arguments, the target first.
        kwargs: keyword arguments.
        result: what it gave.
    """

    name: str
    call: Callable[..., Any]
    output: Tensor
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    result: Any = None

    @property
    def target(self) -> Any:
        """What the output was compared with."""
        return self.args[0] if self.args else self.kwargs.get("target")


def turns(output: Tensor, wanted: Tensor) -> Iterator[Turn]:
    """Ways from a model's output to what the loss was given, the likeliest first."""
    shape = tuple(wanted.shape)
    yield lambda x: x
    if output.numel() == wanted.numel():
        row = len(output) if output.dim() else 1

        def reshaped(x: Tensor) -> Tensor:
            scale = (len(x) if x.dim() else 1) / max(1, row)
            if shape and shape[0] != row:  # rows and time together, or a lost dimension
                return x.reshape(-1, *shape[1:])
            return x.reshape(max(1, round(scale * shape[0])) if shape else -1, *shape[1:])

        yield reshaped
    for first, second in ((1, 2), (1, -1), (0, 1)):
        if output.dim() > max(first, second) and output.dim() >= 2:
            yield lambda x, a=first, b=second: x.transpose(a, b)  # type: ignore[misc]
    if output.dim() == 3:
        yield lambda x: x[:, -1]
        yield lambda x: x[:, :-1].reshape(-1, x.shape[-1])
        yield lambda x: x[-1]
    for dim in (1, -1):
        if output.dim() > 1:
            yield lambda x, d=dim: x.log_softmax(d)  # type: ignore[misc]
            yield lambda x, d=dim: x.softmax(d)  # type: ignore[misc]
    yield torch.sigmoid
    yield torch.tanh


def way(output: Any, wanted: Tensor) -> Turn | None:
    """The way from an output to what the loss was given, or None where there is no telling."""
    for pick in _picks(output):
        made = pick(output)
        if not isinstance(made, Tensor):
            continue
        for turn in turns(made, wanted):
            try:
                with torch.no_grad():
                    found = turn(made.detach())
            except (RuntimeError, IndexError):
                continue
            if found.shape == wanted.shape and torch.equal(found, wanted.detach()):
                return lambda x, p=pick, t=turn: t(p(x))  # type: ignore[misc]
    return None


def criterion(call: LossCall, turn: Turn) -> Callable[[Any, Any], Tensor]:
    """The script's loss as a function of the model's whole output and a target."""
    rest, kwargs = call.args[1:], {k: v for k, v in call.kwargs.items() if k != "target"}

    def loss(output: Any, target: Any) -> Tensor:
        given = turn(output)
        return call.call(given, target, *rest, **kwargs)  # type: ignore[no-any-return]

    loss.__name__ = call.name
    loss.whole_output = True  # type: ignore[attr-defined]
    loss.turn = turn  # type: ignore[attr-defined]
    loss.weight = kwargs.get("weight", rest[0] if rest else None)  # type: ignore[attr-defined]
    loss.reduction = kwargs.get("reduction", "mean")  # type: ignore[attr-defined]
    loss.pos_weight = kwargs.get("pos_weight")  # type: ignore[attr-defined]
    return loss


def _picks(output: Any) -> list[Callable[[Any], Any]]:
    if isinstance(output, Tensor):
        return [lambda x: x]
    if isinstance(output, (tuple, list)):
        return [lambda x, i=i: x[i] for i in range(min(len(output), 8))]  # type: ignore[misc]
    if isinstance(output, dict):
        return [lambda x, k=k: x[k] for k in list(output)[:8]]  # type: ignore[misc]
    names = ("logits", "last_hidden_state", "prediction", "output")
    return [lambda x, n=n: getattr(x, n, None) for n in names if hasattr(output, n)]  # type: ignore[misc]
