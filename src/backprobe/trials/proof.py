# SPDX-License-Identifier: Apache-2.0
"""Runs a plan round by round, a seed a round, and ranks what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from backprobe.records import Record, Run
from backprobe.trials.executor import Executor
from backprobe.trials.fingerprint import fingerprint
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Outcome, Trial, Verdict
from backprobe.trials.outcome import choose
from backprobe.trials.verdict import FIRST, ONCE, SECOND, counted, judge, out_of_reach

WHOLE_STEPS = 2000
"""A run of no more steps is repeated whole; a longer one is cut there, unless told otherwise."""
LIMIT_FACTOR, LIMIT_SECONDS = 20.0, 180.0
"""A trial may take so many times the original's time, plus so much, before it is ended."""
RANK = {"helps": 0, "no effect": 1, "harms": 2, "not applicable": 3}


@dataclass(frozen=True)
class Confirmation:
    """One more run of control and winner: the whole script, at a seed that was not used before.

    Arguments:
        seed: its number.
        control: outcome of the script as it is.
        treated: outcome under the treatment.
        better: whether the treated one is the better.
    """

    seed: int
    control: float
    treated: float
    better: bool


@dataclass(frozen=True)
class Result:
    """One arm with its verdict.

    Arguments:
        arm: what was changed.
        verdict: over the seeds.
        trials: one a seed.
        confirmation: of a winner; None where it was not asked for.
    """

    arm: Arm
    verdict: Verdict
    trials: tuple[Trial, ...] = ()
    confirmation: Confirmation | None = None


@dataclass
class Proof:
    """All that was learned of one run.

    Arguments:
        run: the original.
        seeds: numbers of the seeds.
        steps: bound of each trial, None where they ran whole.
        control: the trials without a treatment.
        results: best first.
    """

    run: Run
    seeds: tuple[int, ...]
    steps: int | None
    control: list[Trial] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    @property
    def best(self) -> Result | None:
        """The result that helps most, or None where nothing does."""
        first = self.results[0] if self.results else None
        return first if first is not None and first.verdict.word == "helps" else None


class ControlFailed(RuntimeError):  # noqa: N818 - it is an answer more than a fault
    """The script does not run to its end even without a treatment; the text says how it ended."""


def prove(
    run: Run,
    arms: Sequence[Arm],
    pool: Executor,
    seeds: Sequence[int],
    steps: int | None,
    *,
    thorough: bool = False,
    hold_out: bool = False,
    confirm: bool = False,
    total: int | None = None,
    extra: Sequence[int] = (),
    seconds: float = 0.0,
    tell: Callable[[Trial], None] = lambda _: None,
    plan: Callable[[int], None] = lambda _: None,
) -> Proof:
    """Runs control and arms over the seeds and judges them.

    Arguments:
        run: the original.
        arms: what to try.
        pool: that runs the trials.
        seeds: their numbers.
        steps: bound of each trial, None to run whole.
        thorough: run every seed of every arm, also where `helps` is out of reach.
        hold_out: keep rows out of training, where the script evaluates nothing.
        confirm: run the winner and the control once more, whole and at a fresh seed; one that is
            not better there is no winner, and the next is looked at.
        total: optimizer steps that the original took, None where not known.
        extra: further seeds for the arms that were better in each of the first, and not yet
            clearly so; the two looks share the error (`verdict.FIRST`, `SECOND`).
        seconds: that the original took, 0 where not known.
        tell: called with each trial that ended.
        plan: called with the number of trials that are still to come, as it becomes known.

    Raises:
        ControlFailed: the script fails without a treatment.
    """
    source = fingerprint(run)
    limit = LIMIT_FACTOR * seconds + LIMIT_SECONDS
    proof = Proof(run, tuple(seeds), steps)
    trials: dict[Arm, list[Trial]] = {arm: [] for arm in arms}
    open_arms = list(arms)
    first = FIRST if extra else ONCE
    errors = dict.fromkeys(arms, first)
    asked = len(seeds)
    for position, seed in enumerate((*seeds, *extra)):
        if position == len(seeds):
            verdicts = {arm: decide(proof.control, trials[arm], asked, first) for arm in open_arms}
            open_arms = [arm for arm in open_arms if _promising(verdicts[arm])]
            asked += len(extra)
            errors.update(dict.fromkeys(open_arms, SECOND))
        if position >= len(seeds) and not open_arms:
            break
        plan((asked - position) * (1 + len(open_arms)))
        batch = [
            Task(run, arm, seed, steps, source, limit, hold_out, total=total, light=True)
            for arm in (Arm(), *open_arms)
        ]
        control, *treated = pool.run(batch, tell)
        if control.failure:
            raise ControlFailed(control.failure)
        proof.control.append(control)
        for trial in treated:
            trials[trial.arm].append(trial)
        if position < len(seeds):
            open_arms = [
                arm for arm in open_arms if _goes_on(proof.control, trials[arm], asked, thorough)
            ]
    for arm in arms:
        wanted = len(seeds) if errors[arm] == first else len(seeds) + len(extra)
        verdict = decide(proof.control, trials[arm], wanted, errors[arm])
        proof.results.append(Result(arm, verdict, tuple(trials[arm])))
    proof.results.sort(key=_order)
    if confirm:
        fresh = max((*seeds, *extra)) + 1
        whole = Task(run, Arm(), fresh, None, source, limit, hold_out, total=total, light=True)
        _confirm(proof, pool, whole, tell)
    return proof


