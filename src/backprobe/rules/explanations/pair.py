# SPDX-License-Identifier: Apache-2.0
"""One pair of a cause and a symptom, and two ways to write several of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from backprobe.rules.explanations.conditions import Condition


@dataclass(frozen=True)
class Explanation:
    """One pair: `cause` explains `symptom`, because of `why`, where `when` holds."""

    cause: str
    symptom: str
    why: str
    when: Condition


def of_cause(cause: str, symptoms: Mapping[str, tuple[str, Condition]]) -> tuple[Explanation, ...]:
    """What one cause explains: symptom → why and when."""
    return tuple(Explanation(cause, s, why, when) for s, (why, when) in symptoms.items())


def of_symptoms(
    symptoms: Iterable[str], causes: Iterable[str], why: str, when: Condition
) -> tuple[Explanation, ...]:
    """Symptoms that each of the causes explains, for one reason; no cause explains itself."""
    return tuple(
        Explanation(cause, symptom, why, when)
        for cause, symptom in product(causes, symptoms)
        if cause != symptom
    )
