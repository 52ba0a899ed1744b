# SPDX-License-Identifier: Apache-2.0
"""Installs the wheel and the source distribution into clean environments, and uses them there.

    python scripts/install_check.py

No development tools and no torch: what is checked is that the viewer, the rules, imports and
exports work for someone who has installed nothing else. Prints packages and megabytes of the base
installation beyond numpy, and fails above the promise.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_PACKAGES = 12
MOST_MEGABYTES = 60.0
"""What the base installation may bring beyond numpy."""
TOOLS = ("pip", "setuptools", "wheel")
CSV = "step,train/loss\n" + "".join(f"{n},{2.0 * 0.9**n if n < 40 else 'nan'}\n" for n in range(60))

MEASURE = """
import importlib.metadata as m, os
for found in m.distributions():
    files = [f.locate() for f in found.files or ()]
    size = sum(os.path.getsize(f) for f in files if os.path.isfile(f))
    print(found.metadata["Name"].lower(), size)
"""


def run(*words: str | Path, cwd: Path | None = None, status: int = 0) -> str:
    """Standard output of a command.

    Raises:
        SystemExit: it ended with another status.
    """
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "error"} if "pip" not in map(str, words) else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != status:
        raise SystemExit(f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> list[Path]:
    """The wheel and the source distribution, made by the project's own build backend."""
    tools = folder / "tools"
    run(sys.executable, "-m", "venv", tools)
    python = tools / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", "hatchling")
    made = []
    for kind in ("wheel", "sdist"):
        code = f"import hatchling.build as b; print(b.build_{kind}({str(folder)!r}))"
        made.append(folder / run(python, "-c", code, cwd=ROOT).strip().splitlines()[-1])
    return made


def use(python: Path, folder: Path) -> None:
    """What a person without torch does: import, list, diagnose, export, open the dashboard."""
    backprobe = python.parent / "backprobe"
    (folder / "old.csv").write_text(CSV)
    run(backprobe, "--version", cwd=folder)
    run(python, "-c", "import sys\ntry: import torch\nexcept ImportError: pass\nelse: sys.exit(1)")
    run(backprobe, "import", "old.csv", cwd=folder)
    assert "old" in run(backprobe, "runs", cwd=folder)
    assert "nonfinite-loss" in run(backprobe, "diagnose", "latest", cwd=folder)
    assert run(backprobe, "export", "latest", "--format", "csv", cwd=folder).count("\n") == 61
    run(backprobe, "export", "latest", "--format", "tensorboard", "-o", "logs", cwd=folder)
    run(backprobe, "explain", "dead-relu", cwd=folder)
    page(backprobe, folder)


def page(backprobe: Path, folder: Path) -> None:
    """The dashboard answers with its page, and with the imported run."""
    server = subprocess.Popen(
        [backprobe, "ui", "--no-browser", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = ""
        until = time.monotonic() + 30.0
        while not address and time.monotonic() < until:
            line = server.stdout.readline()
            address = next((word for word in line.split() if word.startswith("http")), "")
        with urllib.request.urlopen(address) as answer:
            assert b"<html" in answer.read().lower()
    finally:
        server.terminate()
        server.wait()


def brought(built: Path, folder: Path) -> dict[str, float]:
    """Megabytes of each package that comes with it beyond numpy, once it was installed and used."""
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", built)
    (folder / "work").mkdir()
    use(python, folder / "work")
    sizes = dict(line.split() for line in run(python, "-c", MEASURE).splitlines())
    return {name: int(size) / 1e6 for name, size in sizes.items() if name not in (*TOOLS, "numpy")}


def main() -> int:
    """Checks, and prints what the installations brought."""
    status = 0
    with tempfile.TemporaryDirectory() as scratch:
        for built in build(Path(scratch)):
            folder = Path(scratch) / built.suffix.lstrip(".")
            folder.mkdir()
            found = brought(built, folder)
            for name, size in sorted(found.items(), key=lambda item: -item[1]):
                print(f"{name:20s}{size:8.1f} MB")
            total = sum(found.values())
            print(
                f"{built.name}: {len(found)} packages, {total:.1f} MB beyond numpy; "
                "works without torch"
            )
            if len(found) > MOST_PACKAGES or total > MOST_MEGABYTES:
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
