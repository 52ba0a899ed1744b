# SPDX-License-Identifier: Apache-2.0
"""Attributes that were to freeze or to thaw, and do neither: torch never reads them.

A module's `requires_grad`, and what looks like that word (`require_grad`, `requires_gradient`) on a
module or on a parameter, which take any attribute there is.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from typing import Any

from backprobe.probe.state import State

MOST_LOOKS = 16
"""Looks after which no more are taken but the last: one an optimizer that is new."""
ALIKE = 0.8
"""Of their letters; `requires_gradient` has 0.83, `require_grad` 0.96, `use_grad` 0.5."""
ENDINGS = ("grad", "grads", "gradient", "gradients")


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
                index = structure.module_of.get(id(module), -1)
                name, value = _given(module)
                if index < 0 or not name or _own(module, name):
                    continue
                trained = [p.requires_grad for p in module.parameters()]
                facts = {
                    "module": index,
                    "attribute": name,
                    "value": value,
                    "parameters": len(trained),
                    "trained": sum(trained),
                }
                if self._told.get(index) != facts:
                    self._told[index] = facts
                    self._state.recorder.event("requires-grad-attribute", **facts)


def _given(module: Any) -> tuple[str, bool]:
    """Name and value of such an attribute of a module, or of all parameters of its own; ("", …)."""
    for name, value in vars(module).items():
        if isinstance(value, bool) and (name == "requires_grad" or misspelt(name)):
            return name, value
    own = [p for p in module._parameters.values() if p is not None]
    found = {
        (name, value)
        for p in own
        for name, value in getattr(p, "__dict__", {}).items()
        if isinstance(value, bool) and misspelt(name)
    }
    return found.pop() if len(found) == 1 else ("", False)


@cache
def misspelt(name: str) -> bool:
    """Whether a name is nearly `requires_grad`, and not it: a letter or an ending more or less."""
    plain = name.lower().replace("_", "")
    if name == "requires_grad" or not plain.endswith(ENDINGS):
        return False
    return SequenceMatcher(None, plain, "requiresgrad").ratio() >= ALIKE


def _own(module: Any, name: str) -> bool:
    """Whether a class of its speaks of it when it is made: an option of its own, perhaps."""
    made = (vars(kind).get("__init__") for kind in type(module).__mro__)
    codes = (getattr(each, "__code__", None) for each in made)
    return any(code is not None and name in code.co_names for code in codes)
