# SPDX-License-Identifier: Apache-2.0
"""The start-up file that reaches the processes of a launched run."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import backprobe
from backprobe import settings
from backprobe.store import catalog
from backprobe.store.board import LOADED, TORCH, Board

PACKAGE = Path(backprobe.__file__).parent
BOOTSTRAP = PACKAGE / "probe" / "bootstrap"

FAKE_TORCH = "print('torch runs'); value = 1\n"
"""A package of that name is enough to see the import being followed."""


def _python(
    folder: Path, code: str, *paths: Path, executable: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs code as a child of `backprobe run` would, in a folder, with more folders on the path."""
    path = os.pathsep.join(map(str, (BOOTSTRAP, *paths)))
    return subprocess.run(
        [executable, "-c", code],
        cwd=folder,
        env={**os.environ, **variables, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fake_torch(tmp_path: Path) -> Path:
    """A folder with a package `torch` that prints."""
    (tmp_path / "fake" / "torch").mkdir(parents=True)
    (tmp_path / "fake" / "torch" / "__init__.py").write_text(FAKE_TORCH)
    return tmp_path / "fake"


def test_the_path_is_as_without_us(tmp_path: Path) -> None:
    """The script's `sys.path` has no folder of ours; its children still get the variable."""
    code = "import sys, os; print(sys.path); print(os.environ['PYTHONPATH'])"
    extra = tmp_path / "extra"
    path, variable = _python(tmp_path, code, extra).stdout.splitlines()
    alone = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(extra)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert path == alone.stdout.splitlines()[0]
    assert variable == f"{BOOTSTRAP}{os.pathsep}{extra}"


def test_the_next_sitecustomize_runs(tmp_path: Path) -> None:
    """The file that would have been imported without us is, under its own name."""
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "sitecustomize.py").write_text("import sys\nsys.theirs = __name__\n")
    code = "import sys; print(sys.theirs, sys.modules['sitecustomize'].__file__)"
    expected = f"sitecustomize {tmp_path / 'next' / 'sitecustomize.py'}\n"
    assert _python(tmp_path, code, tmp_path / "next").stdout == expected


def test_errors_of_the_next_sitecustomize_are_its_own(tmp_path: Path) -> None:
    """Python's message about a broken one is the same as without us."""
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "sitecustomize.py").write_text("1 / 0\n")
    done = _python(tmp_path, "print('ran')", tmp_path / "next")
    alone = subprocess.run(
        [sys.executable, "-c", "print('ran')"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "next")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (alone.stdout, alone.stderr)
    assert "ZeroDivisionError" in done.stderr


def test_a_process_without_torch_loads_nothing(tmp_path: Path) -> None:
    """No module comes in that Python would not have loaded itself, but the start-up file."""
    code = "import sys; print(*sorted(sys.modules), sep='\\n')"
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = set(_python(tmp_path, code).stdout.split()) - set(alone.stdout.split())
    assert ours <= {"sitecustomize"}


def test_the_probe_begins_after_torch_has_run(tmp_path: Path, fake_torch: Path) -> None:
    """torch is imported first and whole; a probe that then fails costs one line, not the script."""
    code = "import torch; print(torch.value, type(torch.__loader__).__name__, torch.__spec__.name)"
    done = _python(tmp_path, code, fake_torch)
    assert done.stdout == "torch runs\n1 SourceFileLoader torch\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("backprobe: this process is not watched: ")


def test_the_board_says_how_far_a_process_came(tmp_path: Path, fake_torch: Path) -> None:
    """One byte that Python was reached, another that torch was imported."""
    board = Board.create()
    assert board.path is not None
    _python(tmp_path, "pass", **{settings.LIVE: str(board.path)})
    assert (board[LOADED], board[TORCH]) == (1, 0)
    _python(tmp_path, "import torch", fake_torch, **{settings.LIVE: str(board.path)})
    assert (board[LOADED], board[TORCH]) == (1, 1)
    board.remove()


def test_asking_for_torch_is_not_importing_it(tmp_path: Path, fake_torch: Path) -> None:
    """Libraries ask with `find_spec` whether torch is there; nothing begins then."""
    code = "from importlib.util import find_spec; print(find_spec('torch') is not None)"
    done = _python(tmp_path, code, fake_torch)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_no_torch_fails_as_without_us(tmp_path: Path) -> None:
    """The error of a Python that has no torch shows nothing of ours."""
    code = "import sys; sys.path[:] = sys.path[:4]; import torch"
    done = _python(tmp_path, code, executable=sys.executable)
    assert done.stderr == (
        "Traceback (most recent call last):\n"
        '  File "<string>", line 1, in <module>\n'
        "ModuleNotFoundError: No module named 'torch'\n"
    )


@pytest.fixture(scope="module")
def foreign_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own Python: it has torch and numpy, and neither backprobe nor click."""
    home = tmp_path_factory.mktemp("foreign")
    venv.create(home, symlinks=True)
    packages = home / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    source = Path(pytest.__file__).parents[1]
    for entry in source.iterdir():
        if not entry.name.lower().startswith(("backprobe", "_backprobe", "click", "rich")):
            (packages / entry.name).symlink_to(entry)
    return home / "bin" / "python"


def test_a_python_without_backprobe_finds_ours(tmp_path: Path, foreign_python: Path) -> None:
    """Only the package itself: nothing else of the launcher's environment becomes visible."""
    code = (
        "import backprobe, importlib.util\nprint(backprobe.__file__)\n"
        "print(importlib.util.find_spec('click'))"
    )
    (tmp_path / "backprobe").mkdir()  # a folder of that name in the working directory is no package
    done = _python(tmp_path, code, executable=str(foreign_python))
    assert done.stdout == f"{PACKAGE / '__init__.py'}\nNone\n", done.stderr


def test_a_python_without_backprobe_is_watched(
    tmp_path: Path, foreign_python: Path, store_directory: Path
) -> None:
    """`--python` runs the script in the user's environment, under the probe."""
    (tmp_path / "train.py").write_text(
        "import torch\nfrom torch import nn\n"
        "model = nn.Linear(3, 2)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for step in range(4):\n"
        "    optimizer.zero_grad()\n"
        "    x, y = torch.ones(5, 3), torch.ones(5).long()\n"
        "    nn.functional.cross_entropy(model(x), y).backward()\n"
        "    optimizer.step()\n"
    )
    command = [sys.executable, "-m", "backprobe", "run", "--python", str(foreign_python)]
    done = subprocess.run(
        [*command, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    run = catalog.find(store_directory)
    assert run.command[0] == str(foreign_python)
    assert len(list(store_directory.glob("*/rank0-*.log"))) == 1
