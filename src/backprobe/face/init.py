# SPDX-License-Identifier: Apache-2.0
"""`init`: begins a run, or goes on with one."""

from __future__ import annotations

import atexit
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backprobe import session as sessions
from backprobe import settings as environment
from backprobe.face import exit_status, state, summary_writer, sweep
from backprobe.face import project as projects
from backprobe.face import resume as resuming
from backprobe.face.config import DEFAULTS, Config, parse, read_file
from backprobe.face.errors import Error, UsageError
from backprobe.face.notices import Notices
from backprobe.face.run import Run
from backprobe.face.settings import Settings, from_environment
from backprobe.face.summary import Summary
from backprobe.session import Session
from backprobe.store import catalog, redact

ID = re.compile(r"[^/\\#?%:\s.][^/\\#?%:]{0,127}")
"""What a run may be called by: it names a folder, and W&B forbids the same letters."""


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - W&B's names
    id: str | None = None,  # noqa: A002
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Any = None,
    config_exclude_keys: Sequence[str] | None = None,
    config_include_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    reinit: bool | str | None = None,
    resume: bool | str | None = None,
    resume_from: str | None = None,
    fork_from: str | None = None,
    save_code: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    anonymous: Any = None,
    magic: Any = None,
) -> Run:
    """Begins the run of this process, or returns the one that has begun.

    Under `backprobe run` the process joins the launcher's run. All of W&B's arguments are taken;
    those that have no effect here are recorded, and named once.

    Arguments:
        project: name of the project; the git repository's or the script's where not given.
        name, notes, tags, group, job_type: how lists of runs show it.
        id: what it is found by; a fresh one where not given.
        config: a dict, a namespace, absl flags, or the path of a YAML file.
        config_exclude_keys, config_include_keys: which keys of `config` to take.
        allow_val_change: whether `config` may change what the config has already.
        mode: "disabled" keeps nothing; the others are the same here.
        reinit: what to do when a run has begun: "return_previous" (default; in a notebook
            "finish_previous"), "finish_previous" or True, "create_new".
        resume: "allow" goes on with the run of that `id` if there is one, "must" only then,
            "never" refuses, "auto" or True goes on with this script's last run if that broke off.
        settings: further settings; `Settings` or a dict.
        sync_tensorboard, tensorboard: log what `SummaryWriter`s get (scalars, histograms), too.
        entity, dir, force, resume_from, fork_from, save_code: recorded, without effect.
        monitor_gym, anonymous, magic: the same.

    Raises:
        UsageError: a mode, an id or a combination that can't be meant.
        TypeError: a config that has no keys.
    """
    resolved = _resolve(
        settings,
        {
            "entity": entity,
            "project": project,
            "run_id": id,
            "run_name": name,
            "run_notes": notes,
            "run_tags": tags,
            "run_group": group,
            "run_job_type": job_type,
            "mode": mode,
            "reinit": reinit,
            "resume": resume,
        },
    )
    notices = Notices(resolved.silent, resolved.quiet)
    values = parse(config, config_include_keys, config_exclude_keys)
    previous = _previous(resolved, values, allow_val_change, notices)
    if previous is not None:
        return previous
    idle = {
        "entity": entity,
        "dir": dir,
        "force": force,
        "resume_from": resume_from,
        "fork_from": fork_from,
        "save_code": save_code,
        "monitor_gym": monitor_gym,
        "anonymous": anonymous,
        "magic": magic,
    }
    run = _begin(resolved, values, {k: v for k, v in idle.items() if v}, notices)
    if sync_tensorboard or tensorboard:
        summary_writer.follow(lambda values, step: run.log(values, step=step))
    return run


@dataclass(frozen=True)
class _Start:
    session: Session | None
    earlier: resuming.Earlier


def _resolve(given: Settings | Mapping[str, Any] | None, arguments: dict[str, Any]) -> Settings:
    """Arguments before settings before the environment."""
    resolved = Settings(**from_environment())
    if isinstance(given, Settings):
        resolved.take({name: getattr(given, name) for name in given.given})
        resolved.take(given.other)
    elif given is not None:
        resolved.take(given)
    resolved.take(arguments)
    if sweep.pending is not None:
        resolved.project = resolved.project or sweep.pending.project
        resolved.run_group = resolved.run_group or sweep.pending.sweep
    if resolved.run_id is not None and not ID.fullmatch(resolved.run_id):
        raise UsageError(
            f"init(id={resolved.run_id!r}): an id names a folder; expected up to 128 letters "
            "other than / \\ # ? % : and no dot or space at its beginning"
        )
    return resolved


