# SPDX-License-Identifier: Apache-2.0
"""What a value of `log` becomes in the row: a number, text, a list, or the stub of a medium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from backprobe.face.media.base import Media, Place
from backprobe.face.media.figure import as_media
from backprobe.face.media.histogram import Histogram
from backprobe.face.media.image import Image, store_all
from backprobe.face.media.table import Table
from backprobe.face.values import plain, shape_of

ARRAY_BINS = 32
"""Bins of the histogram that an array too long for a list is logged as (W&B's number)."""


class Converter:
    """Makes rows JSON-ready. It never raises: what can't be stored is kept as its text.

    Arguments:
        folder: the run's folder, where media go; None stores no file.
        warn: told once a key, what could not be stored and as what it was kept.
    """

    def __init__(self, folder: Path | None, warn: Callable[[str, str], None]) -> None:
        self.folder = folder
        self._warn = warn

    def __call__(self, key: str, value: Any, step: int) -> Any:
        """The JSON-ready form of one value."""
        try:
            return self._convert(key, value, step)
        except Exception as error:  # noqa: BLE001 - a picture that fails must not end a training
            self._warn(key, f"log({key!r}): {error}; its text is kept instead")
            return repr(value)[:1000]

    def _convert(self, key: str, value: Any, step: int) -> Any:
        if self.folder is None and not isinstance(value, int | float | str | bool | None):
            return _kept(value)
        if isinstance(value, list | tuple) and value:
            media = [_medium(item) for item in value]
            found = [item for item in media if item is not None]
            if len(found) == len(media):
                return self._store_list(found, key, step)
        medium = _medium(value)
        if medium is not None and self.folder is not None:
            return medium.store(Place(self.folder, key, step))
        return plain(value, lambda other: self._other(key, other))

    def _store_list(self, media: list[Media], key: str, step: int) -> Any:
        folder = self.folder or Path()
        images = [item for item in media if isinstance(item, Image)]
        if len(images) == len(media):
            return store_all(images, Place(folder, key, step))
        return [item.store(Place(folder, key, step, n)) for n, item in enumerate(media)]

    def _other(self, key: str, value: Any) -> Any:
        if shape_of(value) is not None:
            return Histogram(value, num_bins=ARRAY_BINS).to_json()
        self._warn(
            key,
            f"log({key!r}) got {type(value).__name__}; expected a number, text, a list, an array, "
            "or Histogram, Image, Table …; its text is kept",
        )
        return repr(value)[:1000]


def _medium(value: Any) -> Media | None:
    if isinstance(value, Media):
        return value
    if isinstance(value, int | float | str | bool | list | tuple | None):
        return None
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        return Table(dataframe=value)
    return as_media(value)


def _kept(value: Any) -> Any:
    """Of a run that stores nothing: numbers as they are read back, media as the object."""
    return value if isinstance(value, Media) else plain(value, lambda other: other)
