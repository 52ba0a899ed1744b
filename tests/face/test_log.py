# SPDX-License-Identifier: Apache-2.0
"""`log`: W&B's counter of steps and commits, but nothing is dropped, and all is written at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.face.log import History, whole
from backprobe.face.media.convert import Converter
from backprobe.face.notices import Notices
from backprobe.face.summary import Summary
from backprobe.store.reader import LogReader
from backprobe.store.writer import LogWriter


class Logged:
    """A history on a real log, and what another reader finds in it."""

    def __init__(self, folder: Path) -> None:
        self.writer = LogWriter(folder / "rank0-p1.log")
        self.summary = Summary()
        self.warned: list[tuple[str, str]] = []
        convert = Converter(folder, lambda key, text: self.warned.append((key, text)))
        self.history = History(self.writer, self.summary, convert, Notices(silent=True))
        self.log = self.history.log

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Step and values of each row, as read from the disk now."""
        reader = LogReader(self.writer.path)
        reader.refresh()
        assert reader.damage == []
        return [(step, dict(values)) for step, _, values in reader.assembled.rows]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """An empty history."""
    return Logged(tmp_path)


def test_the_counter_is_that_of_wandb(logged: Logged) -> None:
    """The table observed with wandb 0.31: only a late step, which it drops, is kept here."""
    table: list[tuple[dict[str, Any], int]] = [
        ({"commit": False}, 0),
        ({}, 1),
        ({"step": 5}, 5),
        ({"step": 5, "commit": True}, 6),
        ({"step": 2}, 6),
        ({"commit": True}, 7),
        ({"step": 7}, 7),
        ({}, 8),
        ({"step": 8, "commit": False}, 8),
        ({"step": 8, "commit": True}, 9),
    ]
    for number, (arguments, counter) in enumerate(table):
        logged.log({f"k{number}": number}, **arguments)
        assert logged.history.step == counter, arguments
    assert logged.rows() == [
        (0, {"k0": 0, "k1": 1}),
        (5, {"k2": 2, "k3": 3}),
        (2, {"k4": 4}),
        (6, {"k5": 5}),
        (7, {"k6": 6, "k7": 7}),
        (8, {"k8": 8, "k9": 9}),
    ]


def test_every_call_is_on_disk_when_it_returns(logged: Logged) -> None:
    """Also one that does not commit: its values are there, and become part of the row."""
    logged.log({"a": 1}, commit=False)
    assert logged.rows() == [(0, {"a": 1})]
    logged.log({"b": 2}, step=0)
    assert logged.rows() == [(0, {"a": 1, "b": 2})]
    logged.log({"a": 3})
    assert logged.rows() == [(0, {"a": 3, "b": 2})]
    assert logged.history.step == 1


def test_late_steps_are_kept_in_the_order_of_arrival(logged: Logged) -> None:
    """A loop that counts anew each epoch loses nothing."""
    for epoch in range(3):
        for step in range(2):
            logged.log({"loss": epoch * 10 + step}, step=step)
    kept = [(step, values["loss"]) for step, values in logged.rows()]
    assert kept == [(0, 0), (1, 1), (0, 10), (1, 11), (0, 20), (1, 21)]


def test_a_late_step_does_not_close_the_pending_row(logged: Logged) -> None:
    """Other keys of the same step still join it afterwards."""
    logged.log({"a": 1}, step=9)
    logged.log({"x": 2}, step=3)
    logged.log({"b": 3}, step=9)
    assert logged.rows() == [(9, {"a": 1, "b": 3}), (3, {"x": 2})]


def test_an_empty_call_counts_but_writes_nothing(logged: Logged) -> None:
    """As in W&B the step goes on."""
    logged.log({})
    assert (logged.history.step, logged.rows()) == (1, [])


def test_nested_dicts_become_dotted_names(logged: Logged) -> None:
    """At any depth, with whatever keys; an empty one is nothing."""
    logged.log({"a": {"b": {"c": 1}, 2: 3}, "e": {}, "f/g": 4})
    assert logged.rows() == [(0, {"a.b.c": 1, "a.2": 3, "f/g": 4})]
    assert logged.summary["a"]["b"]["c"] == 1
    assert logged.summary["a.b.c"] == 1


def test_nan_and_infinities_are_kept(logged: Logged) -> None:
    """They are what a user most needs to see."""
    logged.log({"nan": math.nan, "up": np.float32("inf"), "half": np.float16("nan")})
    ((_, values),) = logged.rows()
    assert math.isnan(values["nan"])
    assert math.isnan(values["half"])
    assert values["up"] == math.inf


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.array([[7]]), 7),
        (np.arange(3), [0, 1, 2]),
        (np.eye(2), [[1.0, 0.0], [0.0, 1.0]]),
        ([1, np.float64(2.0), "x"], [1, 2.0, "x"]),
        ((1, 2), [1, 2]),
        ({"in": 1}, None),
        ("text", "text"),
        (None, None),
        (True, True),
    ],
)
def test_scalars_arrays_and_lists(logged: Logged, given: Any, kept: Any) -> None:
    """Numbers of numpy are numbers; up to 32 elements of an array are a list."""
    logged.log({"x": given})
    ((_, values),) = logged.rows()
    if isinstance(given, Mapping):
        assert values == {"x.in": 1}
    else:
        assert values["x"] == kept
        assert type(values["x"]) is type(kept)


