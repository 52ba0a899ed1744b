# SPDX-License-Identifier: Apache-2.0
"""Run the diagnosis corpus bare (no probe) and write what really happened into each `case.json`.

    python benchmarks/diagnosis/measure_cases.py [IDS…] [--jobs N] [--missing] [--check]

A faulty case is refused when its repaired twin is not clearly better over seeds 0, 1 and 2
(unless it says `"no_metric_effect": true`), a healthy one when a seed misses its `good_if`.
`--missing` measures only what has no values yet, `--check` compares without writing.
Exit status 1 if any case is refused.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
SEEDS = (0, 1, 2)
TIME_LIMIT = 900.0  # wall seconds for six programs of 2 to 12 s each, on a machine that is loaded
# A repaired twin must remove this share of the distance to a perfect score (or of a cost).
SHORTFALL_CUT = 0.2

# Runs programs unchanged, each in a fork (importing torch costs more than most of them), and notes
# their step count and the module names that a case may cite.
WATCH = """
import json, os, runpy, sys, time, traceback
import numpy, sklearn.datasets, sklearn.model_selection, torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.nn.modules import module as hooks
depth, roots, steps = [0], {}, [0]
def enter(module, args):
    if depth[0] == 0:
        roots[id(module)] = module
    depth[0] += 1
def leave(module, args, output):
    depth[0] -= 1
def count(*_):
    steps[0] += 1
hooks.register_module_forward_pre_hook(enter)
hooks.register_module_forward_hook(leave, always_call=True)
register_optimizer_step_post_hook(count)
for k, (program, seed) in enumerate(json.loads(sys.argv[1])):
    pid = os.fork()
    if pid:
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            sys.exit(f"{program} with SEED={seed} failed")
        continue
    status = 1
    try:
        os.mkdir(f"cwd{k}")
        facts = os.path.abspath(f"{k}.json")
        os.dup2(os.open(f"{k}.txt", os.O_WRONLY | os.O_CREAT), 1)
        os.chdir(f"cwd{k}")
        os.environ["SEED"] = str(seed)
        sys.argv = [program]
        runpy.run_path(program, run_name="__main__")
        names = sorted({n for m in roots.values() for n, _ in m.named_modules()})
        with open(facts, "w") as f:
            json.dump({"steps": steps[0], "names": names, "seconds": time.process_time()}, f)
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
"""


@dataclass(frozen=True)
class Outcome:
    """One execution: the metric printed (NaN if it diverged), CPU seconds without imports."""

    metric: str
    value: float
    seconds: float
    steps: int
    names: tuple[str, ...]


def execute(programs: Sequence[Path]) -> list[list[Outcome]]:
    """The outcomes of each program for each of SEEDS; raises RuntimeError if one fails."""
    jobs = [(str(program.resolve()), seed) for program in programs for seed in SEEDS]
    env = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", WATCH, json.dumps(jobs)],
            cwd=folder, env=env, capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            tail = "\n".join(done.stderr.strip().splitlines()[-6:])
            raise RuntimeError(f"exit status {done.returncode}\n{tail}")
        for k, (program, _) in enumerate(jobs):
            last = (Path(folder, f"{k}.txt").read_text().strip().splitlines() or [""])[-1]
            head, _, value = last.partition("=")
            if not head.startswith("FINAL ") or not value:
                raise RuntimeError(f"{program}: last line {last!r}, expected 'FINAL metric=value'")
            found = json.loads(Path(folder, f"{k}.json").read_text())
            seconds, steps, names = found["seconds"], found["steps"], tuple(found["names"])
            outcomes.append(Outcome(head[6:], float(value), seconds, steps, names))
    return [outcomes[i : i + len(SEEDS)] for i in range(0, len(outcomes), len(SEEDS))]


def worse(value: float, higher: bool) -> float:
    """`value` as a cost: larger is worse, NaN and infinity worst of all."""
    if not math.isfinite(value):
        return math.inf
    return -value if higher else value


def clearly_better(
    fixed: Sequence[float], buggy: Sequence[float], higher: bool, ideal: float
) -> bool:
    """True if every repaired run beats every faulty one and the mean shortfall falls by a fifth.

    `ideal` is the perfect score: 1 for accuracy or r2, 0 for an error.
    """
    good = [worse(v, higher) for v in fixed]
    bad = [worse(v, higher) for v in buggy]
    if max(good) >= min(bad):
        return False
    finite = [b for b in bad if math.isfinite(b)]
    if not finite:
        return True
    perfect = worse(ideal, higher)
    left = sum(good) / len(good) - perfect
    lost = sum(finite) / len(finite) - perfect
    return left <= (1 - SHORTFALL_CUT) * lost


def plain(values: Sequence[float]) -> list[float | None]:
    """Values for strict JSON: four decimals, null where the run diverged."""
    return [round(v, 4) if math.isfinite(v) else None for v in values]


def measure(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The case as really measured, and the reasons to refuse it (none if it is sound)."""
    case: dict[str, Any] = json.loads((folder / "case.json").read_text())
    higher = bool(case["higher_is_better"])
    ideal = float(case.get("ideal", higher))
    try:
        programs = ["train.py"] if case["healthy"] else ["train.py", "fixed.py"]
        runs, twins = [*execute([folder / p for p in programs]), []][:2]
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return case, [str(error)]
    troubles = [
        f"prints {run.metric!r}, case.json says {case['metric']!r}"
        for run in runs + twins
        if run.metric != case["metric"]
    ]
    values = [r.value for r in runs]
    if case["healthy"]:
        case["healthy_values"] = plain(values)
        bar = worse(case["good_if"], higher)
        if any(worse(v, higher) > bar for v in values):
            troubles.append(f"not healthy: {plain(values)} against good_if {case['good_if']}")
    else:
        case["buggy"], case["fixed"] = plain(values), plain([r.value for r in twins])
        better = clearly_better([r.value for r in twins], values, higher, ideal)
        if not better and not case.get("no_metric_effect"):
            troubles.append(f"twin not clearly better: {case['buggy']} -> {case['fixed']}")
    unknown = [w for w in case["where"] if w not in runs[0].names]
    if unknown:
        troubles.append(f"no such module: {unknown}; there are {list(runs[0].names)}")
    case["steps"] = runs[0].steps
    case["seconds"] = round(min(r.seconds for r in runs), 1)
    return case, troubles


