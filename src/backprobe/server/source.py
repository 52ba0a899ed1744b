# SPDX-License-Identifier: Apache-2.0
"""Lines of the user's code around a place that the record names.

The script as the environment kept it comes first: it is what ran. Else only Python files are read
that the record of the run itself names and that lie under the directory in which the run was
started, or beside its main script; links are followed first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Record, Source
from backprobe.server.diagnoses import Diagnoses
from backprobe.server.errors import Refusal, number
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers

MAX_BYTES = 1 << 20
AROUND = 6
MAX_AROUND = 60


def source(request: Request) -> Response:
    """`GET /api/runs/{id}/source?file=…&line=…&around=…`: the lines, or why they can't be shown."""
    readers: Readers = request.app.state.readers
    diagnoses: Diagnoses = request.app.state.diagnoses
    view = readers.view(request.path_params["id"])
    name = request.query_params.get("file", "")
    line = number(request, "line", 1, 1, 1 << 31)
    around = number(request, "around", AROUND, 0, MAX_AROUND)
    named = [*sources(view.record)]
    known = diagnoses.latest(view.record.run)
    if known is not None:
        named += [finding.source for finding in known.findings if finding.source]
    texts = {found.line: found.text for found in named if found.file == name}
    if not texts:
        raise Refusal(404, f"the record of run {view.record.run.id} does not name {name!r}")
    recorded = texts.get(line, "")
    answer: dict[str, Any] = {"schema": 1, "file": name, "line": line, "recorded": recorded}
    try:
        kept = _kept(view.record, name)
        lines = (kept or _readable(view.record, name).read_text(errors="replace")).splitlines()
    except OSError as error:
        return json_response({**answer, "first": line, "lines": [recorded], "why": str(error)})
    first = max(line - around, 1)
    shown = lines[first - 1 : line + around]
    there = lines[line - 1].strip() if line <= len(lines) else ""
    why = "" if not recorded or recorded == there else "this line has changed since the run"
    return json_response({**answer, "first": first, "lines": shown, "why": why})


def sources(record: Record) -> Iterator[Source]:
    """All places in the user's code that a record names."""
    for nouns in (record.modules, record.places, record.graph):
        for noun in nouns:
            if noun.source is not None:
                yield noun.source
    for optimizer in record.optimizers:
        yield from (s for s in (optimizer.source, optimizer.step_source) if s is not None)
    for loss in record.losses:
        yield from (s for s in (loss.source, loss.backward_source) if s is not None)


def _kept(record: Record, name: str) -> str:
    """The text of the main script as the record keeps it, "" where that is another file."""
    script = record.run.environment.get("script")
    if not isinstance(script, Mapping) or script.get("truncated"):
        return ""
    where = Path(record.run.cwd)
    same = where / str(script.get("path") or "") == where / name
    return str(script.get("text") or "") if same else ""


def _readable(record: Record, name: str) -> Path:
    """The file behind the name.

    Raises:
        OSError: it is none that is shown; the text says why.
    """
    path = (Path(record.run.cwd) / name).resolve()
    roots = [Path(record.run.cwd).resolve()]
    scripts = [str(event.data.get("main") or "") for event in record.named("process")]
    roots += [(Path(record.run.cwd) / script).resolve().parent for script in scripts if script]
    inside = any(root != Path(root.anchor) and path.is_relative_to(root) for root in roots)
    if not record.run.cwd or not inside:
        raise OSError("the file is outside of the run's directory")
    if path.suffix != ".py":
        raise OSError("not a Python file")
    if not path.is_file():
        raise OSError("the file is not on this machine")
    if path.stat().st_size > MAX_BYTES:
        raise OSError("the file is too large to show")
    return path
