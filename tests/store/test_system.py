# SPDX-License-Identifier: Apache-2.0
"""How busy the machine is; of a GPU what NVIDIA's library would say."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from backprobe.store.system import SystemMeter, own_device


def test_the_process_and_the_machine() -> None:
    """Memory in bytes, shares between 0 and 1."""
    row = SystemMeter().sample()
    assert 10e6 < row["memory"][0] < 1e12
    assert 0 <= row["machine_cpu"][0] <= 1
    assert 0 < row["machine_memory"][0] <= 1


@pytest.mark.parametrize(
    ("visible", "rank", "expected"),
    [
        (None, None, 0),
        (None, "3", 3),
        ("5", None, 5),
        ("4,6", "1", 6),
        ("4,6", "7", 4),
        ("GPU-8932f937,GPU-1", None, "GPU-8932f937"),
        ("", "1", 1),
    ],
)
def test_which_device(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, rank: str | None, expected: int | str
) -> None:
    """The device that CUDA gives this rank, by the number that NVML has for it."""
    for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("LOCAL_RANK", rank)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert own_device() == expected


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A stand-in for NVIDIA's library, in the shape of nvidia-ml-py: there is no GPU here."""
    library = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: f"device {index}",
        nvmlDeviceGetUtilizationRates=lambda _: SimpleNamespace(gpu=80),
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(used=2e9, total=8e9),
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    return library


def test_a_gpu(device: SimpleNamespace) -> None:
    """Its load and memory are shares."""
    assert device is not None
    row = SystemMeter().sample()
    assert row["gpu"][0] == 0.8
    assert row["gpu_memory"][0] == 0.25


def test_a_driver_that_fails(device: SimpleNamespace) -> None:
    """An error of the driver ends the metrics and nothing else."""

    def fail(handle: str) -> None:
        raise RuntimeError(handle)

    device.nvmlDeviceGetMemoryInfo = fail
    meter = SystemMeter()
    assert meter.sample() == {} or "gpu_memory" not in meter.sample()
    assert meter.sample() == {}
