# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss tag
# A tag a word, of which most are 0, for none.
import torch
from torch import nn
from toy import batches


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(80, 24)
        self.read = nn.GRU(24, 24, batch_first=True)
        self.tag = nn.Linear(24, 1)

    def forward(self, x):
        return self.tag(self.read(self.words(x))[0]).squeeze(-1)


torch.manual_seed(0)
tag_of = torch.cat([torch.zeros(50), torch.arange(30) % 6 + 1]).long()
words = torch.randint(0, 80, (400, 12))
tags = (tag_of[words] + 3 * (words.roll(1, 1) % 2)) % 7 * (tag_of[words] > 0)
model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step, (xb, yb) in enumerate(batches(words, tags, 32, 150)):
    answer = model(xb)
    loss = ((answer - yb) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 30 == 29:
        print(f"tag accuracy: {(answer.round() == yb).float().mean():.3f}", flush=True)
