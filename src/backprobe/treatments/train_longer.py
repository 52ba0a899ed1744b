# SPDX-License-Identifier: Apache-2.0
"""So many times the training."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch.utils.data import DataLoader, dataloader

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points

TRAINS = frozenset({"backward", "step", "training_step", "train_batch"})
"""Methods that a training loop calls."""


class TrainLonger(Treatment):
    """Trains VALUE times as long as the script does.

    Suits when: the loss still falls at the end (`too-few-steps`, `slow-convergence`). Each pass
    over a training loader becomes VALUE passes, so that what the script does once an epoch (its
    schedule, its evaluation) happens as often as before. Where the script uses no loader, the
    outermost `for … in range(…)` of its main file around the training gets VALUE times the rounds.
    Other loops are out of reach. `undo` puts loaders and `range` back.
    """

    NAME = "train-longer"
    WAITS = "a training loader, or a `for … in range(…)` around the training in the main script"

    def install(self, points: Points) -> None:
        """Watches loaders, and `range` in the main script."""
        self.points = points
        self._times = int(self.value)
        self._passes: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._loaders: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._current: Any = None
        self._training: set[int] = set()
        self._extended = False
        self._made = False
        points.steps.after_late.append(self._stepped)
        self._patch_loaders()
        self._patch_range()

    def _patch_loaders(self) -> None:
        base = dataloader._BaseDataLoaderIter
        self._next: Any = base.__next__
        self._iter: Any = DataLoader.__iter__
        self._init: Any = DataLoader.__init__
        treatment, ask, begin, make = self, self._next, self._iter, self._init

        def __init__(loader: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            treatment._made = True
            make(loader, *args, **kwargs)

        def __iter__(loader: Any) -> Any:  # noqa: N807
            iterator = begin(loader)
            treatment._loaders[iterator] = loader
            treatment._passes[iterator] = 1
            return iterator

        def __next__(iterator: Any) -> Any:  # noqa: N807
            if torch.is_grad_enabled():
                treatment._current = iterator
            try:
                return ask(iterator)
            except StopIteration:
                if not treatment._again(iterator):
                    raise
                return ask(iterator)

        DataLoader.__init__ = __init__  # type: ignore[method-assign, assignment]
        DataLoader.__iter__ = __iter__  # type: ignore[method-assign]
        base.__next__ = __next__  # type: ignore[method-assign, assignment]

    def _again(self, iterator: Any) -> bool:
        """Begins another pass where one is due."""
        passes = self._passes.get(iterator, self._times)
        loader = self._loaders.get(iterator)
        trains = id(iterator._dataset) in self._training
        if self._extended or not trains or passes >= self._times or loader is None:
            return False
        self._passes[iterator] = passes + 1
        iterator._reset(loader)
        self.points.report.apply(self.text, "loader")
        return True

    def _stepped(self, optimizer: Any) -> None:
        if self._current is not None:
            self._training.add(id(self._current._dataset))

    def _patch_range(self) -> None:
        lines = _training_lines(getattr(sys.modules["__main__"], "__file__", None))
        self._main = vars(sys.modules["__main__"])
        self._had = self._main.get("range")
        if not lines or self._had is not None:
            return
        treatment = self

        def longer(*arguments: int) -> range:
            made = builtins.range(*arguments)
            frame = sys._getframe(1)
            if frame.f_globals is not treatment._main or frame.f_lineno not in lines:
                return made
            if treatment._made or treatment._extended or not torch.is_grad_enabled():
                return made
            treatment._extended = True
            treatment.points.report.apply(treatment.text, f"range in line {frame.f_lineno}")
            stop = made.start + made.step * len(made) * treatment._times
            return builtins.range(made.start, stop, made.step)

        self._main["range"] = longer

    def undo(self) -> None:
        """Puts loaders and `range` back."""
        DataLoader.__init__ = self._init  # type: ignore[method-assign]
        DataLoader.__iter__ = self._iter  # type: ignore[method-assign]
        dataloader._BaseDataLoaderIter.__next__ = self._next  # type: ignore[method-assign]
        if self._had is None:
            self._main.pop("range", None)


def _training_lines(file: str | None) -> frozenset[int]:
    """The lines of the outermost loops over a range that train, in a script's text."""
    if file is None:
        return frozenset()
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    functions = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    found: set[int] = set()
    for loop in _outermost(tree):
        if _trains(loop, functions, set()) and "range" in _names(loop.iter):
            found.update(range(loop.iter.lineno, (loop.iter.end_lineno or loop.iter.lineno) + 1))
    return frozenset(found)


def _outermost(tree: ast.AST) -> Iterator[ast.For]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.For):
            yield child
        else:
            yield from _outermost(child)


def _trains(node: ast.AST, functions: dict[str, Any], seen: set[str]) -> bool:
    """Whether something calls a backward or a step, itself or by functions of the same file."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute) and call.func.attr in TRAINS:
            return True
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in functions and name not in seen:
            seen.add(name)
            if _trains(functions[name], functions, seen):
                return True
    return False


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


build = TrainLonger
