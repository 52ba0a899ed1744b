# SPDX-License-Identifier: Apache-2.0
"""`backprobe run`: what the script prints and how it ends is as without us."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backprobe.store import catalog
from backprobe.store.reader import RunReader

Script = Callable[..., Path]
Launch = Callable[..., Any]


def test_a_training_prints_the_same_and_leaves_a_record(
    script: Script, launch: Launch, bare: Launch, store_directory: Path
) -> None:
    """Standard output is the same byte for byte, and the record holds every step."""
    script()
    watched = launch("train.py", "12")
    assert (watched.status, watched.out) == (0, bare("train.py", "12").out)
    run = catalog.find(store_directory)
    reader = RunReader(run)
    reader.refresh()
    assert len(reader.record().steps) == 12
    assert (run.state, run.exit_code) == ("finished", 0)
    assert "nothing wrong found in 12 steps" in watched.err
    assert run.id in watched.err


def test_arguments_and_main_are_the_scripts_own(
    script: Script, launch: Launch, bare: Launch
) -> None:
    """`sys.argv`, `__name__`, `__file__`, `sys.path` and the first frame are as without us."""
    script(
        "import sys, os\n"
        "print(sys.argv, __name__, __file__, sys.path, sys.flags.dev_mode)\n"
        "print(sys._getframe().f_back, '__main__' in sys.modules)\n"
    )
    words = ["train.py", "--name", "x", "-m", "--", "--steps=3", "a b"]
    assert launch(*words).out == bare(*words).out


def test_our_options_come_before_the_target_only(script: Script, launch: Launch) -> None:
    """What follows the target is the target's, also where it looks like ours."""
    script("import sys; print(sys.argv[1:])")
    done = launch("--name", "ours", "train.py", "--name", "theirs", "--json")
    assert done.out == "['--name', 'theirs', '--json']\n"


@pytest.mark.parametrize("status", [0, 1, 2, 7, 255])
def test_the_exit_status_is_the_scripts(script: Script, launch: Launch, status: int) -> None:
    """Whatever status the script ends with is ours."""
    script(f"import sys; sys.exit({status})")
    assert launch("train.py").status == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_we_die_by_the_signal_that_killed_the_script(
    script: Script, launch: Launch, number: signal.Signals, store_directory: Path
) -> None:
    """A shell or a scheduler sees the signal itself, and the run is marked as killed."""
    script(f"import os; os.kill(os.getpid(), {int(number)})")
    assert launch("train.py").status == -number
    run = catalog.find(store_directory)
    assert (run.state, run.exit_code) == ("killed", -number)


def test_a_traceback_is_the_same_byte_for_byte(
    script: Script, launch: Launch, bare: Launch
) -> None:
    """A script that fails in its own code at step 3 shows the traceback that it would show."""
    script(
        "import torch\nfrom torch import nn\n"
        "model = nn.Linear(4, 2)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "def step(number):\n"
        "    loss = nn.functional.cross_entropy(model(torch.ones(3, 4)), torch.tensor([0, 1, 1]))\n"
        "    if number == 3:\n"
        "        raise ValueError('boom')\n"
        "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
        "for number in range(9):\n    step(number)\n"
    )
    alone, watched = bare("train.py"), launch("train.py")
    assert watched.status == alone.status == 1
    assert watched.err.startswith(alone.err)
    assert all(
        line.startswith("backprobe: ") for line in watched.err[len(alone.err) :].splitlines()
    )
    assert "3 steps before the script ended with status 1" in watched.err


def test_a_module_runs_as_with_python(script: Script, launch: Launch, bare: Launch) -> None:
    """`-m pkg.train` gives the module's name, arguments and package as Python does."""
    script("", "pkg/__init__.py")
    script(
        "import sys\nprint(__name__, __package__, sys.argv[1:], __spec__.name)\n", "pkg/train.py"
    )
    words = ["-m", "pkg.train", "--steps", "3"]
    assert launch(*words).out == bare(*words).out == "__main__ pkg ['--steps', '3'] pkg.train\n"


