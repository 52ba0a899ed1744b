# SPDX-License-Identifier: Apache-2.0
"""Real scripts, run again under treatments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.trials import proof
from backprobe.trials.answer import proof_answer
from backprobe.trials.launch import CannotRepeat, check_repeatable
from backprobe.trials.nouns import Arm
from backprobe.trials.pool import Pool
from backprobe.trials.proof import Proof
from backprobe.trials.table import table

from . import programs

Prove = Callable[..., Proof]


@pytest.fixture
def original(tmp_path: Path) -> Callable[[str], Run]:
    """Stores a run of a script that was not really made: trials need only its command."""

    def make(text: str) -> Run:
        (tmp_path / "train.py").write_text(text)
        return catalog.create(
            tmp_path / "store", command=(sys.executable, "train.py"), cwd=str(tmp_path)
        )

    return make


@pytest.fixture
def prove(original: Callable[[str], Run], tmp_path: Path) -> Prove:
    """Proves treatments of a script over three seeds."""

    def call(text: str, *arms: tuple[str, ...], **more: object) -> Proof:
        run = more.pop("run", None) or original(text)
        with Pool(tmp_path / "store", 2) as pool:
            return proof.prove(run, [Arm(a) for a in arms], pool, range(3), None, **more)  # type: ignore[arg-type]

    return call


def words(found: Proof) -> dict[str, str]:
    """Arm → verdict."""
    return {str(result.arm): result.verdict.word for result in found.results}


def test_relus_cure_a_stack_of_sigmoids(prove: Prove) -> None:
    """`swap-activation=relu` helps on held-out accuracy; a swap that changes nothing does not."""
    found = prove(
        programs.SIGMOIDS,
        ("swap-activation=relu", "initialize=he"),
        ("scale-lr=1",),
        ("zero-grad",),
    )
    assert words(found) == {
        "swap-activation=relu + initialize=he": "helps",
        "scale-lr=1": "no effect",
        "zero-grad": "not applicable",
    }
    assert found.best is not None
    verdict = found.best.verdict
    assert (verdict.outcome.name, verdict.outcome.source) == ("accuracy", "printed")  # type: ignore[union-attr]
    assert verdict.effect is not None
    assert verdict.effect > 0.2
    assert len(next(r for r in found.results if r.arm.treatments == ("scale-lr=1",)).trials) == 1


def test_clearing_gradients_cures_a_loop_without(prove: Prove) -> None:
    """`zero-grad` helps on a hand-made loop; more steps of the same do not."""
    found = prove(programs.NO_ZERO_GRAD, ("zero-grad",), ("step-optimizer",))
    assert words(found) == {"zero-grad": "helps", "step-optimizer": "not applicable"}
    text = table(found)
    assert "judged by mse (printed), lower is better" in text
    assert "backprobe run --treat zero-grad" in text
    assert "\n3 seeds\n" in text
    assert "\n2 seeds, and 1 more where those did not decide\n" in table(
        replace(found, seeds=found.seeds[:2])
    )


def test_a_lower_rate_cures_a_rate_that_is_too_high(prove: Prove) -> None:
    """`scale-lr=0.01` helps, a rate still higher does not."""
    found = prove(programs.HIGH_RATE, ("scale-lr=0.01",), ("scale-lr=10",))
    assert words(found)["scale-lr=0.01"] == "helps"
    assert words(found)["scale-lr=10"] != "helps"


def test_standardised_targets_are_judged_in_the_users_units(prove: Prove) -> None:
    """`standardize-targets` helps on the script's own r2, with a loss written by hand."""
    found = prove(programs.FAR_TARGETS, ("standardize-targets",))
    assert words(found) == {"standardize-targets": "helps"}
    assert min(found.results[0].verdict.treated) > 0.5


def test_rows_kept_out_judge_a_script_that_evaluates_nothing(prove: Prove) -> None:
    """Without them there is nothing to judge by; with them a hundredfold rate helps."""
    blind = prove(programs.NO_EVALUATION, ("scale-lr=1000",))
    assert words(blind) == {"scale-lr=1000": "not applicable"}
    assert "no outcome to judge by" in blind.results[0].verdict.reason
    found = prove("", ("scale-lr=1000",), run=blind.run, hold_out=True)
    assert words(found) == {"scale-lr=1000": "helps"}
    assert found.results[0].verdict.outcome.source == "held-out"  # type: ignore[union-attr]


def test_finished_trials_are_used_again(prove: Prove, tmp_path: Path) -> None:
    """A second proof starts nothing, and comes to the same; for an edited script all is new."""
    first = prove(programs.NO_ZERO_GRAD, ("zero-grad",))
    count = len(catalog.runs(tmp_path / "store"))
    second = prove("", ("zero-grad",), run=first.run)
    assert len(catalog.runs(tmp_path / "store")) == count == 7
    assert proof_answer(first) == proof_answer(second)
    trials = [run for run in catalog.runs(tmp_path / "store") if run.kind == "trial"]
    assert {run.state for run in trials} == {"finished"}
    assert {run.group for run in trials} == {first.run.id}
    (tmp_path / "train.py").write_text(programs.NO_ZERO_GRAD + "\n")
    prove("", run=first.run)
    assert len(catalog.runs(tmp_path / "store")) == 10


def test_a_script_that_fails_by_itself_is_told(prove: Prove) -> None:
    """Nothing can be proven of it."""
    with pytest.raises(proof.ControlFailed, match="no data today"):
        prove(programs.FAILING, ("zero-grad",))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"command": ()}, "no command"),
        ({"command": ("python", "t.py", "--token", "[redacted]")}, "secret"),
        ({"command": ("python",), "cwd": "/nowhere/at/all"}, "is gone"),
    ],
)
def test_what_cannot_be_run_again_is_told(facts: dict[str, object], said: str) -> None:
    """With the reason."""
    with pytest.raises(CannotRepeat, match=said):
        check_repeatable(Run("r1", **{"cwd": "/", **facts}))  # type: ignore[arg-type]


INTERRUPTED = """
import sys
from pathlib import Path
from backprobe.store import catalog
from backprobe.trials import proof
from backprobe.trials.nouns import Arm
from backprobe.trials.pool import Pool
store = Path("store")
run = catalog.create(store, command=(sys.executable, "train.py"), cwd=".")
proof.prove(run, [Arm(("zero-grad",))], Pool(store, 2), range(3), None)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_its_parent(tmp_path: Path, number: int) -> None:
    """Whether the parent is interrupted, ended or killed; what it had finished stays."""
    (tmp_path / "train.py").write_text(
        "import torch, time\nprint('here', flush=True)\ntime.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    children: list[psutil.Process] = []
    while len(children) < 3 and time.monotonic() < end:  # two trials, and what forks them
        children = psutil.Process(parent.pid).children(recursive=True)
        time.sleep(0.1)
    assert len(children) == 3
    os.kill(parent.pid, number)
    parent.wait(30)
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert (len(gone), alive) == (3, [])
    trials = [run for run in catalog.runs(tmp_path / "store") if run.kind == "trial"]
    assert {run.state for run in trials} <= {"killed", "crashed"}
