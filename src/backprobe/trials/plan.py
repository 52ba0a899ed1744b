# SPDX-License-Identifier: Apache-2.0
"""What is tried: the findings' treatments, the likeliest cause's first, and pairs of two causes'."""

from __future__ import annotations

from collections.abc import Sequence

from backprobe.records import Finding
from backprobe.treatments.names import canonical
from backprobe.trials.nouns import Arm

MOST = 8
"""Arms beside the control: each costs one run a seed."""


def arms(findings: Sequence[Finding], most: int = MOST) -> list[Arm]:
    """The arms that findings ask for, without the control.

    Causes come before symptoms, and what no rule calls more than a note comes last. Where two
    causes stand, the first treatments of both are tried together as well.

    Arguments:
        findings: ranked, as `diagnose` gives them.
        most: how many arms at most.
    """
    ordered = sorted(findings, key=lambda one: one.severity == "note")
    found: dict[tuple[str, ...], Arm] = {}
    for text, rule in _interleaved(ordered):
        found.setdefault((text,), Arm((text,), rule))
    single = list(found.values())
    causes = [
        one for one in ordered if one.kind == "cause" and one.severity != "note" and one.treatments
    ]
    pairs: list[Arm] = []
    for other in causes[1:]:
        pair = (_known(causes[0].treatments), _known(other.treatments))
        if pair[0] and pair[1] and _name(pair[0][0]) != _name(pair[1][0]):
            pairs.append(Arm((pair[0][0], pair[1][0]), f"{causes[0].rule} + {other.rule}"))
            break
    return [*single[: most - len(pairs)], *pairs]


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


def _name(text: str) -> str:
    return text.partition("=")[0]
