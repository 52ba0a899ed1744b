# SPDX-License-Identifier: Apache-2.0
"""Figures of plotting libraries: plotly's as its JSON, matplotlib's as a picture."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from backprobe.face.media.base import Media, Place
from backprobe.face.media.image import Image


class Plotly(Media):
    """A plotly figure, kept as the JSON that plotly draws.

    Arguments:
        figure: anything with `to_json`, or a matplotlib figure, which is kept as a picture.
    """

    def __init__(self, figure: Any) -> None:
        self._figure = figure

    def store(self, place: Place) -> Mapping[str, Any]:
        """Writes the figure; the stub says where it is."""
        if callable(getattr(self._figure, "savefig", None)):
            return Image(self._figure).store(place)
        text = self._figure.to_json()
        return {"_type": "plotly-file", **place.write("plotly", ".plotly.json", text.encode())}


def as_media(value: Any) -> Media | None:
    """The medium of a figure or picture of another library; None for anything else."""
    module = value if isinstance(value, types.ModuleType) else type(value)
    library = str(getattr(module, "__module__", module.__name__)).split(".")[0]
    if library == "matplotlib" and callable(getattr(value, "savefig", None)):
        return Image(value)
    if library == "matplotlib" and callable(getattr(value, "get_figure", None)):
        return Image(value.get_figure())
    if library == "matplotlib" and callable(getattr(value, "gcf", None)):
        return Image(value.gcf())
    if library == "plotly" and callable(getattr(value, "to_json", None)):
        return Plotly(value)
    if library == "PIL" and hasattr(value, "getbands"):
        return Image(value)
    return None
