# SPDX-License-Identifier: Apache-2.0
"""What a live run is called and where it is kept: the attributes of `Run` that scripts read."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from backprobe.face.config import Config
from backprobe.face.facts import Facts
from backprobe.face.log import History
from backprobe.face.save import Saved
from backprobe.face.settings import Settings
from backprobe.records import Run as RunRecord
from backprobe.session import Session
from backprobe.store import catalog


class Identity:
    """The attributes of a live run; its verbs are `backprobe.face.run.Run`'s."""

    settings: Settings
    config: Config
    _record: RunRecord
    _session: Session | None
    _facts: Facts | None
    _folder: Path | None
    _history: History
    _saved: Saved

    @property
    def id(self) -> str:
        """Eight letters and digits, or what `init(id=…)` gave."""
        return self._record.id

    @property
    def name(self) -> str:
        """What lists call it; may be set."""
        return self._record.name

    @name.setter
    def name(self, value: str) -> None:
        self._describe(name=str(value))

    @property
    def notes(self) -> str:
        """Free text; may be set."""
        return self._record.notes

    @notes.setter
    def notes(self, value: str | None) -> None:
        self._describe(notes=str(value or ""))

    @property
    def tags(self) -> tuple[str, ...]:
        """Its labels; may be set, also by `run.tags += ("…",)`."""
        return self._record.tags

    @tags.setter
    def tags(self, value: Any) -> None:
        given = (value,) if isinstance(value, str) else tuple(map(str, value or ()))
        self._describe(tags=given)

    @property
    def project(self) -> str:
        """Its project."""
        return self._record.project

    @property
    def group(self) -> str:
        """Its group."""
        return self._record.group

    @property
    def job_type(self) -> str:
        """What kind of work it is, e.g. "train"."""
        return self._record.job_type

    @property
    def entity(self) -> str:
        """What `init(entity=…)` gave; there are no accounts here."""
        return self.settings.entity or ""

    @property
    def dir(self) -> str:
        """A folder of the run's for the script's own files."""
        return str(self._saved.folder)

    @property
    def path(self) -> str:
        """`project/id`, as `Api().run` takes it."""
        return f"{self.project}/{self.id}"

    @property
    def step(self) -> int:
        """The step that the next `log` without one belongs to."""
        return self._history.step

    @property
    def disabled(self) -> bool:
        """Whether nothing is kept."""
        return self._session is None

    @property
    def offline(self) -> bool:
        """Always: nothing leaves this machine."""
        return True

    url = project_url = sweep_url = None
    sweep_id: str | None = None

    @property
    def sync_dir(self) -> str:
        """The run's folder."""
        return str(self._folder or "")

    @property
    def config_static(self) -> dict[str, Any]:
        """A copy of the config."""
        return self.config.as_dict()

    def get_url(self) -> None:
        """None: there is no page on the network; `backprobe ui` shows it."""

    def project_name(self) -> str:
        """Its project."""
        return self.project

    def _describe(self, **changes: Any) -> None:
        self._record = replace(self._record, **changes)
        if self._facts is not None:
            self._facts.identity(**changes)

    def _clock(self) -> dict[str, Any]:
        now = time.time()
        last = max(self._history.step - 1, 0)
        return {"_step": last, "_timestamp": now, "_runtime": now - self._record.created}


def nobody(settings: Settings) -> RunRecord:
    """What a disabled run is called."""
    made = settings.run_id or catalog.new_id()
    return RunRecord(
        id=made,
        name=settings.run_name or f"disabled-{made}",
        project=settings.project or "disabled",
        created=time.time(),
        group=settings.run_group or "",
        job_type=settings.run_job_type or "",
        notes=settings.run_notes or "",
        tags=settings.run_tags,
    )
