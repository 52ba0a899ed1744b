# SPDX-License-Identifier: Apache-2.0
"""A convolution's result that is cut into rows of a few numbers, as a loss takes them.

(B, A·4, H, W) to (B, A·H·W, 4) by a view: the numbers keep their order in memory, so a row holds
four neighbours of one channel, not four channels of one place.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from backprobe.probe.lossgraph.nodes import ACTIVATIONS, descend, shape_of

VIEWS = ("ViewBackward", "UnsafeView", "ReshapeAlias")
POINTWISE = ("Add", "Mul", "Div", "Sub", "ToCopy", "Clone", "NativeDropout")
PICKS = ("IndexBackward", "IndexSelect")
LAYER = ("ConvolutionBackward", "NativeBatchNormBackward")

Cut = tuple[tuple[int, ...], tuple[int, ...], bool]


def cut_places(terms: list[tuple[Any, float]]) -> Cut | None:
    """Such a view below one of a loss's summands: the shapes before and after it, or None.

    The third is whether rows of it are picked before the loss, as boxes are that have a match.

    Arguments:
        terms: the summands' nodes, each with its factor.
    """
    for term, _ in terms:
        path = list(descend(term))
        for above, below in pairwise(path):
            if above.name().startswith(VIEWS) and _of_convolution(path, below):
                before, after = shape_of(below), shape_of(above)
                if _cuts(before, after):
                    picked = any(n.name().startswith(PICKS) for n in path[: path.index(above)])
                    return before, after, picked
    return None


def _of_convolution(path: list[Any], node: Any) -> bool:
    """Whether what lies below is a convolution's result, changed number by number at most."""
    for below in path[path.index(node) :]:
        name = below.name()
        if name.startswith(LAYER):
            return True
        if name not in ACTIVATIONS and not name.startswith(POINTWISE):
            return False
    return False


def _cuts(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether rows of the result are as many numbers as channels may be, but no whole axes."""
    if len(before) < 3 or len(after) not in (2, 3) or not all((*before, *after)):
        return False
    width = after[-1]
    whole = {math.prod(before[k:]) for k in range(1, len(before))}
    rows = after[0] in (before[0], math.prod(before) // width)
    return rows and width > 1 and before[1] % width == 0 and width not in whole
