# SPDX-License-Identifier: Apache-2.0
"""What stands on which page of docs/reference/api."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """A page.

    Arguments:
        title: its heading.
        about: what it is about, in a sentence.
        names: public names, or places below `backprobe` of what those names give, in order.
    """

    title: str
    about: str
    names: tuple[str, ...]


def _named(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SUBJECTS: Mapping[str, Subject] = {
    "runs": Subject(
        "Runs",
        "What begins, fills and ends a run, in the shapes that users of W&B know.",
        _named(
            "init log finish Run run config face.config.Config summary face.summary.Summary"
            " define_metric alert AlertLevel save Settings login setup teardown util"
        ),
    ),
    "watching": Subject(
        "Watching and findings",
        "The probe in code, and what it found.",
        _named("watch unwatch findings diagnose records.Finding"),
    ),
    "experiments": Subject(
        "Experiments on live objects",
        "A network, a loss and a loader, before and between trainings.",
        _named("check LRFinder initialize experiments.assertions integrations.pytest_plugin"),
    ),
    "media": Subject(
        "Media",
        "What `log` keeps besides numbers: each becomes a file in the run's folder.",
        _named(
            "Histogram Image Table plot face.media.chart Plotly Audio Video Html Object3D Molecule"
        ),
    ),
    "artifacts": Subject(
        "Artifacts",
        "Named and numbered copies of files, in the folder of the run that logged them.",
        _named("Artifact log_artifact use_artifact log_model"),
    ),
    "reading": Subject(
        "Reading runs back",
        "The runs of a store: listed, filtered, read, renamed, deleted.",
        _named(
            "Api face.api.Runs face.stored_run.StoredRun face.stored_run.StoredFile"
            " face.api.StoredSweep"
        ),
    ),
    "sweeps": Subject(
        "Sweeps",
        "W&B's sweeps on this machine; treatments of a network are varied by `backprobe study`.",
        _named("sweep agent"),
    ),
    "trainers": Subject(
        "Trainers, and libraries that import wandb",
        "Each needs its own library and no other; [how to](../../how-to/trainers.md).",
        _named(
            "integrations.lightning integrations.transformers integrations.accelerate"
            " integrations.fastai integrations.ignite integrations.wandb"
        ),
    ),
    "errors": Subject(
        "Errors",
        "What the names above raise, besides Python's own.",
        _named("errors Error UsageError ConfigError CommError"),
    ),
}
"""File name of a page → the page."""
