# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of a trial go into its own folder: it must not overwrite those of the user's run."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import torch


def install(folder: Path) -> None:
    """Redirects `torch.save` to a path, and `torch.load` of what was so saved.

    Arguments:
        folder: of the trial; made at the first save.
    """
    saved: dict[str, str] = {}
    save: Any = torch.save
    load: Any = torch.load

    @functools.wraps(save)
    def redirected_save(obj: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(f, (str, os.PathLike)):
            key = os.path.abspath(f)
            if key not in saved:
                folder.mkdir(parents=True, exist_ok=True)
                saved[key] = str(folder / f"{len(saved)}-{os.path.basename(key)}")
            f = saved[key]
        return save(obj, f, *args, **kwargs)

    @functools.wraps(load)
    def redirected_load(f: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(f, (str, os.PathLike)):
            f = saved.get(os.path.abspath(f), f)
        return load(f, *args, **kwargs)

    torch.save = redirected_save
    torch.load = redirected_load
