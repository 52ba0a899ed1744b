# SPDX-License-Identifier: Apache-2.0
"""`save` and artifacts: copies of the user's files, in the run's folder and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backprobe.face.artifact import Artifact, find
from backprobe.face.errors import CommError
from backprobe.face.save import Saved
from backprobe.records import Run


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a few files."""
    folder = tmp_path / "work"
    (folder / "out" / "deep").mkdir(parents=True)
    (folder / "out" / "a.txt").write_text("a")
    (folder / "out" / "b.txt").write_text("b")
    (folder / "out" / "deep" / "c.bin").write_text("c")
    monkeypatch.chdir(folder)
    return folder


def names(folder: Path) -> list[str]:
    """All files below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_pattern_keeps_its_folders(work: Path, tmp_path: Path) -> None:
    """Relative paths keep theirs; `base_path` takes its part off; absolute ones keep one folder."""
    warned: list[str] = []
    for number, (pattern, base, expected) in enumerate(
        [
            ("out/*.txt", None, ["out/a.txt", "out/b.txt"]),
            ("out/**/c.bin", None, ["out/deep/c.bin"]),
            ("out/*.txt", "out", ["a.txt", "b.txt"]),
            (str(work / "out" / "a.txt"), None, ["out/a.txt"]),
            (str(work / "out" / "a.txt"), str(work / "out"), ["a.txt"]),
        ]
    ):
        saved = Saved(tmp_path / f"run{number}", warned.append)
        copies = saved.save(pattern, base)
        assert names(saved.folder) == expected
        assert [Path(copy).read_text() for copy in copies]
    assert warned == []


def test_live_files_are_copied_again_at_the_end(work: Path, tmp_path: Path) -> None:
    """`now` is what it was, the others what they became."""
    saved = Saved(tmp_path / "run", lambda _: None)
    saved.save("out/a.txt", policy="now")
    saved.save("out/b.txt", policy="live")
    for name in ("a", "b"):
        path = work / "out" / f"{name}.txt"
        path.write_text("later")
        os.utime(path, (1, 1))
    saved.finish()
    assert (saved.folder / "out" / "a.txt").read_text() == "a"
    assert (saved.folder / "out" / "b.txt").read_text() == "later"


@pytest.mark.usefixtures("work")
def test_what_can_not_be_saved_is_told(tmp_path: Path) -> None:
    """A missing file and a cloud address are a line, a wrong argument is an error."""
    warned: list[str] = []
    saved = Saved(tmp_path / "run", warned.append)
    assert saved.save("nothing/*") == []
    assert saved.save("s3://bucket/x") == []
    assert len(warned) == 2
    with pytest.raises(ValueError, match="expected one of"):
        saved.save("out/a.txt", policy="later")
    with pytest.raises(ValueError, match="is not below base_path"):
        saved.save("out/a.txt", base_path=tmp_path / "elsewhere")


def test_an_artifact_has_versions(work: Path, tmp_path: Path) -> None:
    """Logging the same name again makes the next one; each is found by number and alias."""
    run = Run(id="x", path=str(tmp_path / "x"))
    home = tmp_path / "x" / "artifacts"
    for number in range(3):
        (work / "model.pt").write_text(f"weights {number}")
        artifact = Artifact("net", "model", metadata={"n": number})
        artifact.add_file("model.pt")
        artifact.store(home, ["best"] if number == 1 else [])
    assert Path(find([run], "net:v0").file()).read_text() == "weights 0"
    assert Path(find([run], "someone/project/net:best").file()).read_text() == "weights 1"
    latest = find([run], "net:latest")
    assert (latest.version, latest.type, latest.metadata) == ("v2", "model", {"n": 2})
    target = latest.download(tmp_path / "copy")
    assert names(Path(target)) == ["model.pt"]
    with pytest.raises(CommError, match="no artifact 'net:v9'"):
        find([run], "net:v9")


@pytest.mark.usefixtures("work")
def test_what_goes_into_an_artifact(tmp_path: Path) -> None:
    """Files, folders, text; a name never leads out of it."""
    artifact = Artifact("data", "dataset")
    artifact.add_dir("out", name="d")
    artifact.add_file("out/a.txt", name="../../evil.txt")
    with artifact.new_file("notes.txt") as file:
        file.write("hello")
    artifact.add_reference("s3://bucket/big.tar")
    artifact.store(tmp_path / "artifacts", [])
    assert artifact.folder is not None
    assert names(artifact.folder) == ["d/a.txt", "d/b.txt", "d/deep/c.bin", "evil.txt", "notes.txt"]
    with pytest.raises(CommError, match="has 5 files"):
        artifact.file()
    with pytest.raises(ValueError, match="there is no such file"):
        artifact.add_file("none")
    with pytest.raises(ValueError, match="there is no such folder"):
        artifact.add_dir("none")
    with pytest.raises(CommError, match="log it first"):
        Artifact("new").download()
