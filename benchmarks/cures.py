# SPDX-License-Identifier: Apache-2.0
"""Cures: of the corpus's faulty scripts, how many does `backprobe prove` win back, and is it true?

    python benchmarks/cures.py [IDS…] [--split dev] [--seeds 3] [--fresh 3] [--jobs N]
        [--store DIR] [--json FILE]

A case is cured where a treatment that is called `helps` wins back at least half of the gap between
the faulty script and its repaired twin on the metric that the script prints as FINAL. A `helps` is
true where the mean of that metric over fresh seeds is better than the control's.

Time is CPU time, of the proof with all its children, against the same number of runs of the bare
script; a run that a treatment makes longer counts as so much more. `steps` leaves out what the bare
script takes to begin and to import, so that its data, steps and evaluation are left.

With --store what was run is kept, and used when the case is asked for again (its time is then not
told). With --json each row is kept as well, and rows that are there are not measured again.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

from backprobe.records import Run
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.store.reader import RunReader
from backprobe.trials import proof
from backprobe.trials.launch import PRINTED, outcomes
from backprobe.trials.nouns import Trial
from backprobe.trials.plan import arms as planned
from backprobe.trials.pool import Pool

CASES = Path(__file__).parent / "diagnosis" / "cases"
WON_BACK = 0.5
BODY = """
IMPORTS
import atexit as at_exit, runpy as runner, sys as system, time as clock
del system.argv[0]
began = clock.process_time()
say = lambda: print(f"\\nbody took {clock.process_time() - began}", file=system.stderr)
at_exit.register(say)
runner.run_path(system.argv[0], run_name="__main__")
"""
FRESH = 100
"""Number of the first fresh seed: none of a proof's."""
NAN = float("nan")


@dataclass
class Row:
    """What became of one case."""

    case: str
    title: str
    arms: list[dict[str, Any]] = field(default_factory=list)
    helps: list[str] = field(default_factory=list)
    true: list[str] = field(default_factory=list)
    won_back: float = NAN
    scripts: float = NAN
    steps: float = NAN
    problem: str = ""

    @property
    def cured(self) -> bool:
        """Whether the best `helps` wins back half of the gap."""
        return self.won_back >= WON_BACK


@dataclass(frozen=True)
class Asked:
    """How each case is examined: seeds of the proof, fresh ones, trials at a time."""

    seeds: int
    fresh: int
    jobs: int | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases and prints the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fresh", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--store", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    if given.json is not None and given.json.exists():
        rows = [Row(**kept) for kept in json.loads(given.json.read_text())]
    asked = Asked(given.seeds, given.fresh, given.jobs)
    for case in faulty(given.ids, given.split):
        if any(row.case == case["id"] for row in rows):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            row = examine_case(case, (given.store or Path(scratch)) / case["id"], asked)
        rows.append(row)
        print(line(row), flush=True)
        if given.json is not None:
            given.json.write_text(json.dumps([asdict(one) for one in rows], indent=1))
    print(summary(rows))
    return 0


def faulty(ids: Sequence[str], split: str) -> list[dict[str, Any]]:
    """The faulty cases whose repaired twin is better on the metric."""
    found = []
    for file in sorted(CASES.glob("*/case.json")):
        case = json.loads(file.read_text())
        if case.get("healthy") or case.get("no_metric_effect") or not case.get("fixed"):
            continue
        if case["id"] in ids or (not ids and case["split"] == split):
            found.append(case)
    return found


def examine_case(case: dict[str, Any], directory: Path, asked: Asked) -> Row:
    """Runs one case, proves its treatments, and checks each `helps` on fresh seeds."""
    row = Row(case["id"], case["title"])
    script = (CASES / case["id"] / "train.py").resolve()
    store = directory.resolve() / "store"
    if not store.exists():
        directory.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "backprobe", "run", str(script)],
            cwd=directory,
            env={**os.environ, "BACKPROBE_DIR": str(store)},
            capture_output=True,
            check=False,
        )
    try:
        run = catalog.find(store)
    except catalog.UnknownRun:
        row.problem = "the run was not kept"
        return row
    try:
        _prove(row, case, run, asked)
    except proof.ControlFailed as error:
        row.problem = f"control failed: {error}"
    return row