def measured(case: dict[str, Any]) -> bool:
    """True if the case already has its values."""
    return bool(case.get("healthy_values")) if case["healthy"] else bool(case.get("fixed"))


def main() -> int:
    """Measure the cases asked for; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ids", nargs="*", help="case ids (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="programs run at once")
    parser.add_argument("--missing", action="store_true", help="only cases without values")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    folders = sorted(p.parent for p in CASES.glob("*/case.json"))
    absent = sorted(set(options.ids) - {f.name for f in folders})
    if absent:
        parser.error(f"no such case: {', '.join(absent)}")
    if options.ids:
        folders = [f for f in folders if f.name in options.ids]
    if options.missing:
        folders = [f for f in folders if not measured(json.loads((f / "case.json").read_text()))]

    refused = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for folder, (case, troubles) in zip(folders, pool.map(measure, folders), strict=True):
            shown = case.get("healthy_values") or f"{case.get('buggy')} -> {case.get('fixed')}"
            print(
                f"{'REFUSED' if troubles else 'ok     '} {case['id']} {case['metric']} {shown}"
                f"  {case.get('steps')} steps, {case.get('seconds')} s  {case['title']}",
                flush=True,
            )
            for trouble in troubles:
                print(f"        {trouble}", flush=True)
            refused += bool(troubles)
            if not troubles and not options.check:
                text = json.dumps(case, indent=1, ensure_ascii=False, allow_nan=False)
                (folder / "case.json").write_text(text + "\n")
    print(f"{len(folders)} cases, {refused} refused")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
