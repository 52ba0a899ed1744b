# SPDX-License-Identifier: Apache-2.0
"""What the rules find in a short training, as lines of the pre-flight.

Only rules about data, model and initialisation, and about slips of the loop: how a training ends
can't be told from its first steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprobe.records import Finding, Record
from backprobe.report.checks import Check
from backprobe.rules import RULES
from backprobe.signals.progress import progress

LOOP = frozenset(
    {
        "eval-mode-training",
        "train-mode-eval",
        "target-broadcast",
        "missing-zero-grad",
        "missing-optimizer-step",
        "nonfinite-loss",
        "nonfinite-gradients",
        "dead-relu",
        "saturated-activations",
        "vanishing-gradients",
        "exploding-gradients",
    }
)
"""Rules of other families that tell from a few steps."""
FAMILIES = ("data", "model", "init")
TOPICS = (
    ("data", "data-rules"),
    ("model", "architecture"),
    ("init", "init-rules"),
    ("", "training-slips"),
)
"""Family → the name of its line."""


SURE = 0.8
"""Confidence that is asked of a warning where the loss falls. Rules weigh a fault by the harm that
a run has come to, and after so few steps every run has learned too little."""


def lines(findings: Sequence[Finding], record: Record | None = None) -> list[Check]:
    """Findings as lines; an error is a failure where it is a cause, a note says nothing.

    Arguments:
        findings: of the rules.
        record: that they were found in; where its loss falls, a doubtful warning says nothing.
    """
    falls = record is not None and _falls(record)
    families = {rule.name: rule.__module__.split(".")[-2] for rule in RULES}
    checked = {name: 0 for _, name in TOPICS}
    for rule in RULES:
        checked[_topic(families[rule.name])] += rule.name in LOOP or families[rule.name] in FAMILIES
    found: dict[str, list[Check]] = {name: [] for _, name in TOPICS}
    for one in findings:
        family = families.get(one.rule, "")
        if one.severity == "note" or not (family in FAMILIES or one.rule in LOOP):
            continue
        if falls and one.severity == "warning" and one.confidence < SURE:
            continue
        sure = one.severity == "error" and one.kind == "cause" and one.confidence >= 0.7
        tries = f" Try {', '.join(one.treatments[:2])}." if one.treatments else ""
        found[_topic(family)].append(
            Check(
                _topic(family),
                "fail" if sure else "warn",
                one.rule,
                "no finding",
                f"{one.message}.{tries}".replace("..", "."),
                {"rule": one.rule, "where": list(one.where), "confidence": one.confidence},
            )
        )
    made = []
    for name, ones in found.items():
        quiet = Check(name, "pass", f"{checked[name]} rules silent", "no finding")
        made += ones or [quiet]
    return made


def _falls(record: Record) -> bool:
    """Whether the loss fell so far; how far it will get is not asked after so few steps."""
    state = progress(record)
    broke = state.state in ("nonfinite", "diverged")
    return state.trend is not None and state.trend.fell and not broke


def _topic(family: str) -> str:
    return next((name for key, name in TOPICS if key == family), TOPICS[-1][1])
