# SPDX-License-Identifier: Apache-2.0
"""On a terminal: the status line, and that it is never in the script's way."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backprobe.store import catalog
from backprobe.store.reader import RunReader

from .terminal import backprobe, on_terminal, screen

Script = Callable[..., Path]

LOOP = """\
import sys, time, torch
from torch import nn

torch.manual_seed(0)
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

def train(steps, pause=0.02):
    for step in range(steps):
        x = torch.randn(8, 4)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), x[:, :2].argmax(1)).backward()
        optimizer.step()
        time.sleep(pause)
        yield step
"""
"""`train(steps)` trains as a generator: what a script prints between is the test's matter."""


def _ours(line: str) -> bool:
    return line.startswith("backprobe")


def test_the_status_line_shows_while_the_script_is_quiet(script: Script, tmp_path: Path) -> None:
    """Step, loss and speed are painted, and nothing of it is left on the screen at the end."""
    script(LOOP + "print('begin')\nfor _ in train(120): pass\nprint('end')\n")
    shown = on_terminal(backprobe("train.py"), tmp_path)
    assert shown.status == 0
    assert "backprobe  step " in shown.stream
    assert "steps/s" in shown.stream
    assert "loss 0." in shown.stream
    assert [line for line in shown.lines if not _ours(line)] == ["begin", "end"]
    assert not any(line.startswith("backprobe  step") for line in shown.lines)


PRINTS = """\
import logging
for step in train(80):
    if step % 40 == 39: print('epoch', step)
for step in train(40):
    print('.', end='', flush=True)
print()
print('unfinished ', end='')
for step in train(60): pass
print('line')
for step in train(80):
    if step % 40 == 0: print(step, file=sys.stderr)
logging.basicConfig(level=20)
for step in train(80):
    if step % 40 == 39: logging.info('step %d', step)
sys.stdout.writelines(['a\\n', 'b\\n'])
for step in train(40): pass
sys.stdout.write('no newline at the end')
"""
"""Lines now and then, dots, a line begun long before its end, standard error, logging."""


def test_what_the_script_prints_stays_as_it_is(script: Script, tmp_path: Path) -> None:
    """The screen shows the script's own lines, whole and in order, and then ours."""
    script(LOOP + PRINTS)
    alone = on_terminal([sys.executable, "train.py"], tmp_path)
    watched = on_terminal(backprobe("train.py"), tmp_path)
    assert watched.stream.count("backprobe  step") > 5
    assert watched.lines[: len(alone.lines)] == alone.lines
    assert all(map(_ours, watched.lines[len(alone.lines) :]))
    assert len(watched.lines) > len(alone.lines)


BAR = """\
for step in train(151):
    if step % 50 == 0:  # a bar that is redrawn once a second
        sys.stderr.write(f"\\rtraining {step:3}/150 |{'#' * (step // 15):10}|")
        sys.stderr.flush()
sys.stderr.write("\\n")
print("end")
"""


def test_a_progress_bar_is_left_alone(script: Script, tmp_path: Path) -> None:
    """While a bar lives nothing of ours is painted on its line, however rarely it is redrawn."""
    script(LOOP + BAR)
    shown = on_terminal(backprobe("train.py"), tmp_path)
    assert "backprobe  step" not in shown.stream
    assert shown.lines[:2] == ["training 150/150 |##########|", "end"]


def test_tqdm_bars_are_left_alone(script: Script, tmp_path: Path) -> None:
    """Nested bars of tqdm, which move the cursor, end up on the screen as without us."""
    pytest.importorskip("tqdm")
    script(
        LOOP + "from tqdm import tqdm\n"
        "for epoch in tqdm(range(2), desc='outer', bar_format='{desc} {n_fmt}'):\n"
        "    for step in tqdm(train(75), desc='inner', bar_format='{desc} {n_fmt}', leave=False,\n"
        "                     mininterval=1.0): pass\n"
        "    tqdm.write(f'epoch {epoch}')\n"
        "print('end')\n"
    )
    alone = on_terminal([sys.executable, "train.py"], tmp_path)
    watched = on_terminal(backprobe("train.py"), tmp_path)
    assert "backprobe  step" not in watched.stream
    assert watched.lines[: len(alone.lines)] == alone.lines


