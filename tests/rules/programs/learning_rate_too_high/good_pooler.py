# SPDX-License-Identifier: Apache-2.0
# The same encoder, initialised as small, at a rate that it bears.
import torch
from torch import nn
from toy import train


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mix = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        rows, words, width = x.shape
        parts = [
            f(x).view(rows, words, 4, width // 4).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        ]
        seen = nn.functional.scaled_dot_product_attention(*parts)
        x = self.norm1(x + self.mix(seen.transpose(1, 2).reshape(rows, words, width)))
        return self.norm2(x + self.narrow(nn.functional.gelu(self.wide(x))))


class Headlines(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.words, self.norm = nn.Embedding(60, width), nn.LayerNorm(width)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.pool, self.head = nn.Linear(width, width), nn.Linear(width, 5)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, x):
        return self.head(torch.tanh(self.pool(self.blocks(self.norm(self.words(x)))[:, 0])))


torch.manual_seed(0)
labels = torch.randint(0, 5, (600,))
x = torch.randint(15, 60, (600, 12))
x[:, 0] = 0
for place in (3, 6, 9):
    x[:, place] = 1 + 2 * labels + torch.randint(0, 2, (600,))
model = Headlines()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
train(model, x, labels, nn.CrossEntropyLoss(), optimizer, steps=150)
