# SPDX-License-Identifier: Apache-2.0
"""The table of runs as it goes over the wire: each row is encoded once, when it changes.

A page that has a version gets only the rows that are newer, so a store of thousands of runs costs
a look at its files and a few rows a second. What a server that starts shows at once is in `listed`.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from backprobe.records import Run
from backprobe.server import listed
from backprobe.server.diagnoses import Diagnoses, Summary
from backprobe.server.listed import Listed
from backprobe.server.payload import plain
from backprobe.store import answers, catalog, edits

HEADS = ("run.json", "script.json", "edits.json", answers.FOLDER)
"""What a row shows comes from these files, and from the diagnosis."""
MOST_SETTINGS = 300
LONGEST_TEXT = 200
"""Of a run's config a row holds so many settings, and of a text so many characters."""
SETTLED_NS = 2_000_000_000
SAVE_SECONDS = 5.0
"""The rows are kept for the next server so often, at the most."""
CRASHED_SECONDS = 10.0
"""A run that seems crashed may be alive on another machine: it is looked at again so often."""
Stamp = tuple[int, ...]
"""When each of `HEADS` was last replaced, in nanoseconds; 0 where it is not there."""


@dataclass(frozen=True)
class Row:
    """One run's row.

    Arguments:
        stamp: when its files were last replaced, in nanoseconds; 0 where one is not there.
        id, created, state: of the run.
        of: the run that it is a trial of, "" for none.
        summary: that is in the row, None where there is none or an earlier server put it there.
        version: of the table, at which this row came.
        text: JSON.
        looked: monotonic time of the last look.
        rests: whether nothing but a change of its files can change the row.
        folder: when something was last put in its folder or replaced, where that had been so for
            a while (times are kept to a clock tick only); else 0.
        kept: the row as it is kept for the next server, None where it is not yet.
    """

    stamp: Stamp
    id: str
    created: float
    state: str
    of: str
    summary: Summary | None
    version: int
    text: msgspec.Raw
    looked: float
    rests: bool
    folder: int = 0
    kept: Listed | None = None


class Rows:
    """The rows of a store.

    Arguments:
        directory: the store.
        diagnoses: where the findings come from; rows are kept in the store where summaries are.
    """

    def __init__(self, directory: Path, diagnoses: Diagnoses) -> None:
        self.directory = directory
        self.diagnoses = diagnoses
        self.epoch = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self._runs: dict[str, Run] = {}
        self._version = 0
        self._members = 0
        self._saved: tuple[float, int] = (time.monotonic(), 0)  # not at the first look

    def since(self, known: str) -> dict[str, Any]:
        """`version`, the `runs` that changed after `known`, and all `ids` where some came or went.

        Arguments:
            known: a version as an earlier answer gave it; anything else asks for all.
        """
        epoch, _, number = known.partition(".")
        after = int(number) if epoch == self.epoch and number.isdecimal() else -1
        with self._lock:
            self._look()
            self._keep()
            ordered = sorted(self._rows.values(), key=lambda row: row.created, reverse=True)
            return {
                "version": f"{self.epoch}.{self._version}",
                "runs": [row.text for row in ordered if row.version > after],
                "ids": [row.id for row in ordered] if self._members > after else None,
            }

    def trials(self, of: str) -> list[Run]:
        """The trials of a run as of now, newest first; none is diagnosed for this."""
        with self._lock:
            self._look(diagnose=False)
            names = [name for name, row in self._rows.items() if row.of == of]
            found = [self._runs.get(name) or catalog.read(self.directory / name) for name in names]
        return sorted(
            (run for run in found if run is not None), key=lambda run: run.created, reverse=True
        )

    def rests(self, name: str, stamp: Stamp) -> bool:
        """Whether a run is known to be at rest while the files of its head are of that stamp."""
        row = self._rows.get(name)
        return row is not None and row.rests and row.stamp == stamp

    def _look(self, diagnose: bool = True) -> None:
        version = self._version + 1
        changed = False
        seen: dict[str, Row] = {}
        moved: list[tuple[Stamp, str, int]] = []
        earlier = listed.load(self.directory) if self._version == 0 else {}
        for name, folder in self._folders():
            known = self._rows.get(name)
            if known is not None and known.folder == folder != 0 and known.rests:
                seen[name] = known  # nothing was put in it: its files are as they were
                continue
            path = f"{self.directory}/{name}"
            stamp = tuple(_modified(f"{path}/{head}") for head in HEADS)
            if name in earlier and listed.holds(earlier[name], path, folder, stamp):
                seen[name] = _restored(earlier[name], version)
                changed = True
            elif stamp[0]:
                moved.append((stamp, name, folder))
        # Oldest first, so that the newest is the last wish and the first to be diagnosed.
        for stamp, name, folder in sorted(moved):
            row = self._row(name, stamp, self._rows.get(name), version, diagnose)
            if row is not None:
                settled = time.time_ns() - folder > SETTLED_NS
                kept = row.kept if row.kept is not None and row.kept.folder == folder else None
                seen[name] = replace(row, folder=folder if settled else 0, kept=kept)
                changed |= row.version == version
        gone = self._rows.keys() != seen.keys()
        self._rows = seen
        if changed or gone:
            self._version = version
        if gone or self._members == 0:
            self._members = self._version
        if gone:
            self._runs = {name: run for name, run in self._runs.items() if name in seen}

    def _row(
        self, name: str, stamp: Stamp, known: Row | None, version: int, diagnose: bool
    ) -> Row | None:
        now = time.monotonic()
        if known is not None and known.stamp == stamp:
            fresh = known.state == "crashed" and now - known.looked < CRASHED_SECONDS
            if known.rests or (fresh and known.summary is not None):
                return known
        before = self._runs.get(name)
        same = known is not None and known.stamp == stamp and before is not None
        moves = not same or before is None or before.state in ("running", "crashed")
        run = catalog.read(self.directory / name) if moves else before
        if run is None or run.id != name:
            return None
        self._runs[name] = run
        summary = self.diagnoses.latest(run) if diagnose else self.diagnoses.known(run)
        rests = summary is not None and run.state not in ("running", "crashed")
        if known is not None and same and run == before and summary is known.summary:
            return replace(known, looked=now, rests=rests)
        text = msgspec.Raw(msgspec.json.encode(plain(columns(run, summary))))
        of = str((trial_of(run) or {}).get("of") or "")
        return Row(stamp, run.id, run.created, run.state, of, summary, version, text, now, rests)

    def _keep(self) -> None:
        """Keeps the rows of runs at rest for the next server, where there is something new."""
        at_rest = {name: row for name, row in self._rows.items() if row.folder and row.rests}
        state = hash(frozenset((name, row.version, row.folder) for name, row in at_rest.items()))
        when, before = self._saved
        if (
            not self.diagnoses.keeps
            or state == before
            or not any(row.kept is None for row in at_rest.values())
            or time.monotonic() - when < SAVE_SECONDS
        ):
            return
        for name, row in at_rest.items():
            if row.kept is None and row.summary is not None and not row.summary.error:
                path, length = f"{self.directory}/{name}", row.summary.length
                found = listed.listed(path, row.folder, row.stamp, row.of, length, row.text)
                self._rows[name] = replace(row, kept=found)
        kept = {name: row.kept for name, row in self._rows.items() if row.kept is not None}
        threading.Thread(target=listed.save, args=(self.directory, kept), daemon=True).start()
        self._saved = (time.monotonic(), state)

    def _folders(self) -> list[tuple[str, int]]:
        """Name of each folder of the store, and when something was last put in it."""
        try:
            with os.scandir(self.directory) as entries:
                return [
                    (entry.name, entry.stat().st_mtime_ns) for entry in entries if entry.is_dir()
                ]
        except OSError:
            return []


