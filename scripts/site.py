# SPDX-License-Identifier: Apache-2.0
"""Builds the documentation as a site, from the Markdown as it lies in the repository.

    python scripts/site.py [FOLDER]      # needs Zensical: pip install -c constraints.txt '.[docs]'

The pages are put together in a temporary folder, so that links between README and docs stay as they
are. A link that leads nowhere, or any other warning, fails the build.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs", "examples")
"""What the site is made of; examples because the tutorial links them."""
CONFIG = """
[project]
site_name = "backprobe"
site_description = "Tells you why a PyTorch network underperforms."
docs_dir = "pages"
site_dir = "site"
use_directory_urls = true
nav = [
  {{ "Home" = "README.md" }},
  {{ "Tutorial" = [{tutorial}] }},
  {{ "How to" = [{how_to}] }},
  {{ "Reference" = [{reference}] }},
  {{ "Design" = "docs/design.md" }},
  {{ "Contributing" = "CONTRIBUTING.md" }},
  {{ "Changes" = "CHANGELOG.md" }},
]

[project.theme]
font = false
features = ["navigation.sections", "content.code.copy", "search.highlight"]
"""
"""Without web fonts: the site loads nothing from elsewhere."""


def listed(folder: str) -> str:
    """Entries of the navigation for the pages below a folder; an overview comes first."""
    found = sorted(
        (ROOT / folder).rglob("*.md"), key=lambda path: (path.name != "README.md", str(path))
    )
    return ", ".join(f'"{path.relative_to(ROOT).as_posix()}"' for path in found)


def main() -> int:
    """Builds into the given folder, `build/site` where none is; gives the tool's exit status."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").absolute()
    program = Path(sys.executable).parent / "zensical"
    if not program.exists():
        print(
            "scripts/site.py needs Zensical: pip install -c constraints.txt '.[docs]'",
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch, "pages")
        pages.mkdir()
        for name in PAGES:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, pages / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, pages / name)
        config = CONFIG.format(
            tutorial=listed("docs/tutorial"),
            how_to=listed("docs/how-to"),
            reference=listed("docs/reference"),
        )
        Path(scratch, "zensical.toml").write_text(config)
        done = subprocess.run([str(program), "build", "--strict"], cwd=scratch, check=False)
        if done.returncode == 0:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path(scratch, "site"), target)
            print(f"{sum(1 for _ in target.rglob('*.html'))} pages in {target}")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
