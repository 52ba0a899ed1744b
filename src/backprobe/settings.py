# SPDX-License-Identifier: Apache-2.0
"""Every environment variable that backprobe reads, and the project's configuration.

`docs/reference/environment.md` documents each variable of `VARIABLES`.
"""

from __future__ import annotations

import functools
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DIRECTORY = "BACKPROBE_DIR"
PYTHON = "BACKPROBE_PYTHON"
RUN = "BACKPROBE_RUN"
BUDGET = "BACKPROBE_BUDGET"
STEPS = "BACKPROBE_STEPS"
LIVE = "BACKPROBE_LIVE"
NATIVE = "BACKPROBE_NATIVE"
LIMIT = "BACKPROBE_LIMIT"
SAMPLES = "BACKPROBE_SAMPLES"
TREAT = "BACKPROBE_TREAT"
TRIAL = "BACKPROBE_TRIAL"
DEBUG = "BACKPROBE_DEBUG"

VARIABLES: Mapping[str, str] = {
    DIRECTORY: "folder in which runs are kept; default `.backprobe` in the working directory",
    PYTHON: "interpreter that `backprobe run` starts scripts with, where `--python` is not given",
    RUN: "folder of the run that a process joins; set by `backprobe run` for its children",
    BUDGET: "share of the step time that the probe may cost, or `none`; set by `--budget`",
    LIMIT: "bytes that a run's record may have, such as `2GB`, or `none`; default `1GB`",
    SAMPLES: "`0` keeps no rows of the data in the run; else a few of the first batches",
    STEPS: "optimizer steps after which the script is ended; set by `--steps`",
    LIVE: "small file that `backprobe run` and its children share while a run lives; set by it",
    TREAT: "treatments that a process applies, a JSON list of strings; set by `--treat`",
    TRIAL: "that a process is a trial: JSON with `seed` and `steps`; set by `backprobe prove`",
    NATIVE: "`0` measures with torch's operations, `kernel` with the kernel, called by Python",
    DEBUG: "anything: a fault of backprobe's own is told with its traceback",
}
"""Name → what it sets. There are no others."""

DEFAULT_BUDGET = 0.02
"""Share of the step time; the promise of the project's first page."""

DEFAULT_LIMIT = 1_000_000_000
"""Bytes of one run's record: a day of a small network at the default budget has a few 100 MB."""
UNITS: Mapping[str, int] = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def run_folder() -> Path | None:
    """The folder of the run that this process was started in, or None."""
    folder = os.environ.get(RUN)
    return Path(folder) if folder else None


def budget() -> float | None:
    """The share of the step time that the probe may cost; None never thins its sampling."""
    text = os.environ.get(BUDGET, "").strip()
    if text.lower() == "none":
        return None
    try:
        share = float(text)
    except ValueError:
        return DEFAULT_BUDGET
    return share if share >= 0 else DEFAULT_BUDGET


def byte_count(text: str) -> int:
    """The bytes that a text such as `5GB`, `300 MB` or `1e9` names; units are decimal.

    Raises:
        ValueError: it names none.
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*([kmgt]?b?)\s*", text, re.IGNORECASE)
    unit = found[2].upper() if found else ""
    if found is None or (unit not in UNITS and unit + "B" not in UNITS):
        raise ValueError(f"{text!r}; expected a size such as 5GB or 300MB")
    return int(float(found[1]) * UNITS.get(unit, UNITS.get(unit + "B", 1)))


def record_limit() -> int | None:
    """Bytes that the record of one run may have, None for no limit."""
    text = os.environ.get(LIMIT, "").strip()
    if text.lower() == "none":
        return None
    try:
        return byte_count(text) or DEFAULT_LIMIT
    except ValueError:
        return DEFAULT_LIMIT


def samples() -> bool:
    """Whether a few rows of the first batches are kept for a person to look at."""
    return os.environ.get(SAMPLES, "").strip().lower() not in ("0", "no", "false", "off")


def step_limit() -> int | None:
    """The number of optimizer steps after which the script is ended, or None."""
    text = os.environ.get(STEPS, "")
    return int(text) if text.isdecimal() and int(text) > 0 else None


@dataclass(frozen=True)
class Trial:
    """That this process is a trial.

    Arguments:
        seed: number of its seed; the script's own seeds are offset by it.
        steps: optimizer steps after which training loaders end, None for no bound.
        hold_out: whether rows are kept out of training, for want of another outcome.
        lenient: whether it goes on where a treatment finds nothing to change.
        total: optimizer steps that the original run took, where that is known.
        light: whether only losses, evaluations and what the script says are recorded.
    """

    seed: int
    steps: int | None
    hold_out: bool = False
    lenient: bool = False
    total: int | None = None
    light: bool = False


def treatments() -> tuple[str, ...]:
    """The treatments that this process applies, as after `--treat`."""
    found = _json(TREAT)
    return tuple(map(str, found)) if isinstance(found, list) else ()


def trial() -> Trial | None:
    """What kind of trial this process is, or None."""
    found = _json(TRIAL)
    if not isinstance(found, dict) or not isinstance(found.get("seed"), int):
        return None
    steps = found.get("steps")
    bound = steps if isinstance(steps, int) else None
    hold_out, lenient, light = (found.get(key) is True for key in ("hold_out", "lenient", "light"))
    total = found.get("total")
    known = total if isinstance(total, int) else None
    return Trial(found["seed"], bound, hold_out, lenient, known, light)


def experiment() -> Mapping[str, object] | None:
    """What a trial does with the script's live objects: `name` and its options; None: nothing."""
    found = _json(TRIAL)
    wanted = found.get("experiment") if isinstance(found, dict) else None
    return wanted if isinstance(wanted, dict) else None


def _json(variable: str) -> object:
    try:
        found: object = json.loads(os.environ.get(variable) or "null")
    except ValueError:
        return None
    return found


def live_file() -> Path | None:
    """The file that `backprobe run` shares with its children while the run lives, or None."""
    path = os.environ.get(LIVE)
    return Path(path) if path else None


def ignored_rules(directory: Path | None = None) -> tuple[str, ...]:
    """The rules that the project silences: `ignore` in `[tool.backprobe]` of `pyproject.toml`.

    The nearest `pyproject.toml` counts, from the folder upwards; what can't be read silences
    nothing.

    Arguments:
        directory: where to begin; the working directory by default.
    """
    start = Path.cwd() if directory is None else directory
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            state = file.stat()
        except OSError:
            return ()
        return _ignored(file, state.st_mtime_ns, state.st_size)
    return ()


@functools.lru_cache(maxsize=16)
def _ignored(file: Path, *_: int) -> tuple[str, ...]:
    """What that state of a file silences: a list of thousands of runs asks for each of them."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["backprobe"]["ignore"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(str(name) for name in found) if isinstance(found, list) else ()
