# SPDX-License-Identifier: Apache-2.0
"""What the launcher does while the child runs and after it: sure findings at once, a report at the
end."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

from backprobe.cli._child import Child
from backprobe.cli._live import Live
from backprobe.cli._say import put, say
from backprobe.records import SEVERITIES, Finding, Record, Run
from backprobe.report import closing
from backprobe.report.answers import findings_answer
from backprobe.report.status import announcement
from backprobe.report.terminal import render
from backprobe.store import catalog, json
from backprobe.store.board import BAR, FINDINGS, LOADED, MIDLINE, PAINTED, TORCH, Board
from backprobe.store.terminal import ERASE, is_terminal


class Supervision:
    """Follows one child.

    Arguments:
        run: its run.
        board: shared with its processes.
        child: the running target.
        stop_on: severity from which a sure finding ends the run, or None.
    """

    def __init__(self, run: Run, board: Board, child: Child, stop_on: str | None) -> None:
        self._run = run
        self._board = board
        self._child = child
        self._stop_on = stop_on
        self._stopped_by: Finding | None = None
        self._terminal = is_terminal(2)
        self._live = Live(run, run.ignore, self._tell)
        self._live.start()

    def end(self, status: int, fail_on: str | None, answer: Path | None) -> bool:
        """Closes the run and reports; whether the answer is bad (`--fail-on`, `--stop-on`).

        Arguments:
            status: exit status of the child.
            fail_on: severity from which findings make the answer bad.
            answer: file for the findings as JSON.
        """
        record, findings = self._live.finish()
        self._leave_terminal()
        whole = True
        try:
            self._run = catalog.close(self._run, status)
        except OSError as error:
            whole = False
            say(
                f"the record is not whole ({error.strerror or error}: {self._run.path}); "
                "what follows is of the steps that were written"
            )
        self._report(record, findings, whole)
        if answer is not None:
            try:
                answer.write_text(json.dumps(findings_answer(self._run, findings)) + "\n")
            except OSError as error:
                say(f"--json: cannot write {str(answer)!r}: {error.strerror or error}")
        grave = fail_on is not None and any(
            SEVERITIES.index(one.severity) >= SEVERITIES.index(fail_on) for one in findings
        )
        return self._stopped_by is not None or (grave and status == 0)

    def _tell(self, finding: Finding, count: int) -> None:
        self._board[FINDINGS] = count
        line = announcement(finding)
        # On a terminal the process that knows where the cursor is writes it, see report/status.py.
        if not (self._terminal and self._board.painter_lives() and self._board.say(line)):
            say(line.removeprefix("backprobe: "))
        if self._stop_on is None or self._stopped_by is not None:
            return
        if SEVERITIES.index(finding.severity) >= SEVERITIES.index(self._stop_on):
            self._stopped_by = finding
            threading.Thread(target=self._child.stop, daemon=True).start()

    def _leave_terminal(self) -> None:
        """Puts the cursor at the start of a line, after a child that may have been killed."""
        if not self._terminal:
            return
        if self._board[PAINTED]:
            sys.stderr.write(ERASE)
        elif self._board[MIDLINE] or self._board[BAR]:
            sys.stderr.write("\n")

    def _report(self, record: Record, findings: list[Finding], whole: bool) -> None:
        if self._stopped_by is not None:
            say(f"the run was ended because of {self._stopped_by.rule} (--stop-on)")
        missing = closing.nothing_seen(
            record, loaded=bool(self._board[LOADED]), torch=bool(self._board[TORCH])
        )
        if missing is not None:
            # Of a record that is lost nothing follows about the training.
            say(f"{missing} (run {self._run.id})" if whole else "no step was written")
            return
        if not closing.healthy(findings):
            width = shutil.get_terminal_size((100, 24)).columns
            colour = self._terminal and not os.environ.get("NO_COLOR")
            put(render(findings, record, color=colour, width=width))
        for line in closing.lines(self._run, findings, record):
            say(line)
