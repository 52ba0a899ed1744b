# SPDX-License-Identifier: Apache-2.0
"""How many trials `prove` and `study` run, and where: `--seeds`, `--executor` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from backprobe.store import catalog
from backprobe.trials.executor import Executor
from backprobe.trials.pool import Pool
from backprobe.trials.ray_executor import RayExecutor, address_of
from backprobe.trials.slurm_executor import SlurmExecutor

NAMES = ("local", "ray", "slurm")


def trial_options() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--seeds`, `--steps` and `--jobs` to a command."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--jobs", type=click.IntRange(1), help="Trials at a time; as many as fit, if not given."
        )(command)
        command = click.option(
            "--steps", type=click.IntRange(1), help="End each training after so many steps."
        )(command)
        return click.option(
            "--seeds",
            type=click.IntRange(1),
            default=3,
            show_default=True,
            help="Trainings of each, from so many seeds.",
        )(command)

    return add


def executor_options() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--executor` and `--option` to a command."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--option",
            multiple=True,
            metavar="KEY=VALUE",
            help="For ray (address=…, num_gpus=1) or slurm (slurm_partition=…); repeatable.",
        )(command)
        return click.option(
            "--executor",
            type=click.Choice(NAMES),
            default="local",
            show_default=True,
            help="Processes here, tasks of Ray, or jobs of Slurm.",
        )(command)

    return add


def make_executor(
    name: str, options: tuple[str, ...], jobs: int | None, memory: float = 0.0
) -> Executor:
    """What runs the trials.

    Arguments:
        name: one of `NAMES`.
        options: as `KEY=VALUE`.
        jobs: trials at a time, None for as many as there is room for.
        memory: bytes that the original took, 0 where not known.

    Raises:
        click.UsageError: it can't be had; the text says why and what to do.
    """
    given = dict(_pair(text) for text in options)
    directory = catalog.store_directory()
    if name == "local":
        if given:
            raise click.UsageError("--option is for --executor ray and slurm")
        return Pool(directory, jobs, memory)
    try:
        if name == "ray":
            address = address_of(given)
            return RayExecutor(directory, jobs, address, _numbers(given))
        return SlurmExecutor(directory, jobs, _numbers(given), given.get("cluster", "slurm"))
    except (ImportError, ConnectionError, RuntimeError, ValueError, TypeError) as error:
        raise click.UsageError(f"--executor {name}: {error}") from error


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"--option {text!r}; expected KEY=VALUE")
    return key, value


def _numbers(given: dict[str, str]) -> dict[str, Any]:
    """The values, numbers as numbers; without what this file takes itself."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key == "cluster":
            continue
        try:
            found[key] = int(value)
        except ValueError:
            try:
                found[key] = float(value)
            except ValueError:
                found[key] = value
    return found
