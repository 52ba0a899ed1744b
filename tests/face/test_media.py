# SPDX-License-Identifier: Apache-2.0
"""Media: what `log` takes besides numbers becomes a file beside the log and a stub in the row."""

from __future__ import annotations

import json
import struct
import sys
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.face.media.base import safe_name
from backprobe.face.media.convert import Converter
from backprobe.face.media.file import Audio, File, Html, Object3D, Video
from backprobe.face.media.histogram import Histogram
from backprobe.face.media.image import Image, as_pixels
from backprobe.face.media.table import Table


class Kept:
    """A converter on a folder, and what it warned of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warned: list[str] = []
        self.convert = Converter(folder, lambda _, text: self.warned.append(text))

    def __call__(self, value: Any, key: str = "key", step: int = 3) -> Any:
        stub = self.convert(key, value, step)
        return json.loads(json.dumps(stub))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """An empty run's folder."""
    return Kept(tmp_path)


def decoded(png: bytes) -> Any:
    """The pixels of a PNG file as the encoder makes them (filter 0 in every row)."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[colour]
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + length]), np.uint8)
    rows = rows.reshape(height, 1 + width * channels)
    assert (rows[:, 0] == 0).all()
    return rows[:, 1:].reshape(height, width, channels)


def test_a_histogram_is_numpys(kept: Kept) -> None:
    """Counts and edges of numpy, in W&B's JSON."""
    data = np.random.default_rng(0).normal(size=1000)
    counts, edges = np.histogram(data, bins=64)
    stub = kept(Histogram(data))
    assert stub == {"_type": "histogram", "values": counts.tolist(), "bins": edges.tolist()}
    assert kept(Histogram(np_histogram=(counts, edges))) == stub
    assert kept(Histogram(data.tolist(), num_bins=8))["values"] == np.histogram(data, 8)[0].tolist()


def test_a_histogram_counts_what_is_not_finite(kept: Kept) -> None:
    """NaN and infinities are told instead of hidden; all of them at once is no error."""
    stub = kept(Histogram([1.0, 2.0, float("nan"), float("inf")], num_bins=2))
    assert (stub["values"], stub["nonfinite"]) == ([1, 1], 2)
    assert kept(Histogram([float("nan")] * 3))["nonfinite"] == 3
    assert sum(kept(Histogram([-1.7e308, 1.7e308]))["values"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expects data, or np_histogram"),
        ({"sequence": [1], "num_bins": 513}, "at most 512 bins, got 513"),
        ({"np_histogram": ([1], [0, 1], 2)}, "got 3 parts"),
        ({"np_histogram": ([1, 2], [0, 1])}, "2 counts need 3 edges, got 2"),
        ({"np_histogram": ([1] * 600, [0] * 601)}, "at most 512 bins, got 600"),
    ],
)
def test_a_histogram_that_can_not_be(arguments: dict[str, Any], message: str) -> None:
    """Refused with what was given and what is expected."""
    with pytest.raises(ValueError, match=message):
        Histogram(**arguments)


