# SPDX-License-Identifier: Apache-2.0
"""Score the diagnosis: run every case under `backprobe run --json` and print one table a split.

    python benchmarks/diagnosis/score.py [FOLDER…] [--split dev] [--only ID,…] [--jobs 2]
        [--store DIR] [--again] [--list] [--json FILE]

A case counts as detected when one of its root causes is among the findings of kind `cause`, at any
severity. A wrong cause is one of at least warning that is neither a root cause nor a symptom of the
case. A place is right when it shares a module with the case's. With `--store` the runs are kept,
and `--again` diagnoses the kept ones by today's rules instead of running the programs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprobe.diagnose import diagnose
from backprobe.report.answers import findings_answer
from backprobe.store import catalog
from backprobe.store.reader import RunReader

CASES = Path(__file__).parent / "cases"
TIME_LIMIT = 300.0
"""Seconds; cases aim at 3 to 20 on an idle machine."""
BINS = 5

Facts = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One case and what was found in it."""

    case: Facts
    findings: list[Facts]
    seconds: float
    problem: str = ""
    told_after: float = math.nan
    """Seconds from the start to the first line that names a root cause."""

    @property
    def roots(self) -> set[str]:
        """Rules any of which names the true cause."""
        return set(self.case["root_causes"])

    @property
    def accepted(self) -> set[str]:
        """Rules that are true of the program: causes and symptoms."""
        return self.roots | set(self.case.get("symptoms", ()))

    @property
    def causes(self) -> list[Facts]:
        """Findings of kind cause, the likeliest first."""
        found = [f for f in self.findings if f["kind"] == "cause"]
        return sorted(found, key=lambda f: int(f["rank"]))

    @property
    def warnings(self) -> list[Facts]:
        """Findings of at least warning, of either kind."""
        return [f for f in self.findings if f["severity"] != "note"]

    def within(self, most: int) -> bool:
        """Whether a root cause is among the first so many causes."""
        return any(f["rule"] in self.roots for f in self.causes[:most])

    @property
    def told(self) -> bool:
        """Whether a root cause is at least a warning: what the end of a run prints."""
        return any(f["rule"] in self.roots for f in self.causes if f["severity"] != "note")

    @property
    def place(self) -> bool | None:
        """Whether the first right cause names a module of the case's, or one inside of it.

        None: the case has no place, or nothing was found.
        """
        wanted = set(self.case.get("where", ()))
        hit = next((f for f in self.causes if f["rule"] in self.roots), None)
        if hit is None or not wanted:
            return None
        inside = tuple(f"{name}." for name in wanted if name)
        return any(name in wanted or name.startswith(inside) for name in hit["where"])

    @property
    def wrong(self) -> list[Facts]:
        """Causes of at least warning that the program doesn't have."""
        return [f for f in self.causes if f in self.warnings and f["rule"] not in self.accepted]


