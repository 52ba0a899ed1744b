# SPDX-License-Identifier: Apache-2.0
"""Modules that have a `requires_grad` of their own: an attribute that no parameter knows of."""

from __future__ import annotations

from typing import Any

from backprobe.probe.state import State

MOST_LOOKS = 16
"""Looks after which no more are taken but the last: one an optimizer that is new."""


class Attributes:
    """Looks for them when an optimizer is new, ever more seldom while it steps, and at the end.

    At the end alone a model that a function has made and dropped is gone.

    Arguments:
        state: shared with the other parts of the probe.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._looks = 0
        self._told: dict[int, dict[str, Any]] = {}

    def look(self, last: bool = False) -> None:
        """Tells of each such module: its value, and how many of its weights train."""
        self._looks += 1
        if not self._state.light and (last or self._looks <= MOST_LOOKS):
            self._state.guard.run("attributes", self._tell)

    def look_again(self) -> None:
        """The same after so many steps that another look costs nothing."""
        if not self._state.light:
            self._state.guard.run("attributes", self._tell)

    def _tell(self) -> None:
        structure = self._state.structure
        for reference in list(structure.roots.values()):
            root = reference()
            for module in root.modules() if root is not None else ():
                value = vars(module).get("requires_grad")
                index = structure.module_of.get(id(module), -1)
                if not isinstance(value, bool) or index < 0 or _own(module):
                    continue
                trained = [p.requires_grad for p in module.parameters()]
                facts = {
                    "module": index,
                    "value": value,
                    "parameters": len(trained),
                    "trained": sum(trained),
                }
                if self._told.get(index) != facts:
                    self._told[index] = facts
                    self._state.recorder.event("requires-grad-attribute", **facts)


def _own(module: Any) -> bool:
    """Whether the class speaks of it when it is made: an option of its own, perhaps."""
    code = getattr(type(module).__init__, "__code__", None)
    return code is not None and "requires_grad" in code.co_names