def test_tensors(logged: Logged) -> None:
    """Tensors of any dtype, with or without gradient."""
    torch = pytest.importorskip("torch")
    loss = torch.tensor(0.5, requires_grad=True) * 2
    logged.log(
        {
            "loss": loss,
            "one": torch.tensor([[3]]),
            "bf16": torch.tensor(1.5, dtype=torch.bfloat16),
            "few": torch.arange(3, dtype=torch.bfloat16),
            "many": torch.linspace(0, 1, 100, requires_grad=True),
        }
    )
    ((_, values),) = logged.rows()
    assert values.pop("many")["_type"] == "histogram"
    assert values == {"loss": 1.0, "one": 3, "bf16": 1.5, "few": [0.0, 1.0, 2.0]}


def test_a_long_array_is_its_distribution(logged: Logged) -> None:
    """As in W&B, but what is not finite is counted instead of hidden."""
    data = np.concatenate([np.zeros(50), [np.nan, np.inf]])
    logged.log({"w": data})
    ((_, values),) = logged.rows()
    assert values["w"]["_type"] == "histogram"
    assert sum(values["w"]["values"]) == 50
    assert values["w"]["nonfinite"] == 2


@pytest.mark.parametrize("data", [[1], 3, None, "loss", {("a", 1)}])
def test_data_that_is_no_dict_is_refused(logged: Logged, data: Any) -> None:
    """A TypeError that says what was given and what was expected."""
    with pytest.raises(TypeError, match=r"log\(\) expects a dict .* got " + type(data).__name__):
        logged.log(data)
    assert logged.rows() == []


def test_a_key_that_is_no_string_is_refused(logged: Logged) -> None:
    """It names the key, its type, and nothing of the call is written."""
    with pytest.raises(TypeError, match="expects strings as keys; got 1 of type int"):
        logged.log({"a": 1, 1: 2})  # type: ignore[dict-item]
    assert logged.rows() == []
    assert logged.history.step == 0


def test_a_value_that_can_not_be_stored_is_kept_as_text(logged: Logged) -> None:
    """The training goes on; the user is told which key, what it was and what is expected."""

    class Strange:
        def __repr__(self) -> str:
            return "strange thing"

    logged.log({"s": Strange(), "ok": 1, "many": [Strange()]})
    assert logged.rows() == [(0, {"s": "strange thing", "ok": 1, "many": ["strange thing"]})]
    assert [key for key, _ in logged.warned] == ["s", "many"]
    assert "got Strange; expected a number" in logged.warned[0][1]


def test_a_value_whose_reading_fails_is_kept_as_text(logged: Logged) -> None:
    """An exception inside a value never reaches the loop."""

    class Broken:
        shape = (1,)

        def tolist(self) -> list[float]:
            raise RuntimeError("no")

        def item(self) -> float:
            raise RuntimeError("device lost")

        def __repr__(self) -> str:
            return "broken"

    logged.log({"b": Broken(), "ok": 1})
    assert logged.rows() == [(0, {"b": "broken", "ok": 1})]
    assert "device lost" in logged.warned[0][1]


def test_what_is_nested_in_itself_ends(logged: Logged) -> None:
    """A list that holds itself is cut, not followed forever."""
    loop: list[Any] = [1]
    loop.append(loop)
    logged.log({"loop": loop})
    ((_, values),) = logged.rows()
    assert values["loop"][0] == 1


@pytest.mark.parametrize(
    ("step", "expected"), [(3, 3), (np.int64(4), 4), (5.0, 5), (np.array(6), 6), (True, 1)]
)
def test_a_step_may_be_any_whole_number(step: Any, expected: int) -> None:
    """Counters of numpy and tensors count."""
    assert whole(step) == expected


@pytest.mark.parametrize("step", [2.5, "3", [1], math.nan, math.inf, np.arange(2)])
def test_a_step_that_is_no_whole_number_is_refused(logged: Logged, step: Any) -> None:
    """Said with what was given."""
    with pytest.raises(TypeError, match="expected a whole number"):
        logged.log({"a": 1}, step=step)


def test_threads_share_one_counter(logged: Logged) -> None:
    """Calls from several threads each get a row of their own."""
    import threading

    def work(name: int) -> None:
        for number in range(50):
            logged.log({"t": name, "n": number})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = logged.rows()
    assert [step for step, _ in rows] == list(range(200))
    assert sorted((v["t"], v["n"]) for _, v in rows) == [
        (t, n) for t in range(4) for n in range(50)
    ]
