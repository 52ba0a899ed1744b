# SPDX-License-Identifier: Apache-2.0
"""backprobe tells you why a PyTorch network underperforms."""

from backprobe.version import __version__

__all__ = ["__version__"]
