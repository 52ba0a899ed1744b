# SPDX-License-Identifier: Apache-2.0
"""What the script is about to exit with, as far as an exit handler can know."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

_code: int | None = None
_original: Callable[[Any], NoReturn] | None = None


def observe() -> None:
    """Notes from now on what `sys.exit` is called with: no exit handler is told."""
    global _original
    if _original is None:
        _original = sys.exit
        sys.exit = _exit


def expected() -> int:
    """0; or what `sys.exit` was given; 1 after an exception; −2 after Ctrl-C (the signal).

    A prompt or a notebook goes on after an error: what a cell died of says nothing of how it ends.
    """
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    if isinstance(error, KeyboardInterrupt):
        return -int(signal.SIGINT)
    if error is not None and not isinstance(error, SystemExit):
        return 1
    return _code or 0


def _exit(status: Any = None) -> NoReturn:
    """As `sys.exit`."""
    global _code
    _code = status if isinstance(status, int) else 0 if status is None else 1
    assert _original is not None
    _original(status)
