# SPDX-License-Identifier: Apache-2.0
"""A proof as a table for the terminal, best first."""

from __future__ import annotations

import textwrap

from backprobe.trials.nouns import Outcome, Verdict
from backprobe.trials.plan import RANDOM
from backprobe.trials.proof import Proof


def table(proof: Proof, width: int = 100) -> str:
    """One row an arm, the control's values on top, and what to make of it below."""
    lines = []
    outcomes = [r.verdict.outcome for r in proof.results if r.verdict.outcome is not None]
    for outcome in dict.fromkeys(outcomes):
        values = [trial.values[outcome] for trial in proof.control if outcome in trial.values]
        shown = ", ".join(f"{value:.4g}" for value in values)
        lines.append(f"judged by {outcome}{_better(outcome)}; control: {shown}")
    bound = f", {proof.steps} steps each" if proof.steps is not None else ""
    more = len({trial.seed for trial in proof.control} - set(proof.seeds))
    further = f", and {more} more where those did not decide" if more else ""
    lines.append(f"{len(proof.seeds)} seeds{further}{bound}")
    lines.append("")
    rows = [("TREATMENT", "VERDICT", "EFFECT", "INTERVAL", "TREATED")]
    reasons = []
    for result in proof.results:
        verdict = result.verdict
        treated = ", ".join(f"{value:.4g}" for value in verdict.treated)
        name = f"{result.arm} (random)" if result.arm.finding == RANDOM else str(result.arm)
        rows.append((name, verdict.word, *_numbers(verdict), treated))
        reasons.append(verdict.reason)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  ".join(f"{cell:{size}}" for cell, size in zip(row, widths, strict=True))
        lines.append(line.rstrip())
        if number and reasons[number - 1]:
            lines += textwrap.wrap(
                reasons[number - 1], width, initial_indent="    ", subsequent_indent="    "
            )
    lines.append("")
    lines.append(_conclusion(proof))
    return "\n".join(lines) + "\n"


def _better(outcome: Outcome) -> str:
    return {True: ", higher is better", False: ", lower is better", None: ""}[outcome.higher]


def _numbers(verdict: Verdict) -> tuple[str, str]:
    if verdict.effect is None:
        return "", ""
    if verdict.unit == "relative":
        low, high = verdict.interval or (None, None)
        shown = f"{low:+.0%} … {high:+.0%}" if low is not None and high is not None else ""
        return f"{verdict.effect:+.0%}", shown
    low, high = verdict.interval or (None, None)
    shown = f"{low:+.3g} … {high:+.3g}" if low is not None and high is not None else ""
    return f"{verdict.effect:+.3g}", shown


def _conclusion(proof: Proof) -> str:
    best = proof.best
    if best is None:
        return "nothing that was tried is shown to help"
    fresh, found = "", best.confirmation
    if found is not None:
        pair = f"{found.control:.4g} without, {found.treated:.4g} with it"
        fresh = f"; a whole run at a fresh seed: {pair}"
    flags = " ".join(f"--treat {text}" for text in best.arm.treatments)
    return f"best: {best.arm}{fresh}\n`backprobe run {flags} …` runs the script so"
