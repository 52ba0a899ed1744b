# SPDX-License-Identifier: Apache-2.0
"""Each rule against networks that were really trained: bad ones fire, good ones stay silent."""

from __future__ import annotations

import pytest

from backprobe.diagnose import diagnose
from backprobe.records import Event
from backprobe.rules import BY_NAME, RULES
from backprobe.rules.treatment_names import TREATMENTS

from .conftest import PROGRAMS, Recorder

BAD = sorted(str(p.relative_to(PROGRAMS)) for p in PROGRAMS.glob("*/bad*.py"))
GOOD = sorted(str(p.relative_to(PROGRAMS)) for p in PROGRAMS.glob("*/*.py") if p.name[:3] != "bad")

NOTES = {
    "batch_mixing/note_units.py": ("batch-mixing", set()),
    "bias_before_batchnorm/note.py": ("bias-before-batchnorm", {"0"}),
    "batchnorm_in_frozen_backbone/note.py": ("batchnorm-in-frozen-backbone", {"0.1", "0.4"}),
    "detached_graph/note_code.py": ("detached-graph", {"encode.0", "mean", "spread"}),
    "fan_ratio/note_two_units.py": ("fan-ratio", {"0"}),
    "frozen_parameters/good_attribute.py": ("frozen-parameters", {"0"}),
    "loss_reduction_mismatch/note_likelihood.py": ("loss-reduction-mismatch", set()),
    "labels_mismatched/note_mirrored.py": ("labels-mismatched", set()),
    "overfitting/note_surer.py": ("overfitting", set()),
    "saturated_activations/note_factor.py": ("saturated-activations", {"wave"}),
    "train_test_overlap/note_windows.py": ("train-test-overlap", set()),
    "unused_module/note_last_edge.py": ("unused-module", {"layers.2.edge"}),
    "uninformative_inputs/good_two_directions.py": ("uninformative-inputs", {"gru"}),
    "wrong_loss/note_crossed_columns.py": ("wrong-loss", {"head"}),
}
"""Program → rule that makes a note of it, and where."""
LEFT = {
    "not_learning/bad.py": "labels-mismatched",
    "not_learning/bad_bags.py": "uninformative-inputs",
    "not_learning/bad_unknown_words.py": "uninformative-inputs",
}
"""Program → the note that is told first, of what is left where all else was ruled out."""


def expected(program: str) -> tuple[str, set[str]]:
    """Rule and module names of a program's `# expects:` line."""
    line = (PROGRAMS / program).read_text().splitlines()[1]
    rule, *where = line.removeprefix("# expects:").split()
    return rule, set(where)


@pytest.mark.parametrize("program", BAD)
def test_bad_program_is_named_with_its_place(program: str, recorded: Recorder) -> None:
    """The rule fires as at least a warning, at the modules at fault, and not as a side effect."""
    rule, where = expected(program)
    failures: list[Event] = []
    findings = diagnose(recorded(program), on_failure=failures.append)
    assert failures == []
    hit = [f for f in findings if f.rule == rule and f.severity != "note"]
    assert len(hit) == 1, [(f.rule, f.severity, f.where) for f in findings]
    assert set(hit[0].where) == where
    assert hit[0].explained_by == ()
    assert 0.5 <= hit[0].confidence < 1.0
    assert hit[0].message
    assert {t.partition("=")[0] for t in hit[0].treatments} <= {
        t.partition("=")[0] for t in TREATMENTS
    }


LINES = {
    "eval_mode_training/bad.py": "model.eval()",
    "gradient_clipping_too_tight/bad.py": "clip_grad_norm_",
    "gradient_clipping_too_tight/bad_value.py": "clip_grad_value_",
    "train_mode_eval/bad.py": "model(",
}
"""Program → what stands on the line that its fault is pointed at."""


@pytest.mark.parametrize("program", LINES)
def test_a_fault_of_the_loop_has_its_line(program: str, recorded: Recorder) -> None:
    """Where no layer is at fault the script's own line is."""
    rule, _ = expected(program)
    found = next(f for f in diagnose(recorded(program)) if f.rule == rule)
    assert found.source is not None
    assert LINES[program] in found.source.text


PROPOSED = {
    "batchnorm_small_batch/bad.py": "batch-size=32",
    "scheduler_misuse/bad.py": "schedule=none",
    "train_mode_eval/bad.py": "eval-mode",
    "weight_decay_too_high/bad.py": "weight-decay=0.0001",
}
"""Program → the treatment that its rule proposes first."""


@pytest.mark.parametrize("program", PROPOSED)
def test_a_cure_is_proposed(program: str, recorded: Recorder) -> None:
    """What a treatment can undo at run time is proposed, so that `prove` can try it."""
    rule, _ = expected(program)
    found = next(f for f in diagnose(recorded(program)) if f.rule == rule)
    assert found.treatments[0] == PROPOSED[program]


@pytest.mark.parametrize("program", BAD)
def test_bad_program_has_its_fault_first(program: str, recorded: Recorder) -> None:
    """The fault, or the only cause that is left, outranks every other finding of its program."""
    rule, _ = expected(program)
    findings = diagnose(recorded(program))
    assert findings[0].rule == LEFT.get(program, rule), [
        (f.rule, f.kind, f.explained_by) for f in findings
    ]


