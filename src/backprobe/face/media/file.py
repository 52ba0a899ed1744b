# SPDX-License-Identifier: Apache-2.0
"""Media that are kept as the file they are: sound, video, pages, molecules, point clouds."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, ClassVar

from backprobe.face.media import frames
from backprobe.face.media.base import Media, Place
from backprobe.face.values import as_numpy, plain, shape_of

FRAMES_A_SECOND = 4
"""Of a film whose speed was not given, as in W&B."""


class File(Media):
    """A file, copied into the record when it is logged.

    Arguments:
        data_or_path: the file's path, or an open file.
        caption: shown below it.
        options: kept with it as they were given.

    Raises:
        TypeError: something that is neither, with what to do.
    """

    kind: ClassVar[str] = "file"
    label: ClassVar[str] = "file"
    suffix: ClassVar[str] = ".bin"

    def __init__(self, data_or_path: Any, caption: str | None = None, **options: Any) -> None:
        self.caption = caption
        self._options = {k: plain(v) for k, v in options.items() if v is not None}
        self._path: Path | None = None
        self._content = b""
        if isinstance(data_or_path, str | PathLike) and _is_file(data_or_path):
            self._path = Path(fspath(data_or_path))
        elif callable(getattr(data_or_path, "read", None)):
            content = data_or_path.read()
            self._content = content.encode() if isinstance(content, str) else bytes(content)
        else:
            self._content = self._encode(data_or_path)

    def _encode(self, data: Any) -> bytes:
        raise TypeError(
            f"{type(self).__name__}() expects the path of a file that exists, or an open file; got "
            f"{type(data).__name__} {data!r:.80}"
        )

    def store(self, place: Place) -> Mapping[str, Any]:
        """Copies the file; the stub says where it is."""
        where = (
            place.copy(self.kind, self._path)
            if self._path is not None
            else place.write(self.kind, self.suffix, self._content)
        )
        caption = {} if self.caption is None else {"caption": str(self.caption)}
        return {"_type": self.label, **where, **caption, **self._options}


class Audio(File):
    """A sound: a path, or samples in -1 to 1 [samples] or [samples, channels], kept as 16-bit WAV.

    Arguments:
        data_or_path: as above.
        sample_rate: samples a second; needed with samples.
        caption: shown below it.
    """

    kind, label, suffix = "audio", "audio-file", ".wav"

    def __init__(
        self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None
    ) -> None:
        self._rate = sample_rate
        super().__init__(data_or_path, caption, sample_rate=sample_rate)

    def _encode(self, data: Any) -> bytes:
        if shape_of(data) is None and not isinstance(data, list):
            return super()._encode(data)
        if self._rate is None:
            raise ValueError("Audio(samples) needs sample_rate, in samples a second")
        import numpy as np

        samples = as_numpy(data)
        if not np.issubdtype(samples.dtype, np.integer):
            samples = np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(int(self._rate))
            file.writeframes(np.ascontiguousarray(samples).astype("<i2").tobytes())
        return buffer.getvalue()


class Video(File):
    """A film: the path of a file, or frames [time, channels, height, width], kept as a GIF.

    Frames may be a batch [films, time, …], shown side by side. They need Pillow.

    Arguments:
        data_or_path: as above; frames as for `Image`: numbers to 255, or shares of 1.
        caption: shown below it.
        fps: frames a second; 4 where not given.
        format: of an open file, e.g. "mp4".
    """

    kind, label, suffix = "videos", "video-file", ".mp4"

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,  # noqa: A002 - W&B's name
    ) -> None:
        self._fps = fps or FRAMES_A_SECOND
        if shape_of(data_or_path) is not None:
            format = "gif"  # noqa: A001 - other encoders are not part of this
        if format:
            self.suffix = f".{format}"  # type: ignore[misc]
        super().__init__(data_or_path, caption, fps=fps, format=format)

    def _encode(self, data: Any) -> bytes:
        if shape_of(data) is None:
            return super()._encode(data)
        return frames.gif(as_numpy(data), self._fps)


class Html(File):
    """A page: its text, its path or an open file."""

    kind, label, suffix = "html", "html-file", ".html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        del inject
        if data_is_not_path and isinstance(data, str):
            data = io.StringIO(data)
        super().__init__(data)

    def _encode(self, data: Any) -> bytes:
        return data.encode() if isinstance(data, str) else super()._encode(data)


class Object3D(File):
    """A model or point cloud: a file's path, an array [points, 3, 4 or 6], or W&B's dict."""

    kind, label, suffix = "object3D", "object3D-file", ".pts.json"

    def _encode(self, data: Any) -> bytes:
        if isinstance(data, Mapping):
            return json.dumps({str(key): _listed(value) for key, value in data.items()}).encode()
        if shape_of(data) is None:
            return super()._encode(data)
        return json.dumps(as_numpy(data).tolist()).encode()


class Molecule(File):
    """A molecule: the path of a file (pdb, mol, sdf …), or an open one."""

    kind, label, suffix = "molecule", "molecule-file", ".pdb"


def _is_file(path: str | PathLike[str]) -> bool:
    try:
        return Path(fspath(path)).is_file()
    except (OSError, ValueError):  # a text that is too long for a name, or holds a zero
        return False


def _listed(value: Any) -> Any:
    return plain(value) if shape_of(value) is None else as_numpy(value).tolist()
