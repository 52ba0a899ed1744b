# SPDX-License-Identifier: Apache-2.0
"""Experiments inside an unmodified script: what a trial asks for, begun once torch is there."""

from __future__ import annotations

from collections.abc import Mapping

from backprobe import settings
from backprobe.experiments import script_check, script_sweep


def begin(wanted: Mapping[str, object]) -> None:
    """Puts an experiment in place.

    Arguments:
        wanted: its `name`, and its options.

    Raises:
        ValueError: there is no such experiment.
    """
    folder = settings.run_folder()
    if folder is None:
        return
    name = wanted.get("name")
    if name == "sweep":
        script_sweep.begin(folder, wanted)
    elif name == "check":
        script_check.begin(folder, wanted)
    else:
        raise ValueError(f"no experiment {name!r}; there are 'check' and 'sweep'")
