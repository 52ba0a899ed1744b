# SPDX-License-Identifier: Apache-2.0
"""The configuration of a run: what the script was run with."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from backprobe.face.errors import ConfigError, UsageError
from backprobe.face.values import plain

DEFAULTS = "config-defaults.yaml"
"""W&B reads this file of the working directory before anything else is set."""


class Config(Mapping[str, Any]):
    """The config of a run: item and attribute access; a value once set stays, unless allowed.

    Values are kept as they will be read back: tuples as lists, numpy and torch scalars as numbers,
    paths, enums and functions by name. A nested dict is a plain dict.

    Arguments:
        on_change: called with what was set, key → JSON-ready value.
        free: any value may change (as W&B has it in notebooks).
    """

    def __init__(
        self, on_change: Callable[[dict[str, Any]], None] | None = None, free: bool = False
    ) -> None:
        _set(self, "_items", {})
        _set(self, "_on_change", on_change)
        _set(self, "_free", free)

    _items: dict[str, Any]
    _on_change: Callable[[dict[str, Any]], None] | None
    _free: bool

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._put({key: value}, None)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_items" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(
                f"the config has no {name!r}; it has {', '.join(self._items) or 'nothing yet'}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._items)

    def __eq__(self, other: object) -> bool:
        return self._items == (other._items if isinstance(other, Config) else other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _copied, (dict(self._items), self._free)  # a copy is no run's

    def keys(self) -> KeysView[str]:
        """The keys, without W&B's own that begin with an underscore."""
        return self.as_dict().keys()

    def items(self) -> ItemsView[str, Any]:
        """Pairs of key and value, without the keys that begin with an underscore."""
        return self.as_dict().items()

    def as_dict(self) -> dict[str, Any]:
        """A copy as a plain dict."""
        return {key: value for key, value in self._items.items() if not key.startswith("_")}

    def update(self, d: Any = None, allow_val_change: bool | None = None, **more: Any) -> None:
        """Sets several values.

        Arguments:
            d: a dict, a namespace or any object with attributes, absl flags, or a YAML file's path.
            allow_val_change: whether a key that has another value already may change.
            more: further keys.

        Raises:
            ConfigError: a key has another value and `allow_val_change` is not true.
        """
        self._put({**parse(d), **more}, allow_val_change)

    def setdefaults(self, d: Any) -> None:
        """Sets the values whose keys have none yet."""
        missing = {key: value for key, value in parse(d).items() if key not in self._items}
        self._put(missing, None)

    def persist(self) -> None:
        """Writes everything again; of no use here, kept for scripts that call it."""
        self._tell(dict(self._items))

    def update_locked(self, d: Any, user: str | None = None, **_: Any) -> None:
        """As `update`; no key is ever locked here."""
        del user
        self._put(parse(d), True)

    def _put(self, values: Mapping[str, Any], allow: bool | None) -> None:
        changes: dict[str, Any] = {}
        for given, value in values.items():
            key, new = str(given).strip("-"), plain(value, str)
            if not (self._free if allow is None else allow) and key in self._items:
                if _differ(self._items[key], new):
                    raise ConfigError(
                        f"config[{key!r}] is {self._items[key]!r} and can't become {new!r}; if it "
                        f"must, say config.update({{{key!r}: …}}, allow_val_change=True)"
                    )
                continue
            changes[key] = new
        self._items.update(changes)
        self._tell(changes)

    def _tell(self, changes: dict[str, Any]) -> None:
        if changes and self._on_change is not None:
            self._on_change(changes)


def parse(
    given: Any, include: Any = None, exclude: Any = None, must_exist: bool = True
) -> dict[str, Any]:
    """A dict of whatever W&B takes for a config.

    Arguments:
        given: None, a mapping, an argparse namespace or other object with attributes, absl flags,
            or the path of a YAML or JSON file.
        include: keys to keep, all others are left out.
        exclude: keys to leave out.
        must_exist: whether a file that is missing is an error.

    Raises:
        UsageError: both `include` and `exclude`, or a file that can't be read.
        TypeError: something that has no keys.
    """
    if include and exclude:
        raise UsageError("init() takes config_include_keys or config_exclude_keys, not both")
    if given is None:
        values: dict[str, Any] = {}
    elif isinstance(given, Mapping):
        values = {str(key): value for key, value in given.items()}
    elif isinstance(given, str | PathLike):
        values = read_file(Path(given), must_exist)
    else:
        values = _attributes(given)
    return {
        key: value
        for key, value in values.items()
        if (not include or key in include) and (not exclude or key not in exclude)
    }


def read_file(path: Path, must_exist: bool = False) -> dict[str, Any]:
    """The values of a config file, where `key: {value: v, desc: …}` means `key: v`.

    Raises:
        UsageError: it is missing (with `must_exist`), broken, or needs PyYAML.
    """
    try:
        text = path.read_text()
    except OSError as error:
        if must_exist:
            raise UsageError(f"cannot read the config file {path}: {error.strerror}") from None
        return {}
    try:
        import yaml
    except ImportError:
        raise UsageError(
            f"reading the config file {path} needs PyYAML: pip install pyyaml"
        ) from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"the config file {path} is no YAML: {error}") from None
    if not isinstance(data, dict):
        raise UsageError(f"the config file {path} must hold keys and values, not {type(data)}")
    return {
        str(key): value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in data.items()
        if key != "wandb_version"
    }


def _attributes(given: Any) -> dict[str, Any]:
    home = inspect.getmodule(given)
    if isinstance(given, types.ModuleType) and home is not None and home.__name__ == "absl.flags":
        given = given.FLAGS
        home = inspect.getmodule(given)
    if home is not None and home.__name__ == "absl.flags._flagvalues":
        return {name: given[name].value for name in dir(given)}
    if callable(getattr(given, "keys", None)):
        return {str(key): given[key] for key in given.keys()}  # noqa: SIM118 - not a mapping
    if not hasattr(given, "__dict__"):
        raise TypeError(
            f"config must be a dict, a namespace or a file's path, got {type(given).__name__}"
        )
    return dict(vars(given))


def _copied(items: dict[str, Any], free: bool) -> Config:
    made = Config(free=free)
    made._items.update(items)
    return made


def _differ(old: Any, new: Any) -> bool:
    return bool(old != new) and not (old != old and new != new)  # NaN stays NaN


def _set(target: object, name: str, value: Any) -> None:
    object.__setattr__(target, name, value)
