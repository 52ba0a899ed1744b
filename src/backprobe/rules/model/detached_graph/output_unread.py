# SPDX-License-Identifier: Apache-2.0
"""Layers of the user's own that run, and whose output never reaches the loss."""

from __future__ import annotations

import re

from backprobe.records import Finding, Module, Parameter, Record
from backprobe.rules.base import observed_steps
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.model.chain_end import ends_chain
from backprobe.rules.places import declared
from backprobe.rules.wording import at, listed, plural, unique
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


def unread(record: Record, rule: str, touched: set[int], least: float) -> list[Finding]:
    """Layers that run, none of whose parameters is among those that a gradient reaches.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        touched: indexes of the parameters that had a gradient.
        least: observed steps that it takes.
    """
    steps = len(record.parameters_series.step)
    found = [*_layers(record, touched), *_others(record, touched)]
    severity = at_most_warning(severity_of_mistake(record))
    last = [module for module in found if ends_chain(record, module, touched)]
    if last and len(last) == len(found):
        # Nothing comes after it: that costs no run anything, but one that fails may as well know.
        if severity_by_harm(progress(record)) == "note":
            return []
        severity = "note"
    else:
        found = [module for module in found if module not in last]
    if not found or steps < least:
        return []
    names = unique(module.name for module in found)
    source = found[0].source
    return [
        Finding(
            rule=rule,
            severity=severity,
            confidence=confidence(0.55, 0.9, between(steps, least, 60)),
            message=(
                f"{listed(names)}{at(source)} run at each step and never get a gradient "
                f"({plural(steps, 'observed step')}): what they give does not reach the loss "
                f"(a number taken out with `item()`, a term that was left out?); "
                f"{progress(record).in_words()}"
            ),
            where=names,
            source=source,
            steps=observed_steps(record),
            evidence={"layers": list(names), "cut": None, "steps": steps},
        )
    ]


def _layers(record: Record, touched: set[int]) -> list[Module]:
    return [
        layer.module
        for layer in layers(record)
        if layer.place is not None
        and layer.weight.requires_grad
        and layer.weight.optimizer >= 0
        and layer.weight.index not in touched
        and declared(record, layer.module)
    ]


def _others(record: Record, touched: set[int]) -> list[Module]:
    """Tables and norms of which the same is true: they have no matrix that is multiplied with."""
    known = {layer.module.index for layer in layers(record)}
    parents = {module.parent for module in record.modules}
    ran = {op.module for op in record.graph}
    by_index = {p.index: p for p in record.parameters}
    measured = set(record.parameters_series.index.tolist())
    found = []
    # What the last of several equal parts gives may have none to take it; nor has a part that was
    # made along with others for a class that serves many.
    used = [m for m in record.modules if any(k in touched for k in m.parameters)]
    trained = {_unnumbered(m) for m in used}
    made = {(m.type, m.source) for m in used}
    for module in record.modules:
        own = [by_index[k] for k in module.parameters if k in by_index]
        leaf = module.index in ran - known - parents and module.parent >= 0
        leaf = leaf and _unnumbered(module) not in trained
        leaf = leaf and (module.type, module.source) not in made
        if leaf and own and all(_given_up(p, touched, measured) for p in own):
            found.append(module)
    return [module for module in found if declared(record, module)]


def _unnumbered(module: Module) -> tuple[str, str]:
    return module.type, re.sub(r"\d+", "#", module.name)


def _given_up(parameter: Parameter, touched: set[int], measured: set[int]) -> bool:
    """Whether an optimizer holds a parameter for nothing."""
    mine = parameter.requires_grad and parameter.optimizer >= 0
    return mine and parameter.index in measured and parameter.index not in touched
