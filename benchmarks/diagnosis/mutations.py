# SPDX-License-Identifier: Apache-2.0
"""Seed faults into the healthy programs of the corpus and score the diagnosis on those that hurt.

    python benchmarks/diagnosis/mutations.py [--harmless] [--count 30] [--seed 0] [--store DIR]
        [--jobs 1] [--split dev] [--operators NAMES] [--list] [--json FILE]

The operators are of the kind of DeepCrime (Humbatova et al., ISSTA 2021): each rewrites the source
of one program. A mutant counts only where it is killed, that is, its printed metric is clearly
worse than that of the sound program (or not a number): many faults change nothing. With --harmless
the changes are such as a sound program bears (another seed, twice the rate, half the batch), those
count that stay as good, and a warning on any is a false alarm.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import score  # type: ignore[import-not-found]  # beside this file
from mutation_operators import (  # type: ignore[import-not-found]
    HARMLESS,
    MUTATIONS,
    SYMPTOMS,
)

FINAL = re.compile(r"FINAL \w+=(\S+)")
WORSE = 0.05
"""A killed mutant's metric is this much of the sound one's way to its ideal worse, and more than
twice the spread over seeds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes, runs and scores mutants."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="mutants to run")
    parser.add_argument("--seed", type=int, default=0, help="which programs and operators")
    parser.add_argument("--store", help="where mutants and runs are kept; a temporary folder")
    parser.add_argument("--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("--split", default="dev", help="dev, held-out or all")
    parser.add_argument(
        "--harmless", action="store_true", help="change what does no harm, and count warnings"
    )
    parser.add_argument("--operators", default="", help="names of operators, joined by commas")
    parser.add_argument("--list", action="store_true", help="print each mutant's findings")
    parser.add_argument("--json", help="write the table to this file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(options.store or scratch)
        cases = [
            case
            for case in score._cases([score.CASES])
            if case["healthy"] and options.split in ("all", score._split(case))
        ]
        mutants = list(_mutants(cases, store, options))
        with ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda m: score._run(m, store / "runs"), mutants))
        worse = [_killed(r, store / "runs") for r in results]
    killed = [r for r, hurt in zip(results, worse, strict=True) if hurt != options.harmless]
    if options.list:
        for result in killed:
            score._print_case(result)
    table = {"mutants": score.Score(killed)}
    what = "as good as before" if options.harmless else "killed"
    print(f"{len(mutants)} mutants, {len(killed)} {what}")
    score._print_table(table)
    score._print_rules(killed)
    if options.json:
        Path(options.json).write_text(json.dumps(dict(table["mutants"].rows()), indent=1) + "\n")
    return 0


def _mutants(
    cases: list[score.Facts], store: Path, options: argparse.Namespace
) -> Iterator[score.Facts]:
    """Writes mutated programs, each beside a case.json of its own, in a seeded order."""
    wanted = [name for name in options.operators.split(",") if name]
    operators = HARMLESS if options.harmless else MUTATIONS
    chosen = [m for m in operators if not wanted or m.name in wanted]
    pairs = [(case, mutation) for case in cases for mutation in chosen]
    random.Random(options.seed).shuffle(pairs)
    made = 0
    for case, mutation in pairs:
        if made == options.count:
            return
        tree = ast.parse((case["folder"] / "train.py").read_text())
        if not mutation.apply(tree):
            continue
        made += 1
        name = f"{case['id']}-{mutation.name}"
        folder = store / "programs" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train.py").write_text(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
        yield {
            **case,
            "id": name,
            "folder": folder,
            "healthy": options.harmless,
            "title": f"{mutation.name} in {case['title']}",
            "root_causes": list(mutation.rules),
            "symptoms": list(SYMPTOMS),
            "where": [],
        }


def _killed(result: score.Result, runs: Path) -> bool:
    """Whether the mutant's metric is clearly worse than the sound program's."""
    printed = (runs / f"{result.case['id']}.out").read_text(errors="replace")
    found = FINAL.findall(printed)
    if not found:
        return True  # it broke down
    value = float(found[-1])
    sound = [float(v) for v in result.case["healthy_values"]]
    better = bool(result.case["higher_is_better"])
    worst, best = (min(sound), max(sound)) if better else (max(sound), min(sound))
    ideal = float(result.case.get("ideal", 1.0 if better else 0.0))
    lost = worst - value if better else value - worst
    margin = max(2.0 * abs(best - worst), WORSE * max(abs(ideal - worst), abs(worst), 0.1))
    return not math.isfinite(value) or lost > margin


if __name__ == "__main__":
    sys.exit(main())
