# SPDX-License-Identifier: Apache-2.0
"""The nouns of a proof: arms that are tried, trials that were run, outcomes, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from backprobe.records import Run

Word = Literal["helps", "no effect", "harms", "not applicable"]
Source = Literal["logged", "printed", "evaluation", "held-out"]
SOURCES: tuple[Source, ...] = ("logged", "printed", "evaluation", "held-out")
"""Where an outcome comes from, the most trusted first."""


@dataclass(frozen=True)
class Arm:
    """What one group of trials has in common.

    Arguments:
        treatments: strings after `--treat`; none is the control.
        finding: rule that asked for it, "" where a person did.
    """

    treatments: tuple[str, ...] = ()
    finding: str = ""

    @property
    def control(self) -> bool:
        """Whether nothing is changed."""
        return not self.treatments

    def __str__(self) -> str:
        return " + ".join(self.treatments) or "control"


@dataclass(frozen=True)
class Outcome:
    """What a trial is judged by.

    Arguments:
        source: where it comes from.
        name: e.g. "accuracy", "val/loss".
        higher: whether more of it is better; None where that is not known.
        loss: whether it is a training objective, which some treatments redefine.
    """

    source: Source
    name: str
    higher: bool | None
    loss: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.source})"


@dataclass(frozen=True)
class Trial:
    """One run of the script under an arm.

    Arguments:
        arm: what was changed.
        seed: number of its seed.
        run: its record.
        values: every outcome that could be read, with its value.
        refused: treatment → why it could not be applied.
        failure: how the script ended badly, "" where it ended well.
        seconds: wall time.
    """

    arm: Arm
    seed: int
    run: Run
    values: Mapping[Outcome, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Treated against control.

    Arguments:
        word: what it comes to.
        reason: why, in words; "" where the numbers say it.
        outcome: what it was judged by.
        effect: mean over the seeds of the paired difference, positive is better; None where there
            is no number.
        interval: 95 % interval of the effect, or None.
        unit: "absolute", or "relative": the share by which an error fell.
        control: values of the control, by seed.
        treated: values of the treated, by seed.
    """

    word: Word
    reason: str = ""
    outcome: Outcome | None = None
    effect: float | None = None
    interval: tuple[float, float] | None = None
    unit: str = "absolute"
    control: tuple[float, ...] = ()
    treated: tuple[float, ...] = ()
