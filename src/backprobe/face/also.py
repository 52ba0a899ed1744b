# SPDX-License-Identifier: Apache-2.0
"""Further names of W&B's module, for scripts that use them: not promised, but never missed.

The public names are `backprobe.__all__`. These are found where a script asks for one of them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from backprobe.face import init, state, verbs
from backprobe.face.absent import Absent
from backprobe.face.api import Api, Runs
from backprobe.face.artifact import Artifact
from backprobe.face.config import Config
from backprobe.face.media.base import Media
from backprobe.face.media.chart import plot, plot_table
from backprobe.face.media.figure import Plotly
from backprobe.face.media.file import Audio, Html, Molecule, Object3D, Video
from backprobe.face.media.histogram import Histogram
from backprobe.face.media.image import Image
from backprobe.face.media.table import Table
from backprobe.face.namespaces import errors, generate_id
from backprobe.face.run import Run
from backprobe.face.settings import Settings
from backprobe.face.stored_run import StoredRun
from backprobe.face.summary import Summary

ABSENT = """
catboost controller gym jupyter keras lightgbm mark_preempting pin_config_keys profiler sacred
sklearn tensorboard trigger visualize xgboost
""".split()
"""Parts that may be called, and do nothing."""


def termlog(string: str = "", *_: Any, **__: Any) -> None:
    """Says a line on standard error."""
    print(f"backprobe: {string}", file=sys.stderr)


def nothing(*_: Any, **__: Any) -> None:
    """Nothing: what this asks for is not needed here."""


def attach(*_: Any, **__: Any) -> Run | None:
    """The run of this process."""
    return state.run


def box3d(*, center: Any, size: Any, orientation: Any, color: Any, **more: Any) -> dict[str, Any]:
    """A box of a point cloud."""
    return {"center": center, "size": size, "orientation": orientation, "color": color, **more}


def of_run(verb: str) -> Any:
    """A verb of the run of the moment."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(state.require(verb), verb)(*arguments, **keywords)

    call.__doc__ = f"See `Run.{verb}`."
    return call


class Classes:
    """W&B's names of classes for boxes and masks, kept as they were given.

    Arguments:
        class_set: a list of `{"id": number, "name": text}`.
    """

    def __init__(self, class_set: Any) -> None:
        self._class_set = list(class_set)

    def __iter__(self) -> Any:
        return iter(self._class_set)


MEDIA = {
    kind.__name__: kind
    for kind in (Audio, Classes, Histogram, Html, Image, Molecule, Object3D, Plotly, Table, Video)
}
lib = SimpleNamespace(
    RunDisabled=Run,
    runid=SimpleNamespace(generate_id=generate_id),
    config_util=SimpleNamespace(ConfigError=errors.ConfigError),
    disabled=SimpleNamespace(RunDisabled=Run),
)
public = SimpleNamespace(Api=Api, Run=StoredRun, Runs=Runs)
wandb_run = SimpleNamespace(Run=Run)
sdk = SimpleNamespace(
    lib=lib,
    wandb_run=wandb_run,
    wandb_settings=SimpleNamespace(Settings=Settings),
    wandb_config=SimpleNamespace(Config=Config),
    wandb_summary=SimpleNamespace(Summary=Summary),
    wandb_init=init,
    Artifact=Artifact,
    Config=Config,
    Run=Run,
    Settings=Settings,
    Summary=Summary,
)
NAMES: Mapping[str, Any] = {
    "Classes": Classes,
    "ArtifactTTL": SimpleNamespace(INHERIT=None),
    "Config": Config,
    "EvalTable": Table,
    "Graph": Absent("Graph"),
    "JoinedTable": Absent("JoinedTable"),
    "api": SimpleNamespace(api_key=None, settings=lambda *_: None),
    "apis": SimpleNamespace(public=public, PublicApi=Api),
    "attach": attach,
    "box3d": box3d,
    "data_types": SimpleNamespace(**MEDIA, Media=Media, WBValue=Media),
    "ensure_configured": nothing,
    "env": Absent("env"),
    "join": verbs.finish,
    "link_model": nothing,
    "patched": {},
    "plot_table": plot_table,
    "plots": plot,
    "require": nothing,
    "restore": of_run("restore"),
    "sdk": sdk,
    "termerror": termlog,
    "termlog": termlog,
    "termsetup": nothing,
    "termwarn": termlog,
    "use_model": of_run("use_model"),
    "wandb_lib": lib,
    "wandb_run": wandb_run,
    "wandb_sdk": sdk,
    "wandb_settings": sdk.wandb_settings,
    **{name: Absent(name) for name in ABSENT},
}
"""Name → what it is."""