@dataclass
class Score:
    """Figures over the results of one split."""

    results: list[Result] = field(default_factory=list)

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each figure."""
        faulty = [r for r in self.results if not r.case["healthy"]]
        healthy = [r for r in self.results if r.case["healthy"]]
        places = [r.place for r in faulty if r.place is not None]
        shown = sum(len(r.causes) for r in faulty)
        right = sum(f["rule"] in r.roots for r in faulty for f in r.causes)
        return [
            ("faulty programs", str(len(faulty))),
            ("detected", _share(sum(r.within(99) for r in faulty), len(faulty))),
            ("detected as a warning", _share(sum(r.told for r in faulty), len(faulty))),
            ("cause first", _share(sum(r.within(1) for r in faulty), len(faulty))),
            ("in the first three", _share(sum(r.within(3) for r in faulty), len(faulty))),
            ("place right", _share(sum(places), len(places))),
            ("seconds to the first", _median(r.told_after for r in faulty)),
            ("relevant", _share(right, shown)),
            ("wrong causes a program", f"{_mean(len(r.wrong) for r in faulty):.2f}"),
            ("healthy programs", str(len(healthy))),
            (
                "healthy with a warning",
                _share(sum(bool(r.warnings) for r in healthy), len(healthy)),
            ),
            ("healthy with a note", _share(sum(bool(r.findings) for r in healthy), len(healthy))),
            ("calibration error", f"{self.calibration():.2f}"),
            ("could not be run", str(sum(bool(r.problem) for r in self.results))),
        ]

    def calibration(self) -> float:
        """Expected calibration error of causes of at least warning: |confidence − share right|."""
        pairs = [
            (float(f["confidence"]), f["rule"] in r.roots)
            for r in self.results
            for f in r.causes
            if f["severity"] != "note"
        ]
        total = 0.0
        for position in range(BINS):
            low, high = position / BINS, (position + 1) / BINS + (position == BINS - 1)
            inside = [(c, right) for c, right in pairs if low <= c < high]
            if inside:
                gap = abs(_mean(c for c, _ in inside) - _mean(float(r) for _, r in inside))
                total += gap * len(inside) / len(pairs)
        return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the cases; exit status 1 where a program could not be run."""
    options = _options(arguments)
    folders = [Path(f) for f in options.folders] or [CASES]
    cases = [c for c in _cases(folders) if options.split in ("all", _split(c))]
    if options.only:
        cases = [c for c in cases if c["id"] in options.only.split(",")]
    if options.twins:
        cases = _twins(cases)
    if not cases:
        print("no case: expected folders with case.json and train.py below", *folders)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(options.store or scratch)
        work = (lambda c: _again(c, store)) if options.again else (lambda c: _run(c, store))
        with ThreadPoolExecutor(1 if options.again else options.jobs) as pool:
            results = list(pool.map(work, cases))
    if options.list:
        for result in results:
            _print_case(result)
    splits = dict.fromkeys(_split(r.case) for r in results)
    scores = {s: Score([r for r in results if _split(r.case) == s]) for s in splits}
    _print_table(scores)
    _print_rules(results)
    if options.json:
        table = {split: dict(score.rows()) for split, score in scores.items()}
        Path(options.json).write_text(json.dumps(table, indent=1) + "\n")
    for result in results:
        if result.problem:
            print(f"{result.case['id']}: {result.problem}", file=sys.stderr)
    return int(any(r.problem for r in results))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folders", nargs="*", help="folders of cases; the corpus beside this file")
    parser.add_argument("--split", default="all", help="dev, held-out or all")
    parser.add_argument(
        "--twins", action="store_true", help="the repaired twins, as healthy programs"
    )
    parser.add_argument("--only", default="", help="ids of cases, joined by commas")
    parser.add_argument("--jobs", type=int, default=2, help="programs at a time")
    parser.add_argument("--store", help="where the runs are kept; a temporary folder")
    parser.add_argument("--again", action="store_true", help="diagnose the kept runs anew")
    parser.add_argument("--list", action="store_true", help="print each case's findings")
    parser.add_argument("--json", help="write the table to this file")
    return parser.parse_args(arguments)


def _cases(folders: Iterable[Path]) -> list[Facts]:
    found = []
    for folder in folders:
        found += [
            {**json.loads(path.read_text()), "folder": path.parent}
            for path in sorted(folder.glob("*/case.json"))
            if (path.parent / "train.py").exists()
        ]
    return found


def _twins(cases: Iterable[Facts]) -> list[Facts]:
    """The repaired programs of faulty cases: what is a false alarm on them?"""
    return [
        {**case, "id": f"{case['id']}-twin", "healthy": True, "script": "fixed.py"}
        for case in cases
        if not case["healthy"]
    ]


def _split(case: Facts) -> str:
    return str(case.get("split", "other"))


