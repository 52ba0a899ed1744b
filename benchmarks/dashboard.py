# SPDX-License-Identifier: Apache-2.0
"""How fast the dashboard is: server times, paints in a real browser, page weight, memory.

`python benchmarks/dashboard.py [--only NAME]… [--small]`. The records are written through the
store's own writer, block by block as the probe writes them, and hold noise. The browser is
Debian's chromium without a window, through Playwright. TensorBoard, where it is installed, gets
the same scalars. Repeated figures are the median of `ROUNDS`, and the least of them where the
machine is not quiet. "First" is the first answer about a run or a store that no dashboard has seen;
"cold" the first answer after a later start of the server, of `STARTS` starts, as wall time and as
processor time of the server.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

# ruff: noqa: E501 - the scripts that run in the browser are lines of their own
from backprobe.records import Module, Parameter, Run
from backprobe.server import listed
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter

ROOT = Path(__file__).parents[1]
ROUNDS = 7
STARTS = 5
REST_SECONDS = 3.0
SIGNALS = ("grad_rms", "weight_rms", "update_rms", "grad_zero", "grad_cosine", "grad_nonfinite")
BLOCK = 500


@dataclass
class Server:
    """A running `backprobe ui`."""

    base: str
    token: str
    pid: int

    def get(self, path: str) -> bytes:
        """One answer."""
        asked = urllib.request.Request(
            self.base + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(asked) as answer:
            return bytes(answer.read())

    def milliseconds(self, path: str) -> float:
        """Wall time of one answer."""
        began = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - began) * 1e3

    def processor(self) -> float:
        """Milliseconds of processor time that the server has used, without what diagnoses for it."""
        import psutil

        used = psutil.Process(self.pid).cpu_times()
        return float(used.user + used.system) * 1e3

    def megabytes(self) -> float:
        """Resident memory of the server and of the process that diagnoses for it."""
        import psutil

        server = psutil.Process(self.pid)
        both = [server, *server.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in both)) / 2**20


@contextmanager
def serve(store: Path) -> Iterator[Server]:
    """The server of a store."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backprobe", "ui", "--no-browser", "--port", "0"],
        env={**os.environ, "BACKPROBE_DIR": str(store)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"(http://\S+/)\?token=(\S+)", line):
                server = Server(found[1], found[2], process.pid)
                server.get("")  # the page: it has started
                yield server
                break
    finally:
        process.kill()
        process.wait()


def cold(
    store: Path,
    path: str,
    figures: Figures,
    what: str,
    promise: float | None = None,
    first: bool = True,
) -> None:
    """The first answer of all, and the first after each of so many starts."""

    def starts(count: int) -> tuple[tuple[float, float], tuple[float, float]]:
        walls, processor = [], []
        for _ in range(count):
            with serve(store) as server:
                before = server.processor()
                walls.append(server.milliseconds(path))
                processor.append(server.processor() - before)
                time.sleep(REST_SECONDS)  # what the next start reads is kept meanwhile
        return spread(walls), spread(processor)

    for when, count in [("first", 1)] * first + [("cold", STARTS)]:
        wall, used = starts(count)
        figures.add(f"{what}, {when}", wall, "ms")
        figures.add(
            "… processor time of the server", used, "ms", promise if when == "cold" else None
        )


