# SPDX-License-Identifier: Apache-2.0
"""A run, or several beside each other, as a page that carries its own answers.

What may hold a secret or what belongs to others is left out unless it is asked for: the script,
uncommitted changes, the console, logged media, rows of the data, and where on which machine the
run was.
"""

from __future__ import annotations

import base64
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from backprobe.records import Record, Run
from backprobe.report import html
from backprobe.server import media, page
from backprobe.server.app import create_app
from backprobe.server.diagnoses import Diagnoses
from backprobe.server.errors import Refusal
from backprobe.server.payload import plain
from backprobe.server.quantities import available
from backprobe.server.readers import Readers, View
from backprobe.server.rows import columns
from backprobe.server.series import keys

INCLUDE = ("script", "diff", "console", "media", "samples", "machine")
"""What is left out unless it is asked for."""
WORDS = {
    "script": "the script's text",
    "diff": "uncommitted changes",
    "console": "the console",
    "media": "logged pictures and tables",
    "samples": "rows of the data",
    "machine": "paths, host and environment variables",
}
POINTS = 2000
CELLS = 60_000
"""Of one heat map."""
MOST_TENSORS = 40
"""Series and histograms of single layers: those of the findings first, so many in all."""
MOST_TRIALS = 60
LEAST_FOLDER = 3
"""A shorter path than this, such as `/` or `.`, gives nothing away."""
NOT_KEPT = ("points", "after", "from", "to", "columns", "since", "reduce")
SIGNALS = {
    "parameter": (
        "grad_rms", "update_ratio", "weight_rms", "grad_zero", "grad_cosine", "grad_nonfinite",
        "update_rms", "adam_lag",
    ),
    "output": (
        "out_rms", "out_mean", "out_batch_std", "out_zero", "out_saturated", "out_dead",
        "out_rank", "out_entropy", "bn_mean_gap",
    ),
}  # fmt: skip
HISTOGRAMS = {"parameter": ("gradient", "weight", "update"), "output": ("output",)}


def share(directory: Path, runs: Sequence[Run], include: Iterable[str] = ()) -> tuple[bytes, str]:
    """The bundle of answers, and a title.

    Arguments:
        directory: the store.
        runs: one, or several to compare.
        include: names of `INCLUDE`.
    """
    collector = Collector(create_app(directory, read_only=True), frozenset(include))
    chosen = [run.id for run in runs]
    for run in runs:
        collector.run(run)
    start = f"#/runs/{quote(chosen[0], safe='')}"
    title = runs[0].name
    if len(runs) > 1:
        start = "#/compare/" + ",".join(quote(one, safe="") for one in chosen)
        title = f"{len(runs)} runs"
        collector.comparison(runs)
    collector.rows(chosen)
    bundle = {
        "answers": collector.answers,
        "without": [WORDS[name] for name in INCLUDE if name not in collector.include],
        "start": start,
    }
    encoded = msgspec.json.encode(bundle)
    if "machine" not in collector.include:
        for folder in collector.folders():
            encoded = encoded.replace(msgspec.json.encode(folder + "/")[1:-1], b"")
    return encoded, f"{title} · backprobe"


def write(directory: Path, runs: Sequence[Run], target: Path, include: Iterable[str] = ()) -> Path:
    """Writes the page: a file, or into a folder where `target` is one or ends with a slash.

    Returns:
        What to open.

    Raises:
        OSError: it can't be written.
        ValueError: the page is not built.
    """
    bundle, title = share(directory, runs, include)
    files = page.load()
    if not target.is_dir() and target.suffix:
        target.write_bytes(html.single(files, bundle, title))
        return target
    target.mkdir(parents=True, exist_ok=True)
    for name, content in html.folder(files, bundle, title).items():
        (target / name).write_bytes(content)
    return target / "index.html"


