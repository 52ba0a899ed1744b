# SPDX-License-Identifier: Apache-2.0
"""What torch alone can tell of a run's environment: version, threads, seeds, determinism."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Mapping
from typing import Any

import torch


def torch_facts() -> dict[str, Any]:
    """What decides whether a run can be repeated bit for bit.

    Reading it moves no generator and wakes no device.
    """
    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "hip": torch.version.hip,
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "default_dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "deterministic_warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "matmul_precision": torch.get_float32_matmul_precision(),
        "devices": _devices(),
        "seed": torch.initial_seed(),
        "generators": _generators(),
    }


def _generators() -> Mapping[str, str]:
    """A fingerprint of each generator's state: equal ones went on with equal numbers."""
    states = {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "python": repr(random.getstate()).encode(),
    }
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        _, key, position, *_ = numpy.random.get_state()
        states["numpy"] = key.tobytes() + str(position).encode()
    return {name: hashlib.sha256(state).hexdigest()[:16] for name, state in states.items()}


def _devices() -> list[str]:
    # Asking an uninitialised CUDA for its devices could initialise it, and break a later fork.
    if not torch.cuda.is_initialized():
        return []
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
