# SPDX-License-Identifier: Apache-2.0
"""Parts that were put in place after the optimizer had taken their predecessors."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_layer
from backprobe.rules.wording import at
from backprobe.signals.optimizers import ceased, followed
from backprobe.signals.progress import progress


def replaced_table(record: Record, rule: str) -> list[Finding]:
    """An embedding whose gradient ends while the others' go on: another one runs since."""
    modules = {m.index: m for m in record.modules}
    for p in record.parameters:
        module = modules.get(p.module)
        if module is None or not module.type.startswith("Embedding") or p.optimizer < 0:
            continue
        since = ceased(record, p.index)
        if since < 0 or followed(record, since):
            continue
        source = record.optimizers[0].source
        state = progress(record)
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record),
                confidence=confidence(0.5, 0.85, state.hurt),
                message=(
                    f"from step {since} on the {module.name} that the optimizer{at(source)} "
                    "holds gets no gradient any more, and the other layers do: was it made "
                    "larger, or another put in its place, that no optimizer has? "
                    f"{state.in_words()}"
                ),
                where=(module.name,),
                source=source,
                steps=(since, int(record.parameters_series.step[-1])),
                evidence={"since": since},
                treatments=("optimize-all",),
            )
        ]
    return []


def replaced_head(record: Record, rule: str) -> list[Finding]:
    """An output layer that was put in place after the optimizer had taken its predecessor."""
    state = progress(record)
    layer = output_layer(record, state.loss)
    wide = state.loss.classes or (state.loss.output_shape or (0,))[-1] if state.loss else 0
    if layer is None or layer.weight.optimizer < 0 or layer.module.type != "Linear":
        return []
    since = ceased(record, layer.weight.index)
    if since < 0 or wide in (0, 1, layer.weight.shape[0]) or followed(record, since):
        return []
    if _holds_another(record, wide):
        return []
    optimizer = record.optimizers[0] if record.optimizers else None
    source = optimizer.source if optimizer else None
    return [
        Finding(
            rule=rule,
            severity=severity_by_harm(state),
            confidence=confidence(0.6, 0.92, state.hurt),
            message=(
                f"from step {since} on the output has {wide} numbers, but the optimizer"
                f"{at(source)} holds the {layer.name} of {layer.weight.shape[0]}, which gets "
                f"no gradient any more: its successor is in no optimizer; {state.in_words()}"
            ),
            where=(layer.name,),
            source=source,
            steps=(since, int(record.parameters_series.step[-1])),
            evidence={"since": since, "outputs": wide, "held": layer.weight.shape[0]},
            treatments=("optimize-all",),
        )
    ]


def _holds_another(record: Record, wide: int) -> bool:
    """Whether an optimizer holds a tensor of no known module that has so many outputs."""
    return any(
        p.module < 0 and p.optimizer >= 0 and p.shape[:1] == (wide,) for p in record.parameters
    )
