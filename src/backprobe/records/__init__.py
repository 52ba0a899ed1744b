# SPDX-License-Identifier: Apache-2.0
"""The nouns of backprobe as frozen data: a run, what was measured in it, and what was found.

Nothing here imports torch or touches a file. `Record` is the only input of a rule: it is built by
`backprobe.store.reader` from the log files that the probe wrote. Import the nouns from here.
"""

from __future__ import annotations

from backprobe.records.finding import SCHEMA, SEVERITIES, Finding, Kind, Severity
from backprobe.records.measured import Event, FloatArray, IntArray, Series, Table
from backprobe.records.network import Module, Operation, Parameter, Place
from backprobe.records.record import Record
from backprobe.records.run import Run, Source
from backprobe.records.training import Loss, Optimizer

__all__ = [
    "SCHEMA",
    "SEVERITIES",
    "Event",
    "Finding",
    "FloatArray",
    "IntArray",
    "Kind",
    "Loss",
    "Module",
    "Operation",
    "Optimizer",
    "Parameter",
    "Place",
    "Record",
    "Run",
    "Series",
    "Severity",
    "Source",
    "Table",
]
