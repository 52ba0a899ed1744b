# SPDX-License-Identifier: Apache-2.0
"""Summaries of runs that ended, kept beside them: a server that starts need not diagnose all anew.

A kept summary counts only for the same rules (their files, unchanged), the same silenced rules and
the same length of the record. It is a cache: what can't be read or written is worked out instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from backprobe import settings
from backprobe.records import Finding, Run
from backprobe.server.payload import plain
from backprobe.store.assemble import build
from backprobe.version import __version__

NAME = "diagnosis.json"
MOST_BYTES = 4 << 20


@cache
def rules_version() -> str:
    """What tells one state of the rules from another: version, names, sizes and times of files."""
    package = Path(__file__).parents[1]
    files = [package / "diagnose.py"]
    for room in ("records", "rules", "signals"):
        files += sorted((package / room).rglob("*.py"))
    parts = [__version__]
    for file in files:
        status = file.stat()
        parts.append(f"{file.relative_to(package)} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def load(run: Run, length: int) -> Mapping[str, Any] | None:
    """What was kept of a run: `findings`, `loss`, `steps`, `metrics`; None where nothing counts."""
    path = Path(run.path) / NAME
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        data = json.loads(path.read_text())
        if data["key"] != _key(run, length):
            return None
        findings = tuple(build(Finding, one) for one in data["findings"])
        metrics = {str(key): float(value) for key, value in data["metrics"].items()}
        loss = data["loss"]
        return {
            "findings": findings,
            "loss": None if loss is None else float(loss),
            "steps": int(data["steps"]),
            "metrics": metrics,
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def save(
    run: Run,
    length: int,
    findings: tuple[Finding, ...],
    loss: float | None,
    steps: int,
    metrics: Mapping[str, float],
) -> None:
    """Keeps a summary; a store that can't be written to keeps none."""
    listed = []
    for finding in findings:
        one = asdict(finding)
        if finding.source is not None:
            one["source"] = [finding.source.file, finding.source.line, finding.source.text]
        listed.append(one)
    data = {
        "key": _key(run, length), "findings": listed, "loss": loss, "steps": steps,
        "metrics": metrics,
    }  # fmt: skip
    path = Path(run.path) / NAME
    scratch = path.with_suffix(".tmp")
    try:
        scratch.write_text(json.dumps(plain(data)))
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)


def _key(run: Run, length: int) -> str:
    silenced = sorted({*run.ignore, *settings.ignored_rules()})
    return f"{rules_version()} {length} {' '.join(silenced)}"