def _confirm(
    proof: Proof, pool: Executor, whole: Task, tell: Callable[[Trial], None] = lambda _: None
) -> None:
    """Runs the winner whole at a fresh seed, beside the control, until one is better there too.

    A winner is the best of several arms, so chance had several tries; a run that took no part in
    the choice has one.
    """
    while (best := proof.best) is not None and best.confirmation is None:
        control, treated = pool.run([whole, replace(whole, arm=best.arm)], tell)
        outcome = best.verdict.outcome
        pair = [
            math.nan if outcome is None else t.values.get(outcome, math.nan)
            for t in (control, treated)
        ]
        sign = 1.0 if outcome is not None and outcome.higher else -1.0
        sound = math.isfinite(pair[1]) and not treated.failure
        better = sound and (not math.isfinite(pair[0]) or sign * (pair[1] - pair[0]) > 0)
        found = Confirmation(whole.seed, pair[0], pair[1], better)
        verdict = best.verdict
        if not better:
            reason = f"a fresh run did not confirm it: {pair[0]:.4g} without, {pair[1]:.4g} with it"
            verdict = replace(verdict, word="no effect", reason=reason)
        proof.results[0] = replace(best, verdict=verdict, confirmation=found)
        proof.results.sort(key=_order)


def decide(
    controls: Sequence[Trial], trials: Sequence[Trial], asked: int, error: float = ONCE
) -> Verdict:
    """The verdict on one arm.

    Arguments:
        controls: by seed.
        trials: of the arm, by seed; fewer where it was given up.
        asked: number of seeds that were planned.
        error: of the look, see `verdict.QUANTILES`.
    """
    refused = [f"{text}: {why}" for trial in trials for text, why in trial.refused.items()]
    if refused:
        return Verdict("not applicable", refused[0])
    outcome = chosen(controls, trials)
    failed = [trial.failure for trial in trials if trial.failure]
    if failed:
        return Verdict("harms", failed[0], outcome)
    if outcome is None:
        names = trials[0].arm.treatments if trials else ()
        if choose(controls) is not None:
            return Verdict(
                "not applicable",
                f"{', '.join(names)} changes what {choose(controls)} means, and there is no other "
                "outcome to judge by; print a metric of held-out data as `name=value`",
            )
        return Verdict(
            "not applicable",
            "there is no outcome to judge by; log or print a metric of held-out data, such as "
            "`print(f'test accuracy={accuracy}')`",
        )
    pairs = [(c, t) for c, t in zip(controls, trials, strict=False)]
    control = [c.values[outcome] for c, _ in pairs]
    treated = [t.values.get(outcome, math.nan) for _, t in pairs]
    return judge(outcome, control, treated, asked, error)


def chosen(controls: Sequence[Trial], trials: Sequence[Trial]) -> Outcome | None:
    """The outcome by which an arm is judged."""
    return choose(list(controls), trials[0].arm.treatments if trials else ())


def default_steps(record: Record) -> int | None:
    """The bound where none is given: none for a run of at most `WHOLE_STEPS` steps."""
    return WHOLE_STEPS if len(record.steps) > WHOLE_STEPS else None


def memory(record: Record) -> float:
    """The most memory that a run was seen to take, in bytes; 0 where it is not known."""
    values = record.system.numbers("memory")
    return float(np.nanmax(values)) if values.size and not np.isnan(values).all() else 0.0


def _goes_on(
    controls: Sequence[Trial], trials: Sequence[Trial], asked: int, thorough: bool
) -> bool:
    if any(trial.refused for trial in trials):
        return False
    if any(trial.failure for trial in trials):
        return False
    outcome = chosen(controls, trials)
    if outcome is None:
        return False
    if thorough:
        return True
    control = [one.values[outcome] for one in controls]
    treated = [one.values.get(outcome, math.nan) for one in trials]
    return not out_of_reach(outcome, control, treated, asked)


def _promising(verdict: Verdict) -> bool:
    """Whether more seeds could show that it helps: better in each so far, and not clearly so."""
    outcome = verdict.outcome
    if verdict.word != "no effect" or verdict.reason or outcome is None:
        return False
    sign = 1.0 if outcome.higher else -1.0
    pairs = zip(counted(outcome, verdict.control), verdict.treated, strict=True)
    return all(sign * (treated - control) > 0 for control, treated in pairs)


def _order(result: Result) -> tuple[int, float, int]:
    verdict = result.verdict
    if verdict.effect is None:
        # from NaN to a number: more than any effect
        endless = -math.inf if verdict.word == "helps" else 0.0
        return RANK[verdict.word], endless, len(result.arm.treatments)
    return RANK[verdict.word], -round(verdict.effect, 3), len(result.arm.treatments)
