# SPDX-License-Identifier: Apache-2.0
"""Rows that do not see each other, and outputs that do not depend on chance, in eval mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from backprobe.experiments.batches import Batch
from backprobe.experiments.checks.subject import Subject, subset
from backprobe.report.checks import Check

TOLERANCE = 1e-3
"""Relative to the outputs' own spread; other batch sizes round differently by about 1e-6."""


def independence(subject: Subject) -> list[Check]:
    """One row's output is not moved by the others (Karpathy's check, in eval mode)."""
    batch = subset(subject.batches[0], 8)
    rows = batch.rows
    if rows < 2:
        return [_skipped("sample-independence", "the batch has one row")]
    with subject.fresh("eval"), torch.no_grad():
        try:
            whole = subject.output(batch)
            again = subject.output(batch)
            others = subject.output(_others(batch, rows))
        except Exception as error:  # noqa: BLE001  # a model that takes no other batch is no fault
            return [
                _skipped("sample-independence", f"the model takes no other rows: {error!s:.80}")
            ]
    if not isinstance(whole, Tensor) or whole.dim() == 0 or len(whole) != rows:
        why = (
            "the output has no dimension of rows"
            if isinstance(whole, Tensor)
            else "several outputs"
        )
        return [_skipped("sample-independence", why)]
    if not bool(torch.isfinite(whole).all()):
        return [_skipped("sample-independence", "outputs are not finite")]
    if _apart(whole, again) > TOLERANCE:
        return [
            _skipped("sample-independence", "outputs differ by chance"),
            *_random(_apart(whole, again)),
        ]
    moved = _apart(whole[:1], others[:1], whole)
    target = batch.target
    one_a_row = isinstance(target, Tensor) and target.dim() > 0 and len(target) == rows
    if moved > TOLERANCE and not one_a_row:
        return [_skipped("sample-independence", "the targets are not one a row: rows may be a set")]
    return [
        Check(
            "sample-independence",
            "fail" if moved > TOLERANCE else "pass",
            f"moved by {moved:.2g} of the spread",
            f"below {TOLERANCE:g}",
            "the output of a row changes with the other rows of its batch, in eval mode: a view() "
            "or reshape() in the place of a transpose, a softmax or mean over dimension 0, or a "
            "recurrent layer without batch_first=True.",
        )
    ]


def _random(apart: float) -> list[Check]:
    return [
        Check(
            "eval-mode",
            "warn",
            f"two forwards differ by {apart:.2g} of the spread",
            "alike",
            "outputs are random in eval mode: a functional dropout without "
            "training=self.training, or noise that eval() does not switch off. Unless it is meant, "
            "scores are too low and differ each time.",
        )
    ]


def _others(batch: Batch, rows: int) -> Batch:
    """The batch with its first row, and the rest in reverse order and shifted in value."""
    turned = [0, *range(rows - 1, 0, -1)]

    def change(value: Any) -> Any:
        if isinstance(value, Tensor) and value.dim() and value.shape[0] == rows:
            moved = value[turned].clone()
            if value.is_floating_point():
                moved[1:] = moved[1:] * 0.5
            else:
                moved[1:] = moved[1:2].expand_as(moved[1:])
            return moved
        if isinstance(value, (tuple, list)):
            return type(value)(change(item) for item in value)
        return value

    kwargs = {key: change(value) for key, value in batch.kwargs.items()}
    whole = None
    if batch.whole is not None:
        whole = {k: change(v) if k in kwargs else v for k, v in batch.whole.items()}
    return replace(batch, args=change(batch.args), kwargs=kwargs, whole=whole)


def _apart(a: Tensor, b: Tensor, scale: Tensor | None = None) -> float:
    spread = float((a if scale is None else scale).float().std()) if a.numel() > 1 else 1.0
    return float((a.float() - b.float()).abs().max()) / max(spread, 1e-12)


def _skipped(name: str, why: str) -> Check:
    return Check(name, "skipped", message=why)
