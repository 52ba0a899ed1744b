# SPDX-License-Identifier: Apache-2.0
"""The settings of a run: arguments of `init`, then `Settings`, then the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from backprobe.face.errors import UsageError

MODES = ("online", "offline", "shared", "disabled")
ALIASES = {"dryrun": "offline", "run": "online"}
"""W&B's old names of modes."""
REINIT = ("default", "return_previous", "finish_previous", "create_new")
RESUME = ("allow", "must", "never", "auto")

VARIABLES: Mapping[str, str] = {
    "mode": "MODE",
    "project": "PROJECT",
    "entity": "ENTITY",
    "run_name": "NAME",
    "run_notes": "NOTES",
    "run_tags": "TAGS",
    "run_id": "RUN_ID",
    "resume": "RESUME",
    "run_group": "RUN_GROUP",
    "run_job_type": "JOB_TYPE",
    "silent": "SILENT",
    "quiet": "QUIET",
}
"""Setting → what follows `BACKPROBE_`, or else `WANDB_`, in the environment variable's name."""

TRUE = ("1", "true", "yes", "on", "y", "t")


@dataclass
class Settings:
    """What `init` may be told through `settings=`; every other name of W&B's is kept in `other`.

    Arguments:
        mode: "online", "offline" and "shared" are the same here, where nothing leaves the
            machine; "disabled" keeps nothing at all.
        project, entity, run_name, run_id, run_notes, run_tags, run_group, run_job_type: see `init`.
        resume: "allow", "must", "never" or "auto"; None begins anew.
        reinit: what a second `init` does.
        silent: say nothing on standard error.
        quiet: say only warnings.
        other: settings that have no effect here, readable as attributes.
    """

    mode: str = "online"
    project: str | None = None
    entity: str | None = None
    run_name: str | None = None
    run_id: str | None = None
    run_notes: str | None = None
    run_tags: tuple[str, ...] = ()
    run_group: str | None = None
    run_job_type: str | None = None
    resume: str | None = None
    reinit: str = "default"
    silent: bool = False
    quiet: bool = False
    other: dict[str, Any] = field(default_factory=dict)

    def __init__(self, **values: Any) -> None:
        self.other = {}
        self.given: set[str] = set()
        for one in fields(type(self)):
            if one.name != "other":
                setattr(self, one.name, one.default)
        self.take(values)

    def __getattr__(self, name: str) -> Any:
        other = self.__dict__.get("other", {})
        if name.startswith("__") or name not in other:
            raise AttributeError(f"no setting {name!r}")
        return other[name]

    def take(self, values: Mapping[str, Any]) -> None:
        """Sets what is not None, checked.

        Raises:
            UsageError: a mode, `resume` or `reinit` that does not exist.
        """
        known = {one.name for one in fields(self)} - {"other"}
        for name, value in values.items():
            if value is None:
                continue
            if name in known:
                setattr(self, name, _checked(name, value))
                self.given.add(name)
            else:
                self.other[name] = value


def from_environment() -> dict[str, Any]:
    """The settings that environment variables give; `BACKPROBE_…` before `WANDB_…`."""
    found = {}
    for name, suffix in VARIABLES.items():
        for prefix in ("BACKPROBE_", "WANDB_"):
            text = os.environ.get(prefix + suffix, "")
            if text:
                found[name] = text
                break
    return found


def _checked(name: str, value: Any) -> Any:
    if name == "mode":
        text = ALIASES.get(str(value), str(value))
        return _one_of(name, text, MODES)
    if name == "reinit":
        if isinstance(value, bool):
            return "finish_previous" if value else "return_previous"
        return _one_of(name, str(value), REINIT)
    if name == "resume":
        if value in (False, ""):
            return None
        return "auto" if value is True else _one_of(name, str(value).lower(), RESUME)
    if name in ("silent", "quiet"):
        return value if isinstance(value, bool) else str(value).lower() in TRUE
    if name == "run_tags":
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(str(tag).strip() for tag in parts if str(tag).strip())
    return str(value)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if name == "resume" and value in ("true", "1"):
        return "auto"
    if value not in known:
        raise UsageError(f"init({name}={value!r}): expected one of {', '.join(map(repr, known))}")
    return value
