# SPDX-License-Identifier: Apache-2.0
"""Another seed for a script that hard-codes its own: every seeding call is offset.

Trial k adds k * `STRIDE` to what is given to torch's, numpy's and Python's seeding functions and
generators. What is never seeded gets a seed of the trial, so that control and treated are alike.
The order in which loaders draw has a stream of its own, whatever a treatment draws besides.
"""

from __future__ import annotations

import functools
import itertools
import random
from typing import Any

import numpy as np
import torch
from torch.utils.data import RandomSampler

STRIDE = 1_000_003
"""A prime, so that the offsets of a script's consecutive seeds and of trials rarely meet."""
LIMIT = 2**32
"""numpy takes seeds below it."""


def install(seed: int) -> None:
    """Offsets the seeding calls of this process.

    Arguments:
        seed: number of the trial's seed; 0 keeps the script's own.
    """
    offset = seed * STRIDE
    _start(seed)
    _torch(offset)
    _numpy(offset)
    _python(offset)
    _loaders(seed)


def shifted(seed: Any, offset: int) -> Any:
    """A seed, or several, moved by the offset; anything else as it is."""
    if isinstance(seed, (bool, type(None), str, bytes)):
        return seed
    if isinstance(seed, (int, np.integer)):
        return (int(seed) + offset) % LIMIT
    if isinstance(seed, (list, tuple)):
        return [shifted(item, offset) for item in seed]
    if isinstance(seed, np.ndarray) and seed.dtype.kind in "iu":
        return (seed.astype(np.uint64) + np.uint64(offset)) % np.uint64(LIMIT)
    return seed


def _start(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _torch(offset: int) -> None:
    if not offset:
        return
    for name in ("manual_seed",):
        _wrap(torch, name, offset)
    _wrap(torch.cuda, "manual_seed", offset)
    _wrap(torch.cuda, "manual_seed_all", offset)
    base: Any = torch._C.Generator

    class Generator(base, metaclass=_like(base)):  # type: ignore[misc, metaclass]
        """A generator whose seeds are offset."""

        def manual_seed(self, seed: int) -> Any:
            """Seeds with the offset."""
            return super().manual_seed(shifted(seed, offset))

    torch.Generator = Generator  # type: ignore[misc]


def _numpy(offset: int) -> None:
    if not offset:
        return
    _wrap(np.random, "seed", offset)
    _wrap(np.random, "default_rng", offset)
    base: Any = np.random.RandomState

    class RandomState(base, metaclass=_like(base)):  # type: ignore[misc, metaclass]
        """A random state whose seeds are offset."""

        def __init__(self, seed: Any = None) -> None:
            super().__init__(shifted(seed, offset))

    np.random.RandomState = RandomState  # type: ignore[misc]


def _python(offset: int) -> None:
    if not offset:
        return
    _wrap(random, "seed", offset)
    base: Any = random.Random

    class Random(base, metaclass=_like(base)):  # type: ignore[misc, metaclass]
        """A generator whose seeds are offset."""

        def __init__(self, seed: Any = None) -> None:
            super().__init__(shifted(seed, offset))

    random.Random = Random  # type: ignore[misc, assignment]


def _wrap(owner: Any, name: str, offset: int) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def seeding(*args: Any, **kwargs: Any) -> Any:
        args = (shifted(args[0], offset), *args[1:]) if args else args
        return original(*args, **{key: shifted(value, offset) for key, value in kwargs.items()})

    setattr(owner, name, seeding)


def _like(base: type) -> type:
    """A metaclass whose classes take every instance of the base for their own."""

    class Like(type(base)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, base)

    return Like


def _loaders(seed: int) -> None:
    """Random samplers without a generator draw from a stream of their own."""
    original: Any = RandomSampler.__iter__
    passes = [0]

    @functools.wraps(original)
    def __iter__(self: Any) -> Any:  # noqa: N807
        if self.generator is not None:
            return original(self)
        passes[0] += 1
        generator = torch._C.Generator()
        generator.manual_seed((seed * STRIDE + passes[0] * 7919 + len(self.data_source)) % LIMIT)
        return _drawn(original, self, generator)

    RandomSampler.__iter__ = __iter__  # type: ignore[method-assign]


def _drawn(original: Any, sampler: Any, generator: Any) -> Any:
    drawn = original(sampler)
    sampler.generator = generator
    try:
        first = list(itertools.islice(drawn, 1))  # it takes the generator with its first index
    finally:
        sampler.generator = None  # what the user sees
    yield from first
    yield from drawn
