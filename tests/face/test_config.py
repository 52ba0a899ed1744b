# SPDX-License-Identifier: Apache-2.0
"""The config: a dict with attributes whose values stay, kept as they will be read back."""

from __future__ import annotations

import argparse
import copy
import enum
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.face.config import Config, parse, read_file
from backprobe.face.errors import ConfigError, Error, UsageError


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """What the config passed on to be written."""
    return []


@pytest.fixture
def config(told: list[dict[str, Any]]) -> Config:
    """A config with two values."""
    made = Config(told.append)
    made.update({"lr": 0.1, "-layers-": 3})
    return made


def test_items_and_attributes_are_the_same(config: Config) -> None:
    """Both read and both set."""
    config["depth"] = 2
    config.width = 64
    assert (config["lr"], config.lr, config.depth, config["width"]) == (0.1, 0.1, 2, 64)
    assert "depth" in config
    assert config.get("nothing") is None
    assert config.get("nothing", 5) == 5
    assert len(config) == 4
    assert list(config) == ["lr", "layers", "depth", "width"]
    assert dict(config) == config.as_dict() == {"lr": 0.1, "layers": 3, "depth": 2, "width": 64}
    assert dict(**config) == dict(config)


def test_dashes_around_a_key_are_taken_off(config: Config) -> None:
    """As W&B does, for flags given as they were typed."""
    assert config.layers == 3


def test_only_changes_are_told(config: Config, told: list[dict[str, Any]]) -> None:
    """A value that is set again to what it is writes nothing."""
    config.lr = 0.1
    config.update({"lr": 0.1, "new": 1})
    assert told == [{"lr": 0.1, "layers": 3}, {"new": 1}]


def test_a_value_stays_unless_a_change_is_allowed(config: Config) -> None:
    """The message names key, old and new value, and the way to change it."""
    with pytest.raises(ConfigError, match=r"config\['lr'\] is 0.1 and can't become 0.2"):
        config.lr = 0.2
    with pytest.raises(Error, match="allow_val_change=True"):
        config.update({"lr": 0.2, "fine": 1})
    assert config.lr == 0.1
    assert "fine" not in config
    config.update({"lr": 0.2}, allow_val_change=True)
    assert config.lr == 0.2


def test_a_notebook_may_change_its_mind() -> None:
    """There values change freely, unless that is ruled out."""
    config = Config(free=True)
    config.lr = 0.1
    config.lr = 0.2
    with pytest.raises(ConfigError):
        config.update({"lr": 0.3}, allow_val_change=False)


def test_nan_is_not_a_change(config: Config) -> None:
    """NaN set to NaN stays."""
    config.x = math.nan
    config.x = float("nan")
    assert math.isnan(config.x)


def test_defaults_fill_only_what_is_missing(config: Config) -> None:
    """`setdefaults` never changes a value."""
    config.setdefaults({"lr": 9, "seed": 1})
    assert (config.lr, config.seed) == (0.1, 1)


def test_what_is_missing_is_named(config: Config) -> None:
    """A KeyError for items, an AttributeError for attributes, which says what there is."""
    with pytest.raises(KeyError):
        config["nope"]
    with pytest.raises(AttributeError, match="the config has no 'nope'; it has lr, layers"):
        config.nope  # noqa: B018
    assert not hasattr(config, "nope")
    assert getattr(config, "nope", 1) == 1


class Colour(enum.Enum):
    """A choice."""

    RED = 1


@dataclass
class Model:
    """Nested settings."""

    depth: int = 2
    dropout: float = 0.5


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.array([1, 2]), [1, 2]),
        ((1, (2, 3)), [1, [2, 3]]),
        ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
        (Path("a") / "b", "a/b"),
        (Colour.RED, "RED"),
        (Model(), {"depth": 2, "dropout": 0.5}),
        (len, "builtins.len"),
        (Config, "backprobe.face.config.Config"),
        ({3}, [3]),
        (None, None),
        (b"x", "x"),
        (range(3), [0, 1, 2]),
    ],
)
def test_values_are_kept_as_they_will_be_read_back(given: Any, kept: Any) -> None:
    """What the script sees is what the record holds."""
    config = Config()
    config.x = given
    assert config.x == kept
    assert type(config.x) is type(kept)


def test_keys_that_begin_with_an_underscore_are_not_listed(config: Config) -> None:
    """They are W&B's own."""
    config["_wandb"] = {"x": 1}
    assert config["_wandb"] == {"x": 1}
    assert "_wandb" not in config.as_dict()
    assert "_wandb" not in config.keys()  # noqa: SIM118
    assert ("lr", 0.1) in config.items()


def test_all_that_wandb_takes_for_a_config() -> None:
    """None, dicts, namespaces, configs, any object with attributes."""
    assert parse(None) == {}
    assert parse({"a": 1, 2: 3}) == {"a": 1, "2": 3}
    assert parse(argparse.Namespace(a=1)) == {"a": 1}
    assert parse(Model()) == {"depth": 2, "dropout": 0.5}
    other = Config()
    other.update({"a": 1, "_b": 2})
    assert parse(other) == {"a": 1}
    with pytest.raises(TypeError, match="config must be a dict, a namespace or a file's path"):
        parse(3)


def test_keys_can_be_chosen() -> None:
    """To include or to exclude, but not both."""
    given = {"a": 1, "b": 2}
    assert parse(given, include=["a"]) == {"a": 1}
    assert parse(given, exclude=["a"]) == {"b": 2}
    with pytest.raises(UsageError, match="not both"):
        parse(given, include=["a"], exclude=["b"])


def test_a_yaml_file(tmp_path: Path) -> None:
    """W&B's form with `value:` and plain keys are both read; what is broken is said."""
    pytest.importorskip("yaml")
    path = tmp_path / "config.yaml"
    path.write_text("wandb_version: 1\nlr:\n  value: 0.1\n  desc: rate\ndepth: 3\n")
    assert parse(str(path)) == {"lr": 0.1, "depth": 3}
    assert parse(path) == {"lr": 0.1, "depth": 3}
    path.write_text("a: [")
    with pytest.raises(UsageError, match="is no YAML"):
        parse(path)
    path.write_text("- a")
    with pytest.raises(UsageError, match="must hold keys and values"):
        parse(path)
    with pytest.raises(UsageError, match="cannot read the config file"):
        parse(tmp_path / "none.yaml")
    assert read_file(tmp_path / "none.yaml") == {}


def test_a_config_can_be_copied(config: Config) -> None:
    """`copy` and `deepcopy` work, as scripts do both."""
    assert copy.copy(config).as_dict() == config.as_dict()
    assert Config() == {}
    assert config == {"lr": 0.1, "layers": 3}
    assert repr(config) == "{'lr': 0.1, 'layers': 3}"
