# SPDX-License-Identifier: Apache-2.0
"""Tensors that a model keeps where torch does not look: in a list, a dict, an object of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from torch import Tensor, nn

MOST = 2000
"""Things looked at in one network."""
DEPTH = 4
"""How far inside of an attribute: a list of dicts of objects with a tensor each."""
_OWN = frozenset(vars(nn.Module()))


def holders(roots: Iterable[nn.Module], wanted: Mapping[int, int]) -> dict[int, tuple[int, str]]:
    """Which module keeps a tensor under which attribute, not registered.

    Nothing of the script's own is called: neither properties nor `__getattr__`.

    Arguments:
        roots: the networks.
        wanted: `id` of a tensor → its number.

    Returns:
        number of the tensor → `id` of the module, name of the attribute.
    """
    found: dict[int, tuple[int, str]] = {}
    for root in roots:
        left = [MOST]
        for module in root.modules():
            for name, value in vars(module).items():
                if name in _OWN or not left[0]:
                    continue
                for tensor in _tensors(value, left, DEPTH):
                    number = wanted.get(id(tensor))
                    if number is not None:
                        found.setdefault(number, (id(module), name))
    return found


def _tensors(value: Any, left: list[int], depth: int) -> Iterator[Tensor]:
    """The tensors inside of a value, as far as is looked."""
    if left[0] <= 0 or depth < 0:
        return
    left[0] -= 1
    inner: Iterable[Any] = ()
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from value.parameters()
        inner = [each for name, each in vars(value).items() if name not in _OWN]
    elif isinstance(value, dict):
        inner = dict.values(value)
    elif isinstance(value, (list, tuple, set)):
        inner = value
    elif not isinstance(value, (type, ModuleType, FunctionType)):
        inner = _attributes(value).values()
    for each in list(inner):
        yield from _tensors(each, left, depth - 1)


def _attributes(value: Any) -> dict[str, Any]:
    """What an object keeps in its `__dict__`; one that has none keeps nothing that is seen."""
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return own if type(own) is dict else {}
