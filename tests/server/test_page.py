# SPDX-License-Identifier: Apache-2.0
"""The built page as it is served."""

from __future__ import annotations

import gzip
import re

from starlette.testclient import TestClient

from backprobe.server.page import STATIC, load

LIMIT = 150_000
"""Bytes of the whole page, compressed."""


def test_the_page_and_all_it_names_are_served(client: TestClient) -> None:
    """Every script and style that the page asks for is there, from this server only."""
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page.text)
    assert len(named) >= 2
    for name in named:
        answer = client.get(f"/{name.removeprefix('./')}")
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["cache-control"]


def test_assets_come_compressed_to_those_who_take_it(client: TestClient) -> None:
    """The twin is the same content; who can't unpack gets it plain."""
    name = next(file for file in load() if file.endswith(".js"))
    packed = client.get(f"/{name}", headers={"accept-encoding": "gzip"})
    plain = client.get(f"/{name}", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert plain.headers["content-type"].startswith("text/javascript")


def test_every_built_file_has_its_twin_and_the_page_is_light() -> None:
    """Compressed twins unpack to the very files, and together stay below the limit."""
    files = load()
    plain = [name for name in files if not name.endswith(".gz")]
    assert sorted(files) == sorted([*plain, *(f"{name}.gz" for name in plain)])
    for name in plain:
        assert gzip.decompress(files[f"{name}.gz"]) == files[name]
    assert sum(len(files[f"{name}.gz"]) for name in plain) <= LIMIT


def test_the_page_names_no_other_server() -> None:
    """No third party is asked for anything."""
    for name, data in load().items():
        if name.endswith((".js", ".css", ".html")):
            hosts = set(re.findall(r"https?://([\w.-]+)", data.decode()))
            assert hosts <= {"www.w3.org"}, name  # the name of SVG, asked for by nobody


def test_no_path_leads_out_of_the_page(client: TestClient) -> None:
    """Only built files have a name."""
    for path in ("/assets/..%2findex.html", "/assets/%2e%2e%2f%2e%2e%2fapp.py", "/static/x"):
        assert client.get(path).status_code == 404
    assert STATIC.is_dir()
