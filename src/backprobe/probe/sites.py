# SPDX-License-Identifier: Apache-2.0
"""Which line of the user's code made a module, called an operation, a loss or an optimizer."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
import sys
import sysconfig
import weakref
from types import CodeType, FrameType
from typing import Any

import torch

from backprobe.records import Source

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_DEMO = os.path.join(_OWN, "demo") + os.sep
"""Scripts as a user writes them: the code under diagnosis, wherever they are installed."""
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_CALL = torch.nn.Module._call_impl.__code__
_LIBRARIES = tuple(
    sorted({sysconfig.get_paths()[key] + os.sep for key in ("stdlib", "purelib", "platlib")})
)

Site = tuple[str, int]

_constructed: weakref.WeakKeyDictionary[type, frozenset[CodeType]] = weakref.WeakKeyDictionary()
_made: dict[int, tuple[weakref.ref[Any], Site]] = {}


@functools.cache
def distance(filename: str) -> int:
    """How far a file is from the user: 0 their own code, 1 a library, 2 torch or backprobe."""
    if filename.startswith("<"):
        return 0 if filename.startswith("<ipython") else 2
    path = os.path.abspath(filename)
    if path.startswith(_DEMO):
        return 0
    if path.startswith((_OWN, _TORCH)):
        return 2
    return 1 if path.startswith(_LIBRARIES) or f"{os.sep}site-packages{os.sep}" in path else 0


def caller(frame: FrameType | None) -> Site | None:
    """The innermost line of the user's own code at or above a frame; a library's where none is."""
    library: Site | None = None
    while frame is not None:
        far = distance(frame.f_code.co_filename)
        if far == 0:
            return frame.f_code.co_filename, frame.f_lineno
        if far == 1 and library is None:
            library = frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return library


def block(frame: FrameType | None) -> Site | None:
    """The user's line that entered a context of torch's, or the function that it decorates."""
    while frame is not None and distance(frame.f_code.co_filename) == 2:
        if frame.f_code.co_name == "decorate_context":
            code = getattr(frame.f_locals.get("func"), "__code__", None)
            if code is not None and distance(code.co_filename) == 0:
                return code.co_filename, code.co_firstlineno
        frame = frame.f_back
    return caller(frame)


def outside(frame: FrameType) -> FrameType:
    """The innermost frame at or above this one that is not backprobe's own."""
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame


def here() -> Site | None:
    """The user's line that led to this call."""
    return caller(sys._getframe(1))


def source(site: Site | None) -> Source | None:
    """A site with its absolute path and its text."""
    if site is None:
        return None
    file, line = site
    return Source(os.path.abspath(file), line, linecache.getline(file, line).strip())


def remember(module: Any, frame: FrameType | None) -> None:
    """Keeps the line that constructs a module: the nearest frame that isn't its own `__init__`."""
    while frame is not None and _initialises(frame, module):
        frame = frame.f_back
    site = caller(frame)
    if site is not None:
        _made[id(module)] = (weakref.ref(module), site)


def made(module: Any) -> Site | None:
    """The line that constructs a module, or that assigns it in its parent's `__init__`."""
    known = _made.get(id(module))
    return known[1] if known is not None and known[0]() is module else None


def living() -> list[torch.nn.Module]:
    """Modules whose construction was seen and that still exist."""
    found = [ref() for ref, _ in list(_made.values())]
    return [module for module in found if isinstance(module, torch.nn.Module)]


def living_optimizers() -> list[torch.optim.Optimizer]:
    """Optimizers whose construction was seen and that still exist."""
    found = [ref() for ref, _ in list(_made.values())]
    return [one for one in found if isinstance(one, torch.optim.Optimizer)]


def optimized() -> set[int]:
    """Ids of the tensors that these hold."""
    groups = (group for one in living_optimizers() for group in one.param_groups)
    return {id(tensor) for group in groups for tensor in group["params"]}


def _initialises(frame: FrameType, module: Any) -> bool:
    code: CodeType = frame.f_code
    if code.co_name != "__init__":
        return distance(code.co_filename) == 2
    return code in _constructors(type(module))


def _constructors(kind: type) -> frozenset[CodeType]:
    """The code of a class's own and inherited `__init__`, also where they are wrapped.

    The frame's locals would tell better whose `__init__` runs, but looking at them changes what an
    earlier `locals()` in it has returned.
    """
    known = _constructed.get(kind)
    if known is None:
        found = []
        for base in kind.__mro__:
            function = vars(base).get("__init__")
            while function is not None:
                found.append(getattr(function, "__code__", None))
                function = getattr(function, "__wrapped__", None)
        known = _constructed[kind] = frozenset(code for code in found if code is not None)
    return known


def locals_of(frame: FrameType) -> dict[str, Any]:
    """A frame's local variables, without having the frame keep them.

    Before Python 3.13 a function's frame holds on to the dict of its locals that it was once asked
    for: the tensors of one step would live as long as the training loop.
    """
    asked = frame.f_locals
    found = dict(asked)
    # Referred to by the frame, by `asked` and by the call: one more is a `locals()` of the user's.
    own = sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED
    if own and sys.getrefcount(asked) <= 3:
        asked.clear()
    return found


@functools.cache
def assigned(owner: type, attribute: str) -> Site | None:
    """The line of a class that assigns `self.<attribute>`, read from its source."""
    try:
        lines, first = inspect.getsourcelines(owner)
        file = inspect.getsourcefile(owner)
        tree = ast.parse(
            inspect.cleandoc("\n" + "".join(lines)) if lines[0][:1].isspace() else "".join(lines)
        )
    except (OSError, TypeError, SyntaxError, IndentationError):
        return None
    if file is None or distance(file) == 2:
        return None
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr == attribute:
                return file, first + node.lineno - 1
    return None


def last_assignment(frame: FrameType, names: set[str], before: int) -> Site | None:
    """The last line before `before`, in a frame's own function, that assigns one of `names`."""
    code = frame.f_code
    tree = _parsed(code.co_filename)
    if tree is None:
        return None
    best = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        else:
            continue
        named = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        if named & names and code.co_firstlineno <= node.lineno < before:
            best = max(best, node.lineno)
    return (code.co_filename, best) if best else None


@functools.cache
def _parsed(filename: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None


def in_forward() -> bool:
    """Whether a module is being called, as the interpreter's frames say."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _CALL:
            return True
        frame = frame.f_back
    return False


def runs(frame: FrameType | None, wanted: int) -> bool:
    """Whether a frame of that id is this one or one that called it."""
    while frame is not None:
        if id(frame) == wanted:
            return True
        frame = frame.f_back
    return False