def record(
    store: Path, name: str, tensors: int, steps: int, config: dict[str, Any] | None = None
) -> Run:
    """A run of one log: losses, and six signals of so many weights at every step."""
    run = catalog.create(store, name=name, command=("python", "train.py"), config=config or {})
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    writer.event("process", rank=0, world=1, pid=os.getpid(), argv=["train.py"])
    modules = [asdict(Module(0, "", "Net"))]
    parameters = []
    for k in range(tensors):
        layer = Module(k + 1, f"block{k // 8}.layer{k % 8}", "Linear", 0, 0, calls=1)
        modules.append({**asdict(layer), "parameters": [k]})
        weight = Parameter(k, f"{layer.name}.weight", k + 1, (64, 64))
        parameters.append({**asdict(weight), "optimizer": 0, "group": 0})
    writer.event("modules", items=modules)
    writer.event("parameters", items=parameters)
    random = np.random.default_rng(0)
    block = BLOCK if tensors else 200_000
    for first in range(0, steps, block):
        at = np.arange(first, min(first + block, steps), dtype=np.int64)
        columns = {"step": at, "time": run.created + at * 1e-3}
        columns["loss"] = 2.0 / (1 + at / 500) + random.normal(0, 0.05, len(at))
        writer.frame({"stream": "steps"}, columns)
        if tensors:
            shape = (len(at), tensors)
            values = {
                signal: np.exp(random.standard_normal(shape, dtype=np.float32) - 5)
                for signal in SIGNALS[:3]
            }
            values |= {signal: random.random(shape, dtype=np.float32) for signal in SIGNALS[3:5]}
            values[SIGNALS[5]] = np.zeros(shape, np.float32)
            writer.frame(
                {"stream": "parameters"}, {"step": at, "index": np.arange(tensors), **values}
            )
    writer.event("end", exit_code=0)
    writer.close()
    return catalog.close(run, 0)


def table(store: Path, runs: int) -> list[str]:
    """So many runs of 200 steps and 6 tensors with settings and 50 metrics; their ids."""
    random = np.random.default_rng(1)
    ids = []
    for number in range(runs):
        config = {"lr": float(10 ** random.uniform(-3, 0)), "seed": number % 5}
        config["width"] = int(random.choice([32, 64, 128]))
        run = record(store, f"run {number}", 6, 200, config)
        metrics = {f"group{k // 10}/metric{k % 10}": float(random.normal()) for k in range(50)}
        catalog.amend(run, summary=metrics)
        ids.append(run.id)
    return ids


def median(measure: Callable[[], float]) -> tuple[float, float]:
    """Of `ROUNDS` measurements, and the least of them."""
    return spread([measure() for _ in range(ROUNDS)])


def spread(values: list[float]) -> tuple[float, float]:
    """The median, and the least."""
    return statistics.median(values), min(values)


class Figures:
    """What was measured, as lines of a table."""

    def __init__(self) -> None:
        self.failed = 0

    def add(
        self, what: str, found: float | tuple[float, float], unit: str, promise: float | None = None
    ) -> None:
        """One figure, printed at once; of two the second is the least that was measured."""
        value, least = found if isinstance(found, tuple) else (found, None)
        kept = (
            "" if promise is None else f"≤ {promise:g} {unit}" + (" ✗" if value > promise else "")
        )
        self.failed += promise is not None and value > promise
        beside = f"(least {least:.3g})" if least is not None else ""
        print(f"{what:64} {value:10.4g} {unit:3} {beside:14} {kept}", flush=True)


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


def painted(found: Any, server: Server, address: str, ready: str) -> tuple[float, Any]:
    """Milliseconds from the request of a page until a condition in it holds; and the page."""
    page = found.new_context(viewport={"width": 1280, "height": 900}).new_page()
    began = time.perf_counter()
    page.goto(f"{server.base}?token={server.token}{address}", wait_until="commit")
    page.wait_for_function(ready, polling="raf", timeout=120_000)
    taken = (time.perf_counter() - began) * 1e3
    return taken, page


INKED = """(selector) => { const c = document.querySelector(selector); if (!c || !c.width) return false;
 const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
 for (let i = 3; i < d.length; i += 4000) if (d[i]) n++; return n > 20; }"""


def inked(selector: str) -> str:
    """A condition: the canvas has been drawn on."""
    return f"() => ({INKED})({json.dumps(selector)})"


DRAWS = """() => { const canvas = document.querySelector('.part-curves .plot-canvas'); window.draws = [];
 const before = CanvasRenderingContext2D.prototype.clearRect;
 CanvasRenderingContext2D.prototype.clearRect = function (...box) {
   if (this.canvas === canvas) queueMicrotask(() => window.draws.push(performance.now()));
   return before.apply(this, box); };
 canvas.setPointerCapture = () => undefined; }"""
