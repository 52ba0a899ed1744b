# SPDX-License-Identifier: Apache-2.0
"""`findings` and `diagnose`: in code what the commands of these names are in a shell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from backprobe import session
from backprobe.face import display, state
from backprobe.face.errors import CommError, UsageError
from backprobe.face.run import Run
from backprobe.face.stored_run import StoredRun
from backprobe.records import SEVERITIES, Finding, Severity
from backprobe.records import Run as RunRecord
from backprobe.report.answers import at_least
from backprobe.store import catalog


class Findings(list[Finding]):
    """A list of findings that says them in words where it is printed or shown in a notebook."""

    def __str__(self) -> str:
        if not self:
            return "no finding"
        parts = []
        for one in self:
            where = ", ".join(one.where)
            line = f"{one.source.file}:{one.source.line}" if one.source is not None else ""
            parts.append(
                f"{one.severity}: {one.rule} (confidence {one.confidence:.2f})\n  {one.message}"
                + (f"\n  where: {where}" if where else "")
                + (f"\n  line:  {line}" if line else "")
                + (f"\n  try:   {', '.join(one.treatments)}" if one.treatments else "")
            )
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        """What a notebook shows: each with its evidence and what to try."""
        return display.listed(self, len(self))


def findings(run: str | Run | StoredRun | None = None, min_severity: Severity = "note") -> Findings:
    """What was found in a run, the likeliest cause first; an empty list where there is nothing.

    Printed, and in a notebook, the list says its findings in words.

    Arguments:
        run: an id, a unique prefix of one, a name, "latest", or a run as `init` or `Api` gives
            it; None is this process's run, during and after it, else the latest.
        min_severity: "note", "warning" or "error"; milder ones are left out.

    Raises:
        CommError: no such run is in the store.
        UsageError: no such severity, or a run that kept nothing (`mode="disabled"`).
    """
    if min_severity not in SEVERITIES:
        expected = ", ".join(repr(one) for one in SEVERITIES)
        raise UsageError(f"findings(min_severity={min_severity!r}): expected one of {expected}")
    return Findings(at_least(diagnose(run), min_severity))


def diagnose(run: str | Run | StoredRun | None = None, ignore: Iterable[str] = ()) -> Findings:
    """Today's rules over a run's record: the findings, the likeliest cause first.

    Arguments:
        run: as for `findings`.
        ignore: rule names that stay silent, beside those that the run or the project silenced.

    Raises:
        CommError: no such run is in the store.
        UsageError: a run that kept nothing (`mode="disabled"`).
    """
    current = session.current()
    if current is not None:
        current.flush()  # what was measured until now counts
    return Findings(session.diagnose(_stored(run), tuple(ignore)))


def _stored(run: str | Run | StoredRun | None) -> RunRecord:
    if run is None:
        run = state.latest if state.latest is not None else "latest"
    if isinstance(run, str):
        try:
            return catalog.find(catalog.store_directory(), run)
        except catalog.UnknownRun as error:
            raise CommError(str(error)) from error
    folder = run.sync_dir if isinstance(run, Run) else run.dir
    if not folder:
        raise UsageError(f"run {run.id} kept nothing (mode='disabled'): there are no findings")
    found = catalog.read(Path(folder))
    if found is None:
        raise CommError(f"run {run.id} is no longer in {Path(folder).parent}")
    return found
