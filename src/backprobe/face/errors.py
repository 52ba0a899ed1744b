# SPDX-License-Identifier: Apache-2.0
"""The errors of the W&B-shaped face, under the names that scripts catch.

Error
├── UsageError        a call in the wrong order or with a wrong argument
├── ConfigError       a value of the config that may not change
└── CommError         something asked for is not in the store
"""

from __future__ import annotations


class Error(Exception):
    """Anything that the face refuses; `message` is its text."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class UsageError(Error):
    """A call that can't be meant: after `finish`, before `init`, with an unknown mode."""


class ConfigError(Error):
    """A config value was set a second time to something else, without `allow_val_change`."""


class CommError(Error):
    """What was asked for is not in the store (W&B: could not be had from the server)."""
