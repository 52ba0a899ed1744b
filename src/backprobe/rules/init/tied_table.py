# SPDX-License-Identifier: Apache-2.0
"""An embedding that is the output layer as well, and keeps the std of an embedding."""

from __future__ import annotations

import math

from backprobe.records import Finding, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.init.initial_loss_off import InitialLossOff
from backprobe.rules.wording import at, figure, unique
from backprobe.signals.init_scale import he_std, initial_rms, scale_against_he
from backprobe.signals.loaded import loaded_over
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import progress
from backprobe.signals.tied import tied_head

RATIO = 2.5
"""Weight RMS / He's std: no scheme for a layer comes near it, an embedding's N(0, 1) is beyond it
from 13 features on."""
DECISIVE = 10.0


def tied_table(record: Record, rule: str) -> list[Finding]:
    """As grave as the first loss that it gives: scores that are scaled behind it begin well."""
    main = main_loss(record)
    head = tied_head(record, main.loss)
    if head is None or head.weight.index in loaded_over(record) or not head.weight.requires_grad:
        return []
    ratio = scale_against_he(head)
    off = InitialLossOff().check(record) if ratio >= RATIO else []
    if not off:
        return []
    modules = {m.index: m for m in record.modules}
    table = modules[head.weight.module]
    names = unique([table.name, head.module.name])
    rms, state = initial_rms(head.weight), progress(record)
    width = math.sqrt(head.fan_in)
    return [
        Finding(
            rule=rule,
            severity=off[0].severity,
            confidence=confidence(0.55, 0.97, beyond(ratio, RATIO, DECISIVE), state.hurt),
            message=(
                f"the rows of {table.name}{at(table.source)} are the weights of the output layer "
                f"as well and begin with an RMS of {figure(rms)}, {figure(ratio)} times what keeps "
                f"a signal's size (He's {figure(he_std(head.fan_in))} for {head.fan_in:,} inputs): "
                f"scores begin {figure(rms * width)} times as large as the features, and the first "
                f"loss is {figure(float(main.value[0]))}; {state.in_words()}"
            ),
            where=names,
            source=table.source,
            steps=off[0].steps,
            evidence={
                "layers": list(names),
                "ratios": [ratio],
                "rms": rms,
                "he": he_std(head.fan_in),
                "tied": True,
            },
            treatments=("initialize=he",),
        )
    ]
