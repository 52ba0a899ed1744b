# SPDX-License-Identifier: Apache-2.0
"""Joining, ranking and isolation of rules."""

from __future__ import annotations

from dataclasses import replace

from backprobe.diagnose import diagnose, join, once_each, rank, tell_apart
from backprobe.records import Event, Finding, Record, Run, Source
from backprobe.rules import BY_NAME, AbstractRule
from backprobe.rules.calibration import probability
from backprobe.rules.explanations import EXPLANATIONS, OUTCOMES
from backprobe.rules.explanations.conditions import by_exclusion

FAR = Finding("init-scale-too-large", "error", 0.9, "weights of 100")
NAN = Finding("nonfinite-loss", "error", 0.99, "NaN", steps=(4, 9), evidence={"grew_before": True})
STUCK = Finding("not-learning", "warning", 0.97, "stuck")


class Broken(AbstractRule):
    """Raises."""

    name = "broken"
    severity = "note"

    def check(self, record: Record) -> list[Finding]:
        raise ZeroDivisionError(record.run.id)


class Fixed(AbstractRule):
    """Always finds one thing."""

    name = "fixed"
    severity = "note"

    def check(self, record: Record) -> list[Finding]:
        return [Finding(self.name, "note", 0.5, f"in {record.run.id}")]


def test_rule_that_raises_silences_nobody_and_is_told() -> None:
    """The others still find; the failure is an event with the rule's name."""
    failures: list[Event] = []
    rules: tuple[type[AbstractRule], ...] = (Broken, Fixed)
    found = diagnose(Record(run=Run("r")), rules=rules, on_failure=failures.append)
    assert [f.rule for f in found] == ["fixed"]
    assert [(e.name, e.data["rule"]) for e in failures] == [("rule-failure", "broken")]
    assert "ZeroDivisionError" in failures[0].data["error"]


def test_one_place_is_told_once_by_a_rule() -> None:
    """A network and the one that follows it have the same names; another line is another place."""
    line = Source("train.py", 9, "self.fc = nn.Linear(4, 4)")
    dead = Finding("dead-relu", "error", 0.7, "", where=("fc",), source=line)
    surer, other = replace(dead, confidence=0.8), replace(dead, where=("head",))
    assert once_each([dead, surer, other, STUCK, STUCK]) == [surer, other, STUCK, STUCK]


def test_ignored_rule_stays_silent() -> None:
    """By name."""
    rules: tuple[type[AbstractRule], ...] = (Fixed,)
    assert diagnose(Record(run=Run("r")), ["fixed"], rules=rules) == []


def test_sines_that_are_too_fast_explain_what_is_learnt_by_heart() -> None:
    """Not targets that were seen to change."""
    sines = Finding("init-activation-mismatch", "error", 0.7, "", evidence={"radians": 25.0})
    heart = Finding("labels-mismatched", "warning", 0.5, "", evidence={"by_heart": True})
    assert [f.kind for f in join([sines, heart])] == ["cause", "symptom"]
    seen = replace(heart, evidence={"changed": 0.9})
    assert [f.kind for f in join([sines, seen])] == ["cause", "cause"]


def test_empty_record_has_no_finding_and_no_failure() -> None:
    """Every rule passes a record in which nothing was measured."""
    failures: list[Event] = []
    assert diagnose(Record(run=Run("r")), on_failure=failures.append) == []
    assert failures == []


def test_cause_explains_symptom_and_outranks_it() -> None:
    """Weights of 100 explain the NaN, and both explain that nothing is learned."""
    found = rank(join([STUCK, NAN, FAR]))
    assert [(f.rule, f.kind, f.rank) for f in found] == [
        ("init-scale-too-large", "cause", 1),
        ("nonfinite-loss", "symptom", 2),
        ("not-learning", "symptom", 3),
    ]
    assert found[1].explained_by == ("init-scale-too-large",)
    assert found[2].explained_by == ("init-scale-too-large",)


def test_symptom_that_nothing_explains_is_the_cause() -> None:
    """A NaN alone is the best that can be said."""
    assert join([NAN])[0].kind == "cause"


def test_outcome_is_never_a_cause() -> None:
    """Not learning stays a symptom, explained or not."""
    assert join([STUCK])[0].kind == "symptom"


def test_note_explains_no_error_away() -> None:
    """What is harmless cannot have broken the run."""
    found = join([replace(FAR, severity="note"), NAN])
    assert [f.kind for f in found] == ["cause", "cause"]


def test_step_does_not_explain_what_was_there_before_it() -> None:
    """A NaN at the first step is not the learning rate's fault."""
    rate = Finding("learning-rate-too-high", "error", 0.9, "lr 3")
    assert join([rate, NAN])[1].kind == "symptom"
    assert join([rate, replace(NAN, steps=(0, 9))])[1].kind == "cause"


def test_independent_causes_are_all_kept() -> None:
    """Two faults in one program are two causes, the surer one first."""
    other = Finding("double-softmax", "error", 0.99, "softmax")
    assert [f.rule for f in rank(join([FAR, other]))] == ["double-softmax", "init-scale-too-large"]
    assert {f.kind for f in join([FAR, other])} == {"cause"}