@pytest.mark.parametrize("program", GOOD)
def test_good_program_gets_no_warning(program: str, recorded: Recorder) -> None:
    """A program that learns, or that has no curve to judge, gets no warning from any rule."""
    failures: list[Event] = []
    findings = diagnose(recorded(program), on_failure=failures.append)
    assert failures == []
    assert [(f.rule, f.message) for f in findings if f.severity != "note"] == []


def test_targets_of_a_whole_batch_accuse_no_labels(recorded: Recorder) -> None:
    """A row's targets are the batch's where a loss is spread over it: no change of its own."""
    findings = diagnose(recorded("target_broadcast/bad_passes.py"))
    assert "labels-mismatched" not in {f.rule for f in findings}


@pytest.mark.parametrize("name", ["bags", "two_views"])
def test_what_is_joined_inside_accuses_no_labels(name: str, recorded: Recorder) -> None:
    """Who owns an item is a further input, and a place in the batch can't be another row's."""
    findings = diagnose(recorded(f"not_learning/bad_{name}.py"))
    assert "labels-mismatched" not in {f.rule for f in findings}


def test_rates_of_two_optimizers_are_no_schedule(recorded: Recorder) -> None:
    """Not even a note: each optimizer's own rate stands still."""
    findings = diagnose(recorded("scheduler_misuse/good_two_rates.py"))
    assert "scheduler-misuse" not in {f.rule for f in findings}


@pytest.mark.parametrize("name", ["action", "chain", "code", "score_function"])
def test_a_draw_on_purpose_is_no_cut(name: str, recorded: Recorder) -> None:
    """Not even a note: actions, chains, and codes that learn in another way, or through."""
    findings = diagnose(recorded(f"detached_graph/good_{name}.py"))
    assert "detached-graph" not in {f.rule for f in findings}


def test_what_the_last_block_would_hand_on_is_not_left_out(recorded: Recorder) -> None:
    """Not even a note: there is no block after it."""
    findings = diagnose(recorded("detached_graph/good_last_rest.py"))
    assert "detached-graph" not in {f.rule for f in findings}


@pytest.mark.parametrize("name", ["scaled_tanh", "clamped_far"])
def test_a_bound_that_is_wide_enough_is_none(name: str, recorded: Recorder) -> None:
    """Not even a note: `4 * tanh(x)` reaches its targets, and a logit of 8 is as good as sure."""
    findings = diagnose(recorded(f"output_range_mismatch/good_{name}.py"))
    assert "output-range-mismatch" not in {f.rule for f in findings}


def test_two_features_before_the_scores_are_no_bottleneck(recorded: Recorder) -> None:
    """Not even a note, although some rows are told apart by chance only."""
    findings = diagnose(recorded("fan_ratio/good_picture.py"))
    assert "fan-ratio" not in {f.rule for f in findings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_has_a_bad_program(rule: type) -> None:
    """No rule without a program that it fires on."""
    fires_on = {expected(program)[0] for program in BAD} | {rule for rule, _ in NOTES.values()}
    fires_on.add("ranks-drifted-apart")  # it takes two processes: test_ranks.py
    assert rule.name in fires_on  # type: ignore[attr-defined]


@pytest.mark.parametrize("program", sorted(NOTES))
def test_harmless_habit_is_a_note(program: str, recorded: Recorder) -> None:
    """Worth reading, never a warning."""
    rule, where = NOTES[program]
    found = [f for f in diagnose(recorded(program)) if f.rule == rule]
    assert [(f.severity, set(f.where)) for f in found] == [("note", where)]


def test_names_are_unique() -> None:
    """The table holds each name once."""
    assert len(BY_NAME) == len(RULES)


THIN = (
    "batch_mixing/good_time_first_series.py",
    "constant_batch/good_few_rows.py",
    "frozen_parameters/good_momentum_encoder.py",
    "missing_zero_grad/good_two_optimizers.py",
    "overfitting/good_held_out.py",
    "train_mode_eval/good_generator.py",
    "train_mode_eval/good_two_views.py",
)
"""Sound programs with several optimizers, networks or evaluations, seen at few of their steps."""


@pytest.mark.parametrize("program", THIN)
def test_good_program_is_silent_where_few_steps_are_observed(
    program: str, recorded: Recorder
) -> None:
    """What is not seen is taken for no fault."""
    findings = diagnose(recorded(program, "0.0005"))
    assert [f.rule for f in findings if f.severity != "note"] == []


def test_a_gradient_that_broke_between_observed_steps_is_the_cause(recorded: Recorder) -> None:
    """One look at the weights, when the loss is not finite, tells that they broke before it."""
    findings = diagnose(recorded("nonfinite_gradients/bad_steep.py", "0.0005"))
    assert findings[0].rule == "nonfinite-gradients"


def test_a_second_phase_has_not_grown_from_the_first(recorded: Recorder) -> None:
    """Not even a note: another optimizer's gradient norms are no later ones of the first's."""
    findings = diagnose(recorded("exploding_gradients/good_second_phase.py"))
    assert "exploding-gradients" not in {f.rule for f in findings}


def test_what_runs_without_gradients_is_not_called_unused(recorded: Recorder) -> None:
    """Its network's own forward calls it, between a `no_grad` and its end."""
    findings = diagnose(recorded("parameters_not_optimized/bad_probe_head.py", "0.02"))
    assert "unused-module" not in {f.rule for f in findings}