def test_an_image_is_a_png_of_its_pixels(kept: Kept) -> None:
    """Without Pillow: every pixel is there, and the stub says where and how large."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    stub = kept(Image(pixels, caption="noise"), "val/ex")
    content = (kept.folder / stub["path"]).read_bytes()
    np.testing.assert_array_equal(decoded(content), pixels)
    assert stub.pop("sha256")
    assert stub == {
        "_type": "image-file",
        "path": stub["path"],
        "size": len(content),
        "format": "png",
        "width": 7,
        "height": 5,
        "caption": "noise",
    }
    assert stub["path"].startswith("media/images/val_ex_3_")


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 2), (4, 6, 4), (1, 1, 4, 6)])
def test_images_of_every_shape(shape: tuple[int, ...]) -> None:
    """Grey, grey with alpha, RGB with alpha, and leading ones."""
    assert as_pixels(np.zeros(shape)).shape[:2] == (4, 6)


def test_an_image_of_a_tensor_has_its_channels_first() -> None:
    """As torch has them."""
    torch = pytest.importorskip("torch")
    assert as_pixels(torch.zeros(3, 4, 6)).shape == (4, 6, 3)
    assert as_pixels(torch.zeros(1, 4, 6, requires_grad=True)).shape == (4, 6)
    assert as_pixels(torch.zeros(4, 6, dtype=torch.bfloat16)).shape == (4, 6)


def test_the_range_of_an_image() -> None:
    """Shares of one, 0 to 255, truths; what is beyond is clipped, what is no number is black."""
    assert as_pixels(np.array([[0.0, 0.5, 1.0]])).tolist() == [[0, 128, 255]]
    assert as_pixels(np.array([[0.0, 127.6, 300.0]])).tolist() == [[0, 128, 255]]
    assert as_pixels(np.array([[0, 1, 255]])).tolist() == [[0, 1, 255]]
    assert as_pixels(np.array([[True, False]])).tolist() == [[255, 0]]
    assert as_pixels(np.array([[-5.0, np.nan, np.inf]])).tolist() == [[0, 0, 255]]


@pytest.mark.parametrize("shape", [(3,), (4, 6, 5), (2, 3, 4, 6), (0, 3), ()])
def test_what_is_no_image(shape: tuple[int, ...]) -> None:
    """Said with the shape that was given and those that are expected."""
    with pytest.raises(ValueError, match=r"got shape \["):
        Image(np.zeros(shape))
    with pytest.raises(TypeError, match=r"expects an array .* got dict"):
        Image({})


def test_an_image_from_a_file_or_its_bytes(kept: Kept) -> None:
    """A picture that exists is kept as it is."""
    first = kept(Image(np.zeros((2, 3), np.uint8)))
    path = kept.folder / first["path"]
    stub = kept(Image(str(path), caption="again"))
    assert (kept.folder / stub["path"]).read_bytes() == path.read_bytes()
    assert (stub["width"], stub["height"], stub["caption"]) == (3, 2, "again")
    assert kept(Image(path.read_bytes()))["sha256"] == first["sha256"]
    assert kept(Image(Image(path), caption="c"))["caption"] == "c"


def test_a_list_of_images_is_one_entry(kept: Kept) -> None:
    """As W&B's `images/separated`."""
    images = [Image(np.full((2, 2), n, np.uint8), caption=f"c{n}") for n in range(3)]
    stub = kept(images)
    assert (stub["_type"], stub["count"], stub["captions"]) == (
        "images/separated",
        3,
        ["c0", "c1", "c2"],
    )
    assert len({*stub["filenames"]}) == 3
    assert all((kept.folder / name).is_file() for name in stub["filenames"])


def test_other_file_types_need_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said with the line that installs it."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pillow"):
        Image(np.zeros((2, 2)), file_type="jpg")
    with pytest.raises(ValueError, match="expected one of"):
        Image(np.zeros((2, 2)), file_type="gif")


def test_pillow_images_are_taken(kept: Kept) -> None:
    """Where Pillow is there, its images and modes work."""
    pillow = pytest.importorskip("PIL.Image")
    picture = pillow.new("RGB", (6, 4))
    stub = kept(picture)
    assert (stub["width"], stub["height"], stub["format"]) == (6, 4, "png")
    assert kept(Image(picture, file_type="jpg"))["path"].endswith(".jpg")
    assert kept(Image(np.zeros((4, 6)), mode="RGB"))["width"] == 6


