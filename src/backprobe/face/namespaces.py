# SPDX-License-Identifier: Apache-2.0
"""Names that scripts reach through a submodule of W&B's: `wandb.errors.…`, `wandb.util.…`."""

from __future__ import annotations

from types import SimpleNamespace

from backprobe.face.errors import CommError, ConfigError, Error, UsageError
from backprobe.store.catalog import new_id


def generate_id(length: int = 8) -> str:
    """A fresh run id of so many letters and digits, for `init(id=…, resume="allow")`."""
    made = new_id()
    while len(made) < length:
        made += new_id()
    return made[:length]


errors = SimpleNamespace(
    CommError=CommError, ConfigError=ConfigError, Error=Error, UsageError=UsageError
)
"""The errors under the name that scripts use: `wandb.errors.CommError`."""
util = SimpleNamespace(generate_id=generate_id)
"""`util.generate_id()` makes a run's id, for `init(id=…, resume="allow")`."""
