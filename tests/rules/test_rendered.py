# SPDX-License-Identifier: Apache-2.0
"""The whole text that a user reads, of runs that really happened."""

from __future__ import annotations

from dataclasses import replace

from backprobe.diagnose import diagnose
from backprobe.report import markdown, terminal

from .conftest import PROGRAMS, Recorder

DOUBLE_SOFTMAX = """\
1 warning in calm-fox (bad_functional.py), 200 steps

1  warning  double-softmax                       confidence 0.85
   cause:  softmax (bad_functional.py:16) in front of cross
           entropy, which applies its own: the loss cannot fall
           below 0.744 (a guess costs 1.39), and the gradient is
           squeezed twice
   where:  out
   line:   double_softmax/bad_functional.py:16  return
           F.softmax(self.out(F.relu(self.hidden(x))), dim=-1)
   try:    drop-output-activation  feeds the loss what comes
                                   before the last softmax or
                                   sigmoid

   unseen: no DataLoader was used: how batches are drawn is not
           known
"""


def test_double_softmax_as_a_terminal_shows_it(recorded: Recorder) -> None:
    """Cause, place, line and cure, wrapped to the width; plain without colour."""
    record = recorded("double_softmax/bad_functional.py")
    record = replace(record, run=replace(record.run, name="calm-fox", cwd=str(PROGRAMS)))
    text = terminal.render(diagnose(record), record, color=False, width=64)
    assert text == DOUBLE_SOFTMAX


def test_healthy_run_is_one_line(recorded: Recorder) -> None:
    """No finding, and what was watched."""
    record = replace(recorded("healthy/classifier.py"), blind_spots=())
    text = terminal.render(diagnose(record), record, color=False, width=1000)
    assert text.startswith("no finding: 200 steps, gradients and updates of 6 parameters")
    assert "a constant answer" in text


def test_markdown_holds_the_same_facts(recorded: Recorder) -> None:
    """Rule, message, place, treatment and evidence."""
    record = recorded("target_broadcast/bad.py")
    text = markdown.render(diagnose(record), record)
    assert "## 1. target-broadcast (error)" in text
    assert "(32, 1) against (32,) makes (32, 32) differences" in text
    assert "- try `align-shapes`" in text
    assert '"loss_shape": [' in text
