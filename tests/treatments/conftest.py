# SPDX-License-Identifier: Apache-2.0
"""Treatments installed in this very process, and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from backprobe.treatments.apply import Applied, install

Treat = Callable[..., Applied]


@pytest.fixture
def treat() -> Iterator[Treat]:
    """Installs treatments for the rest of the test."""
    made: list[Applied] = []

    def call(*texts: str) -> Applied:
        made.append(install(texts))
        return made[-1]

    yield call
    for applied in reversed(made):
        applied.points.report.waiting.clear()
        applied.undo()
