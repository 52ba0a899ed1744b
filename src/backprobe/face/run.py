# SPDX-License-Identifier: Apache-2.0
"""A live run: the verbs that a script calls on it. Its record is written by the session."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn
from weakref import WeakValueDictionary

from backprobe.face import display, ending, watch
from backprobe.face.alert import AlertLevel, Alerts
from backprobe.face.artifact import Artifact, empty, find
from backprobe.face.config import Config
from backprobe.face.define_metric import Metric, parse
from backprobe.face.errors import UsageError
from backprobe.face.facts import Facts
from backprobe.face.identity import Identity, nobody
from backprobe.face.log import History
from backprobe.face.media.convert import Converter
from backprobe.face.notices import Notices
from backprobe.face.save import Saved, restore
from backprobe.face.settings import Settings
from backprobe.face.summary import Summary
from backprobe.records import Run as RunRecord
from backprobe.session import Session, examine
from backprobe.store import catalog

NO_EFFECT = (
    "display",
    "finish_artifact",
    "get_project_url",
    "get_sweep_url",
    "link_artifact",
    "link_model",
    "log_code",
    "mark_preempting",
    "pin_config_keys",
    "status",
    "to_html",
    "write_logs",
    "_label",
)
"""Methods of W&B's Run that scripts call and that have nothing to do here."""


_live: WeakValueDictionary[str, Run] = WeakValueDictionary()
"""The runs that this process keeps, by their ids."""


