# SPDX-License-Identifier: Apache-2.0
"""The batch size of training loaders."""

from __future__ import annotations

from typing import Any

from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class BatchSize(Treatment):
    """Makes every loader that shuffles with another batch size.

    Suits when: batches are too small to be steady or too large to be many. `undo` puts the
    constructor back.
    """

    NAME = "batch-size"
    WAITS = "a DataLoader that shuffles"

    def install(self, points: Points) -> None:
        """Changes the sampler of a loader after it is made."""
        original: Any = DataLoader.__init__
        self._original = original
        size, text = int(self.value), self.text

        def __init__(self_: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self_, *args, **kwargs)
            sampler = getattr(self_, "batch_sampler", None)
            if type(sampler) is BatchSampler and isinstance(self_.sampler, RandomSampler):
                sampler.batch_size = size
                object.__setattr__(self_, "batch_size", size)
                points.report.apply(text, str(size))

        DataLoader.__init__ = __init__  # type: ignore[method-assign, assignment]

    def undo(self) -> None:
        """Puts the constructor back."""
        DataLoader.__init__ = self._original  # type: ignore[method-assign]


build = BatchSize
