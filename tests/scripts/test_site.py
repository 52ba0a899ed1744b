# SPDX-License-Identifier: Apache-2.0
"""The documentation builds as a site, where a warning is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    not (Path(sys.executable).parent / "zensical").exists(),
    reason="Zensical builds the site: pip install 'backprobe[docs]'",
)
def test_every_page_is_in_the_site(tmp_path: Path) -> None:
    """Each Markdown page is one of the site, which loads nothing from elsewhere."""
    target = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "scripts/site.py", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "README.md"]
    built = [target / path.relative_to(ROOT).with_suffix("") / "index.html" for path in pages]
    assert [path for path in built if not path.is_file()] == []
    loaded = re.compile(
        r"<(?:script|img)[^>]*src=.?https?://|<link[^>]*stylesheet[^>]*href=.?https?:"
    )
    assert [path for path in target.rglob("*.html") if loaded.search(path.read_text())] == []
    picture = target / "docs" / "tutorial" / "images" / "sigmoid-gradients.png"
    assert picture.is_file()
