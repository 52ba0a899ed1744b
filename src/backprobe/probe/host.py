# SPDX-License-Identifier: Apache-2.0
"""Values of a tensor as NumPy has them, without a tie to the tensor's own memory."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from torch import Tensor


def host(tensor: Tensor) -> NDArray[Any]:
    """A copy of a dense tensor as an array.

    `Tensor.numpy` shares the memory, and from then on its storage can't be resized: FSDP, which
    frees and refills its parameters' storage, would fail.
    """
    copied: NDArray[Any] = tensor.detach().to("cpu", copy=True).numpy()
    return copied


def near(tensor: Tensor) -> bool:
    """Whether reading a tensor's values costs no wait; else they are sent for (see `transfer`)."""
    return tensor.device.type == "cpu"


def freed(tensor: Tensor) -> bool:
    """Whether a tensor's memory is gone for now, as a gathered parameter's is between two uses."""
    try:
        return tensor.numel() > 0 and tensor.untyped_storage().size() == 0
    except (RuntimeError, NotImplementedError):  # no storage of its own: a wrapper, a fake
        return False
