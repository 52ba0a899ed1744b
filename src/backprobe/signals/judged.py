# SPDX-License-Identifier: Apache-2.0
"""Modules that run without gradients only: parts of a network that never learn."""

from __future__ import annotations

import numpy as np

from backprobe.records import Module, Record
from backprobe.signals.memo import once


@once
def run_without_gradients(record: Record) -> tuple[Module, ...]:
    """The modules that were called as such under `no_grad`, and in no training forward."""
    table = record.batches
    evaluation = table.numbers("evaluation") == 1.0
    models = table.numbers("model")[evaluation]
    called = set(models[np.isfinite(models)].astype(int).tolist())
    return tuple(m for m in record.modules if m.index in called and m.calls == 0)


def within(module: Module, other: Module) -> bool:
    """Whether a module is another or lies inside of it."""
    if module.root != other.root:
        return False
    return other.name in ("", module.name) or module.name.startswith(other.name + ".")