def _restored(kept: Listed, version: int) -> Row:
    """The row that an earlier server kept."""
    head = kept.columns
    created = float(head.created) if not isinstance(head.created, str) else 0.0
    return Row(
        kept.stamp, head.id, created, head.state, kept.of, None, version,
        msgspec.Raw(msgspec.json.encode(head)), time.monotonic(), True, kept.folder, kept,
    )  # fmt: skip


def trial_of(run: Run) -> Mapping[str, Any] | None:
    """What a trial says of itself: of which run, with what; None where it is none."""
    kept = run.config.get("trial")
    return kept if run.kind == "trial" and isinstance(kept, Mapping) else None


def columns(run: Run, summary: Summary | None) -> dict[str, Any]:
    """What the table says of a run."""
    row: dict[str, Any] = {
        name: getattr(run, name)
        for name in (
            "id", "name", "project", "kind", "state", "created", "ended", "tags", "group",
            "job_type", "notes", "exit_code", "host",
        )
    }  # fmt: skip
    row["command"] = " ".join(run.command)
    row["colour"] = edits.colour(run)
    row["config"] = settings(run.config)
    row["metrics"] = _metrics(run, summary)
    row["answer"] = _answer(run) if run.job_type in ("lr", "study") else ""
    row["summary"] = None
    if summary is not None:
        counts = Counter(finding.severity for finding in summary.findings)
        loud = [finding.rule for finding in summary.findings if finding.severity != "note"]
        row["summary"] = {
            "loss": summary.loss,
            "steps": summary.steps,
            "errors": counts["error"],
            "warnings": counts["warning"],
            "notes": counts["note"],
            "top": summary.findings[0].rule if summary.findings else "",
            "rules": list(dict.fromkeys(loud)),
            "error": summary.error,
        }
    return row


def _answer(run: Run) -> str:
    """What a learning-rate test or a study answered, in a few words; "" before it has."""
    found = next((one.data for one in answers.kept(run) if one.kind == run.job_type), None)
    if found is None:
        return ""
    if run.job_type == "lr":
        rate = found.get("suggestion")
        if isinstance(rate, (int, float)):
            return f"suggests {rate:.3g}"
        return f"no rate: {found.get('refused') or 'unknown'}"[:LONGEST_TEXT]
    effects = [one for one in found.get("effects") or () if isinstance(one, dict)]
    return f"{sum(one.get('clear') is True for one in effects)} of {len(effects)} effects clear"


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config as columns: nested keys joined by dots, long texts cut, lists as text."""
    found: dict[str, Any] = {}

    def visit(prefix: str, value: Any) -> None:
        if len(found) >= MOST_SETTINGS:
            return
        if isinstance(value, Mapping) and value:
            for key, item in value.items():
                visit(f"{prefix}.{key}" if prefix else str(key), item)
        elif not prefix:
            return  # there is none
        elif value is None or isinstance(value, (bool, int, float)):
            found[prefix] = value
        else:
            found[prefix] = str(value)[:LONGEST_TEXT]

    visit("", config)
    return found


def _metrics(run: Run, summary: Summary | None) -> dict[str, Any]:
    """The last number of each metric: what the script said at its end, else what it logged last."""
    found = dict(summary.metrics) if summary is not None else {}
    said = {key: value for key, value in run.summary.items() if not _stub(value)}
    for key, value in settings(said).items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and key[:1] != "_":
            found[key] = value
    return found


def _stub(value: Any) -> bool:
    """Whether it stands for a picture or a table that was logged: its size is no metric."""
    return isinstance(value, Mapping) and "_type" in value


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
