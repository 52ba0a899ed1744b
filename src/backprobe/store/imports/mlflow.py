# SPDX-License-Identifier: Apache-2.0
"""Runs from MLflow's database (`mlflow.db`, SQLite) and from its old folders (`mlruns`).

Columns are read by name, of the tables `experiments`, `runs`, `params`, `metrics`, `tags` as in
MLflow 2 and 3. The database is opened read-only.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from backprobe.store.imports.imported import Imported, NotReadable

TABLES = {"experiments", "runs", "params", "metrics", "tags"}
STATES = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "killed", "RUNNING": "crashed"}
MAGIC = b"SQLite format 3\0"
NAME, NOTE, OWN = "mlflow.runName", "mlflow.note.content", "mlflow."


def holds(path: Path) -> bool:
    """Whether a path is such a database or old folder, or a folder that holds one."""
    return bool(_databases(path)) or next(_folders(path), None) is not None


def read(path: Path) -> list[Imported]:
    """All runs that are not deleted.

    Raises:
        NotReadable: a database that is damaged, or not MLflow's.
        OSError: a file can't be opened.
    """
    found = [run for file in _databases(path) for run in _database(file)]
    return found + [_folder(folder, experiment) for folder, experiment in _folders(path)]


def _databases(path: Path) -> list[Path]:
    files = [path] if path.is_file() else sorted(path.glob("*.db")) if path.is_dir() else []
    return [file for file in files if _is_database(file)]


def _is_database(file: Path) -> bool:
    try:
        with open(file, "rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _database(file: Path) -> list[Imported]:
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    try:
        with sqlite3.connect(address, uri=True) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.row_factory = sqlite3.Row
            return list(_runs(connection, file))
    except NotReadable:
        raise
    except (sqlite3.Error, OverflowError, ValueError, TypeError, LookupError) as error:
        # values of another kind, columns that are gone, and errors whose text is no UTF-8
        raise NotReadable(f"{file}: damaged: {error}") from error
    finally:
        if "connection" in locals():
            connection.close()


def _runs(connection: sqlite3.Connection, file: Path) -> Iterator[Imported]:
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if missing := sorted(TABLES - names):
        raise NotReadable(f"{file}: no database of MLflow's, it has no table {missing[0]!r}")
    experiments = {
        row["experiment_id"]: row["name"] for row in connection.execute("SELECT * FROM experiments")
    }
    for run in connection.execute("SELECT * FROM runs ORDER BY start_time").fetchall():
        facts = dict(run)
        if facts.get("lifecycle_stage", "active") != "active":
            continue
        identity = str(facts["run_uuid"])
        keyed = {
            table: dict(
                connection.execute(
                    f"SELECT key, value FROM {table} WHERE run_uuid = ?", (identity,)
                ).fetchall()
            )
            for table in ("params", "tags")
        }
        metrics = connection.execute(
            "SELECT key, value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ? "
            "ORDER BY step, timestamp",
            (identity,),
        )
        points = [
            (int(row["step"] or 0), _seconds(row["timestamp"]) or 0.0, row["key"], _value(row))
            for row in metrics
        ]
        yield _imported(
            str(file.absolute()),
            identity,
            str(experiments.get(facts.get("experiment_id"), "") or ""),
            facts,
            keyed["params"],
            keyed["tags"],
            points,
        )


def _value(row: sqlite3.Row) -> float:
    if row["is_nan"]:
        return math.nan
    value = float(row["value"])
    # MLflow keeps infinities as the largest numbers
    return math.copysign(math.inf, value) if abs(value) >= 1.797693e308 else value


def _folders(path: Path) -> Iterator[tuple[Path, str]]:
    """The runs of an old store, each with its experiment's name."""
    if not path.is_dir():
        return
    root = path / "mlruns" if (path / "mlruns").is_dir() else path
    for meta in sorted(root.glob("*/*/meta.yaml")):
        if (meta.parent / "metrics").is_dir():
            experiment = _meta(meta.parent.parent / "meta.yaml").get("name", "")
            yield meta.parent, experiment


def _folder(folder: Path, experiment: str) -> Imported:
    facts: dict[str, Any] = dict(_meta(folder / "meta.yaml"))
    points, damage = [], []
    for file in sorted((folder / "metrics").rglob("*")):
        if not file.is_file():
            continue
        key = file.relative_to(folder / "metrics").as_posix()
        for line in file.read_text(errors="replace").splitlines():
            try:
                now, value, *rest = line.split()
                step = int(rest[0]) if rest else 0
                points.append((step, _seconds(int(now)) or 0.0, key, float(value)))
            except ValueError:
                damage.append(f"{key}: a line makes no sense: {line[:60]!r}")
    states = {"1": "RUNNING", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
    facts["status"] = states.get(str(facts.get("status")), "FINISHED")
    texts = {
        name: {
            file.relative_to(folder / name).as_posix(): file.read_text(errors="replace")
            for file in sorted((folder / name).rglob("*"))
            if file.is_file()
        }
        for name in ("params", "tags")
    }
    return _imported(
        str(folder.absolute()),
        str(facts.get("run_id") or folder.name),
        experiment,
        facts,
        texts["params"],
        texts["tags"],
        sorted(points, key=lambda point: point[:2]),
        tuple(damage[:5]),
    )


def _meta(file: Path) -> dict[str, str]:
    """The plain `key: value` lines of a small YAML file that MLflow wrote."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = [line.split(":", 1) for line in lines if ":" in line and not line.startswith(" ")]
    return {key.strip(): value.strip().strip("'\"") for key, value in pairs}


def _imported(
    origin: str,
    identity: str,
    experiment: str,
    facts: Mapping[str, Any],
    params: Mapping[str, Any],
    tags: Mapping[str, Any],
    points: list[tuple[int, float, str, float]],
    damage: tuple[str, ...] = (),
) -> Imported:
    rows: dict[int, tuple[float, dict[str, Any]]] = {}
    for step, now, key, value in points:
        rows.setdefault(step, (now, {}))[1][str(key)] = value
    return Imported(
        tracker="MLflow",
        origin=origin,
        key=f"mlflow:{identity}",
        name=str(facts.get("name") or facts.get("run_name") or tags.get(NAME) or identity),
        project=experiment,
        notes=str(tags.get(NOTE, "")),
        tags=tuple(f"{key}={value}" for key, value in tags.items() if not key.startswith(OWN)),
        config={key: _parsed(value) for key, value in params.items()},
        environment={"mlflow": {k: v for k, v in tags.items() if k.startswith(OWN)}},
        created=_seconds(facts.get("start_time")),
        ended=_seconds(facts.get("end_time")),
        state=STATES.get(str(facts.get("status")), "finished"),
        rows=tuple((step, *rows[step]) for step in sorted(rows)),
        damage=damage,
    )


def _seconds(milliseconds: Any) -> float | None:
    try:
        return float(milliseconds) / 1000.0
    except (TypeError, ValueError):
        return None


def _parsed(value: Any) -> Any:
    """A parameter, which MLflow keeps as text, as the number that it is."""
    for kind in (int, float):
        try:
            return kind(value)
        except (TypeError, ValueError):
            pass
    return {"True": True, "False": False, "None": None}.get(str(value), value)
