# SPDX-License-Identifier: Apache-2.0
"""The config and summary of a stored run: dicts in which a change is stored at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backprobe.face.values import plain


class StoredValues(dict[str, Any]):
    """A dict of what was read.

    Arguments:
        values: as the record has them.
        store: called with what is set, key → JSON-ready value.
    """

    def __init__(self, values: Mapping[str, Any], store: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(values)
        self._store = store

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def update(self, *given: Any, **more: Any) -> None:
        """Sets several values; without any it does nothing, as all is stored already."""
        changes = {key: plain(value) for key, value in dict(*given, **more).items()}
        super().update(changes)
        if changes:
            self._store(changes)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    @property
    def _json_dict(self) -> dict[str, Any]:
        """W&B's name of the plain dict, which scripts use."""
        return dict(self)