class Collector:
    """Asks the server's own resources, without a network, and keeps what they answer.

    Arguments:
        app: the application.
        include: what is not left out.
    """

    def __init__(self, app: Starlette, include: frozenset[str]) -> None:
        self.app = app
        self.include = include
        self.answers: dict[str, Any] = {}
        self._shared: list[str] = []
        self._routes = [route for route in app.routes if isinstance(route, Route)]

    def rows(self, chosen: Sequence[str]) -> None:
        """The list of runs: those that are shared, nothing else of the store."""
        diagnoses: Diagnoses = self.app.state.diagnoses
        found = []
        for identifier in chosen:
            run = self._view(identifier).record.run
            row = columns(run, diagnoses.now(run))
            found.append(row if "machine" in self.include else {**row, "host": ""})
        listed = {
            "schema": 1,
            "store": "",
            "read_only": True,
            "version": "shared",
            "runs": plain(found),
            "ids": list(chosen),
        }
        self.answers["api/runs"] = {"json": listed}

    def run(self, run: Run) -> None:
        """All that the page of one run asks for."""
        self._shared.append(run.id)
        at = f"api/runs/{quote(run.id, safe='')}"
        record = self._view(run.id).record
        self._keep_json(at, self._clean)
        for part in ("structure", "graph", "data"):
            self._keep_json(f"{at}/{part}")
        found = self._keep_json(f"{at}/findings")
        for key in keys(record):
            for axis in ("", "time"):
                self._keep_bytes(
                    f"{at}/series", key=key, points=POINTS, **({"x": axis} if axis else {})
                )
        for quantity in available(record):
            columns = max(20, min(600, CELLS // max(1, _rows(record, quantity.of))))
            self._keep_bytes(f"{at}/heatmap", signal=quantity.name, columns=columns)
        for kind, index in _tensors(record, found["findings"]):
            for signal in SIGNALS[kind]:
                self._keep_bytes(f"{at}/series", key=f"{kind}/{index}/{signal}", points=400)
            for name in HISTOGRAMS[kind]:
                self._keep_bytes(f"{at}/histograms", quantity=name, index=index, columns=60)
            if kind == "output":
                self._keep_bytes(f"{at}/units", index=index, columns=60)
        for rule in {one["rule"] for one in found["findings"]}:
            self._keep_json(f"api/rules/{rule}")
        self._trials(at)
        if "console" in self.include:
            self._keep_json(f"{at}/console")
        if "script" in self.include:
            for one in found["findings"]:
                for around in (4, 20) if one["source"] else ():
                    source = {"file": one["source"]["file"], "line": one["source"]["line"]}
                    self._keep_json(f"{at}/source", **source, around=around)
        if "samples" in self.include:
            self._keep_json(f"{at}/samples")
        if "media" in self.include:
            self._media(at, run.id)

    def folders(self) -> list[str]:
        """Where the runs, their scripts, their interpreter and their user are, the longest first.

        Messages, commands and sources name files in them.
        """
        found = {str(Path.home()), sys.prefix, str(self.app.state.readers.directory)}
        for identifier in self._shared:
            record = self._view(identifier).record
            environment = record.run.environment
            script, git = environment.get("script"), environment.get("git")
            found.add(record.run.cwd)
            mains = [event.data.get("main") for event in record.named("process")]
            mains.append(script.get("path") if isinstance(script, dict) else "")
            found |= {str(Path(str(main)).parent) for main in mains if main}
            found.add(str(git.get("root") or "") if isinstance(git, dict) else "")
        return sorted((one for one in found if len(one) > LEAST_FOLDER), key=len, reverse=True)

    def comparison(self, runs: Sequence[Run]) -> None:
        """What the page of several runs asks for besides."""
        for run in runs:
            for key in keys(self._view(run.id).record):
                for axis in ("", "time"):
                    extra = {"x": axis} if axis else {}
                    self._keep_bytes("api/overlay", run=run.id, key=key, points=POINTS, **extra)
        if len(runs) == 2:
            self._keep_json("api/divergence", a=runs[0].id, b=runs[1].id)

    def _trials(self, at: str) -> None:
        found = self._keep_json(f"{at}/trials")
        for trial in found["trials"][-MOST_TRIALS:]:
            for key in ("step/loss", "evaluation/loss", "evaluation/accuracy"):
                asked = {"run": trial["run"], "key": key, "reduce": "mean", "points": 300}
                self._keep_bytes("api/overlay", **asked)

    def _media(self, at: str, identifier: str) -> None:
        found = self._keep_json(f"{at}/media")
        view = self._view(identifier)
        for item in found["items"]:
            name = f"{at}/media/" + "/".join(
                quote(p, safe="!'()*~") for p in item["path"].split("/")
            )
            try:
                content = media.read(view, item["path"])
            except Refusal:
                continue
            if item["kind"] == "table":
                self.answers[name] = {"json": msgspec.json.decode(content)}
            else:
                kind = media.PICTURES[Path(item["path"]).suffix.lower()]
                text = base64.b64encode(content).decode()
                self.answers[name] = {"json": f"data:{kind};base64,{text}"}

    def _view(self, identifier: str) -> View:
        readers: Readers = self.app.state.readers
        return readers.view(identifier)

    def _clean(self, detail: dict[str, Any]) -> dict[str, Any]:
        run, environment = dict(detail["run"]), dict(detail["environment"])
        for part, name in (("script", "text"), ("git", "diff")):
            given = environment.get(part)
            if isinstance(given, dict) and ("diff" if part == "git" else part) not in self.include:
                environment[part] = {key: value for key, value in given.items() if key != name}
        if "machine" not in self.include:
            run |= {"cwd": "", "path": "", "host": "", "pid": 0}
            for name in ("variables", "host", "hostname", "user", "cwd", "executable", "argv"):
                environment.pop(name, None)
            for part, name in (("script", "path"), ("git", "root"), ("git", "remote")):
                if isinstance(environment.get(part), dict):
                    environment[part] = {k: v for k, v in environment[part].items() if k != name}
        return {**detail, "run": run, "environment": environment, "read_only": True}

    def _keep_json(
        self, path: str, clean: Callable[[Any], Any] = lambda found: found, **query: Any
    ) -> Any:
        found = clean(self._json(path, **query))
        self.answers[name_of(path, query)] = {"json": found}
        return found

    def _json(self, path: str, **query: Any) -> Any:
        return msgspec.json.decode(self._ask(path, query).body)

    def _keep_bytes(self, path: str, **query: Any) -> None:
        try:
            content = bytes(self._ask(path, query).body)
        except Refusal:
            return
        self.answers[name_of(path, query)] = {"base64": base64.b64encode(content).decode()}

    def _ask(self, path: str, query: dict[str, Any]) -> Response:
        scope = {
            "type": "http", "method": "GET", "path": f"/{path}", "headers": [], "app": self.app,
            "query_string": urlencode(query).encode(),
        }  # fmt: skip
        for route in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                answer: Response = route.endpoint(Request({**scope, **found}))
                return answer
        raise AssertionError(f"no resource {path}")


def name_of(path: str, query: dict[str, Any]) -> str:
    """The name of an answer in the bundle, as the page computes it (`web/src/api/bundle.ts`)."""
    pairs = parse_qsl(urlencode(query), keep_blank_values=True)
    kept = sorted((key, value) for key, value in pairs if key not in NOT_KEPT)
    return f"{path}?{'&'.join(f'{k}={v}' for k, v in kept)}" if kept else path


def _rows(record: Record, of: str) -> int:
    return len((record.parameters_series if of == "parameters" else record.outputs).index)


def _tensors(record: Record, findings: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """Tensors of the layers that the findings name, then the others, at most `MOST_TENSORS`."""
    named = {name for one in findings for name in one["where"]}
    modules = {module.index for module in record.modules if module.name in named}
    parameters = sorted(record.parameters, key=lambda one: one.module not in modules)
    places = sorted(
        record.places, key=lambda one: one.module not in modules and one.name not in named
    )
    pairs = itertools.zip_longest(
        (("parameter", one.index) for one in parameters), (("output", one.index) for one in places)
    )
    found = [one for pair in pairs for one in pair if one is not None]
    return found[:MOST_TENSORS]
