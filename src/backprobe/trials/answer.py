# SPDX-License-Identifier: Apache-2.0
"""A proof as other programs get it: the JSON of `backprobe prove`."""

from __future__ import annotations

from typing import Any

from backprobe.records import SCHEMA
from backprobe.trials.nouns import Trial, Verdict
from backprobe.trials.patch.proving import Patch
from backprobe.trials.proof import Proof, Result


def proof_answer(proof: Proof) -> dict[str, Any]:
    """`{"run", "schema", "control", "trials", "best"}`, best first, for `json.dumps`."""
    best = proof.best
    return {
        "run": proof.run.id,
        "schema": SCHEMA,
        "seeds": list(proof.seeds),
        "steps": proof.steps,
        "control": {
            "treatment": [],
            "runs": [trial.run.id for trial in proof.control],
            "outcomes": _outcomes(proof.control),
        },
        "trials": [_result(result) for result in proof.results],
        "best": list(best.arm.treatments) if best is not None else None,
    }


def patch_answer(made: Patch | str | None) -> dict[str, Any]:
    """`{"patch": …}` where one was asked for: the diff and its proof, or why there is none."""
    if made is None:
        return {}
    if isinstance(made, str):
        return {"patch": {"diff": None, "reason": made}}
    return {
        "patch": {
            "treatment": list(made.treatments),
            "diff": made.diff,
            "outcome": {"name": made.outcome.name, "source": made.outcome.source},
            "control": made.control,
            "patched": made.patched,
            "run_by": "probe" if made.watched else "python",
            "passed_over": list(made.passed),
        }
    }


def _result(result: Result) -> dict[str, Any]:
    verdict = result.verdict
    return {
        "treatment": list(result.arm.treatments),
        "finding": result.arm.finding or None,
        "verdict": verdict.word,
        "reason": verdict.reason or None,
        "outcome": _outcome(verdict),
        "effect": verdict.effect,
        "interval": list(verdict.interval) if verdict.interval is not None else None,
        "unit": verdict.unit,
        "control": list(verdict.control),
        "treated": list(verdict.treated),
        "confirmed": _confirmed(result),
        "seeds": [trial.seed for trial in result.trials],
        "runs": [trial.run.id for trial in result.trials],
        "seconds": sum(trial.seconds for trial in result.trials),
    }


def _confirmed(result: Result) -> dict[str, Any] | None:
    found = result.confirmation
    if found is None:
        return None
    return {
        "seed": found.seed,
        "control": found.control,
        "treated": found.treated,
        "better": found.better,
    }


def _outcome(verdict: Verdict) -> dict[str, Any] | None:
    outcome = verdict.outcome
    if outcome is None:
        return None
    better = {True: "higher", False: "lower", None: "unknown"}[outcome.higher]
    return {"name": outcome.name, "source": outcome.source, "better": better}


def _outcomes(trials: list[Trial]) -> list[dict[str, Any]]:
    """Every outcome that was read, with its values over the seeds."""
    names = list(dict.fromkeys(one for trial in trials for one in trial.values))
    return [
        {
            "name": one.name,
            "source": one.source,
            "values": [trial.values.get(one) for trial in trials],
        }
        for one in names
    ]
