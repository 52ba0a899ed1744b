# SPDX-License-Identifier: Apache-2.0
"""Which cause explains which symptom, and what must be measured for it to do so.

The condition of a pair looks at the evidence of both findings. Adding a rule adds lines: to the
file of its family what it explains, to `shared` or `broken` where others explain the same.
"""

from __future__ import annotations

from backprobe.rules.explanations.broken import ALONE
from backprobe.rules.explanations.data import DATA
from backprobe.rules.explanations.init import INIT
from backprobe.rules.explanations.model import MODEL
from backprobe.rules.explanations.pair import Explanation
from backprobe.rules.explanations.shared import SHARED
from backprobe.rules.explanations.signal import SIGNAL
from backprobe.rules.explanations.training import TRAINING

__all__ = ["COSMETIC", "EXPLANATIONS", "LAST_WORD", "OUTCOMES", "Explanation"]

EXPLANATIONS: tuple[Explanation, ...] = (
    *ALONE,
    *SHARED,
    *DATA,
    *MODEL,
    *INIT,
    *SIGNAL,
    *TRAINING,
)
"""Every pair. `not-learning` is explained by any cause that is at least a warning."""

OUTCOMES = frozenset(
    {"not-learning", "slow-convergence", "underfitting", "loss-oscillating", "loss-diverging"}
)
"""What came of the run: never a cause while something else is."""

LAST_WORD = frozenset({"slow-convergence", "underfitting", "loss-oscillating"})
"""Outcomes that are the diagnosis where no cause was found: the network is too small, say."""
COSMETIC = frozenset({"bias-before-batchnorm"})
"""Causes that cost nothing measurable: told last, however sure."""