def test_matplotlib_figures_are_taken(kept: Kept) -> None:
    """A figure, its axes and pyplot itself are a picture."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    assert kept(figure)["_type"] == kept(axes)["_type"] == kept(pyplot)["_type"] == "image-file"
    pyplot.close(figure)
    assert kept.warned == []


def test_plotly_figures_are_taken(kept: Kept) -> None:
    """They are kept as the JSON that plotly draws."""
    graph = pytest.importorskip("plotly.graph_objects")
    stub = kept(graph.Figure(data=[graph.Scatter(y=[1, 2])]))
    assert stub["_type"] == "plotly-file"
    assert json.loads((kept.folder / stub["path"]).read_text())["data"][0]["y"] == [1, 2]


def test_a_table_is_kept_whole(kept: Kept) -> None:
    """Numbers, arrays and pictures in its cells; the file holds columns and rows."""
    table = Table(columns=["id", "picture", "scores"])
    table.add_data(1, Image(np.zeros((2, 2))), np.arange(40))
    table.add_data(2, None, [1, 2])
    stub = kept(table)
    assert (stub["_type"], stub["nrows"], stub["ncols"]) == ("table-file", 2, 3)
    data = json.loads((kept.folder / stub["path"]).read_text())
    assert data["columns"] == ["id", "picture", "scores"]
    assert data["data"][0][2] == list(range(40))
    assert (kept.folder / data["data"][0][1]["path"]).is_file()
    assert data["data"][1] == [2, None, [1, 2]]


def test_tables_from_everything_wandb_takes(kept: Kept) -> None:
    """Rows, arrays, data frames; columns can be added and read."""
    assert Table(data=[[1, 2, 3]]).columns == ["Input", "Output", "Expected"]
    table = Table(["a", "b"], np.eye(2))
    table.add_column("c", [7, 8])
    assert table.data == [[1.0, 0.0, 7], [0.0, 1.0, 8]]
    assert table.get_column("c") == [7, 8]
    assert table.get_column("a", convert_to="numpy").tolist() == [1.0, 0.0]
    assert [row for _, row in table.iterrows()] == table.data
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    for made in (Table(dataframe=frame), Table(data=frame)):
        assert (made.columns, made.data) == (["x", "y"], [[1, "a"], [2, "b"]])
    assert made.get_dataframe().equals(frame)
    assert kept(frame)["nrows"] == 2


def test_a_row_or_column_of_another_length_is_refused() -> None:
    """Said with both numbers."""
    table = Table(["a", "b"], [[1, 2]])
    with pytest.raises(ValueError, match=r"has 2 columns .* but the row has 3 values"):
        table.add_data(1, 2, 3)
    with pytest.raises(ValueError, match="has 1 rows, the column 2"):
        table.add_column("c", [1, 2])
    with pytest.raises(KeyError, match="no column 'z'"):
        table.get_column("z")
    with pytest.raises(TypeError, match="expects a list of rows, got int"):
        Table(data=3)


def test_sound_is_kept_as_wav(kept: Kept) -> None:
    """Samples need a rate; what is louder than 1 is clipped."""
    stub = kept(Audio(np.array([0.0, 0.5, 2.0]), sample_rate=8000, caption="beep"))
    assert (stub["_type"], stub["sample_rate"], stub["caption"]) == ("audio-file", 8000, "beep")
    with wave.open(str(kept.folder / stub["path"])) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (8000, 3, 1)
        samples = np.frombuffer(file.readframes(3), "<i2")
    assert samples.tolist() == [0, 16383, 32767]
    with pytest.raises(ValueError, match="needs sample_rate"):
        Audio(np.zeros(3))


def test_files_are_copied(kept: Kept, tmp_path: Path) -> None:
    """Films, pages, point clouds: a path, an open file, text or an array."""
    film = tmp_path / "film.webm"
    film.write_bytes(b"film")
    stub = kept(Video(str(film), fps=4))
    assert (stub["_type"], stub["fps"]) == ("video-file", 4)
    assert (kept.folder / stub["path"]).read_bytes() == b"film"
    page = kept(Html("<b>x</b>"))
    assert (kept.folder / page["path"]).read_text() == "<b>x</b>"
    cloud = kept(Object3D(np.zeros((2, 3))))
    assert json.loads((kept.folder / cloud["path"]).read_text()) == [[0, 0, 0], [0, 0, 0]]
    with open(film, "rb") as file:
        assert (kept.folder / kept(File(file))["path"]).read_bytes() == b"film"
    with pytest.raises(TypeError, match=r"Video\(\) expects the path of a file that exists"):
        Video("no-such-film.mp4")
    assert (kept.folder / kept(Html("<i>" + "x" * 5000))["path"]).stat().st_size == 5003


def test_frames_are_kept_as_a_gif(kept: Kept) -> None:
    """Frames [time, channels, height, width] play at their speed; a batch stands side by side."""
    pillow = pytest.importorskip("PIL.Image")
    frames = np.zeros((3, 3, 4, 6), np.uint8)
    frames[1, 0] = 255
    stub = kept(Video(frames, fps=5))
    with pillow.open(kept.folder / stub["path"]) as film:
        assert (film.format, film.n_frames, film.size) == ("GIF", 3, (6, 4))
        assert film.info["duration"] == 200
        film.seek(1)
        assert film.convert("RGB").getpixel((2, 2)) == (255, 0, 0)
    several = kept(Video(np.random.default_rng(0).random((2, 3, 1, 4, 6)), format="mp4"))
    with pillow.open(kept.folder / several["path"]) as film:
        assert film.size == (2 * 6 + 3 * 2, 4 + 2 * 2)
    with pytest.raises(ValueError, match=r"expects frames \[time, channels"):
        Video(np.zeros((2, 3, 4)))


def test_a_batch_of_tensors_is_one_picture() -> None:
    """As a grid of eight columns, as W&B makes it of what a loader gives."""
    torch = pytest.importorskip("torch")
    assert as_pixels(torch.zeros(10, 3, 4, 6)).shape == (2 * 6 + 2, 8 * 8 + 2, 3)


def test_a_medium_that_can_not_be_written_is_kept_as_text(kept: Kept) -> None:
    """A full disk or a lost folder costs the picture, not the training."""
    (kept.folder / "media").write_text("in the way")
    assert "Image object" in kept(Image(np.zeros((2, 2))))
    assert len(kept.warned) == 1


def test_names_never_lead_out_of_the_folder() -> None:
    """Whatever the key, it is one plain file name."""
    assert safe_name("../../etc/passwd") == "_.._etc_passwd"
    assert safe_name("..") == "_"
    assert safe_name("a/b c:é") == "a_b_c_"
    assert len(safe_name("x" * 500)) == 100
