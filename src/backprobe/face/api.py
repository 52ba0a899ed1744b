# SPDX-License-Identifier: Apache-2.0
"""`Api`: the runs of this store, to be read back."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import SimpleNamespace
from typing import Any, overload

from backprobe.face import sweep as sweeps
from backprobe.face.artifact import Artifact, find, versions
from backprobe.face.errors import CommError, UsageError
from backprobe.face.filters import matches
from backprobe.face.stored_run import StoredRun
from backprobe.store import catalog

SHORT = {
    "display_name": "name",
    "displayName": "name",
    "username": "entity",
    "jobType": "job_type",
    "createdAt": "created_at",
}
"""Fields that W&B calls by another name in filters and orders."""


class Api:
    """The runs of a store.

    Arguments:
        overrides: accepted; of W&B's, `project` is the default of `runs`.
        directory: the store; `BACKPROBE_DIR`, or `.backprobe` here, where not given.
    """

    def __init__(
        self,
        overrides: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        directory: str | PathLike[str] | None = None,
    ) -> None:
        del timeout, api_key
        self._project = (overrides or {}).get("project")
        self.directory = Path(directory).absolute() if directory else catalog.store_directory()

    def runs(
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | None = None,
        order: str = "-created_at",
        per_page: int = 50,
        include_sweeps: bool = True,
        lazy: bool = True,
    ) -> Runs:
        """The runs of this store, the newest first; trials only where `filters` ask for them.

        Arguments:
            path: a project, or `entity/project`, whose entity means nothing here.
            filters: as W&B's, e.g. `{"config.lr": {"$gt": 0.01}, "state": "finished"}`.
            order: `+` or `-` and a field: `created_at`, `name`, `config.lr`,
                `summary_metrics.loss` …
            per_page, include_sweeps, lazy: have no effect.

        Raises:
            UsageError: an operator in `filters` that is not known.
        """
        del per_page, include_sweeps, lazy
        name = path.rstrip("/").rsplit("/", 1)[-1] if path else self._project
        asks_kind = "kind" in str(filters or "")
        found = [
            stored
            for run in catalog.runs(self.directory)
            if (not name or run.project == name) and (run.kind != "trial" or asks_kind)
            if matches(filters, _lookup(stored := StoredRun(run)))
        ]
        return Runs(_ordered(found, order))

    def run(self, path: str = "latest") -> StoredRun:
        """The run of an id, a unique prefix of one, a name, `latest`, or `entity/project/id`.

        Raises:
            CommError: there is none, or several.
        """
        try:
            return StoredRun(catalog.find(self.directory, path))
        except catalog.UnknownRun as error:
            last = path.strip("/").rsplit("/", 1)[-1]
            if last == path:
                raise CommError(str(error)) from None
        return self.run(last)

    def projects(self, entity: str | None = None, per_page: int = 200) -> list[Project]:
        """The projects: their names, which are also their `.name`."""
        del entity, per_page
        found = {run.project for run in catalog.runs(self.directory) if run.project}
        return [Project(name) for name in sorted(found)]

    def project(self, name: str, entity: str | None = None) -> Project:
        """A project by its name."""
        del entity
        return Project(name)

    def sweep(self, path: str) -> StoredSweep:
        """A sweep of this store, by its id or `entity/project/id`.

        Raises:
            CommError: there is none.
        """
        name, spec = sweeps.load(path, self.directory)
        return StoredSweep(name, spec, self.runs(filters={"group": name}))

    def artifacts(self, type_name: str, name: str, per_page: int = 50) -> list[Artifact]:
        """The versions of an artifact, the newest first."""
        del per_page
        found = versions(catalog.runs(self.directory), name)
        return [artifact for artifact in found if artifact.type == type_name]

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002
        """Whether there is an artifact of that name."""
        del type
        return any(True for _ in versions(catalog.runs(self.directory), name))

    default_entity = ""

    @property
    def viewer(self) -> Any:
        """Who asks: the user of this machine."""
        name = getpass.getuser()
        return SimpleNamespace(username=name, name=name, entity="", email=None, teams=[])

    def artifact(self, name: str, type: str | None = None) -> Artifact:  # noqa: A002
        """The artifact `name`, `name:v3` or `name:latest`.

        Raises:
            CommError: there is none.
        """
        del type
        return find(catalog.runs(self.directory), name)

    def flush(self) -> None:
        """Nothing: every call reads what is there."""


class Project(str):
    """A project's name, which has W&B's attributes."""

    __slots__ = ()
    entity = ""

    @property
    def name(self) -> str:
        """Itself."""
        return str(self)


class StoredSweep:
    """A sweep: what it varies, and its runs.

    Arguments:
        name: its id.
        config: what it varies.
        runs: those that it began.
    """

    def __init__(self, name: str, config: Mapping[str, Any], runs: Runs) -> None:
        self.id = self.name = name
        self.config = dict(config)
        self.runs = runs

    def best_run(self, order: str | None = None) -> StoredRun | None:
        """The run with the best summary of the sweep's metric; None where no run has it."""
        metric = self.config.get("metric") or {}
        if order is None and "name" in metric:
            sign = "-" if metric.get("goal") == "maximize" else "+"
            order = f"{sign}summary_metrics.{metric['name']}"
        found = _ordered(list(self.runs), order or "-created_at")
        return found[0] if found else None


class Runs(Sequence[StoredRun]):
    """Runs in order; a slice is another such sequence.

    Arguments:
        found: the runs.
    """

    def __init__(self, found: list[StoredRun]) -> None:
        self._found = found

    @overload
    def __getitem__(self, index: int) -> StoredRun: ...
    @overload
    def __getitem__(self, index: slice) -> Runs: ...
    def __getitem__(self, index: int | slice) -> StoredRun | Runs:
        return Runs(self._found[index]) if isinstance(index, slice) else self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[StoredRun]:
        return iter(self._found)

    def __repr__(self) -> str:
        return f"<{len(self)} runs>"


def _lookup(run: StoredRun) -> Any:
    def field(name: str) -> Any:
        head, _, rest = name.partition(".")
        if head == "config":
            return _nested(run.config, rest.removesuffix(".value"))
        if head in ("summary_metrics", "summary", "summaryMetrics"):
            return _nested(run.summary, rest)
        if name == "name":  # W&B: the id, which it calls the run's name
            return run.id if run.id == run.name else [run.id, run.name]
        head = SHORT.get(head, head)
        if head == "kind":
            return run._run.kind
        return getattr(run, head, None)

    return field


def _nested(values: Mapping[str, Any], path: str) -> Any:
    if path in values:
        return values[path]
    head, _, rest = path.partition(".")
    inner = values.get(head)
    return _nested(inner, rest) if rest and isinstance(inner, Mapping) else None


def _ordered(runs: list[StoredRun], order: str) -> list[StoredRun]:
    down, name = order.startswith("-"), order.lstrip("+-")
    if not name:
        raise UsageError(f"order={order!r}: expected '+' or '-' and a field, as '-created_at'")
    if SHORT.get(name, name) == "created_at":
        return sorted(runs, key=lambda run: run._run.created, reverse=down)
    values = {id(run): run.name if name == "name" else _lookup(run)(name) for run in runs}
    having = [run for run in runs if isinstance(values[id(run)], int | float)]
    texts = [run for run in runs if isinstance(values[id(run)], str)]
    rest = [run for run in runs if run not in having and run not in texts]
    having.sort(key=lambda run: values[id(run)], reverse=down)
    texts.sort(key=lambda run: values[id(run)], reverse=down)
    return [*having, *texts, *rest]
