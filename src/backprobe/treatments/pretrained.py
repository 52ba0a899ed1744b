# SPDX-License-Identifier: Apache-2.0
"""Early layers from a file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.kept import KeptTensors
from backprobe.treatments.points import Points

NESTED = ("state_dict", "model_state_dict", "model", "net", "module")
"""Where checkpoints keep the weights among other things."""
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "backbone.", "encoder.")
"""What wrappers put before a name."""


class Pretrained(Treatment):
    """Loads weights into the layers of the model whose name and shape they fit, before training.

    Suits when: there is little data and a network trained on more of it: its early layers serve
    here, too. VALUE is a file of `torch.save` (a state dict, or a checkpoint that holds one; it is
    read without running code); `FILE:N` loads the first N layers only. Names match with or without
    a wrapper's prefix. `undo` puts the weights back that were there.
    """

    NAME = "pretrained"
    WAITS = "a forward of a model"

    def install(self, points: Points) -> None:
        """Loads before the first forward of each root."""
        self.points = points
        self._kept = KeptTensors()
        self._layers: int | None = None
        path, colon, count = self.value.rpartition(":")
        if colon and count.isdecimal():
            self._layers = int(count)
        else:
            path = self.value
        self._path = Path(path)
        self._load: Any = torch.load  # before a trial redirects it
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        if self.text in self.points.report.refused:
            return
        try:
            given = _weights(self._load(self._path, map_location="cpu", weights_only=True))
        except Exception as error:  # noqa: BLE001  # no such file, or not one of weights
            why = str(error).strip().partition("\n")[0]
            self.points.report.refuse(self.text, f"cannot read weights from {self._path}: {why}")
            return
        own = {key: value for key, value in root.state_dict().items() if isinstance(value, Tensor)}
        names = _first_layers(own, self._layers)
        fitting = {key: given[key] for key in names if key in given}
        fitting = {key: new for key, new in fitting.items() if new.shape == own[key].shape}
        with torch.no_grad():
            for key, new in fitting.items():
                self._kept.keep(own[key])
                own[key].copy_(new)
        if fitting:
            self.points.report.apply(self.text, f"{len(fitting)} of {len(names)} tensors")
        elif len(self.points.living_roots()) == 1:
            shown = ", ".join(list(given)[:3])
            self.points.report.refuse(
                self.text, f"no name and shape in {self._path} fits the model; it holds {shown}"
            )

    def undo(self) -> None:
        """Puts the weights back that were there."""
        self._kept.put_back()


def _weights(loaded: Any) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, each also without the prefixes of wrappers."""
    for key in NESTED:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    if not isinstance(loaded, Mapping):
        raise TypeError(f"it holds a {type(loaded).__name__}, expected a state dict")
    found = {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}
    for key, value in list(found.items()):
        short = key
        while prefix := next((one for one in PREFIXES if short.startswith(one)), None):
            short = short.removeprefix(prefix)
            found.setdefault(short, value)
    return found


def _first_layers(own: Mapping[str, Tensor], count: int | None) -> list[str]:
    """The names of the tensors of the first layers, in the order of the state dict."""
    owners = list(dict.fromkeys(key.rpartition(".")[0] for key in own))
    chosen = set(owners if count is None else owners[:count])
    return [key for key in own if key.rpartition(".")[0] in chosen]


build = Pretrained
