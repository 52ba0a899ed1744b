# SPDX-License-Identifier: Apache-2.0
"""The writer: what it was given is in the page cache when it returns, and no disk stops it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.store.frames import decode
from backprobe.store.reader import LogReader, log_name, new_log
from backprobe.store.writer import LogWriter


def rows(path: Path) -> list[dict[str, Any]]:
    """The values of all rows of a log."""
    frames, _, _ = decode(path.read_bytes())
    return [frame.header["values"] for frame in frames if frame.header["stream"] == "history"]


def test_each_call_is_one_frame_that_another_reader_sees_at_once(tmp_path: Path) -> None:
    """Nothing waits in the writer: a file opened anew has every frame."""
    writer = LogWriter(tmp_path / "a.log")
    for number in range(5):
        writer.row(number, {"n": number}, 1.0)
        assert rows(writer.path) == [{"n": n} for n in range(number + 1)]


def test_the_fast_row_is_the_same_json(tmp_path: Path) -> None:
    """What the fast path writes is what `json` would write: escapes, floats, nesting."""
    values = {'a"b\\': 0.1, "π\ud800": [1e-320, 10**30, True, None], "c": {"d": "\n"}}
    writer = LogWriter(tmp_path / "a.log")
    writer.row(-3, values, 2.5, row=8)
    (frame,) = decode(writer.path.read_bytes())[0]
    expected = {"stream": "history", "step": -3, "row": 8, "time": 2.5, "values": values}
    assert frame.header == json.loads(json.dumps(expected))


def test_a_row_that_is_not_json_ready_writes_nothing(tmp_path: Path) -> None:
    """The caller's mistake is the caller's exception, and the log stays whole."""
    writer = LogWriter(tmp_path / "a.log")
    with pytest.raises(TypeError):
        writer.row(0, {"a": object()}, 0.0)
    writer.row(0, {"a": 1}, 0.0)
    assert rows(writer.path) == [{"a": 1}]


def test_threads_do_not_mix_their_frames(tmp_path: Path) -> None:
    """Rows and blocks of several threads are all there, in one unbroken sequence."""
    writer = LogWriter(tmp_path / "a.log")

    def work(thread: int) -> None:
        for number in range(100):
            writer.row(number, {"thread": thread, "n": number}, 0.0)
            writer.frame({"stream": "steps"}, {"step": np.arange(50)})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frames, damage, _ = decode(writer.path.read_bytes())
    assert damage == []
    assert [frame.sequence for frame in frames] == list(range(800))
    held = [(row["thread"], row["n"]) for row in rows(writer.path)]
    assert sorted(held) == [(t, n) for t in range(4) for n in range(100)]


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    """After `close` calls are harmless."""
    writer = LogWriter(tmp_path / "a.log")
    writer.event("a")
    writer.close()
    writer.close()
    size = writer.path.stat().st_size
    writer.event("b")
    writer.touch()
    assert writer.path.stat().st_size == size


def test_a_forked_child_writes_nothing_into_its_parents_log(tmp_path: Path) -> None:
    """A child that inherited the writer can't tear the parent's frames."""
    writer = LogWriter(tmp_path / "a.log")
    writer.row(0, {"who": "parent"}, 0.0)
    child = os.fork()
    if child == 0:
        writer.row(1, {"who": "child"}, 0.0)
        writer.event("child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.row(2, {"who": "parent again"}, 0.0)
    assert [row["who"] for row in rows(writer.path)] == ["parent", "parent again"]


def test_a_folder_that_is_missing_is_told_once(tmp_path: Path) -> None:
    """No exception reaches the training; the user hears of it in one line."""
    said: list[str] = []
    writer = LogWriter(tmp_path / "no" / "a.log", said.append)
    for _ in range(3):
        writer.event("a")
    assert len(said) == 1
    assert "No such file or directory" in said[0]
    assert "the training goes on" in said[0]


def test_a_folder_that_is_made_later_is_used(tmp_path: Path) -> None:
    """Frames are tried again, so a disk that comes back loses only what came before."""
    writer = LogWriter(tmp_path / "later" / "a.log")
    writer.row(0, {"n": 0}, 0.0)
    (tmp_path / "later").mkdir()
    writer.row(1, {"n": 1}, 0.0)
    assert rows(writer.path) == [{"n": 1}]


def test_a_log_that_was_removed_is_noticed(tmp_path: Path) -> None:
    """Writes into a removed file succeed and are lost: the sign of life finds out."""
    said: list[str] = []
    writer = LogWriter(tmp_path / "a.log", said.append)
    writer.path.unlink()
    writer.row(0, {"n": 0}, 0.0)
    writer.touch()
    writer.touch()
    assert len(said) == 1
    assert "No such file or directory" in said[0]


FULL = """
import resource, sys
from pathlib import Path
from backprobe.store.writer import LogWriter
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
writer = LogWriter(path, lambda line: print(line, file=sys.stderr))
for number in range(50):
    writer.row(number, {"n": number, "text": "x" * 100}, 0.0)