def test_a_command_of_the_path_is_run(script: Script, launch: Launch, tmp_path: Path) -> None:
    """`backprobe run python train.py` takes the user's python, with its own options."""
    script("import sys; print(sys.flags.optimize, sys.argv)")
    done = launch(sys.executable, "-O", "train.py", "-x")
    assert done.out == "1 ['train.py', '-x']\n"
    shell = tmp_path / "job"
    shell.write_text("echo shell $1\n")
    shell.chmod(0o755)
    assert launch("./job", "runs").out == "shell runs\n"


def test_spawned_workers_unpickle_what_main_defines(script: Script, launch: Launch) -> None:
    """`__main__` is the script, so that multiprocessing's spawn finds its functions there."""
    script(
        "import multiprocessing\n"
        "def double(x):\n    return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(double, [1, 2]))\n"
    )
    done = launch("train.py")
    assert (done.status, done.out) == (0, "[2, 4]\n")


def test_a_loader_with_spawned_workers_leaves_one_log(
    script: Script, launch: Launch, store_directory: Path
) -> None:
    """A loader's workers import torch too, and stay quiet: one process trained, one log tells."""
    script(
        "import torch\nfrom torch import nn\n"
        "class Data(torch.utils.data.Dataset):\n"
        "    def __len__(self):\n        return 16\n"
        "    def __getitem__(self, index):\n        return torch.ones(3), index % 2\n"
        "if __name__ == '__main__':\n"
        "    model = nn.Linear(3, 2)\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    loader = torch.utils.data.DataLoader(\n"
        "        Data(), 8, num_workers=1, multiprocessing_context='spawn')\n"
        "    for x, y in loader:\n"
        "        optimizer.zero_grad()\n"
        "        nn.functional.cross_entropy(model(x), y).backward()\n"
        "        optimizer.step()\n"
    )
    assert launch("train.py").status == 0
    assert len(list(store_directory.glob("*/rank*.log"))) == 1


def test_torchrun_leaves_one_log_a_rank(
    script: Script, launch: Launch, store_directory: Path
) -> None:
    """Two gloo processes under torchrun are one run; the record is rank 0's and knows of both."""
    script(
        "import torch, torch.distributed as dist\nfrom torch import nn\n"
        "dist.init_process_group('gloo')\n"
        "model = nn.parallel.DistributedDataParallel(nn.Linear(4, 2))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for step in range(5):\n"
        "    optimizer.zero_grad()\n"
        "    y = torch.randint(2, (8,))\n"
        "    nn.functional.cross_entropy(model(torch.randn(8, 4)), y).backward()\n"
        "    optimizer.step()\n"
        "dist.destroy_process_group()\n"
    )
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    for _ in range(3):
        done = launch(torchrun, "--nproc-per-node", "2", "train.py")
        if "terminate called without an active exception" not in done.err:
            break  # else: gloo's own threads, as a rank ends on a loaded machine, without us too
    assert done.status == 0, done.err
    run = catalog.find(store_directory)
    reader = RunReader(run)
    reader.refresh()
    records = reader.records()
    assert [(record.rank, record.world, len(record.steps)) for record in records] == [
        (0, 2, 5),
        (1, 2, 5),
    ]


