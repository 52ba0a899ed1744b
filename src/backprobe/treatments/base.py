# SPDX-License-Identifier: Apache-2.0
"""What a treatment is: a name, a value, and how it installs itself at the points of a process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from backprobe.treatments.points import Points


class Treatment(ABC):
    """One change that is applied to a run at run time.

    Arguments:
        value: as it was given after `=`, already checked; "" where it takes none.

    Subclasses say in their docstring what they change, how, and when they suit.
    """

    NAME: ClassVar[str]
    WAITS: ClassVar[str]
    """What must happen in the script for it to be applied, for the message that it never did."""

    def __init__(self, value: str) -> None:
        self.value = value

    @property
    def text(self) -> str:
        """The string after `--treat`."""
        return f"{self.NAME}={self.value}" if self.value else self.NAME

    @abstractmethod
    def install(self, points: Points) -> None:
        """Registers what it does at the points; nothing of the script exists yet."""

    def undo(self) -> None:  # noqa: B027  # most leave nothing outside the points
        """Takes back what it left in models and optimizers; the points undo themselves."""
