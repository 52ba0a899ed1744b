# SPDX-License-Identifier: Apache-2.0
"""What terminal and Markdown reports say alike: headings, what was watched, what was not."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from backprobe.records import Finding, Record, Source
from backprobe.rules.treatment_names import TREATMENTS
from backprobe.signals.judged import evaluations
from backprobe.signals.progress import progress


def plural(count: int, noun: str) -> str:
    """`1 step`, `1,040 steps`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def script_name(record: Record) -> str:
    """File name of the script that ran, "" unknown."""
    process = record.named("process")
    main = str(process[-1].data.get("main", "")) if process else ""
    return os.path.basename(main) or next(
        (os.path.basename(part) for part in record.run.command if part.endswith(".py")), ""
    )


def subject(record: Record) -> str:
    """`run calm-fox (train.py), 1,040 steps`."""
    script = script_name(record)
    name = record.run.name or record.run.id or "run"
    return f"{name}{f' ({script})' if script else ''}, {plural(steps_of(record), 'step')}"


def steps_of(record: Record) -> int:
    """Optimizer steps (or root backward passes) from the first recorded one to the last.

    Within the budget some pass without a row.
    """
    step = record.steps.numbers("step")
    step = step[np.isfinite(step)]
    return int(step.max() - step.min()) + 1 if step.size else len(record.steps)


def watched(record: Record) -> str:
    """What was looked at: steps, parameters, layer outputs, the loss and what became of it."""
    parts = [plural(steps_of(record), "step")]
    if len(record.parameters_series.index):
        parts.append(
            f"gradients and updates of {plural(len(record.parameters_series.index), 'parameter')}"
        )
    if len(record.outputs.index):
        parts.append(f"outputs of {plural(len(record.outputs.index), 'layer')}")
    if len(record.batches):
        parts.append(plural(len(record.batches), "batch").replace("batchs", "batches"))
    if len(record.evaluations):
        parts.append(plural(evaluations(record), "evaluation"))
    text = ", ".join(parts)
    state = progress(record)
    return f"{text}; {state.in_words()}" if state.trend is not None else text


def groups(findings: Sequence[Finding]) -> tuple[list[Finding], dict[int, list[Finding]]]:
    """Findings that stand by themselves, and by position the symptoms folded under each.

    A symptom goes under the first of its causes that is shown; one without a cause stands alone.
    """
    heads = [f for f in findings if not f.explained_by]
    folded: dict[int, list[Finding]] = {position: [] for position in range(len(heads))}
    for finding in findings:
        if not finding.explained_by:
            continue
        place = next((p for p, h in enumerate(heads) if h.rule in finding.explained_by), None)
        if place is None:
            heads.append(finding)
            folded[len(heads) - 1] = []
        else:
            folded[place].append(finding)
    return heads, folded


def advice(finding: Finding) -> list[tuple[str, str]]:
    """Treatment → what it changes, the cheapest first."""
    found = []
    for treatment in finding.treatments:
        name = treatment.partition("=")[0]
        text = TREATMENTS.get(treatment) or next(
            (line for key, line in TREATMENTS.items() if key.partition("=")[0] == name), ""
        )
        found.append((treatment, text))
    return found


def place(source: Source, record: Record) -> str:
    """`net.py:14`, relative to where the script was started where it lies below."""
    file = source.file
    if record.run.cwd and file.startswith(record.run.cwd.rstrip("/") + "/"):
        file = os.path.relpath(file, record.run.cwd)
    elif os.path.isabs(file):
        file = os.path.basename(file)
    return f"{file}:{source.line}"


def counted(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning, 1 note`: of the findings that stand by themselves."""
    heads, _ = groups(findings)
    counts = [(s, sum(f.severity == s for f in heads)) for s in ("error", "warning", "note")]
    return ", ".join(plural(count, severity) for severity, count in counts if count)
