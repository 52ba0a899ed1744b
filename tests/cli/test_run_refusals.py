# SPDX-License-Identifier: Apache-2.0
"""`backprobe run` with what can't work: one clear line, status 2; or the script unwatched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from backprobe.store import catalog

Script = Callable[..., Path]
Launch = Callable[..., Any]


def _refused(done: Any) -> str:
    """The one line that a refusal consists of."""
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith("backprobe: ")
    return str(line)


def test_no_such_script_names_what_may_be_meant(script: Script, launch: Launch) -> None:
    """A misspelled script is refused with the files of a like name."""
    script()
    assert "no such script: 'trian.py'; did you mean train.py?" in _refused(launch("trian.py"))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("model.pt", b"PK\0\1\2\xff", "binary data"),
        ("notes.py", b"\x89PNG\0\0", "binary data"),
        ("README.md", b"# Title\n\nSome text, no program.\n", "line 3"),
        ("conf.yaml", b"lr: 0.1\nsteps: [1, 2\n", "line 2"),
    ],
)
def test_a_file_that_is_not_python_is_refused(
    launch: Launch, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    """Binary files and text of another kind are refused, and the line says why."""
    (tmp_path / name).write_bytes(content)
    line = _refused(launch(name))
    assert f"{name!r} is not Python" in line
    assert why in line


def test_a_directory_is_refused_unless_python_can_run_it(
    script: Script, launch: Launch, tmp_path: Path
) -> None:
    """A directory is no script; one with a __main__.py is."""
    (tmp_path / "pkg").mkdir()
    assert "'pkg' is a directory" in _refused(launch("pkg"))
    script("print('ran')", "pkg/__main__.py")
    assert launch("pkg").out == "ran\n"


def test_an_unknown_command_is_refused(launch: Launch) -> None:
    """What is neither a file nor a command is said to be neither."""
    assert "neither a file here nor a command on the PATH" in _refused(launch("no-such-command"))


def test_misspelled_options_of_ours_are_not_taken_for_a_target(
    script: Script, launch: Launch
) -> None:
    """`--stesp 5 train.py` is refused, with the option that was probably meant."""
    script()
    assert "no option --stesp (did you mean --steps" in _refused(launch("--stesp", "5", "train.py"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "nothing to run"),
        (["-m"], "-m needs the name of a module"),
        (["--steps", "0", "train.py"], "--steps"),
        (["--budget", "much", "train.py"], "expected a share such as 0.02, or none"),
        (["--ignore", "dead-rlu", "train.py"], "no rule 'dead-rlu'; did you mean dead-relu"),
        (["--fail-on", "panic", "train.py"], "--fail-on"),
        (["--json", "no/such/folder/f.json", "train.py"], "--json: cannot write"),
        (["--python", "no-such-python", "train.py"], "--python names 'no-such-python'"),
    ],
)
def test_wrong_options_are_refused_before_anything_runs(
    script: Script, launch: Launch, store_directory: Path, words: list[str], expected: str
) -> None:
    """Each wrong option is named in one line, and no run is made."""
    script("print('ran')")
    assert expected in _refused(launch(*words))
    assert catalog.runs(store_directory) == []


def test_a_store_that_cannot_be_made_costs_the_record_only(
    script: Script, launch: Launch, tmp_path: Path
) -> None:
    """A file in place of the store: one line says so, and the script runs as it would."""
    script("import sys; print('ran'); sys.exit(3)")
    (tmp_path / "taken").write_text("a file")
    done = launch("train.py", env={"BACKPROBE_DIR": str(tmp_path / "taken")})
    assert (done.status, done.out) == (3, "ran\n")
    (line,) = done.err.splitlines()
    assert "cannot keep a run in" in line
    assert "BACKPROBE_DIR" in line


@contextmanager
def _mounted(place: Path, options: str) -> Iterator[Path]:
    """A file system in memory; the test is skipped where nobody may mount one."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("no right to mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 KiB."""
    with _mounted(tmp_path / "small", "size=48k") as place:
        yield place


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody can write into: not even root, by whom tests may be run."""
    folder = tmp_path / "locked"
    if os.geteuid():
        folder.mkdir(mode=0o555)
        yield folder
    else:
        with _mounted(folder, "ro,size=48k") as place:
            yield place