def test_two_runs_at_once_do_not_meet(
    script: Script, tmp_path: Path, store_directory: Path
) -> None:
    """Runs in the same folder at the same time have a record each."""
    script()
    command = [sys.executable, "-m", "backprobe", "run", "train.py"]
    both = [
        subprocess.Popen(
            [*command, steps], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for steps in ("5", "9")
    ]
    assert [one.wait(120) for one in both] == [0, 0]
    counts = []
    for run in catalog.runs(store_directory):
        reader = RunReader(run)
        reader.refresh()
        counts.append(len(reader.record().steps))
    assert sorted(counts) == [5, 9]


def test_steps_ends_the_script_cleanly(
    script: Script, launch: Launch, store_directory: Path
) -> None:
    """`--steps 6` ends a longer script after six optimizer steps, with status 0."""
    script()
    done = launch("--steps", "6", "train.py", "5000")
    assert done.status == 0
    reader = RunReader(catalog.find(store_directory))
    reader.refresh()
    assert len(reader.record().steps) == 6


def test_name_project_and_silenced_rules_are_kept(
    script: Script, launch: Launch, store_directory: Path
) -> None:
    """What the options say of a run is in its record, with what the project silences."""
    script("", "pyproject.toml").write_text('[tool.backprobe]\nignore = ["dead-relu"]\n')
    script("pass")
    words = ["--name", "first", "--project", "p", "--ignore", "double-softmax", "train.py"]
    assert launch(*words).status == 0
    run = catalog.find(store_directory, "first")
    assert (run.project, run.ignore) == ("p", ("dead-relu", "double-softmax"))


def test_secrets_in_arguments_are_not_kept(
    script: Script, launch: Launch, store_directory: Path
) -> None:
    """The script gets its arguments whole; the record has no trace of a key."""
    script("import sys, torch; print(len(sys.argv[2])); torch.nn.Linear(1, 1)(torch.ones(1, 1))")
    done = launch("train.py", "--api-key", "sesame-1234")
    assert done.out == "11\n"
    kept = b"".join(file.read_bytes() for file in store_directory.rglob("*") if file.is_file())
    assert b"--api-key" in kept
    assert b"sesame" not in kept


EXPLODING = """\
import time, torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for step in range({steps}):
    x = 300 * torch.rand(64, 8)
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), 100 * x.sum(1, keepdim=True)).backward()
    optimizer.step()
    time.sleep({pause})
"""


def test_findings_come_as_json_and_as_exit_status(
    script: Script, launch: Launch, tmp_path: Path
) -> None:
    """`--fail-on` turns findings into status 1, `--json` writes what `findings --json` prints."""
    script(EXPLODING.format(steps=40, pause=0))
    done = launch("--fail-on", "error", "--json", "found.json", "train.py")
    assert done.status == 1
    answer = json.loads((tmp_path / "found.json").read_text())
    assert {"run", "schema", "findings"} == set(answer)
    assert answer["findings"][0]["rank"] == 1
    assert {"nonfinite-loss"} <= {found["rule"] for found in answer["findings"]}
    printed = subprocess.run(
        [sys.executable, "-m", "backprobe", "findings", "latest", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(printed.stdout) == answer


def test_fail_on_leaves_the_status_of_a_failed_script(script: Script, launch: Launch) -> None:
    """A script that failed keeps its own status, and a healthy one its 0."""
    script("import sys; sys.exit(3)")
    assert launch("--fail-on", "note", "train.py").status == 3
    script("pass")
    assert launch("--fail-on", "note", "train.py").status == 0


def test_a_doomed_run_is_ended_early(script: Script, launch: Launch, store_directory: Path) -> None:
    """`--stop-on error` tells the sure finding at once and interrupts the script: status 1."""
    script(EXPLODING.format(steps=100_000, pause=0.02))
    done = launch("--stop-on", "error", "train.py")
    assert done.status == 1
    assert "(--stop-on)" in done.err
    assert catalog.find(store_directory).state == "killed"


def test_input_reaches_the_script(script: Script, tmp_path: Path) -> None:
    """Standard input is the script's."""
    script("print(input('name? '))")
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "run", "train.py"],
        cwd=tmp_path,
        input="Ada\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "name? Ada\n"


def test_who_closes_standard_error_still_gets_the_status(script: Script, tmp_path: Path) -> None:
    """Nobody reads what we say: the script runs to its end, and its status is ours."""
    script("import sys; sys.exit(6)")
    with subprocess.Popen(
        [sys.executable, "-m", "backprobe", "run", "train.py"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait(60) == 6
