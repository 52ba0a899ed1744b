# SPDX-License-Identifier: Apache-2.0
"""A picture: from an array, a tensor, a file, PNG bytes, a Pillow image or a matplotlib figure."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from backprobe.face.media import frames, png
from backprobe.face.media.base import Media, Place
from backprobe.face.values import as_numpy, plain, shape_of

PILLOW = "needs Pillow: pip install pillow"
FORMATS = ("png", "jpg", "jpeg", "bmp")


class Image(Media):
    """A picture.

    An array is [height, width] or [height, width, channels]; a torch tensor is [channels, height,
    width], or a batch of them, shown as a grid (W&B's conventions). Floats within 0 to 1 are taken
    as shares of 255, other values as 0 to 255, and clipped. Arrays, tensors, PNG files and bytes
    need no further package.

    Arguments:
        data_or_path: any of the above.
        mode: Pillow's mode, e.g. "L"; arrays only, needs Pillow.
        caption: shown below it.
        grouping, classes, boxes, masks: kept with it as they were given.
        file_type: "png" (default), "jpg", "jpeg" or "bmp"; others than PNG need Pillow.

    Raises:
        TypeError, ValueError: something that is no picture, said with what was expected.
        ModuleNotFoundError: Pillow is needed and missing.
    """

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: Any = None,
        masks: Any = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        if file_type is not None and file_type not in FORMATS:
            raise ValueError(f"Image(file_type={file_type!r}): expected one of {FORMATS}")
        self.caption = caption
        self.format = file_type or "png"
        self.width = self.height = 0
        self._content = b""
        self._extra = {
            key: plain(value)
            for key, value in (("grouping", grouping), ("classes", classes), ("boxes", boxes))
            if value is not None
        }
        if masks is not None:
            self._extra["masks"] = sorted(map(str, masks))
        if isinstance(data_or_path, Image):
            self.__dict__.update({**vars(data_or_path), "caption": caption or data_or_path.caption})
        else:
            self._take(data_or_path, mode, normalize)

    def _take(self, data: Any, mode: str | None, normalize: bool) -> None:
        if isinstance(data, str | PathLike):
            path = Path(data)
            self._content, self.format = path.read_bytes(), path.suffix[1:].lower() or "png"
        elif isinstance(data, bytes | bytearray):
            self._content = bytes(data)
        elif callable(getattr(data, "savefig", None)) or hasattr(data, "get_figure"):
            figure = data if hasattr(data, "savefig") else data.get_figure()
            buffer = io.BytesIO()
            figure.savefig(buffer, format=self.format)
            self._content = buffer.getvalue()
        elif callable(getattr(data, "save", None)) and hasattr(data, "getbands"):
            self._content = self._from_pillow(data)
        elif shape_of(data) is not None:
            pixels = as_pixels(data, normalize)
            plain_png = mode is None and self.format == "png"
            self._content = (
                png.encode(pixels) if plain_png else self._from_pillow(_pillow(pixels, mode))
            )
            self.height, self.width = pixels.shape[:2]
        else:
            raise TypeError(
                "Image() expects an array [height, width(, channels)], a tensor [channels, height, "
                "width], a path, PNG bytes, a Pillow image or a matplotlib figure; got "
                f"{type(data).__name__}"
            )
        if self._content.startswith(png.SIGNATURE):
            self.format = "png"
            self.width, self.height = struct.unpack(">II", self._content[16:24])

    def _from_pillow(self, picture: Any) -> bytes:
        self.width, self.height = picture.size
        if self.format in ("jpg", "jpeg") and picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGB")
        buffer = io.BytesIO()
        picture.save(buffer, format="jpeg" if self.format == "jpg" else self.format)
        return buffer.getvalue()

    def store(self, place: Place) -> Mapping[str, Any]:
        """Writes the file; the stub says where it is, how large, and its caption."""
        stub = {
            "_type": "image-file",
            **place.write("images", f".{self.format}", self._content),
            "format": self.format,
            **self._extra,
        }
        if self.width:
            stub.update(width=self.width, height=self.height)
        if self.caption is not None:
            stub["caption"] = str(self.caption)
        return stub


def store_all(images: Sequence[Image], place: Place) -> dict[str, Any]:
    """Stores a list of pictures under one key, as W&B's `images/separated`."""
    stubs = [
        image.store(Place(place.folder, place.key, place.step, index))
        for index, image in enumerate(images)
    ]
    return {
        "_type": "images/separated",
        "count": len(stubs),
        "width": images[0].width,
        "height": images[0].height,
        "format": images[0].format,
        "filenames": [stub["path"] for stub in stubs],
        "captions": [stub.get("caption", "") for stub in stubs],
    }


def as_pixels(data: Any, normalize: bool = True) -> Any:
    """A uint8 array [height, width] or [height, width, 2 to 4] of an array or tensor.

    Raises:
        ValueError: the shape is no picture's.
    """
    import numpy as np

    array = as_numpy(data)
    given = array.shape
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 4 and hasattr(data, "detach") and 0 not in array.shape:
        array = frames.grid(np.moveaxis(array, 1, -1))
    elif array.ndim == 3 and hasattr(data, "detach"):  # torch: channels first
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[-1] > 4:
        array = array[0]
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[-1] > 4) or 0 in array.shape:
        raise ValueError(
            "Image() expects an array [height, width] or [height, width, 1 to 4 channels], or a "
            f"tensor [1 to 4 channels, height, width] or a batch of such; got shape {list(given)}"
        )
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    array = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
    floats = not np.issubdtype(as_numpy(data).dtype, np.integer)
    if normalize and floats and array.min() >= 0.0 and array.max() <= 1.0:
        array = array * 255.0
    return np.clip(np.rint(array), 0, 255).astype(np.uint8)


def _pillow(pixels: Any, mode: str | None) -> Any:
    try:
        from PIL import Image as Pillow
    except ImportError:
        raise ModuleNotFoundError(f"Image() with a mode or another file type {PILLOW}") from None
    picture = Pillow.fromarray(pixels)
    return picture.convert(mode) if mode else picture
