# SPDX-License-Identifier: Apache-2.0
"""Layers that run, that trained layers consume, and that no gradient reaches."""

from __future__ import annotations

from backprobe.records import Finding, Operation, Record, Severity, Source
from backprobe.rules.base import observed_steps
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.places import upstream
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.cuts import CUTS, makers
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import progress


def layers_before_cut(
    record: Record, rule: str, touched: set[int], bridges: list[tuple[Operation, Operation]]
) -> list[Finding]:
    """The layers without a gradient at any observed step, and the cut behind them.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        touched: indexes of the parameters that had a gradient.
        bridges: tensors that were lost, and the operations that get a copy of them.
    """
    measured = set(record.parameters_series.index.tolist())
    trained = {
        layer.place.index
        for layer in layers(record)
        if layer.place is not None and layer.weight.index in touched
    }
    # What no trained layer consumes is an output that went unused, not a cut.
    consumed = {index for p in record.places if p.index in trained for index in upstream(record, p)}
    guilty = [
        layer
        for layer in layers(record)
        if layer.weight.requires_grad
        and layer.weight.index in measured
        and layer.weight.index not in touched
        and layer.place is not None
        and (layer.place.index in consumed or _before(record, layer, bridges))
    ]
    if not guilty:
        return []
    cut = _block(record, guilty) or next(
        ((op.name, op.source) for op in record.graph if op.name in CUTS), None
    )
    state = progress(record)
    names = unique(layer.name for layer in guilty)
    steps = len(record.parameters_series.step)
    message = (
        f"{listed(names)}{at(guilty[0].module.source)} run but never get a gradient "
        f"({plural(steps, 'observed step')})"
    )
    message += (
        f"; the graph is cut at `{cut[0]}`{at(cut[1])}"
        if cut is not None
        else ": look for a `no_grad`, `.data` or numpy between them and the loss"
    )
    return [
        Finding(
            rule=rule,
            severity=_severity(record, touched),
            confidence=confidence(
                0.55, 0.97, 1.0 if cut is not None else 0.3, between(steps, 3, 30), state.hurt
            ),
            message=message,
            where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
            source=cut[1] if cut is not None else guilty[0].module.source,
            treatments=("ignore-no-grad" if cut and cut[0] == "no_grad" else "ignore-detach",),
            steps=observed_steps(record),
            evidence={
                "layers": list(names),
                "cut": None if cut is None else cut[0],
                "steps": steps,
            },
        )
    ]


def _block(record: Record, guilty: list[Layer]) -> tuple[str, Source | None] | None:
    """Where gradients were turned off inside the forward, for layers of these."""
    modules = {layer.module.index for layer in guilty}
    for event in record.named("gradients-off"):
        if modules & set(event.data["modules"]):
            found = event.data
            return "no_grad", Source(str(found["file"]), int(found["line"]), str(found["text"]))
    return None


def _severity(record: Record, touched: set[int]) -> Severity:
    """Of layers without a gradient; an optimizer that only ever holds such steps for nothing."""
    severity = severity_of_mistake(record)
    for optimizer in record.optimizers:
        held = {p.index for p in record.parameters if p.optimizer == optimizer.index}
        if held and not held & touched and severity == "note":
            return "warning"
    return severity


def _before(record: Record, layer: Layer, bridges: list[tuple[Operation, Operation]]) -> bool:
    """Whether what a layer gives goes on as a copy."""
    return any(layer.module.index in makers(record, lost) for lost, _ in bridges)