def _prove(row: Row, case: dict[str, Any], run: Run, asked: Asked) -> None:
    """What the proof comes to, as `backprobe prove` makes it; whether each `helps` holds."""
    record, findings = examine(run)
    arms = planned(findings)
    if not arms:
        row.problem = "no treatment proposed"
        return
    directory = Path(run.path).parent
    with Pool(directory, asked.jobs, proof.memory(record)) as pool:
        environment = pool.environment()
    timed = all(one.kind != "trial" for one in catalog.runs(directory))
    plain = [bare(run, environment)] if timed else []
    hold_out = not any(one.higher is not None for one in outcomes(run))
    total = len(record.steps) or None
    ended: list[Trial] = []
    used = cpu_seconds()
    with Pool(directory, asked.jobs, proof.memory(record)) as pool:
        found = proof.prove(
            run,
            arms,
            pool,
            range(asked.seeds),
            proof.default_steps(record),
            extra=range(asked.seeds, 2 * asked.seeds),
            confirm=True,
            hold_out=hold_out,
            total=total,
            tell=ended.append,
        )
    used = cpu_seconds() - used  # the pool is closed: its children have been waited for
    if timed:
        plain.append(bare(run, environment))
        work = sum(weights(found.control, ended))
        row.scripts, row.steps = (
            used / (work * fmean(column)) for column in zip(*plain, strict=True)
        )
    for result in found.results:
        values = [final(case, trial) for trial in result.trials]
        facts = {"treatment": str(result.arm), "verdict": result.verdict.word, "values": values}
        row.arms.append({**facts, "reason": result.verdict.reason})
    row.arms.append({"treatment": "", "values": [final(case, t) for t in found.control]})
    helping = [r for r in found.results if r.verdict.word == "helps"]
    row.helps = [str(result.arm) for result in helping]
    if not helping:
        return
    row.won_back = share_won(case, found.control, helping[0].trials)
    fresh = range(FRESH, FRESH + asked.fresh)
    with Pool(directory, asked.jobs, proof.memory(record)) as pool:
        again = proof.prove(
            run,
            [result.arm for result in helping],
            pool,
            fresh,
            found.steps,
            thorough=True,
            hold_out=hold_out,
            total=total,
        )
    row.true = [str(r.arm) for r in again.results if is_true(case, again.control, r.trials)]


def cpu_seconds() -> float:
    """CPU time of this process and of all its children that have ended."""
    parts = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in parts)


def bare(run: Run, environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds of a run's script by plain Python: in all, and once its imports are there."""
    tree = ast.parse(Path(run.command[1]).read_text())
    found = [ast.unparse(one) for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
    text = BODY.replace("IMPORTS", "\n".join([*found, "import torch._dynamo"]))  # optimizers do
    began = cpu_seconds()
    done = subprocess.run(
        (run.command[0], "-c", text, *run.command[1:]),
        cwd=run.cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"^body took (\S+)$", done.stderr, re.MULTILINE)
    return cpu_seconds() - began, float(told[-1]) if told else NAN


def weights(control: Sequence[Trial], trials: Sequence[Trial]) -> list[float]:
    """How many times the control's steps each trial took; 1 where none is counted."""
    usual = median(steps(trial) for trial in control)
    return [steps(trial) / usual if usual and steps(trial) else 1.0 for trial in trials]


def steps(trial: Trial) -> int:
    """The optimizer steps of a trial."""
    reader = RunReader(trial.run)
    reader.refresh()
    counted = reader.record().steps["step"]
    return int(counted[-1]) + 1 if len(counted) else 0


def final(case: dict[str, Any], trial: Trial) -> float:
    """The case's own metric in a trial: what the script prints as FINAL."""
    try:
        printed = (Path(trial.run.path) / PRINTED).read_text(errors="replace")
    except OSError:
        return NAN
    found = re.findall(rf"^FINAL {re.escape(case['metric'])}=(\S+)", printed, re.MULTILINE)
    return float(found[-1]) if found else NAN


def average(case: dict[str, Any], trials: Sequence[Trial]) -> float:
    """The mean of the metric, where it is a number; else the worst that there is."""
    values = [final(case, trial) for trial in trials]
    if values and all(map(math.isfinite, values)):
        return fmean(values)
    return -math.inf if case["higher_is_better"] else math.inf


def share_won(case: dict[str, Any], control: Sequence[Trial], treated: Sequence[Trial]) -> float:
    """How much of the gap to the repaired twin is won back: 1 is all of it.

    A control that ends without a number begins where its finite seeds are, else where a constant
    answer is: at 0 of a metric that is better above.
    """
    values = [value for value in (final(case, trial) for trial in control) if math.isfinite(value)]
    sick = fmean(values) if values else 0.0
    gap = fmean(case["fixed"]) - sick
    cured = average(case, treated)
    return (cured - sick) / gap if gap and math.isfinite(cured) else NAN


def is_true(case: dict[str, Any], control: Sequence[Trial], treated: Sequence[Trial]) -> bool:
    """Whether the metric is better over these seeds."""
    sign = 1.0 if case["higher_is_better"] else -1.0
    return sign * average(case, treated) > sign * average(case, control)


def line(row: Row) -> str:
    """One row of the table."""
    if row.problem:
        return f"{row.case}  {row.problem}"
    best = row.helps[0] if row.helps else "-"
    return (
        f"{row.case}  arms {len(row.arms) - 1}  helps {len(row.helps)} (true {len(row.true)})  "
        f"won back {row.won_back:5.2f}  time x{row.scripts:.2f}, steps x{row.steps:.2f}  {best}"
    )


def summary(rows: Sequence[Row]) -> str:
    """The figures of the report."""
    cured, many = sum(row.cured for row in rows), max(1, len(rows))
    helps, true = sum(len(row.helps) for row in rows), sum(len(row.true) for row in rows)
    middle = [
        median(values) if (values := [v for v in column if math.isfinite(v)]) else NAN
        for column in ([row.scripts for row in rows], [row.steps for row in rows])
    ]
    return (
        f"\ncured {cured} of {len(rows)} ({cured / many:.0%}); "
        f"helps that are true on fresh seeds {true} of {helps} ({true / max(1, helps):.0%}); "
        f"median CPU time x{middle[0]:.2f} of the bare scripts, x{middle[1]:.2f} without imports"
    )


if __name__ == "__main__":
    sys.exit(main())