lost = writer.lost
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.row(50, {"n": 50}, 0.0)
print(lost)
"""


def test_a_full_disk_loses_only_what_does_not_fit(tmp_path: Path) -> None:
    """Frames before and after are whole, the lost ones are counted and found missing."""
    path = tmp_path / "a.log"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("\n") == 1
    assert "File too large" in done.stderr or "No space left" in done.stderr
    lost = int(done.stdout)
    reader = LogReader(path)
    reader.refresh(ended=True)
    numbers = [row[2]["n"] for row in reader.assembled.rows]
    assert numbers == [*range(50 - lost), 50]
    assert reader.damage


HANDLER = """
import itertools, signal, sys
from pathlib import Path
from backprobe.store.writer import LogWriter
writer = LogWriter(Path(sys.argv[1]))
handled, numbers = 0, itertools.count()
def handler(*_):
    global handled
    handled = next(numbers) + 1
    writer.row(handled, {"handler": handled - 1}, 0.0)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
number = 0
while handled < 400:
    writer.row(number, {"main": number}, 0.0)
    number += 1
signal.setitimer(signal.ITIMER_REAL, 0)
print(number, next(numbers))
"""


def test_a_signal_handler_may_log_while_the_same_thread_does(tmp_path: Path) -> None:
    """No deadlock and no lost row; handlers interrupt each other, so theirs have no order."""
    path = tmp_path / "a.log"
    done = subprocess.run(
        [sys.executable, "-c", HANDLER, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    number, handled = map(int, done.stdout.split())
    reader = LogReader(path)
    reader.refresh(ended=True)
    assert reader.damage == []
    found = rows(path)
    assert [row["main"] for row in found if "main" in row] == list(range(number))
    assert sorted(row["handler"] for row in found if "handler" in row) == list(range(handled))


KILLED = """
import os, signal, sys
from pathlib import Path
from backprobe.store.writer import LogWriter
writer = LogWriter(Path(sys.argv[1]))
for number in range(1000):
    writer.row(number, {"n": number}, 0.0)
    if number == 700:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_sigkill_loses_no_row(tmp_path: Path) -> None:
    """Each row whose call returned is in the file of a process that was killed."""
    path = tmp_path / "a.log"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [row["n"] for row in rows(path)] == list(range(701))


def test_a_process_id_that_comes_again_gets_a_log_of_its_own(tmp_path: Path) -> None:
    """Frames of two processes never share a file."""
    first = new_log(tmp_path, 0, 42)
    first.touch()
    second = new_log(tmp_path, 0, 42)
    second.touch()
    assert [first.name, second.name] == [log_name(0, 42), "rank0-p42-1.log"]
    assert new_log(tmp_path, 0, 42).name == "rank0-p42-2.log"


def test_the_limit_of_this_process_is_untouched() -> None:
    """The full disk above is another process's: this one may write."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
