# SPDX-License-Identifier: Apache-2.0
"""Names of the operations of a captured forward, by what they do to a result."""

from __future__ import annotations

DENSE = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
"""Layers whose weights mix what comes in."""
TRANSPOSED = frozenset({"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})
SHAPES = frozenset(
    "view reshape squeeze unsqueeze flatten unflatten t transpose permute contiguous "
    "float to".split()
)
"""Operations that leave every number as it is."""
PRODUCTS = frozenset("mul mul_ __mul__ __rmul__ __imul__ multiply".split())
"""Element by element."""
ADDS = frozenset({"add", "add_", "__add__", "__radd__", "iadd", "__iadd__"})
"""Of two tensors, element by element."""
MATRIX = frozenset("bmm matmul mm __matmul__".split())