"""Notes when a drawing of the first chart has ended."""
DRAG = """async () => { const canvas = document.querySelector('.part-curves .plot-canvas');
 const frame = () => new Promise(requestAnimationFrame);
 const until = async (n) => { while (window.draws.length < n) await frame(); };
 const send = (type, x) => { const box = canvas.getBoundingClientRect();
   canvas.dispatchEvent(new PointerEvent(type, {clientX: box.left + x * box.width, clientY: box.top + 60, bubbles: true, button: 0})); };
 send('pointerdown', 0.3); await frame(); await frame(); send('pointermove', 0.6); await frame(); await frame();
 window.draws = []; const began = performance.now(); send('pointerup', 0.6); await until(2);
 const found = [window.draws[0] - began, window.draws[1] - began];
 await new Promise((done) => setTimeout(done, 300)); window.draws = [];
 canvas.dispatchEvent(new MouseEvent('dblclick', {bubbles: true})); await until(1);
 await new Promise((done) => setTimeout(done, 600)); return found; }"""
"""Zooms in by dragging, and out again: milliseconds to the first drawing, and to the one after it."""


def first_paint(store: Path, figures: Figures, small: bool) -> None:
    """A run of 200 tensors × 20,000 steps."""
    run = record(store, "many steps", 200, 2000 if small else 20_000)
    for when in ("first", "cold"):
        with serve(store) as server, browser() as found:
            taken, page = painted(found, server, f"#/runs/{run.id}", inked(".part-curves canvas"))
            figures.add(f"200 tensors x 20,000 steps: first paint of curves, {when}", taken, "ms")
            time.sleep(REST_SECONDS)
    with serve(store) as server, browser() as found:
        _, page = painted(found, server, f"#/runs/{run.id}", inked(".part-curves canvas"))
        page.wait_for_function(inked(".heat-canvas"), timeout=120_000)
        page.close()
        warm, page = painted(found, server, f"#/runs/{run.id}", inked(".part-curves canvas"))
        figures.add("… the same, warm", warm, "ms")
        page.close()
        heat, page = painted(found, server, f"#/runs/{run.id}", inked(".heat-canvas"))
        figures.add("… until the heat map is there, warm", heat, "ms")
        page.close()
        figures.add("… memory of the server", server.megabytes(), "MB")
        path = f"api/runs/{run.id}/series?key=step/loss&points=1600"
        figures.add(
            "… its loss at the server, warm", median(lambda: server.milliseconds(path)), "ms"
        )


def long_series(store: Path, figures: Figures, small: bool) -> None:
    """One series of ten million points."""
    steps = 1_000_000 if small else 10_000_000
    run = record(store, "ten million", 0, steps)
    path = f"api/runs/{run.id}/series?key=step/loss&points=1600"
    cold(store, path, figures, "10-million-point series: first answer", 100)
    with serve(store) as server, browser() as found:
        figures.add("… answer, warm", median(lambda: server.milliseconds(path)), "ms", 100)
        random = np.random.default_rng(0)

        def zoom() -> float:
            low = float(random.uniform(0, steps * 0.6))
            return server.milliseconds(f"{path}&from={low}&to={low + steps * 0.3}")

        figures.add("… answer to a zoom into a third of it", median(zoom), "ms", 30)
        _, page = painted(found, server, f"#/runs/{run.id}", inked(".part-curves canvas"))
        page.evaluate(DRAWS)
        drawn: list[float] = []
        detailed: list[float] = []
        for _ in range(ROUNDS):
            first, last = page.evaluate(DRAG)
            drawn.append(first)
            detailed.append(last)
        figures.add("… zoom by dragging, until it is drawn", spread(drawn), "ms", 30)
        figures.add("… until it is drawn in its own detail", spread(detailed), "ms")
        server.get(f"api/runs/{run.id}/findings")  # the diagnosis has ended
        time.sleep(REST_SECONDS)
        figures.add("… memory of the server", server.megabytes(), "MB")