def _previous(
    resolved: Settings, values: dict[str, Any], allow: bool | None, notices: Notices
) -> Run | None:
    """The run that has begun, where `init` is to return that one."""
    if state.run is None or state.inherited():
        return None
    choice = resolved.reinit
    if choice == "default":
        choice = "finish_previous" if _in_notebook() else "return_previous"
    if choice == "return_previous":
        notices.once(
            "init again",
            f"init() again: run {state.run.id} goes on (reinit='finish_previous' begins another)",
        )
        state.run.config.update(values, allow_val_change=True if allow is None else allow)
        return state.run
    if choice == "finish_previous":
        state.run.finish()
    return None


def _begin(
    resolved: Settings, values: dict[str, Any], idle: dict[str, Any], notices: Notices
) -> Run:
    start = _Start(None, resuming.NOTHING)
    if resolved.mode != "disabled":
        start = _start(resolved, notices)
    earlier = start.earlier
    summary = Summary() if earlier.summary is None else earlier.summary
    run = Run(
        resolved,
        start.session,
        Config(free=_in_notebook()),
        summary,
        step=earlier.step,
        resumed=earlier.run is not None,
    )
    run.config._items.update(earlier.config)
    try:
        run.config.setdefaults(read_file(Path(DEFAULTS)))
    except Error as error:
        notices.warn(str(error))
    run.config.update(values, allow_val_change=True)
    if sweep.pending is not None:
        run.config.update(sweep.pending.values, allow_val_change=True)
        run.sweep_id = sweep.pending.sweep
    state.enter(run, main=resolved.reinit != "create_new" or state.run is None)
    if start.session is not None:
        exit_status.observe()
        if idle:
            start.session.writer.event("no-effect", **{k: repr(v) for k, v in idle.items()})
            names = ", ".join(f"{name}=" for name in idle)
            where = f"; runs are kept in {Path(run.sync_dir).parent}" if "dir" in idle else ""
            notices.once(f"idle {names}", f"init({names}): recorded, without effect here{where}")
        _greet(run, start.session, notices)
    return run


def _start(resolved: Settings, notices: Notices) -> _Start:
    """The session of the run: joined, gone on with, or made; none where nothing can be written."""
    facts: dict[str, Any] = {
        "name": resolved.run_name,
        "project": resolved.project or projects.guess(),
        "notes": resolved.run_notes,
        "tags": resolved.run_tags,
        "group": resolved.run_group,
        "job_type": resolved.run_job_type,
    }
    facts = {key: value for key, value in facts.items() if value}
    store, begun = catalog.store_directory(), sessions.current()
    beside = begun is not None and resolved.reinit == "create_new"
    if beside or (begun is None and environment.run_folder() is None):
        earlier = resuming.find(store, resolved, notices)
        if earlier.run is not None and not beside:
            return _Start(sessions.start(earlier.run, **facts), earlier)
        wanted = resuming.free_id(store, resolved, notices)
        if wanted is not None:
            facts["id"] = wanted
    try:
        session = _beside(store, facts) if beside else sessions.start(**facts)
    except OSError as error:
        return _Start(_elsewhere(error, facts, notices), resuming.NOTHING)
    return _Start(session, resuming.NOTHING)


def _beside(store: Path, facts: dict[str, Any]) -> Session:
    """The session of a new run, which does not take the place of the current one."""
    begun = {
        "command": tuple(redact.arguments(getattr(sys, "orig_argv", sys.argv))),
        "ignore": environment.ignored_rules(),
    }
    return Session(catalog.create(store, **begun, **facts), owner=True)


def _elsewhere(error: OSError, facts: dict[str, Any], notices: Notices) -> Session | None:
    """A session in the folder for temporary files, where the store can't be written."""
    store = catalog.store_directory()
    why = f"cannot keep runs in {store}: {error.strerror or error}"
    fallback = Path(tempfile.gettempdir()) / f"backprobe-{os.getuid()}"
    try:
        os.environ[environment.DIRECTORY] = str(fallback)
        session = sessions.start(**facts)
    except OSError:
        os.environ.pop(environment.DIRECTORY, None)
        notices.warn(f"{why}; nothing of this run is kept (set BACKPROBE_DIR to a folder)")
        return None
    notices.warn(f"{why}; this run is kept in {fallback} (set BACKPROBE_DIR to choose)")
    return session


def _greet(run: Run, session: Session, notices: Notices) -> None:
    verb = "goes on" if run.resumed else "begins" if session.owner else "joins the launcher's run"
    called = run.id if run.name == run.id else f"{run.name} ({run.id})"
    notices.info(f"run {called} of {run.project} {verb}, kept in {run.sync_dir}")


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    instance = shell.get_ipython() if shell is not None else None
    return type(instance).__name__ == "ZMQInteractiveShell"


@atexit.register
def _at_exit() -> None:
    for run in reversed(state.open_runs()):
        run.finish(exit_status.expected())
