# SPDX-License-Identifier: Apache-2.0
"""A proof as other programs get it: the JSON of `backprobe prove`."""

from __future__ import annotations

from typing import Any

from backprobe.records import SCHEMA
from backprobe.trials.nouns import Trial, Verdict
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
        "seeds": [trial.seed for trial in result.trials],
        "runs": [trial.run.id for trial in result.trials],
        "seconds": sum(trial.seconds for trial in result.trials),
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
