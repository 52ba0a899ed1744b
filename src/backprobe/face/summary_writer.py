# SPDX-License-Identifier: Apache-2.0
"""`init(sync_tensorboard=True)`: what a script gives to a `SummaryWriter` is logged here too."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from backprobe.face.media.histogram import Histogram

WRITERS = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
"""Modules with a class `SummaryWriter`."""
MARK = "_backprobe_follows"

Log = Callable[[dict[str, Any], int | None], None]

_log: Log | None = None


def follow(log: Log | None) -> list[str]:
    """Sends what writers of this process get to `log` from now on; None ends it.

    Arguments:
        log: takes names and values, and the step or None.

    Returns:
        The modules whose writers are followed.
    """
    global _log
    _log = log
    if log is None:
        return []
    if "torch" in sys.modules and not any(name in sys.modules for name in WRITERS):
        try:  # the script will import it later, and must find it followed
            importlib.import_module(WRITERS[0])
        except Exception:  # noqa: BLE001 - without TensorBoard there is nothing to follow
            return []
    found = [name for name in WRITERS if name in sys.modules]
    for name in found:
        writer = getattr(sys.modules[name], "SummaryWriter", None)
        for verb, make in VERBS.items():
            _wrap(writer, verb, make)
    return found


def _wrap(writer: Any, verb: str, make: Callable[..., dict[str, Any]]) -> None:
    original = getattr(writer, verb, None)
    if original is None or getattr(original, MARK, False):
        return

    @functools.wraps(original)
    def call(self: Any, tag: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
        given = original(self, tag, value, *arguments, **keywords)
        step = keywords.get("global_step", arguments[0] if arguments else None)
        if _log is not None:
            try:
                _log(make(str(tag), value), None if step is None else int(step))
            except Exception:  # noqa: BLE001 - the script's own writer has it; nothing may break
                pass
        return given

    setattr(call, MARK, True)
    setattr(writer, verb, call)


def _scalar(tag: str, value: Any) -> dict[str, Any]:
    return {tag: value}


def _scalars(tag: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{tag}/{name}": value for name, value in values.items()}


def _histogram(tag: str, values: Any) -> dict[str, Any]:
    return {tag: Histogram(values)}


VERBS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "add_scalar": _scalar,
    "add_scalars": _scalars,
    "add_histogram": _histogram,
}
"""Method of a writer → what is logged of its tag and value."""
