# SPDX-License-Identifier: Apache-2.0
"""A trial is used again only where the whole program is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprobe.records import Run
from backprobe.trials import fingerprint as module
from backprobe.trials.fingerprint import fingerprint


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Of a script that imports a module from a package beside it."""
    (tmp_path / "train.py").write_text("from nets import small")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.py").write_text("width = 8")
    return Run("r1", command=("python", "train.py"), cwd=str(tmp_path))


def test_an_imported_module_counts(run: Run) -> None:
    """Its text changed: so may the network."""
    before = fingerprint(run)
    assert fingerprint(run) == before
    (Path(run.cwd) / "nets" / "small.py").write_text("width = 16")
    assert fingerprint(run) != before


def test_what_is_not_the_users_does_not(run: Run) -> None:
    """Installed packages, caches, data and what a run leaves behind."""
    before = fingerprint(run)
    for name in (".venv/lib/x.py", "site-packages/y.py", "__pycache__/z.py", "data/rows.csv"):
        path = Path(run.cwd) / name
        path.parent.mkdir(parents=True)
        path.write_text("1")
    assert fingerprint(run) == before


def test_a_script_elsewhere(run: Run, tmp_path: Path) -> None:
    """Started from another folder, its own one counts too."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "train.py").write_text("1")
    away = Run("r1", command=("python", str(other / "train.py")), cwd=run.cwd)
    before = fingerprint(away)
    (other / "model.py").write_text("2")
    assert fingerprint(away) != before


def test_a_new_version_of_ours_runs_them_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its treatments may do something else."""
    before = fingerprint(run)
    monkeypatch.setattr(module, "__version__", "99.0")
    assert fingerprint(run) != before
