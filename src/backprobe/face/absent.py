# SPDX-License-Identifier: Apache-2.0
"""Parts of W&B that have no meaning here: they may be called, do nothing, and say so once."""

from __future__ import annotations

from typing import Any

from backprobe.face.notices import Notices

INSTEAD = {
    "tensorboard": "`backprobe import FOLDER` reads TensorBoard's files",
    "sklearn": "`plot.confusion_matrix`, `plot.roc_curve` and `plot.pr_curve` draw here",
}
"""Part → what does something like it."""


class Absent:
    """Stands for such a part: any attribute is another, and a call gives the part itself.

    Arguments:
        name: how scripts spell it, e.g. "gym.monitor".
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __call__(self, *_: Any, **__: Any) -> Absent:
        """Does nothing."""
        part = self._name.partition(".")[0]
        better = f"; {INSTEAD[part]}" if part in INSTEAD else ""
        Notices().once(
            f"absent {part}", f"{self._name}() is W&B's own, without effect here{better}"
        )
        return self

    def __repr__(self) -> str:
        return f"<{self._name}: W&B's own, without effect here>"
