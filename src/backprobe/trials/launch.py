# SPDX-License-Identifier: Apache-2.0
"""One trial as a child process: the run's own command, in its folder, with one thing changed."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backprobe import settings
from backprobe.records import Run
from backprobe.store import catalog, redact
from backprobe.store.reader import RunReader
from backprobe.trials import outcome
from backprobe.trials.forking import ForkedChild, ForkServer
from backprobe.trials.nouns import Arm, Outcome, Trial

BOOTSTRAP = Path(__file__).parents[1] / "probe" / "bootstrap"
"""The folder whose `sitecustomize` reaches the child's processes."""
PRINTED = "printed.txt"
"""In a trial's folder: what the script wrote to standard output and error."""
GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1


class CannotRepeat(ValueError):  # noqa: N818 - it is an answer to the user more than a fault
    """The run can't be run again; the text says why."""


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Arguments:
        original: the run whose script is run again.
        arm: what is changed.
        seed: number of the seed.
        steps: bound, None to run whole.
        source: fingerprint of the script, so that trials of an older text are not reused.
        limit: seconds after which the trial is ended.
        hold_out: whether rows are kept out of training, for want of another outcome.
        lenient: whether it goes on where a treatment finds nothing to change.
        total: optimizer steps that the original run took, where that is known.
        light: whether its layers, gradients and data are left unread: nobody asks for them.
        experiment: what is done with the script's live objects: a name, and its options.
    """

    original: Run
    arm: Arm
    seed: int
    steps: int | None
    source: str = ""
    limit: float = float("inf")
    hold_out: bool = False
    lenient: bool = False
    total: int | None = None
    light: bool = False
    experiment: Mapping[str, object] | None = None

    def facts(self) -> dict[str, object]:
        """What is kept of it in the run's config, and what a trial is recognised by."""
        return {
            "of": self.original.id,
            "finding": self.arm.finding,
            "treatments": list(self.arm.treatments),
            "seed": self.seed,
            "steps": self.steps,
            "source": self.source,
            "hold_out": self.hold_out,
            "lenient": self.lenient,
            "experiment": dict(self.experiment) if self.experiment is not None else None,
        }

    def matches(self, run: Run) -> bool:
        """Whether a stored run is this trial, and came to its end."""
        kept = run.config.get("trial")
        if run.kind != "trial" or not isinstance(kept, dict) or run.exit_code is None:
            return False
        if run.state not in ("finished", "failed") or kept.get("ended") != "itself":
            return False
        mine = self.facts()
        return all(kept.get(key) == mine[key] for key in mine if key != "finding")


