# SPDX-License-Identifier: Apache-2.0
"""Optimizers that were made and never step, although their tensors get gradients."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from backprobe.probe import sites
from backprobe.probe.structure import Structure

BEATS = 8
"""Steps, of those that are always observed, after which optimizers are told of that have not
stepped yet; one that steps later is among the record's optimizers."""


def optimizers(structure: Structure, stepped: Container[int]) -> list[dict[str, Any]]:
    """Facts of each optimizer that holds tensors with gradients which no other one holds.

    Arguments:
        structure: what is known of the network's parameters.
        stepped: ids of the optimizers that have stepped.
    """
    found = []
    for optimizer in sites.living_optimizers():
        if id(optimizer) in stepped:
            continue
        tensors = [p for group in optimizer.param_groups for p in group["params"]]
        numbers = [
            structure.parameter_of[id(p)]
            for p in tensors
            if p.grad is not None and id(p) in structure.parameter_of
        ]
        alone = [k for k in numbers if structure.parameters[k].optimizer < 0]
        source = sites.source(sites.made(optimizer))
        if alone:
            found.append(
                {
                    "type": type(optimizer).__name__,
                    "parameters": alone,
                    "file": source.file if source else "",
                    "line": source.line if source else 0,
                    "text": source.text if source else "",
                }
            )
    return found
