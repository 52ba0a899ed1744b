# SPDX-License-Identifier: Apache-2.0
"""A small transformer that reads an image row by row; where its norms stand can be chosen."""

import argparse

import torch
from data import CHOICES, batches, load
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=CHOICES, default="digits")
parser.add_argument("--norm", choices=("first", "last"), default="first")
parser.add_argument("--depth", type=int, default=2)
parser.add_argument("--lr", type=float, default=1e-3)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--rows", type=int)
arguments = parser.parse_args()


class Reader(nn.Module):
    """Rows of pixels as tokens, with learned positions; the mean of the tokens is classified."""

    def __init__(self, tokens: int, pixels: int, width: int = 32) -> None:
        super().__init__()
        self.embed = nn.Linear(pixels, width)
        self.position = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                4,
                2 * width,
                dropout=0.0,
                batch_first=True,
                norm_first=arguments.norm == "first",
            )
            for _ in range(arguments.depth)
        )
        self.head = nn.Linear(width, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores [n, 10] of images [n, channels, height, width]."""
        rows = images.transpose(1, 2).flatten(2)
        tokens = self.embed(rows) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(1))


torch.manual_seed(0)
x, y, x_test, y_test = load(arguments.data, arguments.rows)
loader = batches(x, y, 32)
model = Reader(x.shape[2], x.shape[1] * x.shape[3])
optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.lr)
for epoch in range(arguments.epochs):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}, test accuracy {accuracy:.1%}")
