# SPDX-License-Identifier: Apache-2.0
"""A real browser before a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

TRAINING = Path(__file__).parents[1] / "server" / "training.py"
FLAGS = (
    "--no-sandbox",  # the tests may run as root in a container
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
)
"""Chromium asks nobody for anything but what a test asks for."""


@dataclass
class Visit:
    """An open page, what it complained of, and whom it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)


@dataclass
class Dashboard:
    """A running `backprobe ui`: its store, its address without the token, and the token."""

    store: Path
    address: str
    token: str

    def url(self, run: str = "") -> str:
        """The address of a run's page, or of the list."""
        return f"{self.address}?token={self.token}" + (f"#/runs/{run}" if run else "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no chromium on the PATH (Debian: apt install chromium), no CHROMIUM set")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """The server, as a user starts it."""
    store = tmp_path / "store"
    process = subprocess.Popen(
        [sys.executable, "-m", "backprobe", "ui", "--no-browser", "--port", "0"],
        env={**os.environ, "BACKPROBE_DIR": str(store)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"(http://\S+/)\?token=(\S+)", line):
                yield Dashboard(store, found[1], found[2])
                break
        else:
            raise AssertionError("no address was printed")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page; at the end of the test it must have asked this server only, without a fault."""
    contexts = []
    visits: list[Visit] = []

    def open_page(url: str, width: int = 1280, height: int = 900, **options: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        made = Visit(context.new_page())
        visits.append(made)
        made.page.set_default_timeout(60_000)  # a loaded machine is no fault of the page
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on(
            "console",
            lambda message: (
                made.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        made.page.on(
            "request", lambda request: made.asked.add("/".join(request.url.split("/")[:3]))
        )
        made.page.goto(url)
        return made

    yield open_page
    for made in visits:
        assert made.complaints == []
        assert made.asked == {made.page.url.split("/")[0] + "//" + made.page.url.split("/")[2]}
    for context in contexts:
        context.close()


@pytest.fixture
def live(dashboard: Dashboard) -> Iterator[subprocess.Popen[str]]:
    """A training in a process of its own, 50 steps a second, until the test ends."""
    process = subprocess.Popen(
        [sys.executable, str(TRAINING), str(dashboard.store), "--name", "live", "--delay", "0.02"],
        text=True,
    )
    yield process
    process.kill()
    process.wait()
