# SPDX-License-Identifier: Apache-2.0
"""What an optimizer's groups are set to, and when that changes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.recorder import Recorder

_PLAIN = (int, float, bool, str, type(None))


class OptimizerSettings:
    """Follows the settings of every optimizer; the first group's rate is a column of its own.

    Arguments:
        recorder: takes an `optimizer-settings` event at each change.

    `last`: optimizer → the settings of each group when last looked at, None where one of them may
    be changed in place.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.last: dict[int, list[dict[str, Any]] | None] = {}
        self._told: dict[int, list[list[Any]]] = {}

    def moved(self, optimizer: int, groups: list[dict[str, Any]]) -> bool:
        """Whether a setting, a rate too, is not the very object that it was; costs next to nothing.

        Arguments:
            optimizer: its number in the record.
            groups: its `param_groups`.
        """
        known = self.last.get(optimizer)
        if known is None or len(groups) != len(known):
            return True
        for group, before in zip(groups, known, strict=True):
            for name, value in before.items():
                if group.get(name) is not value:
                    return True
        return False

    def look(self, step: int, optimizer: int, groups: list[dict[str, Any]]) -> None:
        """Tells of the settings if they are others than when last looked at.

        Arguments:
            step: that is about to be taken.
            optimizer: its number in the record.
            groups: its `param_groups`.
        """
        values = [{name: v for name, v in group.items() if name != "params"} for group in groups]
        # A tensor may be changed in place and still be the same object.
        movable = any(isinstance(v, Tensor) for group in values for v in group.values())
        self.last[optimizer] = None if movable else values
        now = [[v for k, v in group.items() if k not in ("params", "lr")] for group in groups]
        if len(groups) > 1:  # a schedule that moves all groups alike is no change
            first = float(groups[0].get("lr", 1.0)) or 1.0
            now.append([float(f"{float(group.get('lr', 1.0)) / first:.6g}") for group in groups])
        known = self._told.get(optimizer)
        if known == now:
            return
        self._told[optimizer] = now
        if known is not None:
            self._recorder.event(
                "optimizer-settings",
                step=step,
                optimizer=optimizer,
                groups=[plain(group) for group in groups],
            )


def plain(group: dict[str, Any]) -> dict[str, Any]:
    """Those settings of one of `param_groups` that a record holds: numbers, words, their tuples."""
    found: dict[str, Any] = {}
    for name, value in group.items():
        if name == "params":
            continue
        if isinstance(value, Tensor) and value.numel() == 1:
            value = float(value)
        if isinstance(value, _PLAIN):
            found[name] = value
        elif isinstance(value, (tuple, list)) and all(isinstance(v, _PLAIN) for v in value):
            found[name] = list(value)
    return found
