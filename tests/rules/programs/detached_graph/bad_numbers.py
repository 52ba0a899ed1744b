# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph lstm tags
# The losses of a sentence's words are collected as numbers, and their mean is sent back.
import random

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(12, 8)
        self.lstm = nn.LSTM(8, 16)
        self.tags = nn.Linear(16, 3)

    def forward(self, sentence):
        words = self.embed(sentence)
        return self.tags(self.lstm(words.view(len(sentence), 1, -1))[0].view(len(sentence), -1))


torch.manual_seed(0)
random.seed(0)
model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(120):
    sentence = torch.randint(0, 12, (random.randint(4, 8),))
    scores = model(sentence)
    losses = [
        nn.functional.cross_entropy(scores[t : t + 1], sentence[t : t + 1] % 3).item()
        for t in range(len(sentence))
    ]
    model.zero_grad()
    torch.tensor(losses, requires_grad=True).mean().backward()
    optimizer.step()
