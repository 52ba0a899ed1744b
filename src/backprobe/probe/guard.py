# SPDX-License-Identifier: Apache-2.0
"""A fault of ours never reaches the user's loop: it disables one collector and is told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Guard:
    """Which collectors still work.

    Arguments:
        report: called with the collector's name and the error, once a collector.
    """

    def __init__(self, report: Callable[[str, BaseException], None]) -> None:
        self._report = report
        self.broken: dict[str, BaseException] = {}

    def failed(self, collector: str, error: BaseException) -> None:
        """Disables a collector after its first failure."""
        if collector in self.broken:
            return
        self.broken[collector] = error
        try:
            self._report(collector, error)
        except Exception:  # noqa: BLE001  # telling it must not be the next fault
            pass

    def works(self, collector: str) -> bool:
        """Whether a collector has not failed yet."""
        return collector not in self.broken

    def run(self, collector: str, action: Callable[..., Any], *arguments: Any) -> Any:
        """The action's result, or None where it failed now or its collector did before."""
        if collector in self.broken:
            return None
        try:
            return action(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            self.failed(collector, error)
            return None
