# SPDX-License-Identifier: Apache-2.0
"""Layers of the user's own that run, and whose output never reaches the loss."""

from __future__ import annotations

from backprobe.records import Finding, Record
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
    found = [
        layer
        for layer in layers(record)
        if layer.place is not None
        and layer.weight.requires_grad
        and layer.weight.optimizer >= 0
        and layer.weight.index not in touched
        and declared(record, layer.module)
    ]
    severity = at_most_warning(severity_of_mistake(record))
    last = [layer for layer in found if ends_chain(record, layer.module, touched)]
    if last and len(last) == len(found):
        # Nothing comes after it: that costs no run anything, but one that fails may as well know.
        if severity_by_harm(progress(record)) == "note":
            return []
        severity = "note"
    else:
        found = [layer for layer in found if layer not in last]
    if not found or steps < least:
        return []
    names = unique(layer.name for layer in found)
    source = found[0].module.source
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
