# SPDX-License-Identifier: Apache-2.0
"""Eval mode in forwards that evaluate."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.modes import Moded
from backprobe.treatments.points import Points

FEWEST = 5
"""Backward passes before a forward that none has followed may be taken for an evaluation."""
SELDOM = 0.2
"""Of a GAN's fakes or a policy's rollouts there are about as many as of backward passes."""
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

Place = tuple[tuple[CodeType, int], ...]
"""The lines that led to a forward, the innermost first."""


@dataclass
class _Site:
    """Forwards from one place in the script.

    Arguments:
        trained: whether a backward has reached the output of any.
        phases: forwards before which a backward ran, since the last from here.
        last: backward passes by then.
        treated: whether eval mode was on in the last one.
    """

    trained: bool = False
    phases: int = 0
    last: int = -1
    treated: bool = False


class EvalMode(Moded):
    """Puts a root in eval mode for each forward without gradients, and back after it.

    Forwards with gradients are evaluations, too, where no backward has ever reached the output of
    one from the same place in the script, and they are seldom beside backward passes. One that is
    trained on after all shows itself by its backward, and its place is left alone from then on.

    Suits when: the script evaluates in train mode (`train-mode-eval`). Nothing is left to undo.
    """

    NAME = "eval-mode"
    WAITS = "a forward without gradients, or that no backward follows, of a model in train mode"
    MODE = False

    def install(self, points: Points) -> None:
        """Switches around forwards; counts backward passes."""
        self._sites: dict[Place, _Site] = {}
        self._site: _Site | None = None
        self._backwards = 0
        self._certain = False
        points.before_backward.append(self._count)
        super().install(points)
        points.after_forward.append(self._follow)

    def wrong(self, root: nn.Module) -> bool:
        """Any part in training mode, while nothing is trained."""
        self._site = None
        if not any(module.training for module in root.modules()):
            return False
        if not torch.is_grad_enabled():
            self._certain = True
            return True
        site = self._sites.setdefault(_place(), _Site())
        if site.trained:
            return False
        site.phases += site.last != self._backwards
        site.last = self._backwards
        often = site.phases > SELDOM * self._backwards
        site.treated = self._backwards >= FEWEST and not often
        self._site = site
        return site.treated

    def _count(self, loss: Tensor) -> None:  # a point's signature
        self._backwards += 1

    def _follow(self, root: nn.Module, output: Any) -> Any:  # a point's signature
        """Has the output tell of a backward that reaches it."""
        site, self._site = self._site, None
        if site is not None:
            answer = _answer(output)
            if answer is None:
                self._reached(site)
            else:
                answer.register_hook(lambda _: self._reached(site))
        return output

    def _reached(self, site: _Site) -> None:
        site.trained = True
        if site.treated and not self._certain:
            others = [one for one in self._sites.values() if one.treated and not one.trained]
            if not others:
                self.points.report.take_back(self.text, self.WAITS)


def _place() -> Place:
    frame: FrameType | None = sys._getframe(1)
    found = []
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OWN):
            found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


def _answer(output: Any) -> Tensor | None:
    """The first tensor with a gradient in what a model gives."""
    if isinstance(output, Tensor):
        return output if output.requires_grad else None
    values = output.values() if isinstance(output, dict) else output
    if not isinstance(output, (dict, tuple, list)):
        values = vars(output).values() if hasattr(output, "__dict__") else ()
    return next((one for one in values if isinstance(one, Tensor) and one.requires_grad), None)


build = EvalMode
