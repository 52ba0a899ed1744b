# SPDX-License-Identifier: Apache-2.0
"""How a run ends, and what of it is there when the script, its process or its disk fails."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backprobe.face.api import Api
from backprobe.store import catalog

if TYPE_CHECKING:
    from tests.face.conftest import Script


@pytest.mark.parametrize(
    ("body", "code", "state", "kept"),
    [
        ("wandb.init(); wandb.log({'a': 1})", 0, "finished", 0),
        ("wandb.init(); wandb.log({'a': 1}); raise ValueError('boom')", 1, "failed", 1),
        ("wandb.init(); wandb.log({'a': 1}); sys.exit(3)", 3, "failed", 3),
        ("wandb.init(); wandb.log({'a': 1}); sys.exit(0)", 0, "finished", 0),
        ("wandb.init(); wandb.log({'a': 1}); sys.exit('why')", 1, "failed", 1),
        ("wandb.init(); wandb.log({'a': 1}); wandb.finish(exit_code=2)", 0, "failed", 2),
        ("with wandb.init(): wandb.log({'a': 1}); 1 / 0", 1, "failed", 1),
        ("with wandb.init(): wandb.log({'a': 1}); sys.exit(4)", 4, "failed", 4),
        ("wandb.init(); wandb.log({'a': 1}); raise KeyboardInterrupt", -2, "killed", -2),
        ("wandb.init(); wandb.log({'a': 1}); os._exit(5)", 5, "crashed", None),
        ("wandb.init(); wandb.log({'a': 1}); os.kill(os.getpid(), 15)", -15, "crashed", None),
    ],
)
def test_how_a_script_ended_is_its_state(
    script: Script, body: str, code: int, state: str, kept: int | None
) -> None:
    """The script's own exit status and traceback are untouched, and recorded."""
    done = script(f"import os, sys\nimport backprobe as wandb\n{body}\n", code=code)
    (run,) = catalog.runs(catalog.store_directory())
    assert (run.state, run.exit_code) == (state, kept)
    assert [row["a"] for row in Api().run().scan_history(keys=["a"])] == [1]
    assert ("Traceback" in done.stderr) == (code in (1, -2) and "exit" not in body)


def test_a_prompt_goes_on_after_an_error(tmp_path: Path) -> None:
    """A mistake at a prompt, or in a cell, is not how the run ended."""
    done = subprocess.run(
        [sys.executable, "-i", "-q"],
        input="import backprobe as wandb\nrun = wandb.init()\n1 / 0\nwandb.log({'a': 1})\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "ZeroDivisionError" in done.stderr
    (run,) = catalog.runs(catalog.store_directory())
    assert (run.state, run.exit_code) == ("finished", 0)


def test_sigkill_loses_no_row_that_log_returned_from(script: Script) -> None:
    """Also calls that had not committed yet; config and summary are in the log too."""
    script(
        """
        import os, signal
        import backprobe as wandb
        wandb.init(config={"lr": 0.1})
        wandb.config.late = 1
        for n in range(500):
            wandb.log({"n": n, "nested": {"x": n / 7}})
        wandb.summary["mine"] = 5
        wandb.log({"pending": 1}, commit=False)
        wandb.log({"explicit": 2}, step=1000)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        code=-signal.SIGKILL,
    )
    run = Api().run()
    assert run.state == "crashed"
    rows = list(run.scan_history())
    assert [row["n"] for row in rows[:-2]] == list(range(500))
    assert (rows[-2]["pending"], rows[-1]["explicit"], rows[-1]["_step"]) == (1, 2, 1000)
    assert run.config == {"lr": 0.1, "late": 1}
    assert (run.summary["mine"], run.summary["n"]) == (5, 499)


def test_after_finish_a_run_refuses(script: Script) -> None:
    """UsageError, as W&B; its summary and config still read back."""
    script(
        """
        import backprobe as wandb
        run = wandb.init(config={"lr": 1})
        run.log({"a": 1})
        run.finish()
        run.finish()
        for action in (lambda: run.log({"a": 2}), lambda: run.alert("a", "b"),
                       lambda: run.save("x"), lambda: run.define_metric("x")):
            try:
                action()
            except wandb.UsageError as error:
                assert "has ended" in str(error) and isinstance(error, wandb.Error)
            else:
                raise AssertionError
        assert run.summary["a"] == 1 and run.config.lr == 1
        """
    )


@pytest.mark.parametrize("name", ["WANDB_SILENT", "BACKPROBE_SILENT", "BACKPROBE_QUIET"])
def test_silence(script: Script, name: str) -> None:
    """Nothing is said about how things go."""
    body = "import backprobe as wandb\nwandb.init()\nwandb.log({'a': 1})\nwandb.log({'a': 2})\n"
    assert script(body, **{name: "true"}).stderr == ""
    assert "begins, kept in" in script(body).stderr


def test_a_store_that_can_not_be_written(script: Script, tmp_path: Path) -> None:
    """The run is kept among temporary files, the user is told, the script goes on."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    done = script(
        """
        import backprobe as wandb
        wandb.init()
        wandb.log({"a": 1})
        print(wandb.run.sync_dir)
        """,
        BACKPROBE_DIR=str(blocked),
        TMPDIR=str(tmp_path),
    )
    assert f"cannot keep runs in {blocked}: " in done.stderr
    assert "this run is kept in" in done.stderr
    assert done.stdout.startswith(str(tmp_path / "backprobe-"))


def test_a_folder_that_is_removed_while_logging(script: Script) -> None:
    """The script comes to its end with its own status."""
    done = script(
        """
        import shutil
        import backprobe as wandb
        run = wandb.init()
        wandb.log({"a": 1})
        shutil.rmtree(run.sync_dir)
        for n in range(100):
            wandb.log({"a": n})
        wandb.config.b = 2
        print("done")
        """
    )
    assert done.stdout == "done\n"
    assert "Traceback" not in done.stderr
    assert "cannot" in done.stderr


def test_a_disk_that_is_full(script: Script) -> None:
    """The loop goes on; the rows that fit are there, the user is told once."""
    done = script(
        """
        import resource
        import backprobe as wandb
        wandb.init()
        wandb.log({"a": 0})
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, resource.RLIM_INFINITY))
        for n in range(1, 400):
            wandb.log({"a": n})
        print("done")
        """
    )
    assert done.stdout == "done\n"
    assert "Traceback" not in done.stderr
    assert done.stderr.count("the training goes on") == 1
    values = [row["a"] for row in Api().run().scan_history(keys=["a"])]
    assert values[:10] == list(range(10))
    assert len(values) < 400


def test_a_forked_child_logs_into_the_run_without_tearing_it(script: Script) -> None:
    """What it logs is kept, its end is not the run's; its own `init` is a run of its own."""
    script(
        """
        import os
        import backprobe as wandb
        run = wandb.init(name="parent")
        wandb.log({"who": "parent"})
        child = os.fork()
        if child == 0:
            wandb.log({"who": "child"})
            os._exit(0)
        os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            own = wandb.init(name="own")
            assert own is not run and own.id != run.id
            own.log({"who": "own"})
            own.finish()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        wandb.log({"who": "parent again"})
        """
    )
    parent, own = Api().run("parent"), Api().run("own")
    assert [row["who"] for row in own.scan_history(keys=["who"])] == ["own"]
    assert [row["who"] for row in parent.scan_history(keys=["who"])] == [
        "parent",
        "child",
        "parent again",
    ]
    assert (parent.state, own.state) == ("finished", "finished")
