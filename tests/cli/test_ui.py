# SPDX-License-Identifier: Apache-2.0
"""`backprobe ui` as a user starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from backprobe.cli.ui import DEFAULT_PORT, listen
from backprobe.store import catalog


@contextmanager
def started(store: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backprobe", "ui", "--no-browser", *arguments],
        env={**os.environ, "BACKPROBE_DIR": str(store)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://\S+", line):
                yield process, found[0]
                break
        else:
            raise AssertionError("no address was printed")
    finally:
        process.kill()
        process.communicate()


def test_it_serves_to_those_who_have_the_address_until_ctrl_c(tmp_path: Path) -> None:
    """The printed address opens the page; without its token nothing is had; Ctrl-C ends it."""
    with started(tmp_path, "--port", "0") as (process, address):
        assert urllib.request.urlopen(address).status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address.partition("?")[0])
        assert refused.value.code == 401
        refused.value.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_run_opens_at_its_page(tmp_path: Path) -> None:
    """The address leads to the run that was named."""
    run = catalog.create(tmp_path, name="mine")
    with started(tmp_path, "--port", "0", "mine") as (_, address):
        assert address.endswith(f"#/runs/{run.id}")


def test_an_unknown_run_is_a_wrong_usage(tmp_path: Path) -> None:
    """Exit status 2 and one clear line."""
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "ui", "--no-browser", "nope"],
        env={**os.environ, "BACKPROBE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no run 'nope'" in done.stderr


def test_a_taken_port_is_passed_over_unless_it_was_asked_for() -> None:
    """By default the next free one is taken; a --port that is taken is an error in words."""
    with listen("127.0.0.1", None) as first, listen("127.0.0.1", None) as second:
        one, two = first.getsockname()[1], second.getsockname()[1]
        assert one != two
        assert one >= DEFAULT_PORT
        with pytest.raises(click.ClickException, match=f"cannot listen on 127.0.0.1:{one}"):
            listen("127.0.0.1", one)


def test_a_host_that_is_not_ours_is_an_error_in_words() -> None:
    """An address of another machine can't be listened on."""
    with pytest.raises(click.ClickException, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_it_listens_on_loopback_only_by_default(tmp_path: Path) -> None:
    """Nobody else on the network is served."""
    with started(tmp_path, "--port", "0") as (_, address):
        assert address.startswith("http://127.0.0.1:")
        port = int(re.search(r":(\d+)/", address)[1])  # type: ignore[index]
        with socket.socket() as other:
            other.settimeout(2)
            own = _own_address()
            if own is not None:
                assert other.connect_ex((own, port)) != 0


def _own_address() -> str | None:
    """An address of this machine that is not loopback, None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = str(probe.getsockname()[0])
        return None if address.startswith("127.") else address