def test_a_prompt_is_not_painted_over(script: Script, tmp_path: Path) -> None:
    """`input` writes its prompt past `sys.stdout`; the status line goes away before it."""
    script(LOOP + "for _ in train(60): pass\nname = input('name? ')\nprint('hello', name)\n")
    shown = on_terminal(backprobe("train.py"), tmp_path, typed=[("name? ", "Ada\n")])
    assert "backprobe  step" in shown.stream
    assert shown.lines[:2] == ["name? Ada", "hello Ada"]


def test_ctrl_c_reaches_the_script_once(
    script: Script, tmp_path: Path, store_directory: Path
) -> None:
    """The terminal interrupts both of us; the script sees one KeyboardInterrupt and we wait."""
    script(
        LOOP + "print('ready')\n"
        "try:\n    for _ in train(10_000): pass\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(0.5)\n    print('saved')\n    sys.exit(4)\n"
    )
    shown = on_terminal(backprobe("train.py"), tmp_path, typed=[("steps/s", "\x03")])
    assert shown.status == 4
    assert [line for line in shown.lines if line in ("ready", "saved")] == ["ready", "saved"]
    assert catalog.find(store_directory).exit_code == 4


def test_an_uncaught_ctrl_c_ends_us_by_the_signal(script: Script, tmp_path: Path) -> None:
    """A shell sees that the run was interrupted."""
    script("import time\nprint('ready')\ntime.sleep(60)\n")
    shown = on_terminal(backprobe("train.py"), tmp_path, typed=[("ready", "\x03")])
    assert shown.status == -signal.SIGINT
    assert shown.stream.count("KeyboardInterrupt") == 1


def test_a_killed_script_leaves_no_status_line(script: Script, tmp_path: Path) -> None:
    """What a process killed in mid-run left painted is wiped before the report."""
    script(LOOP + "import os\nfor step in train(80): pass\nos.kill(os.getpid(), 9)\n")
    shown = on_terminal(backprobe("train.py"), tmp_path)
    assert shown.status == -signal.SIGKILL
    assert "backprobe  step" in shown.stream
    assert not any("backprobe  step" in line for line in shown.lines)


def test_nothing_is_painted_on_a_dumb_terminal(script: Script, tmp_path: Path) -> None:
    """Where lines can't be erased there is no status line."""
    script(LOOP + "for _ in train(60): pass\n")
    shown = on_terminal(["env", "TERM=dumb", *backprobe("train.py")], tmp_path)
    assert "\x1b" not in shown.stream
    assert "nothing wrong found" in shown.stream


def test_a_sure_finding_is_told_while_the_run_goes_on(
    script: Script, tmp_path: Path, store_directory: Path
) -> None:
    """It appears on a line of its own between the script's lines, once, before the end."""
    script(
        "import select, sys, time, torch\nfrom torch import nn\n"
        "torch.manual_seed(0)\n"
        "model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 1))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.5)\n"
        "step = 0\n"
        # A loaded machine diagnoses late: the script goes on until it has been told.
        "while step < 5000 and not select.select([sys.stdin], [], [], 0)[0]:\n"
        "    x = 300 * torch.rand(64, 8)\n"
        "    optimizer.zero_grad()\n"
        "    nn.functional.mse_loss(model(x), 100 * x.sum(1, keepdim=True)).backward()\n"
        "    optimizer.step()\n"
        "    time.sleep(0.02)\n"
        "    step += 1\n"
        "    if step % 100 == 0: print('at', step)\n"
        "for more in range(100):\n"
        "    time.sleep(0.02)\n"
        "print('steps', step)\n"
    )
    typed = [("backprobe: step ", "\n")]
    shown = on_terminal(backprobe("train.py"), tmp_path, typed=typed)
    told = [line for line in screen(shown.stream) if line.startswith("backprobe: step ")]
    assert len(told) == len(set(told)) > 0
    last = next(line for line in shown.lines if line.startswith("steps "))
    assert shown.lines.index(told[0]) < shown.lines.index(last)
    assert "finding" in shown.stream
    reader = RunReader(catalog.find(store_directory))
    reader.refresh()
    assert len(reader.record().steps) == int(last.split()[1])
