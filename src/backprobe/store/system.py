# SPDX-License-Identifier: Apache-2.0
"""How busy the process, the machine and the GPU are; what can't be read is left out."""

from __future__ import annotations

import importlib
import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SystemMeter:
    """Samples usage, cheaply (about 0.3 ms), without ever raising.

    psutil gives the process and the machine, nvidia-ml-py the GPU; the user's Python may have
    neither.
    """

    def __init__(self) -> None:
        self._process: Any = None
        self._psutil = _module("psutil")
        self._gpu = _gpu()
        if self._psutil is not None:
            self._process = self._psutil.Process()
            self._process.cpu_percent()  # the first call only sets the mark
            self._psutil.cpu_percent()

    def sample(self) -> dict[str, NDArray[np.float64]]:
        """Columns of one row of the stream `system`; empty where nothing can be read."""
        row: dict[str, float] = {}
        try:
            if self._process is not None:
                row["cpu"] = self._process.cpu_percent() / 100
                row["memory"] = float(self._process.memory_info().rss)
                row["machine_cpu"] = self._psutil.cpu_percent() / 100
                row["machine_memory"] = self._psutil.virtual_memory().percent / 100
            if self._gpu is not None:
                library, handle = self._gpu
                row["gpu"] = library.nvmlDeviceGetUtilizationRates(handle).gpu / 100
                memory = library.nvmlDeviceGetMemoryInfo(handle)
                row["gpu_memory"] = memory.used / memory.total
        except Exception:  # noqa: BLE001  # a driver's own errors; the training goes on
            self._process = self._gpu = None
        if not row:
            return {}
        return {name: np.array([value]) for name, value in {"time": time.time(), **row}.items()}


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def own_device() -> int | str:
    """Number or UUID of the GPU that this process is meant to use, as NVML counts them.

    CUDA counts the devices of `CUDA_VISIBLE_DEVICES` only, and a launcher's rank takes the one of
    its `LOCAL_RANK`; NVML counts all.
    """
    local = os.environ.get("LOCAL_RANK", "")
    rank = int(local) if local.isdecimal() else 0
    visible = [one.strip() for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    visible = [one for one in visible if one]
    if not visible:
        return rank
    chosen = visible[rank] if rank < len(visible) else visible[0]
    return int(chosen) if chosen.isdecimal() else chosen


def _gpu() -> Any:
    """NVIDIA's library and the device that this process uses, or None."""
    library = _module("pynvml")
    if library is None:
        return None
    try:
        library.nvmlInit()
        device = own_device()
        if isinstance(device, str):
            return library, library.nvmlDeviceGetHandleByUUID(device)
        return library, library.nvmlDeviceGetHandleByIndex(device)
    except Exception:  # noqa: BLE001  # no driver, no device
        return None