class Process:
    """A trial that runs.

    Arguments:
        task: what it is.
        directory: the store.
        environment: of every trial of this script, see `bare_environment`.
        server: to fork it from; None starts a new interpreter.

    Raises:
        OSError: it can't be started.
    """

    def __init__(
        self,
        task: Task,
        directory: Path,
        environment: Mapping[str, str],
        server: ForkServer | None = None,
    ) -> None:
        self.task = task
        self.began = time.monotonic()
        original = task.original
        self.run = catalog.create(
            directory,
            name=f"{original.name}: {task.arm}, seed {task.seed}",
            project=original.project,
            kind="trial",
            group=original.id,
            command=original.command,
            cwd=original.cwd,
            ignore=original.ignore,
            config={"trial": task.facts()},
        )
        self._output = open(Path(self.run.path) / PRINTED, "wb")  # noqa: SIM115  # closed in `end`
        try:
            self._child = self._start(environment, server)
        except OSError:
            self._output.close()
            catalog.delete(self.run)
            raise

    def _start(
        self, bare: Mapping[str, str], server: ForkServer | None
    ) -> subprocess.Popen[bytes] | ForkedChild:
        original = self.task.original
        environment = self._environment(bare)
        if server is not None and server.alive:
            try:
                printed = Path(self.run.path) / PRINTED
                return server.start(original.command, original.cwd, environment, printed)
            except OSError:
                pass  # then as any other
        return subprocess.Popen(
            original.command,
            cwd=original.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def _environment(self, bare: Mapping[str, str]) -> dict[str, str]:
        environment = dict(bare)
        inherited = environment.get("PYTHONPATH")
        path = [str(BOOTSTRAP), *([inherited] if inherited else [])]
        environment["PYTHONPATH"] = os.pathsep.join(path)
        environment[settings.RUN] = self.run.path
        environment[settings.DIRECTORY] = str(Path(self.run.path).parent)
        task = self.task
        trial = {
            "seed": task.seed,
            "steps": task.steps,
            "hold_out": task.hold_out,
            "lenient": task.lenient,
            "total": task.total,
            "light": task.light,
            "experiment": dict(task.experiment) if task.experiment is not None else None,
        }
        environment[settings.TRIAL] = json.dumps(trial)
        if self.task.arm.treatments:
            environment[settings.TREAT] = json.dumps(list(self.task.arm.treatments))
        return environment

    @property
    def timed_out(self) -> bool:
        """Whether it took longer than it may."""
        return time.monotonic() - self.began > self.task.limit

    def poll(self) -> int | None:
        """The exit status, None while it runs; one that takes too long is ended."""
        status = self._child.poll()
        if status is None and self.timed_out:
            self.kill()
            status = self._child.wait()
        return status

    def end(self, status: int) -> Trial:
        """Closes the run of a child that ended, and reads its outcome."""
        self._output.close()
        seconds = time.monotonic() - self.began
        timed_out = self.timed_out
        self.run = catalog.close(self.run, status)
        kept = {**self.task.facts(), "ended": "itself" if status >= 0 else "killed"}
        if timed_out:
            kept["ended"] = "itself"
            kept["failure"] = f"it took more than {self.task.limit:.0f} s"
        catalog.amend(self.run, config={**self.run.config, "trial": kept, "seconds": seconds})
        return read(self.task, catalog.read(Path(self.run.path)) or self.run)

    def kill(self) -> None:
        """Ends it with all its processes, gently at first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child.poll() is not None:
                break
            try:
                os.killpg(self._child.pid, number)
            except ProcessLookupError:
                break
            end = time.monotonic() + GRACE_SECONDS
            while self._child.poll() is None and time.monotonic() < end:
                time.sleep(0.05)

    def abandon(self) -> None:
        """Ends it and marks its run as killed: it is no finished trial."""
        self.kill()
        status = self._child.wait()
        self._output.close()
        catalog.close(self.run, status if status < 0 else -signal.SIGTERM)


def bare_environment(threads: int) -> dict[str, str]:
    """The environment of every trial, without what is a single one's.

    Arguments:
        threads: that torch may use.
    """
    environment = dict(os.environ)
    names = (settings.LIVE, settings.STEPS, settings.TREAT, settings.TRIAL, settings.RUN)
    for name in names:
        environment.pop(name, None)
    environment.setdefault("OMP_NUM_THREADS", str(threads))
    environment.setdefault("PYTHONUNBUFFERED", "1")
    # A trial is no experiment of the user's: it must not show up at another tracker's.
    # `import backprobe as wandb` reads the same variable, unless its own is set.
    own_mode = settings.DIRECTORY.removesuffix("DIR") + "MODE"
    environment.setdefault(own_mode, environment.get("WANDB_MODE", "online"))
    environment["WANDB_MODE"] = "disabled"
    return environment


def read(task: Task, run: Run) -> Trial:
    """A stored trial's outcome."""
    folder = Path(run.path)
    try:
        printed = (folder / PRINTED).read_text(errors="replace")
    except OSError:
        printed = ""
    try:
        state = json.loads((folder / "treatments.json").read_text())
    except (OSError, ValueError):
        state = {}
    reader = RunReader(run)
    reader.refresh()
    kept = run.config.get("trial")
    failure = str(kept.get("failure", "")) if isinstance(kept, dict) else ""
    if not failure and run.exit_code:
        failure = _ended(run.exit_code, printed)
    return Trial(
        arm=task.arm,
        seed=task.seed,
        run=run,
        values=outcome.read(reader.record(), printed),
        refused={str(key): str(why) for key, why in (state.get("refused") or {}).items()},
        failure=failure,
        seconds=float(run.config.get("seconds") or 0.0),
    )


def outcomes(run: Run) -> dict[Outcome, float]:
    """The outcomes of a run that was no trial, as its record has them."""
    reader = RunReader(run)
    reader.refresh()
    console = "".join(text for log in reader.logs.values() for _, text in log.assembled.console)
    return outcome.read(reader.record(), console)


def check_repeatable(run: Run) -> None:
    """Makes sure that a run's command can be run again.

    Raises:
        CannotRepeat: it can't; the text says why and what to do.
    """
    if not run.command:
        raise CannotRepeat(f"run {run.id} has no command: it was imported, or begun in a notebook")
    hidden = [word for word in run.command if redact.HIDDEN in word]
    if hidden:
        raise CannotRepeat(
            f"the command of run {run.id} held something that looked like a secret and was not "
            f"kept ({hidden[0]}); run the script again with it in the environment instead"
        )
    if not Path(run.cwd).is_dir():
        raise CannotRepeat(f"the folder {run.cwd!r} that run {run.id} was started in is gone")


def _ended(code: int, printed: str) -> str:
    lines = [line for line in printed.strip().splitlines() if line.strip()]
    last = lines[-1][:200] if lines else ""
    how = f"status {code}" if code > 0 else f"signal {-code}"
    return f"the script ended with {how}" + (f": {last}" if last else "")


def _libc_prctl() -> Callable[..., int] | None:
    try:
        return ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None


_prctl = _libc_prctl()


def _die_with_parent() -> None:
    """In the child, before the script: the kernel ends it when we are gone."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
