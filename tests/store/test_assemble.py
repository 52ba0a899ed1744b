# SPDX-License-Identifier: Apache-2.0
"""Frames become a record: rows, tables, matrices, nouns; in order, with gaps as NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprobe.records import Record, Run, Source
from backprobe.store.assemble import Assembler
from backprobe.store.frames import Frame, decode, encode


def assembled(*frames: tuple[dict[str, Any], dict[str, Any]]) -> Assembler:
    """What the assembler makes of these headers and columns, through the real bytes."""
    data = b"".join(encode(n, header, columns) for n, (header, columns) in enumerate(frames))
    assembler = Assembler()
    assembler.add(decode(data)[0])
    return assembler


def record(*frames: tuple[dict[str, Any], dict[str, Any]]) -> Record:
    """The record of these frames."""
    return assembled(*frames).record(Run(id="x", name="x", config={"a": 1}))


def row(step: int, number: int, **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """One `log()` call."""
    header = {"stream": "history", "step": step, "row": number, "time": 1.0, "values": values}
    return header, {}


def event(name: str, /, **data: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """One event."""
    return {"stream": "event", "event": name, "time": 1.0, "data": data}, {}


def test_calls_of_one_row_are_one_row() -> None:
    """The values of one row number come together; the later value of a key wins."""
    built = assembled(row(0, 5, a=1, b=1), row(0, 5, b=2, c=3), row(1, 6, a=4))
    assert [(step, dict(values)) for step, _, values in built.rows] == [
        (0, {"a": 1, "b": 2, "c": 3}),
        (1, {"a": 4}),
    ]
    history = built.record(Run(id="x")).history
    assert {key: (s.tolist(), v.tolist()) for key, (s, v) in history.items()} == {
        "a": ([0, 1], [1.0, 4.0]),
        "b": ([0], [2.0]),
        "c": ([0], [3.0]),
    }


def test_late_rows_stand_where_they_arrived() -> None:
    """A row of its own comes between the parts of a pending row without closing it."""
    built = assembled(row(9, 5, a=1), row(2, -1, a=7), row(2, -1, a=8), row(9, 5, b=2))
    assert [(step, dict(values)) for step, _, values in built.rows] == [
        (9, {"a": 1, "b": 2}),
        (2, {"a": 7}),
        (2, {"a": 8}),
    ]
    steps, values = built.record(Run(id="x")).history["a"]
    assert (steps.tolist(), values.tolist()) == ([9, 2, 2], [1.0, 7.0, 8.0])


def test_only_numbers_are_history() -> None:
    """Texts, truths and stubs stay in the rows; what no float64 holds is infinite."""
    built = record(row(0, 0, text="a", truth=True, none=None, stub={"_type": "x"}, big=10**400))
    assert list(built.history) == ["big"]
    assert built.history["big"][1].tolist() == [np.inf]


def test_tables_take_columns_as_they_come() -> None:
    """A column that a block lacks is NaN there."""
    first = ({"stream": "steps"}, {"step": np.array([0, 1]), "loss": np.array([3.0, 2.0])})
    second = ({"stream": "steps"}, {"step": np.array([2]), "lr": np.array([0.1])})
    steps = record(first, second).steps
    assert steps["step"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(steps["loss"], [3.0, 2.0, np.nan])
    np.testing.assert_array_equal(steps["lr"], [np.nan, np.nan, 0.1])
    assert np.isnan(steps["no such column"]).all()


def test_matrices_are_laid_side_by_side() -> None:
    """Blocks of other steps and other tensors fill one array; gaps are NaN, steps ascend."""
    late = {"step": np.array([5]), "index": np.array([1, 2]), "grad_rms": np.array([[1.0, 2.0]])}
    early = {"step": np.array([4]), "index": np.array([0]), "grad_rms": np.array([[9.0]])}
    series = record(({"stream": "parameters"}, late), ({"stream": "parameters"}, early))
    found = series.parameters_series
    assert found.step.tolist() == [4, 5]
    assert found.index.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.of("grad_rms", 0), [9.0, np.nan])
    np.testing.assert_array_equal(found.of("grad_rms", 2), [np.nan, 2.0])
    assert np.isnan(found.of("grad_rms", 7)).all()


def test_nouns_are_built_and_replaced() -> None:
    """Lists become tuples, sources become places, unknown fields are passed over."""
    linear = {"index": 1, "name": "fc", "type": "Linear", "source": ["m.py", 3, "x"], "new": 1}
    renamed = {"index": 1, "name": "head", "type": "Linear", "parameters": [0, 1]}
    first = record(event("modules", items=[linear]))
    assert first.modules[0].source == Source("m.py", 3, "x")
    later = record(event("modules", items=[linear]), event("modules", items=[renamed]))
    assert [(m.name, m.parameters) for m in later.modules] == [("head", (0, 1))]


def test_the_script_says_who_the_run_is() -> None:
    """Identity, config and summary events change the run; its id and state stay."""
    built = record(
        event("identity", name="n", tags=["t"], id="evil", state="finished", path="/"),
        event("config", b=2),
        event("config", a=3),
        event("summary", loss=0.5),
        event("environment", python="3.11"),
    ).run
    assert (built.id, built.state, built.path) == ("x", "running", "")
    assert (built.name, built.tags) == ("n", ("t",))
    assert (built.config, built.summary) == ({"a": 3, "b": 2}, {"loss": 0.5})
    assert built.environment == {"python": "3.11"}


def test_unknown_streams_and_events_are_passed_over() -> None:
    """A log of a later version is read as far as it is understood."""
    built = record(({"stream": "hologram"}, {"x": np.arange(2)}), event("novelty", a=1), row(0, 0))
    assert [e.name for e in built.events] == ["novelty"]
    assert built.damage == ()


def test_a_frame_that_makes_no_sense_costs_itself_only() -> None:
    """It is told, and the others count."""
    ragged = ({"stream": "steps"}, {"step": np.arange(2), "loss": np.arange(3)})
    bare: tuple[dict[str, Any], dict[str, Any]] = ({"stream": "history"}, {})
    wrong = (
        {"stream": "outputs"},
        {"step": np.arange(2), "index": np.arange(3), "out_rms": np.zeros((3, 2))},
    )
    built = record(ragged, bare, wrong, event("modules", items=[{"name": "x"}]), row(0, 0, a=1))
    assert len(built.damage) == 4
    assert list(built.history) == ["a"]


def test_blind_spots_are_told_once_each() -> None:
    """Repeats are one line."""
    built = record(
        event("blind-spot", text="a"), event("blind-spot", text="b"), event("blind-spot", text="a")
    )
    assert built.blind_spots == ("a", "b")


def test_frames_are_counted() -> None:
    """The count says whether there is anything new."""
    assembler = Assembler()
    assembler.add([Frame(0, {"stream": "history"}, {}), Frame(1, {"stream": "console"}, {})])
    assert assembler.frames == 2
