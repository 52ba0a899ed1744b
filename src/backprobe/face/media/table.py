# SPDX-License-Identifier: Apache-2.0
"""Rows and columns of values and media."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backprobe.face.media.base import Media, Place
from backprobe.face.values import plain


class Table(Media):
    """Rows and columns.

    Arguments:
        columns: names of the columns; W&B's default is Input, Output, Expected.
        data: rows, a two-dimensional array, or a pandas DataFrame.
        rows: the same, the older name.
        dataframe: a pandas DataFrame, instead of `columns` and `data`.
        dtype, optional, allow_mixed_types: accepted; values are not checked against a type here.
        log_mode: accepted; a table may be logged as often as you like.

    Raises:
        ValueError: a row of another length than the columns.
        TypeError: `data` has no rows.
    """

    MAX_ROWS = 10_000
    MAX_ARTIFACT_ROWS = 200_000

    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
    ) -> None:
        del dtype, optional, allow_mixed_types
        self.log_mode = log_mode
        frame = dataframe if dataframe is not None else data
        if hasattr(frame, "columns") and hasattr(frame, "itertuples"):
            self.columns: list[Any] = list(frame.columns)
            given: Any = frame.itertuples(index=False)
        else:
            self.columns = list(("Input", "Output", "Expected") if columns is None else columns)
            given = data if data is not None else rows if rows is not None else ()
        if not hasattr(given, "__iter__"):
            raise TypeError(f"Table(data=…) expects a list of rows, got {type(given).__name__}")
        self.data: list[list[Any]] = []
        for row in given:
            self.add_data(*row)

    def add_data(self, *data: Any) -> None:
        """Adds a row, one argument a column.

        Raises:
            ValueError: another number of values than columns.
        """
        if len(data) != len(self.columns):
            raise ValueError(
                f"this table has {len(self.columns)} columns {self.columns}, "
                f"but the row has {len(data)} values: {data!r:.100}"
            )
        self.data.append(list(data))

    def add_row(self, *row: Any) -> None:
        """The older name of `add_data`."""
        self.add_data(*row)

    def add_column(self, name: str, data: Any) -> None:
        """Adds a column, one value a row.

        Raises:
            ValueError: another number of values than rows.
        """
        values = list(data)
        if self.data and len(values) != len(self.data):
            raise ValueError(f"this table has {len(self.data)} rows, the column {len(values)}")
        self.data = self.data or [[] for _ in values]
        self.columns.append(name)
        for row, value in zip(self.data, values, strict=True):
            row.append(value)

    def get_column(self, name: str, convert_to: str | None = None) -> Any:
        """The values of a column, as a list, or with `convert_to="numpy"` as an array.

        Raises:
            KeyError: there is no such column.
        """
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {self.columns}")
        values = [row[self.columns.index(name)] for row in self.data]
        if convert_to == "numpy":
            import numpy as np

            return np.array(values)
        return values

    def get_dataframe(self) -> Any:
        """A pandas DataFrame of it.

        Raises:
            ModuleNotFoundError: pandas is missing.
        """
        try:
            import pandas
        except ImportError:
            raise ModuleNotFoundError(
                "Table.get_dataframe() needs pandas: pip install pandas"
            ) from None
        return pandas.DataFrame.from_records(self.data, columns=self.columns)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Pairs of row number and row."""
        return enumerate(self.data)

    def store(self, place: Place) -> Mapping[str, Any]:
        """Writes the rows as JSON; media in them are stored too. Beyond 200,000 rows it is cut."""
        kept = self.data[: self.MAX_ARTIFACT_ROWS]
        rows = [
            [_cell(value, place, number * len(self.columns) + n) for n, value in enumerate(row)]
            for number, row in enumerate(kept)
        ]
        text = json.dumps({"columns": plain(self.columns), "data": rows})
        stub = {
            "_type": "table-file",
            **place.write("table", ".table.json", text.encode()),
            "ncols": len(self.columns),
            "nrows": len(rows),
        }
        return {**stub, "cut_from": len(self.data)} if len(rows) < len(self.data) else stub


def _cell(value: Any, place: Place, index: int) -> Any:
    if isinstance(value, Media):
        return value.store(Place(place.folder, place.key, place.step, index))
    return plain(value, lambda other: _long(other))


def _long(value: Any) -> Any:
    """Arrays too long for a row are kept whole in a table."""
    return value.tolist() if callable(getattr(value, "tolist", None)) else repr(value)
