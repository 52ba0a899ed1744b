# SPDX-License-Identifier: Apache-2.0
"""A gap of accuracies of which one is only guessed is no warning."""

from __future__ import annotations

from dataclasses import replace

from backprobe.diagnose import diagnose
from backprobe.records import Table

from .conftest import Recorder


def test_a_guessed_training_accuracy_makes_a_note(recorded: Recorder) -> None:
    """Of classes never trained on 72 % are right; all the others are, where that is known."""
    record = recorded("overfitting/unknown/episodes.py")
    (known,) = (f for f in diagnose(record) if f.rule == "overfitting")
    assert (known.severity, known.message[:34]) == ("warning", "the training accuracy is 100 %, th")
    batches = record.batches
    early = batches.numbers("step") < 20
    first = Table({name: batches.numbers(name)[early] for name in batches.columns})
    (guessed,) = (f for f in diagnose(replace(record, batches=first)) if f.rule == "overfitting")
    assert guessed.severity == "note"
    assert guessed.message.startswith("the loss went from ")
