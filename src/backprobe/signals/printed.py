# SPDX-License-Identifier: Apache-2.0
"""Numbers that the script prints with a name, over steps: its own metrics, also of evaluations.

Unit: the script's. A name is what stands before the number (`loss 0.3`, `val_acc=81 %`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from backprobe.records import FloatArray, IntArray, Record
from backprobe.signals import metric_names
from backprobe.signals.memo import once

VALUE = re.compile(
    r"(?<![\w.])([-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|nan|inf|[-+]inf)(?![\w])(\s?%)?",
    re.IGNORECASE,
)
NAMED = re.compile(r"([A-Za-z][\w./²^-]*)\s*[=:]\s*$")
OPENED = re.compile(r"[\[(]\s*$")
FURTHER = re.compile(r"\s*[,\s]\s*[-+]?\.?\d")
MOST_LINES = 5000
"""Printed lines that are looked at: the last ones."""


def named_numbers(line: str) -> list[tuple[str, str, float]]:
    """The numbers of a line that have a name: the text before each, the name, the value.

    The first of several in brackets (one a class, a task, a fold) is not what the name stands for.
    """
    found = []
    end = 0
    line = re.sub(r"\b([rR])(?:\^2|²)", r"\g<1>2", line)
    for match in VALUE.finditer(line):
        segment = line[end : match.start()]
        explicit = NAMED.search(segment)
        name = explicit.group(1) if explicit else metric_names.metric(segment)
        nearest = metric_names.words(segment)[-2:]
        known = metric_names.UP | metric_names.DOWN
        if not explicit and not any(word in known for word in nearest):
            name = ""
        if OPENED.search(segment) and FURTHER.match(line, match.end()):
            name = ""
        if name:
            value = float(match.group(1)) / (100.0 if match.group(2) else 1.0)
            found.append((segment, name, value))
        end = match.end()
    return found


@once
def printed_series(record: Record) -> Mapping[tuple[str, bool], tuple[IntArray, FloatArray]]:
    """What was printed under each known metric's name.

    Returns:
        (metric, whether it is of an evaluation) → steps [n] and values [n]. A step is the last one
        that was recorded when the line was written, to within half a second. A number is of an
        evaluation where the words before it say so (`val`, `test` …) or its line says `final`, and
        where it is a score in the last line of a script that ends with an evaluation; of training
        otherwise.
    """
    found: dict[tuple[str, bool], tuple[list[int], list[float]]] = {}
    told = [(step, line, named_numbers(line)) for step, line in lines(record)]
    told = [entry for entry in told if entry[2]]
    closing = told[-1] if told and _ends_with_evaluation(record) else None
    for entry in told:
        step, line, numbers = entry
        for segment, name, value in numbers:
            metric = metric_names.metric(segment) or metric_names.metric(name)
            if metric:
                held_out = metric_names.evaluates(f"{segment} {name}")
                # A summing-up at the end is of held-out data, unless it says otherwise.
                summing = "final" in metric_names.words(line) or (
                    entry is closing and metric in metric_names.UNIT_SCALE
                )
                held_out |= summing and not metric_names.trains(line)
                steps, values = found.setdefault((metric, held_out), ([], []))
                steps.append(step)
                values.append(value)
    return {
        key: (np.asarray(steps, np.int64), np.asarray(values, np.float64))
        for key, (steps, values) in found.items()
    }


def _ends_with_evaluation(record: Record) -> bool:
    """Whether an evaluation phase came after the last step."""
    steps, phases = (t.numbers("step") for t in (record.steps, record.evaluations))
    return bool(steps.size and phases.size and phases[-1] > steps[-1])


def lines(record: Record) -> list[tuple[int, str]]:
    """The last whole lines that were printed, each with its step; of a progress bar its last."""
    whole: list[tuple[int, str]] = []
    rest = ""
    for step, text in record.console:
        *ended, rest = (rest + text).split("\n")
        whole += [(step, line.split("\r")[-1]) for line in ended]
    if rest.strip():
        whole.append((record.console[-1][0], rest.split("\r")[-1]))
    return whole[-MOST_LINES:]
