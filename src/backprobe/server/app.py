# SPDX-License-Identifier: Apache-2.0
"""The dashboard as an ASGI application: routes, and what they share."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from backprobe.server import edit, media, page
from backprobe.server.console import console
from backprobe.server.data import data
from backprobe.server.diagnoses import Diagnoses
from backprobe.server.divergence import divergence
from backprobe.server.errors import Refusal, again, failed, refused
from backprobe.server.findings import findings
from backprobe.server.graph import graph
from backprobe.server.guard import Guard
from backprobe.server.heatmap import heatmap
from backprobe.server.histograms import histograms
from backprobe.server.live import Watcher
from backprobe.server.overlay import Overlays, overlay
from backprobe.server.readers import Readers
from backprobe.server.rows import Rows
from backprobe.server.rule import rule
from backprobe.server.run import run, structure
from backprobe.server.runs import runs
from backprobe.server.samples import samples
from backprobe.server.series import series
from backprobe.server.source import source
from backprobe.server.trials import trials
from backprobe.server.units import units
from backprobe.server.worker import Worker
from backprobe.store.stored import Stale


def create_app(
    directory: Path,
    token: str = "",
    hosts: Iterable[str] = (),
    cookie: str = "backprobe",
    static: Path = page.STATIC,
    read_only: bool = False,
    apart: bool = False,
) -> Starlette:
    """The application that serves one store.

    Arguments:
        directory: the store; it need not exist yet.
        token: what a request must carry; a fresh one where it is empty (`app.state.token`).
        hosts: host names that are served besides addresses and `localhost`.
        cookie: name of the cookie that carries the token.
        static: folder of the built page.
        read_only: refuse every change: names, tags, the trash.
        apart: diagnose in a process of its own.
    """
    token = token or secrets.token_urlsafe(24)
    watcher = Watcher(directory)
    app = Starlette(
        routes=[
            Route("/", page.index),
            Route("/assets/{name}", page.asset),
            Route("/api/runs", runs),
            Route("/api/runs/{id}", run),
            Route("/api/runs/{id}/structure", structure),
            Route("/api/runs/{id}/series", series),
            Route("/api/runs/{id}/heatmap", heatmap),
            Route("/api/runs/{id}/histograms", histograms),
            Route("/api/runs/{id}/units", units),
            Route("/api/runs/{id}/samples", samples),
            Route("/api/runs/{id}/findings", findings),
            Route("/api/runs/{id}/console", console),
            Route("/api/runs/{id}/source", source),
            Route("/api/runs/{id}/trials", trials),
            Route("/api/runs/{id}/graph", graph),
            Route("/api/runs/{id}/data", data),
            Route("/api/runs/{id}/media", media.media),
            Route("/api/runs/{id}/media/{path:path}", media.file),
            Route("/api/overlay", overlay),
            Route("/api/divergence", divergence),
            Route("/api/rules/{name}", rule),
            Route("/api/runs/{id}/label", edit.label, methods=["POST"]),
            Route("/api/trash", edit.trash),
            Route("/api/trash", edit.discard, methods=["POST"]),
            Route("/api/trash/restore", edit.restore, methods=["POST"]),
            Route("/api/trash/empty", edit.empty, methods=["POST"]),
            WebSocketRoute("/api/live", watcher.endpoint),
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts, cookie=cookie)],
        exception_handlers={Refusal: refused, Stale: again, Exception: failed},
    )
    app.state.token = token
    app.state.readers = Readers(directory, keeps=not read_only)
    app.state.diagnoses = Diagnoses(
        watcher.list_changed,
        keeps=not read_only,
        summary=Worker().summarize if apart else None,
    )
    app.state.overlays = Overlays()
    app.state.rows = Rows(directory, app.state.diagnoses)
    watcher.rests = app.state.rows.rests
    app.state.read_only = read_only
    app.state.files = page.load(static)
    return app
