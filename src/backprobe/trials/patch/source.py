# SPDX-License-Identifier: Apache-2.0
"""A Python file as text with places in it; edits leave all that they don't touch as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class CannotPatch(ValueError):  # noqa: N818 - it is an answer more than a fault
    """A treatment doesn't map to this source; the text says why."""


@dataclass(frozen=True)
class Edit:
    """Puts a text in the place of another.

    Arguments:
        start, end: offsets in the file's bytes.
        text: what is put there.
    """

    start: int
    end: int
    text: str


class Source:
    """One file.

    Arguments:
        text: of the file, as it was read without translating its line ends.

    Raises:
        SyntaxError: it is no Python.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._bytes = text.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.parents = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self._bytes[start:end].decode()

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node stands."""
        first: int = self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        last: int = self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return first, last

    def replace(self, node: ast.AST, text: str) -> Edit:
        """Puts a text in the place of a node."""
        return Edit(*self.span(node), text)

    def insert_before(self, node: ast.stmt, lines: Iterable[str]) -> Edit:
        """Puts lines before a statement, as far in as it is."""
        start = self._lines[node.lineno - 1]
        indent = self._indent(node)
        return Edit(start, start, "".join(f"{indent}{line}{self.newline}" for line in lines))

    def insert_after(self, node: ast.stmt, lines: Iterable[str]) -> Edit:
        """Puts lines behind a statement, as far in as it is."""
        end_line = node.end_lineno or node.lineno
        start = self._lines[min(end_line, len(self._lines) - 1)]
        indent = self._indent(node)
        text = "".join(f"{indent}{line}{self.newline}" for line in lines)
        if start and self._bytes[start - 1 : start] != b"\n":
            text = self.newline + text
        return Edit(start, start, text)

    def set_argument(self, call: ast.Call, name: str, text: str) -> Edit:
        """Sets a keyword argument of a call, or adds it."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return self.replace(keyword.value, text)
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not given:
            end = self.span(call)[1] - 1
            return Edit(end, end, f"{name}={text}")
        end = max(self.span(node)[1] for node in given)
        return Edit(end, end, f", {name}={text}")

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that holds a node."""
        found: ast.AST = node
        while not isinstance(found, ast.stmt):
            found = self.parents[found]
        return found

    def calls(self, within: ast.AST | None = None) -> Iterator[ast.Call]:
        """Every call, in the order of the text."""
        found = [n for n in ast.walk(within or self.tree) if isinstance(n, ast.Call)]
        yield from sorted(found, key=self.span)

    def apply(self, edits: Iterable[Edit]) -> str:
        """The text with the edits made.

        Raises:
            CannotPatch: two edits overlap.
        """
        data, last = self._bytes, len(self._bytes) + 1
        for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
            if edit.end > last:
                raise CannotPatch("two changes meet in one place of the source")
            data = data[: edit.start] + edit.text.encode() + data[edit.end :]
            last = edit.start
        return data.decode()

    def _indent(self, node: ast.stmt) -> str:
        start = self._lines[node.lineno - 1]
        return self._bytes[start : start + node.col_offset].decode()


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name: `torch.nn.ReLU` is "ReLU"; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """The whole dotted name; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def number(node: ast.AST | None) -> float | None:
    """The number that a literal is, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return None if isinstance(node.value, bool) else float(node.value)
    return None
