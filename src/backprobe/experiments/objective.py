# SPDX-License-Identifier: Apache-2.0
"""The loss of a batch: by the criterion, by the model itself, or by what the output looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backprobe.experiments.batches import Batch, split

Criterion = Callable[..., Any]
ROW_SUM_TOLERANCE = 1e-3
"""Rows of a softmax sum to 1 within float32's rounding over some thousand classes."""


class Objective:
    """Computes the loss of a batch.

    Arguments:
        model: the network.
        criterion: takes output and target; None takes the model's own loss, or the one that fits
            what the model gives and what the batch holds.
    """

    def __init__(self, model: nn.Module, criterion: Criterion | None = None) -> None:
        self.model = model
        self.criterion = criterion
        self.kind = "" if criterion is None else _name(criterion)

    def forward(self, given: Any) -> tuple[Batch, Any]:
        """The batch told apart, and the model's output."""
        batch = split(given, self.model)
        own = self.criterion is None and batch.whole is not None
        if own and batch.target is not None:
            try:
                return batch, self.model(**(batch.whole or {}))
            except TypeError:  # its forward takes no targets
                pass
        return batch, self.model(*batch.args, **batch.kwargs)

    def loss_of(self, batch: Batch, output: Any) -> Tensor:
        """The loss of an output, a scalar.

        Raises:
            ValueError: there is no telling which loss fits, or it is no scalar; the text says why.
        """
        if self.criterion is None:
            own = _own_loss(output)
            if own is not None:
                self.kind = "the model's own"
                return own
            self.criterion = fitting(main_output(output), batch.target)
            self.kind = _name(self.criterion)
        whole = batch.target is None or getattr(self.criterion, "whole_output", False)
        answer = output if whole else main_output(output)
        loss = (
            self.criterion(answer) if batch.target is None else self.criterion(answer, batch.target)
        )
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            shape = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
            raise ValueError(
                f"the criterion {self.kind} gave {shape}; expected one number. Average it, e.g. "
                "with reduction='mean'"
            )
        return loss

    def given(self, output: Any) -> Any:
        """What the criterion is given of the model's output, where that is known."""
        turn = getattr(self.criterion, "turn", None)
        return main_output(output) if turn is None else turn(output)

    def __call__(self, given: Any) -> Tensor:
        """The loss of a batch."""
        batch, output = self.forward(given)
        return self.loss_of(batch, output)


def main_output(output: Any) -> Any:
    """The tensor that answers: `logits` of an output object, else the first of several."""
    if isinstance(output, Tensor):
        return output
    logits = output.get("logits") if isinstance(output, Mapping) else None
    logits = getattr(output, "logits", None) if logits is None else logits
    if isinstance(logits, Tensor):
        return logits
    if isinstance(output, (tuple, list)) and len(output) == 1:
        return main_output(output[0])
    return output


def _own_loss(output: Any) -> Tensor | None:
    found = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    if found is None and isinstance(output, Tensor) and output.dim() == 0:
        found = output
    if isinstance(found, Tensor) and found.numel() == 1 and found.requires_grad:
        return found
    return None


def fitting(output: Any, target: Any) -> Criterion:
    """The loss that fits an output and a target.

    Whole-number targets without the class dimension (the second, or the last) take cross entropy,
    or the negative log likelihood where the output holds probabilities or their logarithms already;
    a single output
    with targets of 0 and 1 takes binary cross entropy; numbers take the squared error.

    Raises:
        ValueError: nothing is sure to fit; the text says what was seen and what to give.
    """
    if not isinstance(output, Tensor) or not isinstance(target, Tensor):
        raise ValueError(_unclear(output, target))
    whole = not target.is_floating_point() and not target.is_complex()
    per_class = output.dim() == target.dim() + 1 and (
        output.dim() < 2 or output.shape[:1] + output.shape[2:] == target.shape
    )
    if whole and per_class and output.shape[1] > 1 and target.dtype != torch.bool:
        return _classes(output)
    if whole and output.dim() > 2 and output.shape[:-1] == target.shape and output.shape[-1] > 1:
        return _tokens
    if output.numel() == target.numel() and output.squeeze().shape == target.squeeze().shape:
        low, high = float(target.min()), float(target.max())
        if (whole and low >= 0 and high <= 1) or _only(target, (0.0, 1.0)):
            return _binary(output)
        if not whole:
            return _squared
    raise ValueError(_unclear(output, target))


def _classes(output: Tensor) -> Criterion:
    with torch.no_grad():
        values = output.detach().float()
        ones = torch.ones_like(values.sum(1))
        if bool((values >= 0).all()) and torch.allclose(
            values.sum(1), ones, atol=ROW_SUM_TOLERANCE
        ):
            return _likelihood
        if bool((values <= 0).all()) and torch.allclose(
            values.exp().sum(1), ones, atol=ROW_SUM_TOLERANCE
        ):
            return F.nll_loss
    return F.cross_entropy


def _binary(output: Tensor) -> Criterion:
    values = output.detach()
    inside = bool(((values > 0) & (values < 1)).all())
    return _binary_probability if inside and values.numel() > 1 else _binary_logit


def _tokens(output: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(output.flatten(0, -2), target.flatten())


def _likelihood(output: Tensor, target: Tensor) -> Tensor:
    return F.nll_loss(output.clamp_min(1e-12).log(), target)


def _binary_probability(output: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy(output, target.reshape(output.shape).to(output.dtype))


def _binary_logit(output: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(output, target.reshape(output.shape).to(output.dtype))


def _squared(output: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(output, target.reshape(output.shape))


_NAMES: Mapping[Any, str] = {
    _likelihood: "negative log likelihood of the probabilities",
    _binary_probability: "binary cross entropy",
    _binary_logit: "binary cross entropy with logits",
    _squared: "squared error",
    F.nll_loss: "negative log likelihood",
    _tokens: "cross entropy",
    F.cross_entropy: "cross entropy",
}


def _name(criterion: Any) -> str:
    try:
        known = _NAMES.get(criterion)
    except TypeError:  # a callable that can't be hashed
        known = None
    return known or str(getattr(criterion, "__name__", type(criterion).__name__))


def _only(target: Tensor, values: tuple[float, ...]) -> bool:
    return set(target.detach().unique().tolist()) == set(values)


def _unclear(output: Any, target: Any) -> str:
    def seen(value: Any) -> str:
        if isinstance(value, Tensor):
            return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
        return "nothing" if value is None else type(value).__name__

    return (
        f"no loss is sure to fit an output of {seen(output)} and a target of {seen(target)}; "
        "give one: LRFinder(model, optimizer, criterion, device)"
    )
