# SPDX-License-Identifier: Apache-2.0
"""Runs that are kept open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backprobe.server import readers
from backprobe.server.readers import Readers
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.training import train


def test_a_live_record_grows_and_a_still_one_is_kept(tmp_path: Path) -> None:
    """Only what is new is read, and nothing is built again where nothing is new."""
    run = catalog.create(tmp_path)
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    writer.row(0, {"a": 1.0}, 0.0)
    kept = Readers(tmp_path)
    first = kept.view(run.id)
    assert kept.view(run.id).record is first.record
    writer.row(1, {"a": 2.0}, 0.0)
    second = kept.view(run.id)
    assert second.length > first.length
    assert second.record.history["a"][1].tolist() == [1.0, 2.0]


def test_the_state_is_as_of_now(tmp_path: Path) -> None:
    """A run that ends while it is open is seen to have ended."""
    run = train(tmp_path, steps=3, finish=False)
    kept = Readers(tmp_path)
    assert kept.view(run.id).record.run.state == "running"
    catalog.close(run, 3)
    assert kept.view(run.id).record.run.state == "failed"


def test_the_process_that_trained_is_shown(tmp_path: Path) -> None:
    """Of several logs the lowest rank with the most steps; the others are listed."""
    run = train(tmp_path, steps=5)
    other = LogWriter(Path(run.path) / log_name(0, 1))
    other.event("process", rank=0, world=1)
    view = Readers(tmp_path).view(run.id)
    assert len(view.record.steps) == 5
    assert [process.steps for process in view.processes] == [5, 0]


@pytest.mark.parametrize("limit", ["READERS", "READER_BYTES"])
def test_the_oldest_is_let_go(tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many runs nor long ones pile up."""
    runs = [train(tmp_path, steps=3) for _ in range(3)]
    monkeypatch.setattr(readers, limit, 1)
    kept = Readers(tmp_path)
    follower = kept.follow(runs[0].id)
    follower.view()
    kept.view(runs[1].id)
    kept.view(runs[2].id)
    assert kept.follow(runs[0].id) is not follower
