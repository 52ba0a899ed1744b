# SPDX-License-Identifier: Apache-2.0
"""W&B's sweeps, on this machine: what is varied, and the values of the next run.

A grid is walked, `random` is drawn, and `bayes` is drawn as well: no search learns here.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from backprobe.face.errors import CommError, UsageError
from backprobe.face.values import plain
from backprobe.store import catalog

METHODS = ("grid", "random", "bayes")
FOLDER = "sweeps"
"""Of the store; a file a sweep."""

Limits = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What the next run of a sweep is given.

    Arguments:
        sweep: its sweep's id.
        project: of the sweep, where one was named.
        values: name → value, which overrule the script's.
    """

    sweep: str
    project: str | None
    values: Mapping[str, Any]


pending: Part | None = None
"""Of the run that `init` begins next, while an agent calls the script's function."""


def keep(given: Any, project: str | None) -> str:
    """Stores a sweep; gives its id.

    Raises:
        UsageError: it names no parameters, or a method that is not known.
    """
    spec = plain(given() if callable(given) else given)
    if not isinstance(spec, dict) or not isinstance(spec.get("parameters"), dict):
        raise UsageError(
            "sweep() expects {'method': 'grid', 'parameters': {'lr': {'values': [0.1, 0.01]}}}, "
            f"got {given!r:.80}"
        )
    if spec.get("method", "grid") not in METHODS:
        raise UsageError(f"sweep(method={spec['method']!r}): expected one of {METHODS}")
    next(draws(spec, "check"), None)
    made, store = catalog.new_id(), catalog.store_directory()
    catalog.prepare(store)
    (store / FOLDER).mkdir(exist_ok=True)
    kept = {**spec, "project": project or spec.get("project")}
    (store / FOLDER / f"{made}.json").write_text(json.dumps(kept, indent=1))
    return made


def load(name: str, store: Path | None = None) -> tuple[str, dict[str, Any]]:
    """Id and specification of a sweep, by its id or `entity/project/id`.

    Raises:
        CommError: there is none.
    """
    wanted = name.rstrip("/").rsplit("/", 1)[-1]
    path = (store or catalog.store_directory()) / FOLDER / f"{wanted}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        raise CommError(f"no sweep {name!r} in this store; sweep() gives the id of one") from None
    return wanted, found


def draws(spec: Mapping[str, Any], seed: str) -> Iterator[dict[str, Any]]:
    """The values of one run after the other; without end where they are drawn.

    Raises:
        UsageError: a parameter that can't be meant.
    """
    flat = dict(_leaves(spec["parameters"]))
    if spec.get("method", "grid") == "grid":
        lists = [_listed(name, limits) for name, limits in flat.items()]
        for values in itertools.product(*lists):
            yield _nested(dict(zip(flat, values, strict=True)))
        return
    random = Random(seed)  # of its own: the script's random numbers stay as they are
    while True:
        yield _nested({name: _drawn(name, limits, random) for name, limits in flat.items()})


def _leaves(given: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterator[Any]:
    for name, limits in given.items():
        if not isinstance(limits, Mapping):
            raise UsageError(f"sweep(): parameter {name!r} must be a dict such as {{'value': 1}}")
        if isinstance(limits.get("parameters"), Mapping):
            yield from _leaves(limits["parameters"], (*before, name))
        else:
            yield (*before, name), limits


def _nested(flat: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for names, value in flat.items():
        inner = whole
        for name in names[:-1]:
            inner = inner.setdefault(name, {})
        inner[names[-1]] = value
    return whole


def _listed(names: tuple[str, ...], limits: Limits) -> list[Any]:
    if "values" in limits:
        return list(limits["values"])
    if "value" in limits:
        return [limits["value"]]
    low, high, step = limits.get("min"), limits.get("max"), limits.get("q", 1)
    whole = isinstance(low, int) and isinstance(high, int)
    if low is not None and high is not None and (whole or "q" in limits):
        return [low + n * step for n in range(int((high - low) / step + 1e-9) + 1)]
    raise UsageError(
        f"sweep(): a grid needs 'values' for {'.'.join(names)!r}; a range is for method 'random'"
    )


def _drawn(names: tuple[str, ...], limits: Limits, random: Random) -> Any:
    if "value" in limits:
        return limits["value"]
    if "values" in limits:
        return random.choices(limits["values"], limits.get("probabilities"))[0]
    low, high = limits.get("min"), limits.get("max")
    kind = str(limits.get("distribution") or "")
    if not kind:
        kind = "int_uniform" if isinstance(low, int) and isinstance(high, int) else "uniform"
    quantized, shape = kind.startswith("q_"), kind.removeprefix("q_")
    draw = SHAPES.get(shape)
    try:
        if draw is None:
            raise KeyError(kind)
        value = draw(random, limits)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise UsageError(
            f"sweep(): parameter {'.'.join(names)!r} can't be drawn from {dict(limits)}; expected "
            "'values', 'value', or 'min' and 'max'"
        ) from None
    step = limits.get("q", 1)
    return round(value / step) * step if quantized else value


SHAPES: Mapping[str, Callable[[Random, Limits], Any]] = {
    "int_uniform": lambda random, given: random.randint(given["min"], given["max"]),
    "uniform": lambda random, given: random.uniform(given["min"], given["max"]),
    "log_uniform": lambda random, given: math.exp(random.uniform(given["min"], given["max"])),
    "log_uniform_values": lambda random, given: math.exp(
        random.uniform(math.log(given["min"]), math.log(given["max"]))
    ),
    "inv_log_uniform_values": lambda random, given: (
        1 / math.exp(random.uniform(-math.log(given["max"]), -math.log(given["min"])))
    ),
    "normal": lambda random, given: random.gauss(given.get("mu", 0), given.get("sigma", 1)),
    "log_normal": lambda random, given: random.lognormvariate(
        given.get("mu", 0), given.get("sigma", 1)
    ),
    "beta": lambda random, given: random.betavariate(given.get("a", 1), given.get("b", 1)),
}
"""W&B's distributions, without the `q_` of those that are rounded."""
