# SPDX-License-Identifier: Apache-2.0
"""For libraries that import wandb themselves: they get backprobe instead, where you ask for it.

    from backprobe.integrations import wandb

    wandb.install()  # before anything imports wandb

In a file of one's own, `import backprobe as wandb` does without this.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import backprobe.face.init
from backprobe.face import state, verbs
from backprobe.face.errors import UsageError

VERSION = "0.31.0"
"""The release of wandb whose surface this is (docs/reference/python.md); libraries ask for one."""
PARTS: Mapping[str, Mapping[str, str]] = {
    "apis": {"PublicApi": "api.Api"},
    "apis.public": {"Api": "api.Api"},
    "data_types": {
        "Audio": "media.file.Audio",
        "Histogram": "media.histogram.Histogram",
        "Html": "media.file.Html",
        "Image": "media.image.Image",
        "Table": "media.table.Table",
        "Video": "media.file.Video",
    },
    "errors": {
        "CommError": "errors.CommError",
        "Error": "errors.Error",
        "UsageError": "errors.UsageError",
    },
    "sdk": {},
    "sdk.lib": {"RunDisabled": "run.Run"},
    "sdk.lib.config_util": {"ConfigError": "errors.ConfigError"},
    "sdk.lib.disabled": {"RunDisabled": "run.Run"},
    "sdk.wandb_run": {"Run": "run.Run"},
    "sdk.wandb_settings": {"Settings": "settings.Settings"},
    "wandb_run": {"Run": "run.Run"},
}
"""Submodule of wandb → name → where that is below `backprobe.face`."""


class Shim(ModuleType):
    """The module that stands for wandb: its names are those of backprobe, as they are now."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("run", "config", "summary"):
            return getattr(state, name)
        return getattr(importlib.import_module("backprobe"), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *importlib.import_module("backprobe").__all__})


class Distribution(importlib.metadata.Distribution):
    """What says to `importlib.metadata` that wandb is installed."""

    def read_text(self, filename: str) -> str | None:
        """The metadata of the release whose surface this is."""
        text = f"Metadata-Version: 2.1\nName: wandb\nVersion: {VERSION}\n"
        return text if filename == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """A path that nothing is at: there are no files."""
        return Path(__file__).parent / path


class Finder(importlib.metadata.DistributionFinder):
    """Finds the distribution; modules are in `sys.modules` already."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """None: this finds no modules."""

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        """The distribution of wandb, where that is asked for."""
        return [Distribution()] if context is not None and context.name == "wandb" else []


def install() -> None:
    """Makes `import wandb` give backprobe in this process; again does nothing.

    Raises:
        UsageError: wandb was imported already, so that some part of the program has the real one.
    """
    present = sys.modules.get("wandb")
    if isinstance(present, Shim):
        return
    if present is not None:
        raise UsageError(
            "backprobe.integrations.wandb.install() came after `import wandb`; call it before "
            "anything imports wandb, at the top of the script"
        )
    top = Shim("wandb", "backprobe in the place of wandb.")
    _place(top)
    for name, found in {
        "__version__": VERSION,
        "termlog": _say,
        "termwarn": _say,
        "termerror": _say,
        "require": verbs.setup,
        "ensure_configured": verbs.setup,
        "init": backprobe.face.init.init,
    }.items():
        setattr(top, name, found)
    for part, names in PARTS.items():
        module = ModuleType(f"wandb.{part}")
        for name, home in names.items():
            where, _, attribute = home.rpartition(".")
            found = getattr(importlib.import_module(f"backprobe.face.{where}"), attribute)
            setattr(module, name, found)
        _place(module)
        parent, _, last = f"wandb.{part}".rpartition(".")
        setattr(sys.modules[parent], last, module)
    sys.meta_path.insert(0, Finder())


def uninstall() -> None:
    """Takes the module away again; who has imported it keeps it."""
    if isinstance(sys.modules.get("wandb"), Shim):
        for name in [name for name in sys.modules if name.partition(".")[0] == "wandb"]:
            del sys.modules[name]
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]


def _place(module: ModuleType) -> None:
    module.__spec__ = ModuleSpec(module.__name__, None, is_package=True)
    module.__path__ = []
    sys.modules[module.__name__] = module


def _say(text: Any = "", *_: Any, **__: Any) -> None:
    print(f"backprobe: {text}", file=sys.stderr)