def test_a_read_only_store_costs_the_record_only(
    script: Script, launch: Launch, read_only_folder: Path
) -> None:
    """Where nothing can be written one line says so, and the script runs as it would."""
    script("print('ran')")
    done = launch("train.py", env={"BACKPROBE_DIR": str(read_only_folder)})
    assert (done.status, done.out) == (0, "ran\n")
    assert "cannot keep a run in" in done.err


def test_a_full_disk_costs_what_does_not_fit(
    script: Script, launch: Launch, bare: Launch, small_disk: Path
) -> None:
    """A disk that fills while the script trains is said once; the script goes on to its end."""
    script()
    done = launch("train.py", "400", env={"BACKPROBE_DIR": str(small_disk / "runs")})
    assert (done.status, done.out) == (0, bare("train.py", "400").out)
    assert done.err.count("No space left on device; the training goes on") == 1
    with suppress(OSError), open(small_disk / "filler", "wb", buffering=0) as filler:
        while filler.write(bytes(512)):
            pass
    done = launch("train.py", "4", env={"BACKPROBE_DIR": str(small_disk / "more")})
    assert done.status == 0
    assert "cannot keep a run in" in done.err
    assert [entry for entry in (small_disk / "more").glob("*") if entry.is_dir()] == []


def test_python_that_ignores_us_is_told_from_a_script_without_torch(
    script: Script, launch: Launch
) -> None:
    """At the end it is said why nothing was seen: the probe not loaded, or no torch."""
    script("print('ran')")
    assert "no process of it imported torch" in launch("train.py").err
    done = launch(sys.executable, "-I", "train.py")
    assert done.out == "ran\n"
    assert "the probe was never loaded" in done.err


def test_a_script_without_any_training_is_told_from_one_without_torch(
    script: Script, launch: Launch
) -> None:
    """torch that is only imported, and a forward without a backward, are said as they are."""
    script("import torch; print(torch.ones(1).item())")
    assert "no module was called" in launch("train.py").err
    script("import torch\nfor _ in range(4):\n    torch.nn.Linear(2, 2)(torch.ones(1, 2))\n")
    assert "no backward pass ran" in launch("train.py").err


PRIVATE = """
import torch
from torch.func import functional_call, grad, vmap
net = torch.nn.Linear(4, 2)
def loss(p, x, y):
    return torch.nn.functional.cross_entropy(functional_call(net, p, (x[None],)), y[None])
each = vmap(grad(loss), in_dims=(None, 0, 0), randomness="different")
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(12):
    p = {k: v.detach() for k, v in net.named_parameters()}
    g = each(p, torch.randn(8, 4), torch.randint(0, 2, (8,)))
    if STEPS:
        for k, v in net.named_parameters():
            v.grad = g[k].mean(0)
        optimizer.step()
"""


def test_gradients_of_single_rows_are_no_failure(script: Script, launch: Launch) -> None:
    """DP-SGD: its first forward runs inside `vmap`, and no backward but its steps are there."""
    script("STEPS = True\n" + PRIVATE)
    said = launch("train.py").err
    assert "not watching" not in said
    assert "found in 12 steps" in said
    script("STEPS = False\n" + PRIVATE)
    said = launch("train.py").err
    assert "what torch.func differentiates is not looked into" in said
    assert "nothing was trained" not in said


def test_a_script_without_a_step_keeps_its_syntax_error(
    script: Script, launch: Launch, bare: Launch
) -> None:
    """A `.py` file with an error of syntax is Python's to complain about, in Python's words."""
    script("def f(:\n    pass\n")
    alone, watched = bare("train.py"), launch("train.py")
    assert watched.status == alone.status == 1
    assert watched.err.startswith(alone.err)
