# SPDX-License-Identifier: Apache-2.0
"""Runs a piece of training under the probe, in this process, and gives back its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backprobe import session as sessions
from backprobe.probe import entry
from backprobe.records import Record
from backprobe.store.reader import RunReader

Watch = Callable[..., Record]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """`watch(train, *models)`: the record of `train()`, every step observed in full."""

    def run(train: Callable[[], Any], *models: Any) -> Record:
        session = sessions.start()
        entry.watch(list(models), log="all", log_freq=1)
        try:
            train()
        finally:
            session.finish()
        reader = RunReader(session.run)
        reader.refresh()
        return reader.record()

    yield run
    left = sessions.current()
    if left is not None:
        left.finish()
