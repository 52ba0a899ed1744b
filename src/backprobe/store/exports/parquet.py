# SPDX-License-Identifier: Apache-2.0
"""A record as a Parquet file, and as the frames of pandas and Polars; each by its own library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backprobe.records import Record
from backprobe.store.exports.wide import columns
from backprobe.store.json import plain

if TYPE_CHECKING:
    import pandas
    import polars


class Missing(ImportError):  # noqa: N818 - it is an answer to the user more than a fault
    """The library that an export needs is not installed; the text says how to get it."""


def write(record: Record, path: Path) -> None:
    """Writes the wide table, with the run's facts as JSON under `backprobe` in its metadata.

    Without minima and maxima of float columns: readers that prune by them lose NaN, which are
    what one looks for here (DuckDB 2 answers `isnan` with no rows then).

    Raises:
        Missing: pyarrow is not installed.
        OSError: it can't be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise _missing("Parquet", "pyarrow") from error
    table = pyarrow.table(columns(record))
    facts = json.dumps(plain({**vars(record.run), "path": ""}))
    table = table.replace_schema_metadata({"backprobe": facts})
    parquet.write_table(table, path, compression="zstd", write_statistics=["step"])


def to_pandas(record: Record) -> pandas.DataFrame:
    """The wide table as a pandas frame, indexed by step.

    Raises:
        Missing: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise _missing("a pandas frame", "pandas") from error
    return pandas.DataFrame(columns(record)).set_index("step")


def to_polars(record: Record) -> polars.DataFrame:
    """The wide table as a Polars frame.

    Raises:
        Missing: polars is not installed.
    """
    try:
        import polars
    except ImportError as error:
        raise _missing("a Polars frame", "polars") from error
    table: dict[str, Any] = dict(columns(record))
    return polars.DataFrame(table)


def _missing(what: str, library: str) -> Missing:
    return Missing(f"{what} needs {library}, which is not installed: pip install {library}")
