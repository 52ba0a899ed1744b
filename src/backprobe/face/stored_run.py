# SPDX-License-Identifier: Apache-2.0
"""A run of the store, as `Api` gives it: read back, renamed, deleted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backprobe.face import display
from backprobe.face.artifact import Artifact, find
from backprobe.face.errors import CommError
from backprobe.face.notices import Notices
from backprobe.face.read import Row, Rows, closed
from backprobe.face.stored_values import StoredValues
from backprobe.face.sweep import FOLDER
from backprobe.records import Run
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.store.exports import parquet

CLOCKS = ("_step", "_timestamp", "_runtime")
"""Columns that every row of a history has, as in W&B."""


class StoredRun:
    """A run of the store; what it gives is read from its record when it is asked for.

    Arguments:
        run: as the catalog gives it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: Rows | None = None
        self._tags: list[str] | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return self._run.id

    @property
    def name(self) -> str:
        """What lists call it; may be set."""
        return self._run.name

    @name.setter
    def name(self, value: str) -> None:
        self._edit(name=str(value))

    display_name = name

    @property
    def notes(self) -> str:
        """Free text; may be set."""
        return self._run.notes

    @notes.setter
    def notes(self, value: str) -> None:
        self._edit(notes=str(value))

    @property
    def tags(self) -> list[str]:
        """Its labels; may be set, or changed and then stored by `update`."""
        if self._tags is None:
            self._tags = list(self._run.tags)
        return self._tags

    @tags.setter
    def tags(self, value: Sequence[str]) -> None:
        self._edit(tags=tuple(map(str, value)))
        self._tags = None

    @property
    def project(self) -> str:
        """Its project."""
        return self._run.project

    @property
    def group(self) -> str:
        """Its group."""
        return self._run.group

    @property
    def job_type(self) -> str:
        """What kind of work it is."""
        return self._run.job_type

    @property
    def entity(self) -> str:
        """Empty: there are no accounts here."""
        return ""

    username = entity
    user = sweep = None

    @property
    def storage_id(self) -> str:
        """Its id."""
        return self._run.id

    @property
    def sweep_name(self) -> str | None:
        """The sweep that began it."""
        group = self._run.group
        store = Path(self._run.path).parent
        return group if group and (store / FOLDER / f"{group}.json").is_file() else None

    @property
    def system_metrics(self) -> dict[str, Any]:
        """Empty: `backprobe ui` shows how busy the machine was."""
        return {}

    @property
    def state(self) -> str:
        """running, finished, failed, killed or crashed, as of now."""
        self._run = catalog.read(Path(self._run.path)) or self._run
        return self._run.state

    @property
    def created_at(self) -> str:
        """When it began, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self._run.created, UTC).isoformat()

    @property
    def path(self) -> list[str]:
        """[entity, project, id]."""
        return [self.entity, self.project, self.id]

    @property
    def dir(self) -> str:
        """Its folder."""
        return self._run.path

    @property
    def url(self) -> str:
        """Its folder as an address."""
        return Path(self._run.path).as_uri()

    @property
    def metadata(self) -> dict[str, Any]:
        """What it was run with: host, command, versions, git commit."""
        run = self._read().record().run
        facts = {"host": run.host, "args": list(run.command), "cwd": run.cwd, "pid": run.pid}
        return {**facts, **run.environment}

    @property
    def config(self) -> dict[str, Any]:
        """Its config; what is set in it is stored."""
        found = {k: v for k, v in self.rawconfig.items() if not k.startswith("_")}
        return StoredValues(found, lambda changes: self._edit(config=changes))

    @property
    def rawconfig(self) -> dict[str, Any]:
        """Its config, with keys that begin with an underscore."""
        return dict(self._run.config if closed(self._run) else self._read().run.config)

    @property
    def summary(self) -> Any:
        """One value a metric; with `_step`, `_timestamp` and `_runtime`; what is set is stored."""
        found = self._run.summary if closed(self._run) else self._read().summary()
        later = catalog.edits(self._run).get("summary")
        found = {**found, **later} if isinstance(later, dict) else found
        return StoredValues(found, lambda changes: self._edit(summary=changes))

    summary_metrics = summary

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - W&B's name
        """The highest step of its history; −1 where there is none."""
        return max((step for step, _, _ in self._read().all()), default=-1)

    def history(
        self,
        samples: int = 500,
        keys: list[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """At most `samples` rows, evenly taken from all.

        Arguments:
            samples: number of rows at most.
            keys: take only rows that hold all of these, and only these.
            x_axis: a further column that comes with `keys`.
            pandas: a DataFrame; a list of dicts where pandas is missing or this is false.
            stream: "default"; there is no other.

        Raises:
            ValueError: `keys` is no list of strings, or there are no such samples.
        """
        if samples < 1:
            raise ValueError(f"history(samples={samples}): expected at least 1")
        wanted = _checked(keys)
        rows = list(self._scan([x_axis, *wanted] if wanted else [])) if stream == "default" else []
        if len(rows) > samples:
            last = len(rows) - 1
            places = [round(n * last / max(samples - 1, 1)) for n in range(samples)]
            rows = [rows[place] for place in places]
        return _frame(rows) if pandas else rows

    def to_pandas(self) -> Any:
        """A pandas frame indexed by step: what was logged, and the probe's columns as `probe/…`.

        Raises:
            ImportError: pandas is not installed.
        """
        return parquet.to_pandas(self._read().record())

    def to_polars(self) -> Any:
        """The same as a Polars frame with a column `step`.

        Raises:
            ImportError: polars is not installed.
        """
        return parquet.to_polars(self._read().record())

    def scan_history(
        self,
        keys: list[str] | None = None,
        page_size: int = 1000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> Iterator[dict[str, Any]]:
        """All rows, one dict each; with `keys` those that hold all of them, and only these.

        Arguments:
            keys: names of metrics, also `_step`, `_timestamp` and `_runtime`.
            page_size, use_cache: have no effect: the record is on this machine.
            min_step: the first step; the default takes every row, also at a negative step.
            max_step: the step before which to end.

        Raises:
            ValueError: `keys` is no list of strings.
        """
        del page_size, use_cache
        return self._scan(_checked(keys), min_step or None, max_step)

    beta_scan_history = scan_history

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> list[StoredFile]:
        """Its files: those it saved, its media, its logs.

        Arguments:
            names: paths within the run's folder; all where not given.
            per_page: has no effect.
        """
        del per_page
        folder = Path(self._run.path)
        found = [StoredFile(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
        return [file for file in found if names is None or file.name in names]

    def file(self, name: str) -> StoredFile:
        """One file, by its path within the run's folder or within `files/` there.

        Raises:
            CommError: there is none.
        """
        for candidate in self.files((name, f"files/{name}")):
            return candidate
        raise CommError(f"run {self.id} has no file {name!r}")

    def update(self) -> None:
        """Stores changes within the list of tags; all else that is set is stored at once."""
        if self._tags is not None and tuple(self._tags) != self._run.tags:
            self.tags = self._tags

    save = update

    def wait_until_finished(self, seconds: float = 5.0) -> None:
        """Returns when it no longer runs; looks so often."""
        while self.state == "running":
            time.sleep(seconds)

    def upload_file(self, path: str, root: str = ".") -> StoredFile:
        """Copies a file into its folder `files/`, under its path below `root`."""
        source, folder = Path(path), Path(self._run.path)
        target = folder / "files" / source.absolute().relative_to(Path(root).absolute())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        return StoredFile(target, folder)

    def logged_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The artifacts that it logged, each in its newest version."""
        del per_page
        names = sorted(path.name for path in Path(self._run.path, "artifacts").glob("*"))
        return [find([self._run], name) for name in names]

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """Empty: who reads an artifact is not recorded."""
        del per_page
        return []

    def use_artifact(self, artifact: Artifact, *_: Any, **__: Any) -> Artifact:
        """The artifact itself."""
        return artifact

    def load(self, force: bool = False) -> None:
        """Reads it anew."""
        del force
        self._run = catalog.read(Path(self._run.path)) or self._run
        self._rows = self._tags = None

    def delete(self, delete_artifacts: bool = False) -> None:
        """Removes its folder and all that is in it.

        Raises:
            CommError: it is running, or its folder can't be removed.
        """
        del delete_artifacts
        if self.state == "running":
            raise CommError(f"run {self.id} is running (pid {self._run.pid}); end it first")
        try:
            catalog.delete(self._run)
        except OSError as error:
            raise CommError(f"cannot remove {self._run.path}: {error}") from None

    def __repr__(self) -> str:
        return f"<backprobe run {self.id} ({self.name}, {self._run.state})>"

    def _repr_html_(self) -> str:
        """What a notebook shows: metrics and findings as of now."""
        record, findings = examine(catalog.read(Path(self._run.path)) or self._run)
        return display.render(record.run, display.curves(record), findings)

    def _read(self) -> Rows:
        fresh = catalog.read(Path(self._run.path)) or self._run
        if self._rows is None:
            self._rows = Rows(fresh)
        else:
            self._rows.follow(fresh)
        self._run = fresh
        return self._rows

    def _edit(self, **changes: Any) -> None:
        catalog.edit(self._run, **changes)
        self._run = catalog.read(Path(self._run.path)) or self._run

    def _scan(
        self, keys: list[str], first: int | None = None, end: int | None = None
    ) -> Iterator[dict[str, Any]]:
        rows = self._read().all()
        return (
            row
            for row in (self._row(row) for row in rows)
            if (first is None or row["_step"] >= first)
            and (end is None or row["_step"] < end)
            and all(key in row for key in keys)
            for row in [{key: row[key] for key in keys} if keys else row]
        )

    def _row(self, row: Row) -> dict[str, Any]:
        step, now, values = row
        clock = {"_step": step, "_timestamp": now, "_runtime": now - self._run.created}
        return {**clock, **values}


