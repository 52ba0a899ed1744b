# SPDX-License-Identifier: Apache-2.0
"""What the face says on standard error: short, once, and not at all where silence was asked for."""

from __future__ import annotations

import sys
import threading

_said: set[str] = set()
_lock = threading.Lock()


class Notices:
    """Speaks to the user in lines that begin with `backprobe:`.

    Arguments:
        silent: say nothing at all.
        quiet: say only what the user must know (warnings), not how things go.
    """

    def __init__(self, silent: bool = False, quiet: bool = False) -> None:
        self.silent = silent
        self.quiet = quiet or silent

    def info(self, text: str) -> None:
        """Says how things go; several lines are each marked."""
        if not self.quiet:
            _write(text)

    def block(self, text: str) -> None:
        """Shows several lines as they are."""
        if not self.quiet:
            _write(text, "")

    def warn(self, text: str) -> None:
        """Says what the user must know."""
        if not self.silent:
            _write(text)

    def once(self, key: str, text: str) -> None:
        """Warns the first time that `key` comes up in this process."""
        with _lock:
            if key in _said:
                return
            _said.add(key)
        self.warn(text)


def _write(text: str, mark: str = "backprobe: ") -> None:
    lines = "".join(f"{mark}{line}".rstrip() + "\n" for line in text.split("\n"))
    try:
        sys.stderr.write(lines)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # a closed or missing standard error is no reason to stop a training
