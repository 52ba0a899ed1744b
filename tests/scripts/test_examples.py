# SPDX-License-Identifier: Apache-2.0
"""The examples' data: what comes with scikit-learn, and what torchvision has where it is."""

from __future__ import annotations

import gzip
import importlib.util
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

EXAMPLES = Path(__file__).parents[2] / "examples"
LOADS = "from torchvision import datasets"
SECONDS = 200.0

FAKED = """
import runpy, sys
from torchvision import datasets
# The files on the disk are of a test's own, so their checksums are not those of the originals.
datasets.CIFAR10.train_list = [[name, None] for name, _ in datasets.CIFAR10.train_list]
datasets.CIFAR10.test_list = [[name, None] for name, _ in datasets.CIFAR10.test_list]
datasets.CIFAR10.meta = {**datasets.CIFAR10.meta, "md5": None}
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def train(
    folder: Path, *words: str, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs the classifier's script for one epoch in a folder."""
    script = str(EXAMPLES / "classifier.py")
    return subprocess.run(
        [sys.executable, *prefix, script, "--epochs", "1", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def loads() -> bool:
    """Whether torchvision can be imported beside this torch."""
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, check=False)
    return done.returncode == 0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """Without torchvision, or with one of another build, one line says what to install."""
    if loads():
        pytest.skip("torchvision is here")
    done = train(tmp_path, "--data", "mnist")
    assert done.returncode == 1
    assert done.stderr.startswith("--data mnist needs ")
    assert "Traceback" not in done.stderr
    if importlib.util.find_spec("torchvision") is None:
        assert "pip install torchvision" in done.stderr


def test_digits_need_nothing_more(tmp_path: Path) -> None:
    """The default trains on what comes with scikit-learn."""
    done = train(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "epoch 1: loss" in done.stdout


def idx(array: NDArray[Any]) -> bytes:
    """An array of bytes in the format of MNIST's files."""
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim)
    return head + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()


@pytest.mark.slow
def test_mnist_and_cifar_through_torchvision(tmp_path: Path) -> None:
    """Files in torchvision's own formats are read and trained on."""
    if not loads():
        pytest.skip("torchvision does not load here: no wheel of it fits a CPU build of torch")
    random = np.random.default_rng(0)
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, rows in (("train", 128), ("t10k", 64)):
        pictures, labels = random.integers(0, 256, (rows, 28, 28)), random.integers(0, 10, rows)
        for name, array in (
            (f"{part}-images-idx3-ubyte", pictures),
            (f"{part}-labels-idx1-ubyte", labels),
        ):
            (raw / name).write_bytes(idx(array))
            (raw / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
    done = train(tmp_path, "--data", "mnist")
    assert done.returncode == 0, done.stderr
    assert "epoch 1: loss" in done.stdout

    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir()
    names = [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]
    for name in names:
        batch = {"data": random.integers(0, 256, (32, 3072), np.uint8), "labels": [1, 2] * 16}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    done = train(tmp_path, "--data", "cifar10", prefix=("-c", FAKED))
    assert done.returncode == 0, done.stderr
    assert "epoch 1: loss" in done.stdout