class StoredFile:
    """A file of a run.

    Arguments:
        path: where it is.
        folder: the run's folder.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.local_path = path
        self.name = path.relative_to(folder).as_posix()

    @property
    def size(self) -> int:
        """Bytes."""
        return self.local_path.stat().st_size

    def download(self, root: str = ".", replace: bool = False, **_: Any) -> Any:
        """Copies it below `root`; gives the copy, open for reading.

        Raises:
            ValueError: it is there already and `replace` is false.
        """
        target = Path(root) / self.name
        if target.exists() and not replace:
            raise ValueError(f"{target} exists already; download(replace=True) overwrites it")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.local_path.read_bytes())
        return open(target)

    def __repr__(self) -> str:
        return f"<file {self.name}>"


def _checked(keys: Any) -> list[str]:
    if keys is None:
        return []
    if not isinstance(keys, list | tuple) or not all(isinstance(key, str) for key in keys):
        raise ValueError(f"keys={keys!r}: expected a list of names, such as ['loss']")
    return list(keys)


def _frame(rows: list[dict[str, Any]]) -> Any:
    try:
        import pandas
    except ImportError:
        Notices().once(
            "pandas", "history() gives a list of dicts, as pandas is missing: pip install pandas"
        )
        return rows
    return pandas.DataFrame.from_records(rows)
