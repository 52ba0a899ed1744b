# SPDX-License-Identifier: Apache-2.0
"""backprobe tells you why a PyTorch network underperforms.

Every name is loaded when it is first used, so that `import backprobe` costs next to nothing.
`run`, `config` and `summary` are those of the run that this process is in at the moment.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from backprobe.version import __version__

TYPE_CHECKING = False  # type checkers take it for true; `typing` would be most of the import's time
if TYPE_CHECKING:
    from typing import Any

    from backprobe.experiments.check import check
    from backprobe.experiments.initialize import initialize
    from backprobe.experiments.lr_finder import LRFinder
    from backprobe.face.agent import agent, sweep
    from backprobe.face.alert import AlertLevel
    from backprobe.face.api import Api
    from backprobe.face.artifact import Artifact
    from backprobe.face.diagnosis import diagnose, findings
    from backprobe.face.errors import CommError, ConfigError, Error, UsageError
    from backprobe.face.init import init
    from backprobe.face.media.chart import plot
    from backprobe.face.media.figure import Plotly
    from backprobe.face.media.file import Audio, Html, Molecule, Object3D, Video
    from backprobe.face.media.histogram import Histogram
    from backprobe.face.media.image import Image
    from backprobe.face.media.table import Table
    from backprobe.face.namespaces import errors, util
    from backprobe.face.run import Run
    from backprobe.face.settings import Settings
    from backprobe.face.state import config, run, summary
    from backprobe.face.verbs import (
        alert,
        define_metric,
        finish,
        log,
        log_artifact,
        log_model,
        login,
        save,
        setup,
        teardown,
        unwatch,
        use_artifact,
        watch,
    )

__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "Audio",
    "CommError",
    "ConfigError",
    "Error",
    "Histogram",
    "Html",
    "Image",
    "LRFinder",
    "Molecule",
    "Object3D",
    "Plotly",
    "Run",
    "Settings",
    "Table",
    "UsageError",
    "Video",
    "__version__",
    "agent",
    "alert",
    "check",
    "config",
    "define_metric",
    "diagnose",
    "errors",
    "findings",
    "finish",
    "init",
    "initialize",
    "log",
    "log_artifact",
    "log_model",
    "login",
    "plot",
    "run",
    "save",
    "setup",
    "summary",
    "sweep",
    "teardown",
    "unwatch",
    "use_artifact",
    "util",
    "watch",
]

_HOMES = {
    "AlertLevel": "face.alert",
    "Api": "face.api",
    "Artifact": "face.artifact",
    "Audio": "face.media.file",
    "CommError": "face.errors",
    "ConfigError": "face.errors",
    "Error": "face.errors",
    "Histogram": "face.media.histogram",
    "Html": "face.media.file",
    "Image": "face.media.image",
    "LRFinder": "experiments.lr_finder",
    "Molecule": "face.media.file",
    "Object3D": "face.media.file",
    "Plotly": "face.media.figure",
    "Run": "face.run",
    "Settings": "face.settings",
    "Table": "face.media.table",
    "UsageError": "face.errors",
    "Video": "face.media.file",
    "agent": "face.agent",
    "check": "experiments.check",
    "diagnose": "face.diagnosis",
    "errors": "face.namespaces",
    "findings": "face.diagnosis",
    "init": "face.init",
    "initialize": "experiments.initialize",
    "plot": "face.media.chart",
    "sweep": "face.agent",
    "util": "face.namespaces",
}
"""Where a name is at home; the verbs that are not here are `face.verbs`'s."""

_OF_THE_MOMENT = ("config", "run", "summary")
"""Looked up each time: they change with `init` and `finish`."""

_ALSO = frozenset(
    """
    ArtifactTTL Classes Config EvalTable Graph JoinedTable api apis attach box3d catboost
    controller data_types ensure_configured env gym join jupyter keras lightgbm link_model
    mark_preempting patched pin_config_keys plot_table plots profiler require restore sacred sdk
    sklearn tensorboard termerror termlog termsetup termwarn trigger use_model visualize wandb_lib
    wandb_run wandb_sdk wandb_settings xgboost
    """.split()
)


def __getattr__(name: str) -> Any:
    if name in _OF_THE_MOMENT:
        return getattr(import_module("backprobe.face.state"), name)
    if name in _ALSO:  # W&B's, beyond those that are promised
        return import_module("backprobe.face.also").NAMES[name]
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"backprobe.{_HOMES.get(name, 'face.verbs')}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """The class of this module: importing a submodule never hides a public name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in __all__ and isinstance(value, ModuleType):
            return  # `backprobe.diagnose` stays the function where the file diagnose.py is imported
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
