# SPDX-License-Identifier: Apache-2.0
"""What a treatment's docstring says, read without importing it: so without torch."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from backprobe.treatments.names import TABLE, expected


def page(name: str) -> str:
    """The text of a treatment: its class's docstring.

    Arguments:
        name: as in `TABLE`.

    Raises:
        KeyError: there is no such treatment.
    """
    file = Path(__file__).with_name(f"{TABLE[name].module}.py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and _name(node) == name:
            return inspect.cleandoc(ast.get_docstring(node) or "")
    raise KeyError(name)


def usage(name: str) -> str:
    """How it is given after `--treat`, with what it takes: `lr=(a number above 0)`."""
    entry = TABLE[name]
    if entry.kind == "none":
        return name
    words = expected(entry.kind)
    value = words if isinstance(entry.kind, tuple) else f"({words})"
    text = f"{name}={value}"
    return f"{text}, by default {entry.default}" if entry.default else text


def _name(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
            continue
        if any(isinstance(t, ast.Name) and t.id == "NAME" for t in statement.targets):
            return str(statement.value.value)
    return None