class Run(Identity):
    """A run in progress, as `init` gives it.

    Arguments:
        settings: as resolved by `init`.
        session: this process's part in the run; None keeps nothing (`mode="disabled"`).
        config: its config, filled by `init`.
        summary: its summary; with the definitions and values of an earlier part when resumed.
        step: the step to begin at.
        resumed: whether it goes on with an earlier run.
    """

    def __init__(
        self,
        settings: Settings,
        session: Session | None,
        config: Config,
        summary: Summary,
        step: int = 0,
        resumed: bool = False,
    ) -> None:
        self.settings = settings
        self.config = config
        self.summary = summary
        self.resumed = resumed
        self.starting_step = step
        self.start_time = time.time()
        self.notices = Notices(settings.silent, settings.quiet)
        self._session = session
        self._record = session.run if session is not None else nobody(settings)
        self._folder = Path(self._record.path) if session is not None else None
        self._pid = os.getpid()
        self._on_end: Callable[[], None] = lambda: None
        self._gate = ""  # why `log` can't just go on: "finished" or "forked"
        self._facts: Facts | None = None
        if session is not None:
            self._facts = Facts(session, config.as_dict, summary.as_dict)
            config.__dict__["_on_change"] = self._facts.config
            summary.__dict__["_on_change"] = self._facts.summary
        self._history = self._begin(step)
        self._alerts = Alerts(self._send_alert)
        self._saved = Saved((self._folder or Path(os.devnull)) / "files", self.notices.warn)
        if session is not None:
            _live[self._record.id] = self

    def _begin(self, step: int) -> History:
        writer = self._session.writer if self._session is not None else None
        convert = Converter(self._folder, lambda key, text: self.notices.once(f"log {key}", text))
        return History(writer, self.summary, convert, self.notices, step)

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Writes values of this step; they are on their way to the disk when it returns.

        Arguments:
            data: name → number, text, list, array, tensor, nested dict, `Histogram`, `Image`,
                `Table`, figure.
            step: the step; None is the step after the last.
            commit: whether the step is complete; by default it is where `step` is None.
            sync: has no effect.

        Raises:
            TypeError: `data` is no dict, a key is no string, or `step` is no whole number.
            UsageError: the run has ended.
        """
        del sync
        if self._gate:
            self._pass("log")
        self._history.log(data, step, commit)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """Ends the run: closes its record, shows its metrics and its findings.

        Arguments:
            exit_code: 0 or None is a success.
            quiet: say nothing.
        """
        if self._gate or os.getpid() != self._pid:
            return
        self._gate = "finished"
        self._on_end()
        if quiet:
            self.notices = Notices(silent=True)
        if self._session is not None and self._facts is None:  # a forked child that logged
            self._session.finish(exit_code or 0)
        elif self._session is not None and self._facts is not None:
            self._saved.finish()
            self.summary._values.update(self._clock())
            self._facts.close()
            self._session.writer.event("summary", **self.summary.as_dict())
            if self._session.owner:
                self._session.finish(exit_code or 0)
                self._record = self._session.run
            if self._session.rank == 0:
                self._say_farewell(self._session.owner)

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        """Says of a metric what its x axis is and how it is summarised.

        Arguments:
            name: a key of `log`, or the beginning of keys followed by `*`.
            step_metric: key of another metric, the x axis of its charts.
            step_sync: whether rows without the step metric get its last value; yes by default.
            hidden: make no chart of it unasked.
            summary: "min", "max", "mean", "first", "last" or "none", several with commas.
            goal: "minimize" or "maximize", for the old summary "best".
            overwrite: forget what an earlier call said of that name.

        Raises:
            Error: an argument that can't be meant.
        """
        self._check("define_metric")
        given = parse(name, step_metric, step_sync, hidden, summary, goal)
        metric = self.summary._metrics.define(name, given, bool(overwrite))
        if self._session is not None:
            self._session.writer.event("metric", **vars(metric))
        return metric

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> list[Any]:
        """Attaches the probe, the whole of it, whatever `log` and `log_freq` say.

        Arguments:
            models: a module or a list of modules.
            criterion, idx, log_graph: accepted; loss, names and graph are found without them.
            log: "gradients", "parameters", "all" or None: what charts get histograms of.
            log_freq: steps between two histograms of a chart.

        Raises:
            TypeError: something that is no `torch.nn.Module`.
            ValueError: another `log` or `log_freq`.
        """
        del criterion, idx, log_graph
        self._check("watch")
        watch.check(models, log, log_freq)
        if self._session is not None:
            watch.attach(models, log, log_freq)
        return []

    def unwatch(self, models: Any = None) -> None:
        """Takes the probe's hooks away; what was recorded stays."""
        watch.detach(models)

    def alert(
        self,
        title: str,
        text: str,
        level: str | AlertLevel | None = None,
        wait_duration: float | timedelta | None = None,
    ) -> None:
        """Puts a message into the record and on standard error, once a minute for one title."""
        self._check("alert")
        self._alerts.alert(title, text, level, wait_duration)

    def save(
        self,
        glob_str: str | PathLike[str] | bytes | None = None,
        base_path: str | PathLike[str] | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> bool | list[str]:
        """Copies files into the run's folder; see `backprobe.face.save.Saved.save`."""
        self._check("save")
        if glob_str is None or self._folder is None:
            return True
        return self._saved.save(glob_str, base_path, policy, glob)

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | PathLike[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: list[str] | None = None,
        **_: Any,
    ) -> Artifact:
        """Keeps an artifact, or a file or folder as one, in the run's folder `artifacts/`."""
        self._check("log_artifact")
        artifact = artifact_or_path
        if not isinstance(artifact, Artifact):
            path = Path(artifact)
            artifact = Artifact(name or f"run-{self.id}-{path.name}", type or "files")
            add = artifact.add_dir if path.is_dir() else artifact.add_file
            add(path)
        if self._folder is not None and self._session is not None:
            try:
                artifact.store(self._folder / "artifacts", aliases or [])
            except OSError as error:
                self.notices.warn(f"cannot keep artifact {artifact.name!r}: {error}")
            else:
                facts = {"type": artifact.type, "version": artifact.version}
                self._session.writer.event("artifact", artifact=artifact.name, **facts)
        return artifact

    def use_artifact(self, artifact_or_name: Artifact | str, *_: Any, **__: Any) -> Artifact:
        """The artifact of that name (`name`, `name:v3`, `name:latest`) of this store.

        Raises:
            CommError: there is none.
        """
        if isinstance(artifact_or_name, Artifact):
            return artifact_or_name
        if self._session is None:  # a disabled run has none, and goes on
            return empty(artifact_or_name)
        return find(catalog.runs(catalog.store_directory()), artifact_or_name)

    def use_model(self, name: str) -> str:
        """The path of a model that `log_model` kept: its file, or the folder of its files.

        Raises:
            CommError: there is none.
        """
        return self.use_artifact(name).path()

    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: str | PathLike[str] | None = None,
    ) -> IO[str] | None:
        """A file that this run, or the one at `run_path`, saved: open, with its path as `.name`.

        Arguments:
            name: as it is called among the saved files.
            run_path: `entity/project/id` or an id.
            replace: accepted; a copy below `root` is always fresh.
            root: a folder to copy it to.

        Raises:
            ValueError: there is no such file.
        """
        del replace
        folder = self._folder
        if run_path is not None:
            wanted = run_path.rstrip("/").rsplit("/", 1)[-1]
            folder = Path(catalog.find(catalog.store_directory(), wanted).path)
        return None if folder is None else restore(folder / "files", name, root)

    def log_model(
        self, path: str | PathLike[str], name: str | None = None, aliases: list[str] | None = None
    ) -> Artifact:
        """Keeps a file or folder as an artifact of type "model"."""
        return self.log_artifact(path, name, "model", aliases)

    upsert_artifact = log_artifact
    join = finish

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, SystemExit):
            self.finish(error.code if isinstance(error.code, int) else int(bool(error.code)))
        elif isinstance(error, KeyboardInterrupt):
            self.finish(-int(signal.SIGINT))
        else:
            self.finish(0 if kind is None else 1)

    def __getattr__(self, name: str) -> Any:
        if name not in NO_EFFECT:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lambda *_, **__: None

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._record, self.settings, self.config, self.step)

    def __repr__(self) -> str:
        return f"<backprobe run {self.id} ({self.name})>"

    def _repr_html_(self) -> str:
        """What a notebook shows: metrics and findings as of now."""
        if self._session is None:
            return display.render(self._record, {}, ())
        self._session.flush()
        record, findings = examine(self._session.run)
        return display.render(record.run, display.curves(record), findings)

    def _check(self, verb: str) -> None:
        if self._gate:
            self._pass(verb)

    def _pass(self, verb: str) -> None:
        """Lets a forked child write on in a log of its own; refuses after the end."""
        if self._gate == "finished":
            self._refuse(verb)
        self._gate = ""
        self._pid = os.getpid()
        self._facts = None  # the parent's
        if self._session is not None or self._record.path:
            record = self._record if self._session is None else self._session.run
            self._session = Session(record, owner=False)
            self.config.__dict__["_on_change"] = self.summary.__dict__["_on_change"] = None
        self._history = self._begin(self._history.step)

    def _refuse(self, verb: str) -> NoReturn:
        raise UsageError(
            f"run {self.id} has ended, so run.{verb}() can't be part of it; "
            "call it before finish(), or begin another run with init()"
        )

    def _say_farewell(self, owner: bool) -> None:
        try:
            ending.say(self._record, owner, self.summary.as_dict(), self.notices)
        except Exception as error:  # noqa: BLE001 - the training is done; its end must not fail
            self.notices.warn(f"cannot show how run {self.id} went: {error!r}")

    def _send_alert(self, title: str, text: str, level: str) -> None:
        if self._session is not None:
            self._session.writer.event("alert", title=title, text=text, level=level)
        self.notices.warn(f"{level.lower()}: {title}: {text}")

    def _forked(self) -> None:
        if not self._gate:
            self._gate = "forked"


def _again(record: RunRecord, settings: Settings, config: Config, step: int) -> Run:
    """The run that was copied or pickled: itself, or in another process a part that writes on."""
    live = _live.get(record.id)
    if live is not None:
        return live
    run = Run(settings, None, config, Summary(), step)
    run._record = record
    run._gate = "forked" if record.path else ""
    run._folder = Path(record.path) if record.path else None
    return run