def _run(case: Facts, store: Path) -> Result:
    """Runs one program under the probe, as a user would."""
    answer = store / f"{case['id']}.json"
    environment = {
        **os.environ,
        "BACKPROBE_DIR": str(store / str(case["id"])),
        "OMP_NUM_THREADS": "1",
        "SEED": "0",
    }
    store.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "backprobe", "run", "--json", str(answer)]
    command.append(str(case.get("script", "train.py")))
    began, told, said = time.perf_counter(), math.nan, ""
    with (store / f"{case['id']}.out").open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=case["folder"],
            env=environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
        limit = threading.Timer(TIME_LIMIT, process.kill)
        limit.start()
        assert process.stderr is not None
        for line in process.stderr:
            said = (said + line)[-300:]
            if math.isnan(told) and any(rule in line.split() for rule in case["root_causes"]):
                told = time.perf_counter() - began
        status = process.wait()
        limit.cancel()
    seconds = time.perf_counter() - began
    problem = "" if answer.exists() else f"no answer, status {status}; {said.strip()}"
    findings = json.loads(answer.read_text())["findings"] if answer.exists() else []
    return Result(case, findings, seconds, problem, told)


def _again(case: Facts, store: Path) -> Result:
    """Diagnoses the kept run of a case by today's rules."""
    began = time.perf_counter()
    try:
        run = catalog.find(store / str(case["id"]))
    except LookupError as error:
        return Result(case, [], 0.0, str(error))
    reader = RunReader(run)
    reader.refresh()
    failures: list[str] = []
    found = diagnose(reader.record(), on_failure=lambda event: failures.append(str(event.data)))
    findings = findings_answer(run, found)["findings"]
    return Result(case, findings, time.perf_counter() - began, "; ".join(failures))


def _print_case(result: Result) -> None:
    case = result.case
    wanted = "healthy" if case["healthy"] else "|".join(sorted(result.roots))
    mark = "ok  " if (not result.warnings if case["healthy"] else result.within(1)) else "    "
    if not case["healthy"] and not result.within(99):
        mark = "MISS"
    print(f"{mark} {case['id']}  {wanted}  [{case['title']}] {result.seconds:.1f} s")
    for f in result.findings:
        where = ",".join(f["where"][:4])
        print(
            f"       {f['kind'][:5]} {f['severity'][:4]} {f['confidence']:.2f} {f['rule']} @{where}"
        )


def _print_table(scores: dict[str, Score]) -> None:
    names = list(scores)
    print(f"{'':26}" + "".join(f"{name:>16}" for name in names))
    columns = [score.rows() for score in scores.values()]
    for row in zip(*columns, strict=True):
        print(f"{row[0][0]:26}" + "".join(f"{value:>16}" for _, value in row))


def rule_rows(results: Sequence[Result]) -> list[tuple[str, int, int, int, int]]:
    """Per rule what its precision and its recall come from, rules by name.

    Returns:
        Rule; programs of which it is a root cause (several may be, any of which names the fault);
        those of them whose cause was named, by it or by its equals; programs in which it was named
        as a cause, a note included; those of them where that was right.
    """
    caused, found = Counter[str](), Counter[str]()
    named, right = Counter[str](), Counter[str]()
    for result in results:
        said = {f["rule"] for f in result.causes}
        caused.update(result.roots)
        found.update(result.roots if said & result.roots else ())
        named.update(said)
        right.update(said & result.accepted)
    return [(r, caused[r], found[r], named[r], right[r]) for r in sorted({*caused, *named})]


def _print_rules(results: Sequence[Result]) -> None:
    print("\n| rule | programs | found | named | right |\n|---|---|---|---|---|")
    for rule, caused, found, named, right in rule_rows(results):
        recall = f"{found} ({found / caused:.0%})" if caused else ""
        precision = f"{right} ({right / named:.0%})" if named else ""
        print(f"| `{rule}` | {caused or ''} | {recall} | {named or ''} | {precision} |")


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part / whole:.0f} %" if whole else "-"


def _median(values: Iterable[float]) -> str:
    found = [value for value in values if not math.isnan(value)]
    return f"{statistics.median(found):.1f}" if found else "-"


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
