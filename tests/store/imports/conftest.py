# SPDX-License-Identifier: Apache-2.0
"""Folders that the real libraries wrote, once a session each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.imports.made import MLFLOW, TENSORBOARD, TENSORS, WANDB, made


@pytest.fixture(scope="session")
def tensorboard_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By torch's `SummaryWriter`."""
    pytest.importorskip("tensorboard")
    return made(tmp_path_factory.mktemp("tensorboard"), TENSORBOARD)


@pytest.fixture(scope="session")
def tensors_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By TensorBoard's own summaries, as TensorFlow 2 writes them."""
    pytest.importorskip("tensorboard")
    return made(tmp_path_factory.mktemp("tensors"), TENSORS)


@pytest.fixture(scope="session")
def wandb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By wandb, offline."""
    pytest.importorskip("wandb")
    return made(tmp_path_factory.mktemp("wandb"), WANDB)


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By MLflow, into SQLite."""
    pytest.importorskip("mlflow")
    return made(tmp_path_factory.mktemp("mlflow"), MLFLOW)
