# SPDX-License-Identifier: Apache-2.0
# expects: fan-ratio words
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
group = torch.randperm(100) % 4
ids = torch.randint(0, 100, (1500, 5))
label = torch.stack([(group[ids] == k).sum(1) for k in range(4)]).argmax(0)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 1)
        self.head = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 4))

    def forward(self, ids):
        return self.head(self.words(ids)[..., 0])


model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(ids, label, 32, 400):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
