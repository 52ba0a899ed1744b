# SPDX-License-Identifier: Apache-2.0
"""Pictures side by side, and one after the other: a batch as one picture, frames as a GIF."""

from __future__ import annotations

import io
from typing import Any

MARGIN = 2
"""Pixels between two pictures of a grid, as in torchvision."""


def grid(batch: Any, columns: int = 8) -> Any:
    """The pictures [n, height, width, channels] of a batch as one [height, width, channels]."""
    import numpy as np

    count, height, width, channels = batch.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    tall, wide = height + MARGIN, width + MARGIN
    whole = np.zeros((rows * tall + MARGIN, columns * wide + MARGIN, channels), batch.dtype)
    for number, picture in enumerate(batch):
        top, left = MARGIN + number // columns * tall, MARGIN + number % columns * wide
        whole[top : top + height, left : left + width] = picture
    return whole


def gif(film: Any, fps: float) -> bytes:
    """An endless GIF of frames [time, channels, height, width], or of a batch of such films.

    Raises:
        ValueError: the array is no film.
        ModuleNotFoundError: Pillow is missing.
    """
    import numpy as np

    given = film.shape
    if film.ndim == 4:
        film = film[None]
    if film.ndim != 5 or film.shape[2] not in (1, 3, 4) or 0 in film.shape:
        raise ValueError(
            "Video() expects frames [time, channels, height, width] with 1, 3 or 4 channels, or a "
            f"batch of such films; got shape {list(given)}"
        )
    try:
        from PIL import Image as Pillow
    except ImportError:
        raise ModuleNotFoundError(
            "Video() of frames in memory needs Pillow: pip install pillow; the path of a file does "
            "not"
        ) from None
    if film.dtype != np.uint8:
        film = np.nan_to_num(film.astype(np.float64))
        film = film * 255 if film.min() >= 0 and film.max() <= 1 else film
        film = np.clip(np.rint(film), 0, 255).astype(np.uint8)
    film = np.moveaxis(film, 2, -1)
    pictures = []
    for number in range(film.shape[1]):
        frame = film[:, number]
        whole = grid(frame) if len(frame) > 1 else frame[0]
        pictures.append(Pillow.fromarray(whole[..., 0] if whole.shape[-1] == 1 else whole))
    first, *others = pictures
    buffer = io.BytesIO()
    first.save(
        buffer, "gif", save_all=True, append_images=others, duration=round(1000 / fps), loop=0
    )
    return buffer.getvalue()