def many_runs(store: Path, figures: Figures, small: bool) -> None:
    """The table, and an overlay."""
    ids = table(store, 100 if small else 1000)
    with serve(store) as server:
        began = time.perf_counter()
        while any(run["summary"] is None for run in json.loads(server.get("api/runs"))["runs"]):
            time.sleep(0.5)
        figures.add("1,000 runs x 50 metrics: all diagnosed", time.perf_counter() - began, "s")
        (store / listed.NAME).unlink(missing_ok=True)
    with serve(store) as server:
        figures.add("… table at the server, first", server.milliseconds("api/runs"), "ms")
        while not (store / listed.NAME).exists():
            server.get("api/runs")
            time.sleep(0.5)
    cold(store, "api/runs", figures, "… table at the server", 200, first=False)
    with serve(store) as server, browser() as found:
        figures.add(
            "… table at the server, warm",
            median(lambda: server.milliseconds("api/runs")),
            "ms",
            200,
        )
        version = json.loads(server.get("api/runs"))["version"]
        path = f"api/runs?since={version}"
        figures.add(
            "… what changed since the last look", median(lambda: server.milliseconds(path)), "ms"
        )
        ready = "() => document.querySelectorAll('.row .name').length > 10"
        first, page = painted(found, server, "", ready)
        figures.add("… first paint of the table", first, "ms")
        sort = """(name) => new Promise((done) => { const began = performance.now();
          [...document.querySelectorAll('.row.head button')].find((b) => b.textContent.startsWith(name)).click();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0)); })"""
        times = [
            page.evaluate(sort, name)
            for name in ("Last loss", "Took", "Steps", "Findings", "lr")
            for _ in "ab"
        ]
        sorted_ = statistics.median(times), min(times)
        figures.add("… sort by a column, until it is drawn", sorted_, "ms", 50)
        page.close()
        chosen = ids[:200]
        path = (
            "api/overlay?" + "&".join(f"run={one}" for one in chosen) + "&key=step/loss&points=240"
        )
        figures.add("overlay of 200 runs: at the server, cold", server.milliseconds(path), "ms")
        figures.add("… at the server, warm", median(lambda: server.milliseconds(path)), "ms")
        address = "#/compare/" + ",".join(chosen)
        taken, page = painted(
            found,
            server,
            address,
            "() => document.querySelector('.part-overlay .readout')"
            f"?.textContent.includes('{len(chosen)} lines')",
        )
        figures.add("… first paint with all 200 lines", taken, "ms")
        hover = """() => new Promise((done) => { const c = document.querySelector('.part-overlay .plot-canvas');
          const b = c.getBoundingClientRect(); const began = performance.now();
          c.dispatchEvent(new PointerEvent('pointermove', {clientX: b.left + b.width / 2, clientY: b.top + 80, bubbles: true}));
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0)); })"""
        figures.add(
            "… cursor over it, until the line stands out",
            median(lambda: page.evaluate(hover)),
            "ms",
        )
        figures.add("… memory of the server", server.megabytes(), "MB")


def heat_map(store: Path, figures: Figures, small: bool) -> None:
    """3,000 tensors × 2,000 steps."""
    run = record(store, "many tensors", 300 if small else 3000, 2000)
    path = f"api/runs/{run.id}/heatmap?signal=grad_rms&columns=800"
    cold(store, path, figures, "heat map of 3,000 x 2,000: at the server")
    with serve(store) as server, browser() as found:
        figures.add("… at the server, warm", median(lambda: server.milliseconds(path)), "ms")
        taken, page = painted(found, server, f"#/runs/{run.id}", inked(".heat-canvas"))
        figures.add("… first paint of the page with it", taken, "ms")
        draw = """() => new Promise((done) => { const began = performance.now();
          const b = [...document.querySelectorAll('.frame button')].pop(); b.click();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0)); })"""
        figures.add("… drawn anew (light and dark)", median(lambda: page.evaluate(draw)), "ms")
        figures.add("… memory of the server", server.megabytes(), "MB")


