# SPDX-License-Identifier: Apache-2.0
"""What is called where nobody listens."""

from __future__ import annotations

from typing import Any


def nothing(*_: Any) -> None:
    """Nobody wants to know, and there is nothing to tell."""


def no(*_: Any) -> bool:
    """Nobody does that."""
    return False
