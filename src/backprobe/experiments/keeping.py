# SPDX-License-Identifier: Apache-2.0
"""What an experiment may change, kept and put back bit for bit, and the proof that it was.

Kept are parameters, gradients, all buffers (also those that no state dict has), attributes and
modes of modules, the optimizer's state and groups, a scaler, loss modules, every random stream and
the loader's generators. Tensors are put back in place: whoever holds one still holds the same.
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Kept:
    """The state of live objects at one moment.

    Arguments:
        modules: the model, and loss modules.
        optimizer: or None.
        others: with `state_dict` and `load_state_dict`, such as a scaler; None is left out.
        loader: whose generators are kept.
        device: where copies of tensors are kept, None for where each one is.
    """

    def __init__(
        self,
        modules: Iterable[nn.Module],
        optimizer: torch.optim.Optimizer | None = None,
        others: Iterable[Any] = (),
        loader: Any = None,
        device: str | None = None,
    ) -> None:
        self._device = device
        self._tensors: dict[int, tuple[Tensor, Tensor]] = {}
        self._mappings: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._gradients: list[tuple[Tensor, Tensor | None]] = []
        self._seen: set[int] = set()
        for module in modules:
            for inner in module.modules():
                self._keep(inner.__dict__)
        if optimizer is not None:
            self._keep(optimizer.__dict__)
        self._others = [(one, copy.deepcopy(one.state_dict())) for one in others if one is not None]
        self._loader = loader
        self._iterator = getattr(loader, "_iterator", None)
        self._generators = [(one, one.get_state()) for one in generators(loader)]
        self._random = _random_state()

    def restore(self) -> None:
        """Puts everything back."""
        self.restore_objects()
        for generator, state in self._generators:
            generator.set_state(state)
        if self._loader is not None and getattr(self._loader, "_iterator", None) is not None:
            self._loader._iterator = self._iterator  # persistent workers: the user's, or none yet
        _set_random_state(self._random)

    def restore_objects(self) -> None:
        """Puts modules, optimizer and scaler back; random streams and the loader go on."""
        with torch.no_grad():
            for mapping, before in self._mappings:
                for key in [key for key in mapping if key not in before]:
                    del mapping[key]
                mapping.update(before)
            for found, was in self._lists:
                found[:] = was
            for parameter, gradient in self._gradients:
                parameter.grad = gradient
            for tensor, value in self._tensors.values():
                if tensor.data.shape != value.shape:
                    tensor.data = value.to(tensor.device, copy=True)
                else:
                    tensor.data.copy_(value)
        for one, state in self._others:
            one.load_state_dict(copy.deepcopy(state))

    def differences(self) -> list[str]:
        """What is not as it was, in words; an empty list where all is."""
        found = [
            f"a tensor of shape {tuple(before.shape)}"
            for tensor, before in self._tensors.values()
            if not same(tensor.detach(), before)
        ]
        found += [
            f"what a parameter of shape {tuple(parameter.shape)} has for a gradient"
            for parameter, gradient in self._gradients
            if parameter.grad is not gradient
        ]
        for mapping, before in self._mappings:
            keys = [key for key in mapping if key not in before]
            keys += [key for key, was in before.items() if mapping.get(key) is not was]
            found += [f"the attribute {key!r}" for key in keys]
        found += ["a list" for now, was in self._lists if not _alike(now, was)]
        found += [
            f"the state of {type(one).__name__}"
            for one, state in self._others
            if not same(one.state_dict(), state)
        ]
        found += [
            "a generator of the loader"
            for generator, state in self._generators
            if not torch.equal(generator.get_state(), state)
        ]
        now = _random_state()
        found += [
            f"the random numbers of {name}"
            for name, state in self._random.items()
            if not same(now.get(name), state)
        ]
        return found

    def _keep(self, value: Any) -> None:
        """Keeps a value and what it holds; objects of other kinds stay as they are."""
        if id(value) in self._seen:
            return
        if isinstance(value, Tensor):
            self._seen.add(id(value))
            copied = value.detach().clone()
            copied = copied if self._device is None else copied.to(self._device)
            self._tensors[id(value)] = value, copied
            if value.is_leaf and value.requires_grad:
                self._gradients.append((value, value.grad))
                if value.grad is not None:
                    self._keep(value.grad)
        elif isinstance(value, dict):
            self._seen.add(id(value))
            self._mappings.append((value, dict(value)))
            for item in list(value.values()):
                self._keep(item)
        elif type(value) is list:
            self._seen.add(id(value))
            self._lists.append((value, list(value)))
            for item in value:
                self._keep(item)


def generators(loader: Any) -> list[torch.Generator]:
    """The random generators that a loader and its samplers hold."""
    found: dict[int, torch.Generator] = {}
    for owner in _owners(loader):
        generator = getattr(owner, "generator", None)
        if isinstance(generator, torch.Generator):
            found[id(generator)] = generator
    return list(found.values())


def _owners(loader: Any) -> Iterator[Any]:
    waiting, seen = [loader], set()
    while waiting:
        owner = waiting.pop()
        if owner is None or id(owner) in seen:
            continue
        seen.add(id(owner))
        yield owner
        waiting += [getattr(owner, name, None) for name in ("sampler", "batch_sampler")]


def same(now: Any, before: Any) -> bool:
    """Whether two nested values are the same to the last bit; NaN is the same as NaN."""
    if isinstance(before, Tensor):
        if not isinstance(now, Tensor) or now.shape != before.shape or now.dtype != before.dtype:
            return False
        a, b = now.detach().to(before.device), before.detach()
        if torch.equal(a, b):
            return True
        if not (a.is_floating_point() or a.is_complex()):
            return False
        return bool(((a == b) | ((a != a) & (b != b))).all())
    if isinstance(before, Mapping):
        return (
            isinstance(now, Mapping)
            and now.keys() == before.keys()
            and all(same(now[key], value) for key, value in before.items())
        )
    if isinstance(before, (list, tuple)):
        return len(now) == len(before) and all(map(same, now, before))
    if type(before).__module__ == "numpy":
        return bool((now == before).all())
    return bool(now == before)


def _alike(now: list[Any], was: list[Any]) -> bool:
    return len(now) == len(was) and all(a is b for a, b in zip(now, was, strict=True))


def _random_state() -> dict[str, Any]:
    found: dict[str, Any] = {"torch": torch.get_rng_state(), "Python": random.getstate()}
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        found["numpy"] = numpy.random.get_state()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        found["CUDA"] = torch.cuda.get_rng_state_all()
    return found


def _set_random_state(state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["torch"])
    random.setstate(state["Python"])
    if "numpy" in state:
        sys.modules["numpy"].random.set_state(state["numpy"])
    if "CUDA" in state:
        torch.cuda.set_rng_state_all(state["CUDA"])
