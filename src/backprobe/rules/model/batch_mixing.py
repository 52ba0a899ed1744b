# SPDX-License-Identifier: Apache-2.0
"""Samples that get mixed up with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Operation, Record, Source
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.wording import at, unique
from backprobe.signals.progress import progress

RESHAPES = frozenset({"view", "reshape"})
RECURRENT = frozenset({"gru", "lstm", "rnn_tanh", "rnn_relu"})


class BatchMixing(AbstractRule):
    """The batch axis is taken for another one, so that samples influence each other.

    ## What it looks for
    Reshapes of a batch whose result has the axes in another order (a `view` where a `permute` was
    meant), and recurrent layers without `batch_first` that get the batch first.

    ## Why it matters
    A reshape keeps the order of the numbers in memory: rows of one sample become parts of others.
    The network sees features that belong to nobody, and what it answers for a row depends on its
    neighbours.

    ## Example
    `reshape (net.py:21) turns (32, 20, 8) into (20, 32, 8): numbers of different samples are mixed;
    moving an axis takes permute or transpose`

    ## What to try
    - `permute` or `transpose` instead of `view` or `reshape`
    - `batch_first=True` in the recurrent layer

    ## When it is wrong
    Sequences given time first on purpose, with as many steps as rows.

    ## References
    - PyTorch, `torch.nn.GRU`: the argument `batch_first`
    """

    name = "batch-mixing"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(2, "rows", "one row has nobody to mix with")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a place in the code."""
        rows = _rows(record)
        modules = {m.index: m for m in record.modules}
        found: dict[tuple[str, int], Finding] = {}
        for op in record.graph:
            module = modules.get(op.module)
            batch_first = bool(module.settings.get("batch_first")) if module is not None else True
            message = ""
            if op.name in RESHAPES:
                message = self._reshape(op, rows)
            elif op.name in RECURRENT and not batch_first:
                message = self._recurrent(op, rows)
            if message:
                names = unique(
                    [*([module.name] if module is not None else []), *_taker(record, op)]
                )
                key = (op.source.file, op.source.line) if op.source else (op.name, op.index)
                found.setdefault(key, self._finding(record, message, names, op.source))
        return list(found.values())

    def _reshape(self, op: Operation, rows: int) -> str:
        """A reshape whose result has the same axes in another order, the batch elsewhere."""
        before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
        moved = len(before) == len(after) and sorted(before) == sorted(after)
        batch = bool(before) and before[0] == rows >= self.limits.rows and after[0] != rows
        if not moved or not batch or before.count(rows) != 1:
            return ""
        return (
            f"`{op.name}`{at(op.source)} turns {before} into {after}: numbers of different samples "
            "are mixed; moving an axis takes permute or transpose"
        )

    def _recurrent(self, op: Operation, rows: int) -> str:
        """A time-first recurrent layer whose input has the batch first."""
        shape = op.input_shapes[0] if op.input_shapes else ()
        if len(shape) != 3 or shape[0] != rows or shape[1] == rows or rows < self.limits.rows:
            return ""
        return (
            f"the {op.name.upper()}{at(op.source)} has batch_first=False and gets {shape}: it "
            "takes "
            f"the {rows} samples for time steps, and each sees those before it"
        )

    def _finding(
        self, record: Record, message: str, names: tuple[str, ...], source: Source | None
    ) -> Finding:
        state = progress(record)
        severity = severity_by_harm(state)
        return Finding(
            rule=self.name,
            severity="warning" if severity == "note" else severity,
            confidence=confidence(0.75, 0.97, state.hurt),
            message=message,
            where=names,
            source=source,
            evidence={"rows": _rows(record)},
        )


def _taker(record: Record, op: Operation) -> list[str]:
    """The module that takes what a reshape in its parent's forward made."""
    modules = {m.index: m for m in record.modules}
    made = {op.index}
    for later in record.graph:
        if later.index > op.index and made & set(later.inputs):
            if later.module != op.module and later.module in modules:
                return [modules[later.module].name]
            made.add(later.index)
    return []


def _rows(record: Record) -> int:
    """Rows of the first training batch: of its targets where they are known."""
    for loss in record.losses:
        if loss.target_shape:
            return loss.target_shape[0]
    samples = np.asarray(record.steps["samples"], np.float64)
    samples = samples[np.isfinite(samples)]
    return int(samples[0]) if samples.size else 0
