# SPDX-License-Identifier: Apache-2.0
"""Who may ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backprobe.server.app import create_app
from backprobe.server.guard import host_names
from tests.server.conftest import LIVE, LOCAL, TOKEN


@pytest.fixture
def stranger(tmp_path: Path) -> TestClient:
    """A client that carries no token."""
    return TestClient(create_app(tmp_path, TOKEN, ["laptop"]), base_url=LOCAL)


def test_nothing_without_the_token(stranger: TestClient) -> None:
    """Neither data nor page; the page asks for the token."""
    assert stranger.get("/api/runs").status_code == 401
    assert stranger.get("/assets/x.js").status_code == 401
    assert stranger.get("/api/runs?token=wrong").status_code == 401
    page = stranger.get("/")
    assert page.status_code == 401
    assert 'name="token"' in page.text


def test_the_address_with_the_token_sets_a_cookie(stranger: TestClient) -> None:
    """From then on the cookie will do; scripts and other sites can't use it."""
    answer = stranger.get(f"/?token={TOKEN}")
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.get("/api/runs").status_code == 200


def test_a_foreign_host_name_is_refused(stranger: TestClient) -> None:
    """A name that was rebound to this machine does not open it, token or not."""
    for host, status in [
        ("evil.example", 421),
        ("evil.example:8642", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("localhost:9999", 200),
        ("127.0.0.1", 200),
        ("[::1]:8642", 200),
        ("LAPTOP:8642", 200),
    ]:
        got = stranger.get(f"/api/runs?token={TOKEN}", headers={"host": host})
        assert got.status_code == status, host


def test_a_foreign_origin_is_refused(stranger: TestClient) -> None:
    """A page of another site can't read, whatever it carries."""
    path = f"/api/runs?token={TOKEN}"
    for origin, status in [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:9999", 403),
        (LOCAL, 200),
    ]:
        assert stranger.get(path, headers={"origin": origin}).status_code == status, origin


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {TOKEN}", "origin": "https://evil.example"},
        {"authorization": f"Bearer {TOKEN}", "host": "evil.example"},
    ],
)
def test_the_socket_is_guarded_likewise(stranger: TestClient, headers: dict[str, str]) -> None:
    """The same-origin policy does not cover WebSockets: we do."""
    with (
        pytest.raises(WebSocketDisconnect),
        stranger.websocket_connect(LIVE, headers=headers),
    ):
        pass


def test_the_socket_opens_with_the_token(stranger: TestClient) -> None:
    """A page of this server, or a program that sends no Origin, is let in."""
    for headers in ({}, {"origin": LOCAL}):
        headers = {"authorization": f"Bearer {TOKEN}", **headers}
        with stranger.websocket_connect(LIVE, headers=headers):
            pass


def test_every_answer_carries_the_policy(stranger: TestClient) -> None:
    """No inline script, nothing from elsewhere, no framing; also on refusals."""
    for path in ("/", "/api/runs", f"/?token={TOKEN}"):
        headers = stranger.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_nothing_can_be_changed(stranger: TestClient) -> None:
    """The server only reads."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert stranger.request(method, f"/api/runs?token={TOKEN}").status_code == 405


def test_broken_cookies_are_no_token(stranger: TestClient) -> None:
    """What a cookie parser can't read is passed over."""
    cookie = 'a="\x01; backprobe=ü'.encode("latin-1")
    answer = stranger.get("/api/runs", headers=[(b"cookie", cookie)])
    assert answer.status_code == 401


def test_names_are_only_needed_beyond_loopback() -> None:
    """On loopback no name is added; on all addresses this machine's own is."""
    assert host_names("127.0.0.1") == set()
    assert host_names("::1") == set()
    assert host_names("my.host") == {"my.host"}
    assert host_names("0.0.0.0") != set()
