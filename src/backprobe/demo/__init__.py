# SPDX-License-Identifier: Apache-2.0
"""Four small training scripts, three of them sick, written as a user would write them.

They do not import backprobe and are never imported by it: `backprobe demo` runs the files.
All train on data that ships with scikit-learn, in a few seconds on one core.
"""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEMOS", "Demo"]


@dataclass(frozen=True)
class Demo:
    """One script of the demonstration."""

    name: str
    """Its name for `backprobe demo --only`, and that of the run it makes."""
    title: str
    """The heading: what is trained."""
    expect: str
    """What the script will print."""
    healthy: bool = False
    """Whether there is nothing to find."""

    @property
    def path(self) -> Path:
        """The script's file."""
        return Path(__file__).parent / f"{self.name.replace('-', '_')}.py"


DEMOS = (
    Demo(
        name="sigmoid-cnn",
        title="A CNN with a sigmoid after every layer, on handwritten digits",
        expect="The loss stays at ln 10 = 2.3 and one digit in ten is right: a guess.",
    ),
    Demo(
        name="bad-weights-cnn",
        title="A CNN whose weights are all 100 and biases all -100",
        expect="The first loss is astronomical, then nothing moves any more.",
    ),
    Demo(
        name="exploding-regression",
        title="A regression on raw measurements, with plain SGD",
        expect="The loss explodes within a few steps, and is NaN from then on.",
    ),
    Demo(
        name="healthy-cnn",
        title="The CNN with ReLU instead: only the activation differs from the first",
        expect="It learns: more than 95 % right. Nothing should be found.",
        healthy=True,
    ),
)
