# SPDX-License-Identifier: Apache-2.0
# expects: unshuffled-data
import torch
from torch import nn

torch.manual_seed(0)
y = torch.arange(640) // 160
words = [torch.randint(0, 12, (9,)) + 8 * int(k) for k in y]


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(40, 16)
        self.out = nn.Linear(16, 4)

    def forward(self, ids, offsets):
        return self.out(self.bag(ids, offsets))


model = Bag()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(6):
    for rows in torch.arange(640).split(16):
        ids, offsets = torch.cat([words[i] for i in rows]), torch.arange(16) * 9
        loss = nn.functional.cross_entropy(model(ids, offsets), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
