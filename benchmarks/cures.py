# SPDX-License-Identifier: Apache-2.0
"""Cures: of the corpus's faulty scripts, how many does `backprobe prove` win back, and is it true?

    python benchmarks/cures.py [IDS…] [--seeds 3] [--fresh 3] [--jobs N] [--json FILE]

A case is cured where a treatment that is called `helps` wins back at least half of the gap between
the faulty script and its repaired twin on the final metric. A `helps` is true where the mean of
that metric over fresh seeds is better than the control's. Time is that of the trials against the
bare script run as often, before and after them, on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from backprobe.records import Record, Run
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.trials import proof
from backprobe.trials.nouns import Arm, Trial
from backprobe.trials.plan import arms as planned
from backprobe.trials.pool import Pool

CASES = Path(__file__).parent / "diagnosis" / "cases"
WON_BACK = 0.5


@dataclass
class Row:
    """What became of one case."""

    case: str
    title: str
    arms: int = 0
    helps: list[str] = field(default_factory=list)
    best: str = ""
    won_back: float = float("nan")
    true_helps: int = 0
    ratio: float = float("nan")
    problem: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases and prints the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fresh", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args(arguments)
    rows = []
    for case in faulty(given.ids):
        row = examine_case(case, given.seeds, given.fresh, given.jobs)
        rows.append(row)
        print(line(row), flush=True)
        if given.json is not None:
            given.json.write_text(json.dumps([asdict(one) for one in rows], indent=1))
    print(summary(rows))
    return 0


def faulty(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The faulty cases whose repaired twin is better on the metric."""
    found = []
    for file in sorted(CASES.glob("*/case.json")):
        case = json.loads(file.read_text())
        if case.get("healthy") or case.get("no_metric_effect") or not case.get("fixed"):
            continue
        if not ids or case["id"] in ids:
            found.append(case)
    return found


def examine_case(case: dict[str, Any], seeds: int, fresh: int, jobs: int | None) -> Row:
    """Runs one case, proves its treatments, and checks each `helps` on fresh seeds."""
    row = Row(case["id"], case["title"])
    with tempfile.TemporaryDirectory() as folder:
        script = CASES / case["id"] / "train.py"
        environment = {**os.environ, "BACKPROBE_DIR": str(Path(folder) / "store")}
        subprocess.run(
            [sys.executable, "-m", "backprobe", "run", str(script)],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
        directory = Path(folder) / "store"
        try:
            run = catalog.find(directory)
        except catalog.UnknownRun:
            row.problem = "the run was not kept"
            return row
        record, findings = examine(run)
        arms = planned(findings)
        row.arms = len(arms)
        if not arms:
            row.problem = "no treatment proposed"
            return row
        with Pool(directory, jobs) as pool:
            _prove(row, case, run, (record, arms), pool, (seeds, fresh))
    return row


def _prove(
    row: Row,
    case: dict[str, Any],
    run: Run,
    known: tuple[Record, Sequence[Arm]],
    pool: Pool,
    seeds: tuple[int, int],
) -> None:
    """What the proof of a case's arms comes to, and whether each `helps` holds on fresh seeds."""
    record, arms = known
    before = bare(run)
    began = time.monotonic()
    try:
        found = proof.prove(
            run,
            arms,
            pool,
            range(seeds[0]),
            proof.default_steps(record),
            extra=range(seeds[0], 2 * seeds[0]),
            confirm=True,
            total=len(record.steps) or None,
        )
    except proof.ControlFailed as error:
        row.problem = f"control failed: {error}"
        return
    spent = time.monotonic() - began
    confirmed = sum(result.confirmation is not None for result in found.results)
    count = len(found.control) + sum(len(r.trials) for r in found.results)
    count += confirmed + min(1, confirmed)  # the control at the fresh seed serves all
    row.ratio = spent * pool.jobs / (count * (before + bare(run)) / 2)
    helping = [r for r in found.results if r.verdict.word == "helps"]
    row.helps = [str(result.arm) for result in helping]
    if not helping:
        return
    row.best = row.helps[0]
    row.won_back = share_won(case, found.control, helping[0].trials)
    fresh = range(100, 100 + seeds[1])
    again = proof.prove(run, [r.arm for r in helping], pool, fresh, found.steps, thorough=True)
    for result in again.results:
        row.true_helps += is_true(case, again.control, result.trials, result.arm)


def final(case: dict[str, Any], trial: Trial) -> float:
    """The case's own metric in a trial: what the script prints as FINAL."""
    for outcome, value in trial.values.items():
        if outcome.source == "printed" and outcome.name.split()[-1] == case["metric"]:
            return value
    return float("nan")


def share_won(case: dict[str, Any], control: Sequence[Trial], treated: Sequence[Trial]) -> float:
    """How much of the gap to the repaired twin is won back: 1 is all of it."""
    sick = mean(final(case, trial) for trial in control)
    cured = mean(final(case, trial) for trial in treated)
    gap = mean(case["fixed"]) - sick
    return (cured - sick) / gap if gap else float("nan")


def is_true(
    case: dict[str, Any],
    control: Sequence[Trial],
    treated: Sequence[Trial],
    arm: Arm,  # noqa: ARG001
) -> bool:
    """Whether the metric is better over these seeds."""
    sign = 1.0 if case["higher_is_better"] else -1.0
    return (
        sign * (mean(final(case, t) for t in treated) - mean(final(case, c) for c in control)) > 0
    )


def bare(run: Run) -> float:
    """Seconds of the script by plain Python, in the run's folder."""
    began = time.monotonic()
    subprocess.run(run.command, cwd=run.cwd, capture_output=True, check=False)
    return time.monotonic() - began


def line(row: Row) -> str:
    """One row of the table."""
    if row.problem:
        return f"{row.case}  {row.problem}"
    what = row.best or "-"
    return (
        f"{row.case}  arms {row.arms}  helps {len(row.helps)} (true {row.true_helps})  "
        f"won back {row.won_back:5.2f}  time x{row.ratio:.2f}  {what}"
    )


def summary(rows: Sequence[Row]) -> str:
    """The figures of the report."""
    cured = sum(row.won_back >= WON_BACK for row in rows)
    helps = sum(len(row.helps) for row in rows)
    true = sum(row.true_helps for row in rows)
    ratios = sorted(row.ratio for row in rows if row.ratio == row.ratio)
    middle = ratios[len(ratios) // 2] if ratios else float("nan")
    return (
        f"\ncured {cured} of {len(rows)} ({cured / max(1, len(rows)):.0%}); "
        f"helps that are true on fresh seeds {true} of {helps} ({true / max(1, helps):.0%}); "
        f"median time x{middle:.2f} of the bare runs"
    )


if __name__ == "__main__":
    sys.exit(main())
