# SPDX-License-Identifier: Apache-2.0
"""Where a script trains: its optimizers, backward passes, steps, loops and loaders."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from backprobe.trials.patch.source import CannotPatch, Source, dotted, name_of

OPTIMIZERS = frozenset(
    "Adadelta Adagrad Adam AdamW Adamax ASGD NAdam RAdam RMSprop Rprop SGD SparseAdam".split()
)


@dataclass(frozen=True)
class Optimizer:
    """One optimizer of the script.

    Arguments:
        name: as it is called: `optimizer`, `self.optimizer`.
        call: that makes it.
        statement: of the call.
    """

    name: str
    call: ast.Call
    statement: ast.stmt


def optimizers(source: Source) -> list[Optimizer]:
    """The optimizers that are made and given a name.

    Raises:
        CannotPatch: there is none.
    """
    found = []
    for call in source.calls():
        statement = source.statement(call)
        if name_of(call.func) not in OPTIMIZERS or not isinstance(statement, ast.Assign):
            continue
        if statement.value is call and dotted(statement.targets[0]):
            found.append(Optimizer(dotted(statement.targets[0]), call, statement))
    if not found:
        raise CannotPatch("no line `name = torch.optim.…(…)` was found")
    return found


def method_statements(source: Source, method: str, owner: str = "") -> list[ast.stmt]:
    """Statements that call a method: `loss.backward()`.

    Arguments:
        source: the file.
        method: its name.
        owner: of whom, "" for anybody.
    """
    found: list[ast.stmt] = []
    for call in source.calls():
        if not isinstance(call.func, ast.Attribute) or call.func.attr != method:
            continue
        if owner and dotted(call.func.value) != owner:
            continue
        statement = source.statement(call)
        if isinstance(statement, (ast.Expr, ast.Assign)) and statement not in found:
            found.append(statement)
    return found


def backwards(source: Source) -> list[ast.stmt]:
    """The statements of backward passes.

    Raises:
        CannotPatch: there is none.
    """
    found = method_statements(source, "backward")
    if not found:
        raise CannotPatch("no line with `.backward()` was found")
    return found


def loops_around(source: Source, node: ast.AST) -> list[ast.For | ast.While]:
    """The loops that hold a node, the innermost first, within its function."""
    found: list[ast.For | ast.While] = []
    while node in source.parents:
        node = source.parents[node]
        if isinstance(node, (ast.For, ast.While)):
            found.append(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            break
    return found


def training_loaders(source: Source) -> list[ast.Call]:
    """The calls of `DataLoader` that training loops are over.

    Raises:
        CannotPatch: there is none.
    """
    wanted: set[str] = set()
    for statement in method_statements(source, "backward"):
        for loop in loops_around(source, statement):
            if isinstance(loop, ast.For):
                wanted |= {dotted(node) for node in ast.walk(loop.iter) if dotted(node)}
    found = []
    for call in source.calls():
        if name_of(call.func) != "DataLoader":
            continue
        statement = source.statement(call)
        target = dotted(statement.targets[0]) if isinstance(statement, ast.Assign) else ""
        if not target or target in wanted or "train" in target.lower():
            found.append(call)
    if not found:
        raise CannotPatch("no `DataLoader` that a training loop is over was found")
    return found[:1]
