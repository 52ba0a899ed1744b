# SPDX-License-Identifier: Apache-2.0
"""The public names: which there are, that each is there, and what stands behind them."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import backprobe
from backprobe.face import state

PUBLIC = """
AlertLevel Api Artifact Audio CommError ConfigError Error Histogram Html Image LRFinder Molecule
Object3D Plotly Run Settings Table UsageError Video __version__ agent alert check config
define_metric diagnose errors findings finish init initialize log log_artifact log_model login
plot run save setup summary sweep teardown unwatch use_artifact util watch
""".split()
"""What users may rely on. A name is added here on purpose, and removed in a major release only."""


def test_the_list_is_what_users_were_promised() -> None:
    """`__all__` holds the public names, sorted."""
    assert backprobe.__all__ == PUBLIC == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_there_and_documented(name: str) -> None:
    """Each name can be had from the package, is listed by `dir`, and says what it is."""
    value = getattr(backprobe, name)
    assert not isinstance(value, ModuleType)
    assert name in dir(backprobe)
    if callable(value):
        assert value.__doc__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """`hasattr` and `getattr` with a default work as for any module."""
    assert not hasattr(backprobe, "no_such_name")


def test_run_config_and_summary_follow_the_run() -> None:
    """They are what the state holds now, not what it held when they were first used."""
    seen = [backprobe.run]
    run = backprobe.init(mode="disabled", config={"lr": 0.1})
    seen.append(backprobe.run)
    backprobe.log({"loss": 2.0})
    assert (backprobe.config["lr"], backprobe.summary["loss"]) == (0.1, 2.0)
    backprobe.finish()
    seen.append(backprobe.run)
    assert seen == [None, run, None]
    assert backprobe.config is state.config


def test_a_submodule_never_hides_a_public_name() -> None:
    """Whatever is imported, a public name stays what it was."""
    package = Path(backprobe.__file__).parent
    shared = {path.stem for path in package.glob("[!_]*")} & set(PUBLIC)
    assert "diagnose" in shared
    for name in shared:
        importlib.import_module(f"backprobe.{name}")
        assert not isinstance(getattr(backprobe, name), ModuleType)


LIVE = ("LRFinder", "check", "initialize")
"""Names that take live networks: whoever calls them has torch."""


def test_names_load_without_torch() -> None:
    """`import backprobe as wandb` and all that takes no network work where torch is not there."""
    code = (
        "import sys, backprobe\n"
        f"for name in {sorted(set(PUBLIC) - set(LIVE))}: getattr(backprobe, name)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_python_m_backprobe_is_the_command() -> None:
    """`python -m backprobe` answers as `backprobe` does."""
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"backprobe {backprobe.__version__}\n"


def test_no_extra_promises_what_is_not_there() -> None:
    """The extras of the package are those whose code exists, and torch is not required."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())[
        "project"
    ]
    assert sorted(project["optional-dependencies"]) == [
        "bench",
        "demo",
        "dev",
        "docs",
        "parquet",
        "ray",
        "slurm",
        "torch",
    ]
    assert not [need for need in project["dependencies"] if need.startswith("torch")]
