# SPDX-License-Identifier: Apache-2.0
"""Bytes of runs, and bytes in words."""

from __future__ import annotations

import os
from pathlib import Path


def amount(count: float) -> str:
    """So many bytes in words, decimal: "812 kB", "1.2 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.2g} {unit}" if 0 < count < 9.95 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder and below; what vanishes meanwhile counts as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                pass
    return total
