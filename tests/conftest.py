# SPDX-License-Identifier: Apache-2.0
"""What every test starts from."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would every script that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

INHERITED = ("BACKPROBE_RUN", "RANK", "LOCAL_RANK", "WORLD_SIZE", "COLUMNS")
"""Variables that would make a test depend on how the tests were started."""

LONGEST = (
    "rules/test_programs.py",
    "scripts/test_tutorial.py",
    "cli/test_prove.py",
    "probe/test_settings_distributed.py",
    "test_docs_run.py",
    "cli/test_run.py",
    "trials/test_executors.py",
    "trials/test_proof.py",
    "probe/test_settings_disks.py",
    "cli/test_check.py",
    "cli/test_repro.py",
    "cli/test_lr.py",
    "cli/test_demo.py",
    "probe/test_kill.py",
    "probe/test_settings_hosts.py",
    "probe/test_settings_compile.py",
    "face/test_scripts.py",
    "web/test_page.py",
)
"""Files that take half a minute or more: they come first, so that no worker waits for one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of the longest files first; else the order stays."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def store_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty store of the test's own, also for the processes it starts; never the checkout's.

    A run that a test leaves open is not the next one's.
    """
    for name in INHERITED:
        monkeypatch.delenv(name, raising=False)
    directory = tmp_path / "runs"
    monkeypatch.setenv("BACKPROBE_DIR", str(directory))
    yield directory
    verbs = sys.modules.get("backprobe.face.verbs")
    if verbs is not None:
        verbs.finish()
    state = sys.modules.get("backprobe.face.state")
    if state is not None:
        state.latest = None  # type: ignore[attr-defined]
