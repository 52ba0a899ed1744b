# SPDX-License-Identifier: Apache-2.0
"""Where the largest values are is handed on in place of the values."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.cuts import makers, positions_taken
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


def positions_for_values(record: Record, rule: str) -> list[Finding]:
    """`torch.max(h, dim)[1]` for `[0]`: whole numbers without a gradient feed the next layer."""
    found = positions_taken(record)
    if found is None:
        return []
    largest, taker = found
    before = makers(record, largest)
    names = unique(x.name for x in layers(record) if x.module.index in before)
    modules = {m.index: m.name for m in record.modules}
    state = progress(record)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.6, 0.9, state.hurt),
            message=(
                f"`{largest.name}`{at(largest.source)} hands {modules.get(taker.module)} the "
                f"positions of the values that {listed(names)} give, not the values: no gradient "
                f"passes them; {state.in_words()}"
            ),
            where=names,
            source=largest.source,
            evidence={"layers": list(names), "cut": largest.name},
        )
    ]
