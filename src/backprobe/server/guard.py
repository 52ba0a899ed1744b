# SPDX-License-Identifier: Apache-2.0
"""Who may ask: the Host and Origin checks, the token, and the headers of every answer.

A page of another site that the user has open can send requests to a server on the user's own
machine. It can't read the token, can't send our Host (a name that it rebinds to 127.0.0.1 stays in
the header) and can't leave out its Origin on a WebSocket, which the same-origin policy ignores.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""No inline script or style, nothing from elsewhere, no framing."""

ASK = """<!doctype html><meta charset="utf-8"><title>backprobe</title>
<h1>backprobe</h1>
<p>This page needs the token that <code>backprobe ui</code> printed with its address.</p>
<form method="get" action=""><label>Token <input name="token" type="password" autofocus></label>
<button>Open</button></form>"""


class Guard:
    """Lets through what carries the token and comes from where the page itself came from.

    Arguments:
        app: what is guarded.
        token: the secret; a cookie, `?token=` or `Authorization: Bearer` carries it.
        hosts: host names that are served besides addresses and `localhost`.
        cookie: name of the cookie; cookies ignore ports, so two servers need two names.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str], cookie: str) -> None:
        self.app = app
        self.token = token
        self.hosts = frozenset(host.lower() for host in hosts) | {"localhost"}
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers or refuses one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        refusal = self._refusal(headers, asked)
        fresh = refusal is None and bool(asked)

        async def secured(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                answered = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    answered[name] = value
                if fresh:
                    answered.append(
                        "set-cookie",
                        f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/",
                    )
            await send(message)

        if refusal is None:
            await self.app(scope, receive, secured)
        elif scope["type"] == "websocket":
            await receive()  # the handshake, which a closing answers with 403
            await send({"type": "websocket.close", "code": 1008})
        else:
            if refusal.status_code == 401 and scope["path"] == "/":
                refusal = HTMLResponse(ASK, 401)
            await refusal(scope, receive, secured)

    def _refusal(self, headers: Headers, asked: str) -> Response | None:
        host = headers.get("host", "")
        if not self._served(host):
            return PlainTextResponse(f"Host {host!r} is not served here", 421)
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return PlainTextResponse(f"Origin {origin!r} may not ask here", 403)
        given = [asked, headers.get("authorization", "").removeprefix("Bearer ").strip()]
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            morsel = None
        given.append(morsel.value if morsel else "")
        if any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given if one):
            return None
        return PlainTextResponse("The token is missing or wrong", 401)

    def _served(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name.lower() in self.hosts:
            return True
        try:  # an address can't be rebound: only names can
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True


def host_names(host: str) -> set[str]:
    """Names under which a server bound to `host` may be asked for."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return {host}
    if address.is_loopback:
        return set()
    return {socket.gethostname(), socket.getfqdn()}
