# SPDX-License-Identifier: Apache-2.0
"""A network that is given no state although its batches go on where the last ones ended."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_of_mistake
from backprobe.rules.wording import unique
from backprobe.signals.lines import line_of
from backprobe.signals.progress import progress

RECURRENT = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"})


def forgotten_state(record: Record, rule: str) -> list[Finding]:
    """At most one finding: of recurrent layers that begin anew in the middle of their sequences."""
    events = record.named("state-forgotten")
    layers = [m for m in record.modules if m.type in RECURRENT]
    if not events or not layers:
        return []
    state, found = progress(record), events[0].data
    batches, goes_on = int(found["batches"]), int(found["goes_on"])
    return [
        Finding(
            rule=rule,
            severity=at_most_warning(severity_of_mistake(record)),
            confidence=confidence(0.65, 0.85, between(goes_on / batches, 0.3, 0.7), state.hurt),
            message=(
                f"{goes_on} of {batches} batches looked at go on where the one before ended, and "
                "the network was given None for its state each time, though it gives one: it can "
                "remember nothing from before its batch; is the state made None inside the loop? "
                f"{state.in_words()}"
            ),
            where=unique(module.name for module in layers),
            source=line_of(record, "batches"),
            steps=whole_run(record),
            evidence={"goes_on": goes_on, "batches": batches},
        )
    ]