def live_lag(store: Path, figures: Figures, small: bool) -> None:
    """From the write of a step to its number on the screen."""
    with serve(store) as server, browser() as found:
        script = ROOT / "tests" / "server" / "training.py"
        training = subprocess.Popen(
            [sys.executable, str(script), str(store), "--name", "live", "--delay", "0.02"]
        )
        try:
            while not (runs := [run for run in catalog.runs(store) if run.name == "live"]):
                time.sleep(0.05)
            steps = "() => [...document.querySelectorAll('.run-head .fact')].find((f) => f.innerText.startsWith('steps'))?.querySelector('dd').innerText"
            _, page = painted(
                found, server, f"#/runs/{runs[0].id}", f"() => Number(({steps})() ?? 0) > 20"
            )
            seen = []
            last = page.evaluate(steps)
            end = time.monotonic() + (5 if small else 15)
            while time.monotonic() < end:
                page.wait_for_function(f"old => ({steps})() !== old", arg=last, polling="raf")
                last = page.evaluate(steps)
                seen.append((time.time(), int(last.replace(",", ""))))
            from backprobe.session import examine

            written = examine(runs[0])[0].steps["time"]
            lags = [at - float(written[count - 1]) for at, count in seen if count <= len(written)]
            figures.add(
                "live: from a step to its number on the screen, median",
                statistics.median(lags),
                "s",
                1,
            )
            figures.add("… greatest", max(lags), "s")
        finally:
            training.kill()
            training.wait()


def weight(_: Path, figures: Figures, __: bool) -> None:
    """All files of the page, as they are sent."""
    static = ROOT / "src" / "backprobe" / "server" / "static"
    sizes = [
        len(gzip.compress(path.read_bytes(), 9))
        for path in static.rglob("*")
        if path.is_file() and path.suffix != ".gz"
    ]
    figures.add("page weight, gzip", sum(sizes) / 1e3, "kB", 150)


def tensorboard(store: Path, figures: Figures, small: bool) -> None:
    """One loss as scalars of TensorBoard, and the same number of steps here."""
    if shutil.which("tensorboard", path=str(Path(sys.executable).parent)) is None:
        print("tensorboard is not installed: left out")
        return
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = store / "tensorboard"
    steps = 100_000 if small else 1_000_000
    writer = EventFileWriter(str(folder))
    random = np.random.default_rng(0)
    for step, value in enumerate(random.normal(size=steps)):
        summary = Summary(value=[Summary.Value(tag="loss", simple_value=float(value))])
        writer.add_event(Event(step=step, wall_time=float(step), summary=summary))
    writer.close()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "tensorboard"), "--logdir", str(folder), "--port", "16006", "--samples_per_plugin", f"scalars={steps}", "--load_fast", "false"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        began = time.perf_counter()
        address = "http://localhost:16006/data/plugin/scalars/scalars?tag=loss&run=."
        points = 0
        while points < steps and time.perf_counter() - began < 600:
            try:
                with urllib.request.urlopen(address) as answer:
                    points = len(json.loads(answer.read()))
            except (OSError, ValueError):
                pass
            time.sleep(0.5)
        figures.add(
            f"tensorboard, {steps:,} points: until it has all of them",
            time.perf_counter() - began,
            "s",
        )

        def once() -> float:
            start = time.perf_counter()
            with urllib.request.urlopen(address) as answer:
                answer.read()
            return (time.perf_counter() - start) * 1e3

        figures.add("… all of them at the server, warm", median(once), "ms")
    finally:
        process.kill()
        process.wait()
    run = record(store, "as long", 0, steps)
    with serve(store) as server:
        path = f"api/runs/{run.id}/series?key=step/loss&points=1600"
        figures.add(
            "backprobe, as many points: first answer, cold", server.milliseconds(path), "ms"
        )
        figures.add(
            "… the chart's points at the server, warm",
            median(lambda: server.milliseconds(path)),
            "ms",
        )


PARTS: Mapping[str, Callable[[Path, Figures, bool], None]] = {
    "weight": weight,
    "paint": first_paint,
    "long": long_series,
    "runs": many_runs,
    "heat": heat_map,
    "live": live_lag,
    "tensorboard": tensorboard,
}


def main() -> None:
    """Measures, and prints a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument("--small", action="store_true", help="a tenth of the sizes: does it work?")
    asked = parser.parse_args()
    figures = Figures()
    for name in asked.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="dashboard-") as folder:
            PARTS[name](Path(folder), figures, asked.small)


if __name__ == "__main__":
    main()
