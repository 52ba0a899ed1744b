# SPDX-License-Identifier: Apache-2.0
"""What is tried: the findings' treatments, the likeliest cause's first, and pairs of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from backprobe.records import Finding
from backprobe.treatments.names import canonical
from backprobe.trials.nouns import Arm

MOST = 8
"""Arms beside the control: each costs one run a seed."""

RATES = ("scale-lr", "lr", "swap-optimizer", "warmup")
"""Treatments that all set the learning rate."""


GUESSES = (
    "batchnorm=on",
    "clip-gradients=1.0",
    "clip-value=1.0",
    "dropout=0.2",
    "initialize=glorot",
    "initialize=he",
    "layernorm=on",
    "momentum=0.5",
    "scale-lr=0.3",
    "scale-lr=3",
    "schedule=none",
    "shuffle",
    "standardize-inputs",
    "swap-activation=gelu",
    "swap-optimizer=adamw",
    "warmup=50",
    "weight-decay=0.001",
    "zero-grad",
)
"""What people try without a reason; a random control is one of these."""
RANDOM = "random control"
"""Stands where an arm has the name of the finding that asked for it."""


def arms(findings: Sequence[Finding], most: int = MOST) -> list[Arm]:
    """The arms that findings ask for, without the control.

    Causes come before symptoms, and what no rule calls more than a note comes last. Pairs are
    tried as well: the first treatments of two causes, and two of the likeliest cause; of symptoms,
    where no cause has a treatment.

    Arguments:
        findings: ranked, as `diagnose` gives them.
        most: how many arms at most.
    """
    ordered = sorted(findings, key=lambda one: one.severity == "note")
    found: dict[tuple[str, ...], Arm] = {}
    for text, rule in _interleaved(ordered):
        found.setdefault((text,), Arm((text,), rule))
    single = list(found.values())
    treated = [one for one in ordered if one.severity != "note" and one.treatments]
    causes = [one for one in treated if one.kind == "cause"]
    pairs = _pairs(causes or treated)
    return [*single[: most - len(pairs)], *pairs]


def random_arm(key: str, others: Sequence[Arm]) -> Arm:
    """A treatment drawn at random, which nothing speaks for: what a guess would have done.

    Arguments:
        key: the draw is the same for the same key.
        others: whose treatments are left out.
    """
    taken = {text.partition("=")[0] for arm in others for text in arm.treatments}
    pool = [text for text in GUESSES if text.partition("=")[0] not in taken]
    return Arm((random.Random(key).choice(pool),), RANDOM)


def _pairs(causes: Sequence[Finding]) -> list[Arm]:
    """The first treatments of two causes, and the first two of the likeliest cause."""
    lists = [(one.rule, _known(one.treatments)) for one in causes]
    lists = [(rule, texts) for rule, texts in lists if texts]
    found: list[Arm] = []
    for rule, texts in lists[1:]:
        if _kind(texts[0]) != _kind(lists[0][1][0]):
            found.append(Arm((lists[0][1][0], texts[0]), f"{lists[0][0]} + {rule}"))
            break
    for rule, texts in lists[:1]:
        others = [text for text in texts[1:] if _kind(text) != _kind(texts[0])]
        if others:
            pair = Arm((texts[0], others[-1]), rule)
            found += [pair] if all(pair.treatments != one.treatments for one in found) else []
    return found


def _interleaved(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Every finding's first treatment, then every finding's second, by rank of the finding."""
    found = []
    lists = [(_known(one.treatments), one.rule, one.kind) for one in findings]
    for kind in ("cause", "symptom"):
        rows = [(texts, rule) for texts, rule, of in lists if of == kind]
        for position in range(max((len(texts) for texts, _ in rows), default=0)):
            found += [(texts[position], rule) for texts, rule in rows if position < len(texts)]
    return found


def _known(texts: Sequence[str]) -> list[str]:
    """Those that this version can apply, in their one form."""
    known = []
    for text in texts:
        try:
            known.append(canonical(text))
        except ValueError:
            continue
    return known


def _kind(text: str) -> str:
    """What a treatment changes: two of one kind are no pair."""
    name = text.partition("=")[0]
    return "rate" if name in RATES else name
