# SPDX-License-Identifier: Apache-2.0
"""Standardised inputs as an edit: two or three lines before the data are first used."""

from __future__ import annotations

import ast

from backprobe.trials.patch.optimizer_edits import _model_name
from backprobe.trials.patch.source import CannotPatch, Edit, Source, dotted, name_of
from backprobe.trials.patch.training import method_statements


def standardize_inputs(source: Source, value: str) -> list[Edit]:
    """Mean and standard deviation of the training rows, taken out of all rows."""
    model = _model_name(source)
    training = _served(source) or _given(source, model, trained=True)
    if not training:
        raise CannotPatch("no tensor of inputs that the model is trained on has a name")
    first = training[0]
    others = [name for name in _given(source, model, trained=False) if name != first]
    statement = _first_use(source, first)
    lines = [
        f"mean, std = {first}.mean(0, keepdim=True), {first}.std(0, keepdim=True)",
        "std[std == 0] = 1.0",
        *(f"{name} = ({name} - mean) / std" for name in dict.fromkeys([first, *others])),
    ]
    return [source.insert_before(statement, lines)]


def _served(source: Source) -> list[str]:
    """The inputs of `TensorDataset(x, y)`, whole arrays only."""
    found = []
    for call in source.calls():
        if name_of(call.func) == "TensorDataset" and call.args:
            node = call.args[0]
            found.append(dotted(node.value if isinstance(node, ast.Subscript) else node))
    return [name for name in found if name]


def _given(source: Source, model: str, trained: bool) -> list[str]:
    """The arrays that the model is called on, or that are sliced for it.

    Arguments:
        source: the file.
        model: its name in the script.
        trained: inside the innermost loops with a backward pass, or outside of them.
    """
    loops: set[ast.AST] = set()
    for statement in method_statements(source, "backward"):
        node: ast.AST = statement
        while node in source.parents:
            node = source.parents[node]
            if isinstance(node, (ast.For, ast.While)):
                loops.update(ast.walk(node))
                break  # what is called in the loop around it evaluates
    found = []
    for call in source.calls():
        if dotted(call.func) != model or not call.args:
            continue
        node = call.args[0]
        name = dotted(node.value if isinstance(node, ast.Subscript) else node)
        if name and (call in loops) == trained:
            found.append(name)
    return found


def _first_use(source: Source, name: str) -> ast.stmt:
    """The first statement behind the last that gives the array its value, beside it."""
    assigned = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        and any(dotted(part) == name for target in node.targets for part in _parts(target))
    ]
    if not assigned:
        raise CannotPatch(f"no line that gives {name} its value was found")
    last = max(assigned, key=lambda node: node.lineno)
    body = next(
        (
            block
            for block in (getattr(source.parents[last], key, []) for key in ("body", "orelse"))
            if last in block
        ),
        [],
    )
    behind: list[ast.stmt] = body[body.index(last) + 1 :] if last in body else []
    for statement in behind:
        names = {dotted(node) for node in ast.walk(statement)}
        served = {"TensorDataset", "DataLoader"} & {
            name_of(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)
        }
        if (name in names and served) or isinstance(statement, (ast.For, ast.While)):
            return statement
    raise CannotPatch(f"{name} is not used where it is made")


def _parts(target: ast.AST) -> list[ast.AST]:
    return list(target.elts) if isinstance(target, (ast.Tuple, ast.List)) else [target]
