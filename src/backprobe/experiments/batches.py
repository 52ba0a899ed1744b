# SPDX-License-Identifier: Apache-2.0
"""What a loader gives, told apart: what the model is called with, and what it should answer."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

TARGETS = ("labels", "label", "targets", "target", "y", "decoder_target_ids")
"""Keys under which dict batches hold their targets; the first is that of Transformers."""


@dataclass(frozen=True)
class Batch:
    """One batch, ready to be used.

    Arguments:
        args: positional arguments of the model.
        kwargs: its keyword arguments, of a dict batch.
        target: what it should answer; None where the batch holds none.
        whole: the dict batch with its targets, for models that compute their own loss.
    """

    args: tuple[Any, ...]
    target: Any = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    whole: Mapping[str, Any] | None = None

    @property
    def rows(self) -> int:
        """Number of rows: the first dimension of the first tensor; 0 where there is none."""
        first = next(tensors((self.args, dict(self.kwargs))), None)
        return int(first.shape[0]) if first is not None and first.dim() else 0


def split(given: Any, model: nn.Module | None = None) -> Batch:
    """Tells inputs from targets.

    `(x, y)` and `(x1, x2, y)`: the last is the target. A dict: the target is what is under
    "labels", "label", "targets", "target" or "y", the rest are the model's keyword arguments, or
    its positional ones where its `forward` has no such names. A tensor alone is its own target,
    as for an autoencoder.

    Arguments:
        given: what the loader gave, on the device already.
        model: whose `forward` tells how a dict is given.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(given, Batch):
        return given
    if isinstance(given, Tensor):
        return Batch((given,), given)
    if isinstance(given, Mapping) or (hasattr(given, "data") and isinstance(given.data, Mapping)):
        return _split_dict(dict(given), model)
    if isinstance(given, (tuple, list)) and len(given) == 1:
        return split(given[0], model)
    if isinstance(given, (tuple, list)) and len(given) >= 2:
        *inputs, target = given
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            return Batch((), target, dict(inputs[0]))
        if len(inputs) == 1 and isinstance(inputs[0], (tuple, list)) and _takes(model, inputs[0]):
            return Batch(tuple(inputs[0]), target)
        return Batch(tuple(inputs), target)
    raise TypeError(
        f"a batch is {type(given).__name__}; expected (inputs, target), a dict or a tensor. Give "
        "a loader whose batches are so, or one that yields backprobe.experiments.batches.Batch"
    )


def _split_dict(found: dict[Any, Any], model: nn.Module | None) -> Batch:
    key = next((name for name in TARGETS if name in found), None)
    target = found.get(key) if key is not None else None
    rest = {name: value for name, value in found.items() if name != key}
    names = _parameters(model)
    if names is not None and not set(rest) <= names:
        known = {name: value for name, value in rest.items() if name in names}
        if not known:
            return Batch(tuple(rest.values()), target, {}, found)
        rest = known
    return Batch((), target, rest, found)


def _parameters(model: nn.Module | None) -> set[str] | None:
    """Names that a model's `forward` takes; None where it takes any."""
    if model is None:
        return None
    inner = getattr(model, "module", model)  # DDP's own forward takes anything
    try:
        parameters = inspect.signature(inner.forward).parameters
    except (TypeError, ValueError):
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return None
    return set(parameters)


def _takes(model: nn.Module | None, values: Any) -> bool:
    """Whether a model's `forward` takes several positional arguments, as many as there are."""
    names = _parameters(model)
    return names is not None and len(names) >= len(values) > 1


def to_device(value: Any, device: Any, non_blocking: bool = False) -> Any:
    """A batch on a device; what has no `to` stays. The containers keep their types."""
    if device is None:
        return value
    if isinstance(value, Tensor) or (hasattr(value, "to") and not isinstance(value, type)):
        if isinstance(value, Tensor):
            return value.to(device, non_blocking=non_blocking)
        return value.to(device)
    if isinstance(value, Mapping):
        return {key: to_device(item, device, non_blocking) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(to_device(item, device, non_blocking) for item in value))
    if isinstance(value, (tuple, list)):
        return type(value)(to_device(item, device, non_blocking) for item in value)
    return value


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in nested containers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)


class Supply:
    """Batches without an end: the loader is begun again where it is exhausted.

    Arguments:
        loader: anything that can be iterated.

    Raises:
        TypeError: it can't be iterated.
    """

    def __init__(self, loader: Iterable[Any]) -> None:
        if not hasattr(loader, "__iter__") and not hasattr(loader, "__getitem__"):
            raise TypeError(
                f"the loader is {type(loader).__name__}, which can't be iterated; give a "
                "DataLoader, or any iterable of batches"
            )
        self._loader = loader
        self._iterator = iter(loader)
        self.passes = 1
        self.taken = 0

    def next(self) -> Any:
        """The next batch.

        Raises:
            ValueError: the loader gives none.
        """
        try:
            batch = next(self._iterator)
        except StopIteration:
            self._iterator = iter(self._loader)
            try:
                batch = next(self._iterator)
            except StopIteration:
                raise ValueError(
                    f"the loader gave {self.taken} batches and then no more; give one that has "
                    "batches and can be iterated again"
                ) from None
            self.passes += 1
        self.taken += 1
        return batch


def is_generator(loader: Any) -> bool:
    """Whether what is taken from a loader is gone: it is an iterator itself."""
    return hasattr(loader, "__next__")


def device_of(model: nn.Module) -> torch.device | None:
    """The device of a model's first parameter, None where it has none."""
    first = next(model.parameters(), None)
    return None if first is None else first.device
