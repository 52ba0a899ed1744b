# SPDX-License-Identifier: Apache-2.0
"""`nn.Parameter`s of no module that were to be learned and that no optimizer has."""

from __future__ import annotations

from collections.abc import Mapping

from backprobe.records import Finding, Module, Parameter, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure, listed, module_source, plural, unique


def lone_parameters(record: Record, rule: str) -> list[Finding]:
    """At most one finding: those that have a gradient at the end and are what they were."""
    kept = kept_in(record)
    lone = [p for p in _unmoved(record) if p.index not in kept]
    if not lone or not record.optimizers:
        return []
    source = record.optimizers[0].source
    beside = sum(p.module < 0 and p.optimizer >= 0 for p in record.parameters)
    values = [f"{p.name} = {figure(p.initial.get('mean', 0.0))}" for p in lone if p.size == 1]
    same = f" ({listed(values)})" if values else ""
    return [
        Finding(
            rule=rule,
            severity="warning" if beside else severity_of_mistake(record),
            confidence=confidence(0.75, 0.95, between(beside, 0, 1)),
            message=(
                f"the loss reaches the nn.Parameter {listed([p.name for p in lone])}, which no "
                f"module and no optimizer{at(source)} has: it is at the end what it was at the "
                f"start{same}, and its gradient is never used"
            ),
            where=(),
            source=source,
            evidence={
                "parameters": [p.name for p in lone],
                "elements": sum(p.size for p in lone),
                "beside": beside,
            },
            treatments=("optimize-all",),
        )
    ]


def parameters_in_a_list(record: Record, rule: str) -> list[Finding]:
    """At most one finding: those that a model keeps where torch does not look for them."""
    kept = kept_in(record)
    lone = [p for p in _unmoved(record) if p.index in kept]
    if not lone or not record.optimizers:
        return []
    modules = {m.index: m for m in record.modules}
    places = unique(_attribute(modules, *kept[p.index]) for p in lone)
    holder = kept[lone[0].index][0]
    count = sum(p.size for p in lone)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.85, 0.97, between(len(lone), 1, 4)),
            message=(
                f"{plural(len(lone), 'nn.Parameter')} of {listed(places)} "
                f"({plural(count, 'weight')}) have a gradient and are in no optimizer"
                f"{at(record.optimizers[0].source)}: what is in a plain list, a dict or an object "
                "is not among `parameters()`; they are at the end what they were at the start"
            ),
            where=unique(modules[kept[p.index][0]].name for p in lone if kept[p.index][0] >= 0),
            source=module_source(record, holder) or record.optimizers[0].source,
            evidence={"parameters": len(lone), "weights": count, "attributes": list(places)},
            treatments=("optimize-all",),
        )
    ]


def kept_in(record: Record) -> dict[int, tuple[int, str]]:
    """Number of such a parameter → the module that keeps it and the attribute that it is in."""
    return {
        int(number): (int(module), str(attribute))
        for event in record.named("lone-parameters")
        for number, module, attribute in event.data.get("held", ())
    }


def _unmoved(record: Record) -> list[Parameter]:
    numbers = {int(n) for e in record.named("lone-parameters") for n in e.data["parameters"]}
    return [p for p in record.parameters if p.index in numbers and p.optimizer < 0]


def _attribute(modules: Mapping[int, Module], holder: int, attribute: str) -> str:
    module = modules.get(holder)
    return f"{module.name or module.type}.{attribute}" if module else attribute
