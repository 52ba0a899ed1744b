# SPDX-License-Identifier: Apache-2.0
"""What a loss kept of the predictions: how many classes they tell right, and their spread."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe.kernels import native
from backprobe.probe.lossgraph import LossReading
from backprobe.probe.targets import MAX_ELEMENTS

OUTPUT_ROWS = 2048
YES_OR_NO: Mapping[str, float] = {"bce": 0.5, "bce_with_logits": 0.0}
"""Kind of loss → prediction above which it says yes."""


def accuracy(reading: LossReading) -> dict[str, float]:
    """Share of a training batch's classes that are told right, from what the loss kept."""
    found = _counted(reading)
    if found is None:
        hits = hits_of(reading)
        if hits is None or not hosts.near(hits):
            return {}
        found = hits.tolist()
    right, count = found
    return {"accuracy": right / count} if count else {}


def _counted(reading: LossReading) -> list[float] | None:
    """As `hits_of`, by the compiled kernel: of rows of scores and a class for each, else None."""
    scores, target, library = reading.log_probabilities, reading.target, native.quick()
    if library is None or scores is None or target is None or reading.kind in YES_OR_NO:
        return None
    if not readable(scores) or not readable(target) or scores.dim() != 2 or target.dim() != 1:
        return None
    if scores.dtype != torch.float32 or target.dtype != torch.int64 or len(scores) != len(target):
        return None
    if scores.numel() > MAX_ELEMENTS * 4 or not scores.numel() or not scores.is_contiguous():
        return None
    found, given = (ctypes.c_int64 * 2)(), target.contiguous()
    ignored = reading.ignore_index if reading.ignore_index is not None else -100
    library.bp_hits(
        scores.data_ptr(), *scores.shape, given.data_ptr(), ignored, ctypes.addressof(found)
    )
    return list(found)


def hits_of(reading: LossReading) -> Tensor | None:
    """How many classes are told right, and of how many, [2] where the scores are; None unknown.

    Of a yes-or-no loss every answer counts, the tags of a row one by one.
    """
    if reading.kind in YES_OR_NO:
        return _answers(reading)
    scores, target = reading.log_probabilities, reading.target
    if scores is None or target is None or target.is_floating_point() or not plain(scores):
        return None
    if scores.numel() > MAX_ELEMENTS * 4 or scores.dim() < 2 or scores.device != target.device:
        return None
    with torch.no_grad():
        told = scores.detach().argmax(1 if scores.dim() != 3 else -1)
        if told.shape != target.shape:
            told = scores.detach().argmax(1)
            if told.shape != target.shape:
                return None
        kept = target != (reading.ignore_index if reading.ignore_index is not None else -100)
        return torch.stack([((told == target) & kept).sum(), kept.sum()]).float()


def _answers(reading: LossReading) -> Tensor | None:
    scores, target = reading.output, reading.target
    if scores is None or target is None or not plain(scores) or not plain(target):
        return None
    same = scores.shape == target.shape and scores.device == target.device
    if not same or not 0 < scores.numel() <= MAX_ELEMENTS * 4:
        return None
    with torch.no_grad():
        yes = scores.detach() > YES_OR_NO[reading.kind]
        right = (yes == (target > 0.5)).sum()
        whole = ((target == 0.0) | (target == 1.0)).all()  # shares have no right answer
        return torch.stack([right, whole * scores.numel()]).float()


def classes_of(reading: LossReading) -> int:
    """Of how many classes one is told, 0 where it is none of classes."""
    shape = reading.output_shape
    if reading.kind not in ("cross_entropy", "nll") or len(shape) < 2:
        return 0
    built_in = reading.chain[0].startswith("NllLoss") if reading.chain else True
    if len(shape) > 2 and not built_in:
        return shape[reading.class_dim]  # a script's own picks them along any axis
    return shape[1] if len(shape) != 3 or reading.chain[:1] != ("NllLossBackward0",) else shape[-1]


def sample_of(reading: LossReading) -> Tensor | None:
    """Rows [n, m] of the predictions that the loss kept, or None."""
    found = reading.log_probabilities if reading.log_probabilities is not None else reading.output
    if found is None or not plain(found) or found.numel() == 0:
        return None
    values = found.detach()
    dim = reading.class_dim if found is reading.log_probabilities else -1
    if values.dim() > 2 and dim != 0:  # of sequences and pictures the classes are the second
        classes, each = values.shape[dim], values[0].numel()
        values = values[: OUTPUT_ROWS * classes // each + 1].movedim(dim, -1)
    rows = values.reshape(-1, values.shape[-1] if values.dim() > 1 else 1)
    return rows[: OUTPUT_ROWS if hosts.near(rows) else max(1, MAX_ELEMENTS // rows.shape[1])]


def shares_of(reading: LossReading) -> Tensor | None:
    """Of the shares of classes that a loss was given [3]: least and most that a row adds up to,
    and whether all are 0 or 1; None where it was given none.
    """
    shares = reading.extra.get("shares")
    if shares is None or not plain(shares) or not shares.numel() or shares.dim() < 2:
        return None
    values = shares.detach()[:OUTPUT_ROWS].float()
    sums = values.sum(dim=reading.class_dim)
    whole = ((values == 0.0) | (values == 1.0)).all()
    return torch.stack([sums.min(), sums.max(), whole.float()])


def facts_of(sample: Tensor, logs: bool) -> dict[str, Any]:
    """Facts of rows of predictions; `logs` says that they are log probabilities."""
    values = sample[:OUTPUT_ROWS].double()
    facts: dict[str, Any] = {
        "mean": float(values.mean()),
        "std": float(values.std(unbiased=False)),
        "min": float(values.min()),
        "max": float(values.max()),
        "row_std": float(values.std(dim=1, unbiased=False).mean()),
    }
    if values.shape[1] > 1:
        facts["row_sum"] = float(values.sum(dim=1).mean())
        facts["row_sum_std"] = float(values.sum(dim=1).std(unbiased=False))
    if logs:
        facts["log_probabilities"] = True
    return facts


def plain(tensor: Tensor) -> bool:
    """Whether a tensor holds its values itself, here or on a device."""
    strided = type(tensor) is Tensor and tensor.layout == torch.strided
    return strided and tensor.device.type != "meta"


def readable(tensor: Tensor) -> bool:
    """Whether its values can be read here without waiting for a device."""
    return plain(tensor) and hosts.near(tensor)
