# SPDX-License-Identifier: Apache-2.0
"""The WebSocket that says which runs advanced; what is new is then fetched by plain requests."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from backprobe.records import Run
from backprobe.server.diagnoses import log_bytes
from backprobe.server.rows import HEADS, Stamp
from backprobe.store import catalog

LOOK_SECONDS = 0.25
"""Logs of running runs are looked at so often …"""
SCAN_SECONDS = 1.0
"""… and the store for new runs so often, while a page is open."""


@dataclass(eq=False)
class Client:
    """One open page: what it has not been told yet, the newest word on each topic."""

    pending: dict[str, dict[str, Any]] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, topic: str, message: dict[str, Any]) -> None:
        """Puts a message in the queue in place of an older one on the same topic."""
        self.pending[topic] = message
        self.ready.set()


class Watcher:
    """Looks at the store for all open pages together, and only while there are any.

    Arguments:
        directory: the store.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.rests: Callable[[str, Stamp], bool] = lambda _, __: False
        """Whether a run is known to be at rest while its files are of that stamp: nobody need read
        it then."""
        self._clients: set[Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._known: dict[str, tuple[Stamp, Run | None]] = {}
        self._told: dict[str, tuple[int, str]] = {}
        self._scanned = 0.0
        self._news = False

    def list_changed(self) -> None:
        """Notes that the list of runs has something new to show. Callable from any thread."""
        self._news = True

    async def endpoint(self, socket: WebSocket) -> None:
        """`/api/live`: sends `{"type":"runs"}` and `{"type":"run","id","length","state"}`."""
        await socket.accept()
        client = Client()
        self._clients.add(client)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        gone = asyncio.create_task(_until_gone(socket))
        try:
            while not gone.done():
                waiting = asyncio.create_task(client.ready.wait())
                await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                client.ready.clear()
                messages, client.pending = client.pending, {}
                for message in messages.values():
                    await socket.send_text(msgspec.json.encode(message).decode())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the page is gone
        finally:
            gone.cancel()
            self._clients.discard(client)

    async def _watch(self) -> None:
        while self._clients:
            try:
                lengths, changed = await asyncio.to_thread(self._look)
            except Exception:  # one odd folder must not end the news of all others: look again
                logging.getLogger("uvicorn.error").exception("looking at %s", self.directory)
                lengths, changed = {}, False
            if changed or self._news:
                self._news = False
                self._tell("runs", {"type": "runs"})
            for identifier, (length, state) in lengths.items():
                message = {"type": "run", "id": identifier, "length": length, "state": state}
                self._tell(identifier, message)
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, topic: str, message: dict[str, Any]) -> None:
        for client in self._clients:
            client.tell(topic, message)

    def _look(self) -> tuple[Mapping[str, tuple[int, str]], bool]:
        """What advanced since the last look, and whether the list changed."""
        changed = False
        if time.monotonic() - self._scanned >= SCAN_SECONDS:
            changed = self._scan()
            self._scanned = time.monotonic()
        advanced: dict[str, tuple[int, str]] = {}
        for identifier, (stamp, run) in list(self._known.items()):
            told = self._told.get(identifier)
            if run is None:  # at rest
                if told is None or told[1] != "running":
                    continue
                run = catalog.read(self.directory / identifier)  # its end has not been told
                if run is None:
                    continue
                self._known[identifier] = (stamp, run)
            if run.state == "running":
                run = catalog.read(Path(run.path)) or run
                self._known[identifier] = (stamp, run)
            elif told is None or told[1] != "running":
                continue  # it ended before anyone looked, or its end has been told
            word = (log_bytes(run), run.state)
            if word != told:
                advanced[identifier] = self._told[identifier] = word
                changed |= told is not None and told[1] != run.state
        return advanced, changed

    def _scan(self) -> bool:
        """Reads the `run.json` that are new or were replaced; whether there were any."""
        seen: dict[str, tuple[Stamp, Run | None]] = {}
        if self.directory.is_dir():
            for folder in self.directory.iterdir():
                stamp = tuple(_modified(folder / name) for name in HEADS)
                known = self._known.get(folder.name)
                if known is not None and known[0] == stamp:
                    seen[folder.name] = known
                elif stamp[0] and self.rests(folder.name, stamp):
                    seen[folder.name] = (stamp, None)
                elif stamp[0] and (run := catalog.read(folder)) is not None:
                    seen[folder.name] = (stamp, run)
        before = {name: stamp for name, (stamp, _) in self._known.items()}
        self._known = seen
        return before != {name: stamp for name, (stamp, _) in seen.items()}


async def _until_gone(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        return


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