def test_what_is_told_by_exclusion_gives_way_to_evidence() -> None:
    """Two that have none stand beside each other; any cause that has some takes their place."""
    labels = Finding("labels-mismatched", "note", 0.1, "", evidence={"by_exclusion": True})
    inputs = Finding("uninformative-inputs", "note", 0.3, "", evidence={"by_exclusion": True})
    assert {f.kind for f in join([labels, inputs])} == {"cause"}
    unused = Finding("unused-module", "warning", 0.7, "never called")
    assert [f.kind for f in join([labels, inputs, unused])] == ["symptom", "symptom", "cause"]
    seen = replace(labels, severity="warning", evidence={"changed": 0.9})
    assert [f.kind for f in join([seen, inputs])] == ["cause", "symptom"]


def test_explanations_name_known_rules_and_do_not_run_in_circles() -> None:
    """Every pair is of rules that exist, and no pair has its reverse."""
    assert {name for e in EXPLANATIONS for name in (e.cause, e.symptom)} <= set(BY_NAME)
    # What is told by exclusion only is explained by all that has evidence, and explains nothing.
    pairs = {(e.cause, e.symptom) for e in EXPLANATIONS if e.when is not by_exclusion}
    # These go one way from the first step on and the other way while training, or inside of the
    # network and before it.
    turning = {
        ("inputs-not-normalized", "uninformative-inputs"),
        ("saturated-activations", "vanishing-gradients"),
        ("nonfinite-gradients", "learning-rate-too-high"),
        ("exploding-gradients", "learning-rate-too-high"),
        ("exploding-gradients", "nonfinite-gradients"),
    }
    # And a network that is cut by the shape of a norm explains what any other width follows from.
    cut = "dead-relu", "detached-graph", "saturated-activations", "vanishing-gradients"
    turning |= {("fan-ratio", name) for name in (*cut, "uninformative-inputs")}
    both = {pair for pair in pairs if pair[::-1] in pairs}
    assert both <= turning | {pair[::-1] for pair in turning}
    assert not OUTCOMES & {e.cause for e in EXPLANATIONS}


def test_a_norm_of_one_number_explains_what_it_cuts_off() -> None:
    """A narrow layer may be what a dead one is blamed for; a norm of one number is never."""
    dead = Finding("dead-relu", "error", 0.9, "zero", where=("relu",))
    narrow = Finding("fan-ratio", "error", 0.9, "one unit", where=("norm",))
    norm = replace(narrow, evidence={"norm": "layer_norm", "cuts": True})
    beside = replace(norm, evidence={"norm": "layer_norm", "cuts": False})
    assert [f.kind for f in join([dead, narrow])] == ["cause", "symptom"]
    assert [f.kind for f in join([dead, norm])] == ["symptom", "cause"]
    assert [f.kind for f in join([dead, beside])] == ["cause", "cause"]


def test_two_causes_of_the_same_name_the_trial_between() -> None:
    """Where the evidence does not separate them, the first one says how to find out."""
    rate = Finding("learning-rate-too-high", "error", 0.9, "fast", treatments=("scale-lr=0.1",))
    frozen = Finding("frozen-parameters", "error", 0.85, "cold", treatments=("unfreeze",))
    found = tell_apart(rank(join([STUCK, rate, frozen])))
    assert found[0].evidence["rival"] == "frozen-parameters"
    assert "`scale-lr=0.1`" in found[0].message
    assert "rival" not in found[1].evidence
    doubtful = replace(frozen, confidence=0.5)
    assert "rival" not in tell_apart(rank(join([STUCK, rate, doubtful])))[0].evidence


def test_an_outcome_is_the_last_word_where_nothing_else_is_found() -> None:
    """Underfitting alone is the diagnosis; beside a cause it is what came of it."""
    poor = Finding("underfitting", "warning", 0.7, "stays")
    assert join([poor])[0].kind == "cause"
    rate = Finding("learning-rate-too-high", "error", 0.9, "fast")
    assert [f.kind for f in join([poor, rate])] == ["symptom", "cause"]


def test_confidence_falls_with_rivals_and_grows_with_what_is_explained() -> None:
    """The same strength means more where one cause explains all than where three compete."""
    cause = Finding("learning-rate-too-high", "error", 0.9, "fast")
    rivals = [Finding(name, "error", 0.9, "too") for name in ("dead-relu", "symmetric-init")]
    symptom = replace(STUCK, kind="symptom", explained_by=(cause.rule,))
    alone = probability(cause, [cause])
    assert probability(cause, [cause, *rivals]) < alone < probability(cause, [cause, symptom])


def test_what_costs_nothing_is_told_last() -> None:
    """A bias that a norm takes away never outranks a cause, however sure it is."""
    bias = Finding("bias-before-batchnorm", "note", 0.99, "no effect")
    drop = Finding("excessive-dropout", "note", 0.5, "much")
    assert [f.rule for f in rank(join([bias, drop]))] == [drop.rule, bias.rule]
