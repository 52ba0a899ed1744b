# SPDX-License-Identifier: Apache-2.0
"""A network that learns and is set back to another one's weights, which never change."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.signals.progress import progress


def set_back(record: Record, rule: str) -> Finding | None:
    """The finding, where the very same weights were loaded over what was learnt several times."""
    events = record.named("set-back")
    if not events:
        return None
    modules = {module.index: module for module in record.modules}
    names = [
        modules[index].type if (index := int(events[0].data[key])) in modules else "network"
        for key in ("module", "source")
    ]
    state = progress(record)
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence(0.85, 0.95, between(state.hurt, 0.0, 0.5)),
        message=(
            f"again and again `load_state_dict` sets the {names[0]} that is trained to the weights "
            f"of a {names[1]} beside it, which are the same each time: what was learnt since is "
            "lost; is the copy made the wrong way round, over the online network instead of the "
            f"target? {state.in_words()}"
        ),
        source=state.source,
        steps=whole_run(record),
        evidence={"set_back": True, "step": int(events[0].data["step"])},
    )
