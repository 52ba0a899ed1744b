# SPDX-License-Identifier: Apache-2.0
"""`backprobe ui`: the dashboard in the browser, from this machine, for this user."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path

import click

from backprobe.server.app import create_app
from backprobe.server.guard import host_names
from backprobe.store import catalog

DEFAULT_PORT = 8642
SWITCH_SECONDS = 0.001
TRIES = 50
"""So many ports after the wanted one are tried before any free one is taken."""


@click.command()
@click.argument("run", required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help=f"Where to listen: {DEFAULT_PORT} or a free one, if not given; 0 is any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--browser/--no-browser", default=True, help="Open a browser where there is one.")
@click.option("--read-only", is_flag=True, help="Let nobody rename, tag or throw away runs.")
def ui(run: str | None, port: int | None, host: str, browser: bool, read_only: bool) -> None:
    """Opens the dashboard, at RUN where one is given (an id, a prefix, a name, `latest`)."""
    directory = catalog.store_directory()
    try:
        wanted = catalog.find(directory, run).id if run else ""
    except catalog.UnknownRun as error:
        raise click.UsageError(str(error)) from error
    serve(directory, port, host, browser, wanted, read_only)


def serve(
    directory: Path | None = None,
    port: int | None = None,
    host: str = "127.0.0.1",
    open_browser: bool = True,
    run: str = "",
    read_only: bool = False,
) -> None:
    """Serves the dashboard of a store until Ctrl-C.

    Arguments:
        directory: the store, `BACKPROBE_DIR` or `.backprobe` by default; it need not exist yet.
        port: the port; None is 8642 or, where that is taken, the next free one; 0 is any.
        host: address to listen on; anything but loopback is reachable by others, who need the
            token.
        open_browser: open a browser where there is a display.
        run: id of the run to open.
        read_only: nothing of the store can be changed from the page.

    Raises:
        click.ClickException: the port that was asked for, or the host, can't be had.
    """
    import uvicorn  # here, so that `--help` does not wait for it

    directory = directory or catalog.store_directory()
    listening = listen(host, port)
    port = listening.getsockname()[1]
    app = create_app(
        directory,
        hosts=host_names(host),
        cookie=f"backprobe-{port}",
        read_only=read_only,
        apart=True,
    )
    address = f"http://{_shown(host)}:{port}/?token={app.state.token}"
    if run:
        address += f"#/runs/{run}"
    click.echo(f"backprobe: {directory}", err=True)
    click.echo(f"backprobe: dashboard at {address}  (Ctrl-C ends it)", err=True)
    if open_browser and has_display():
        threading.Timer(0.5, webbrowser.open, [address]).start()
    # A diagnosis in the background must not keep a request waiting for the interpreter.
    sys.setswitchinterval(SWITCH_SECONDS)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # the way in which it is meant to end


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on the port, or for None on the first free one from 8642 on.

    Raises:
        click.ClickException: it can't be had.
    """
    wanted = [port] if port is not None else [*range(DEFAULT_PORT, DEFAULT_PORT + TRIES), 0]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in wanted:
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, number))
        except OSError as error:
            found.close()
            if number == wanted[-1]:
                raise click.ClickException(
                    f"cannot listen on {host}:{number}: {error.strerror or error}; "
                    "give another --port, or leave it out"
                ) from error
        except OverflowError as error:
            found.close()
            raise click.ClickException(f"port {number}: expected 0 to 65535") from error
        else:
            found.listen(128)
            found.set_inheritable(True)
            return found
    raise AssertionError("unreachable: the last port returns or raises")


def has_display() -> bool:
    """Whether a browser would have a screen to open on."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
