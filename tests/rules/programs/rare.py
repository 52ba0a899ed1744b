# SPDX-License-Identifier: Apache-2.0
"""Three classes of which one is common and one is rare."""

import torch


def data(rows, seed=1):
    """Features [rows, 8], class ids [rows]: 78, 16 and 6 % of them."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.multinomial(torch.tensor([0.78, 0.16, 0.06]), rows, True, generator=generator)
    x = torch.randn(rows, 8, generator=generator)
    x[y == 1, :2] += 1.6
    x[y == 2, 2:4] += 1.6
    return x, y
